/* What the mock engine and the load clients of bench/gateway share: an HTTP/1.1 message that comes
 * in pieces, sockets of this machine, the clock, `--name value` options. Failure ends the program.
 */
#ifndef BENCH_GATEWAY_WIRE_H
#define BENCH_GATEWAY_WIRE_H
#include "base/buf.h"
#include "base/world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static inline _Noreturn void die(const char *what)
{
    fprintf(stderr, "bench/gateway: %s: %s\n", what, strerror(errno));
    exit(1);
}

static inline int64_t now_us(void)
{
    return world_mono_us(world_real());
}

/* ---- one message, fed in pieces ---- */

enum http_at {
    HTTP_HEAD,
    HTTP_BODY,
    HTTP_TO_END,
    HTTP_SIZE,
    HTTP_CHUNK_END,
    HTTP_TRAILER,
    HTTP_WHOLE
};

struct http_in {     /* starts as HTTP_IN_INIT; http_next before the next message */
    struct buf head; /* first line and headers, with the empty line */
    enum http_at at;
    int64_t left;  /* of the body, or of the chunk */
    size_t line_n; /* of the trailer's line in hand */
    bool chunked, extension;
};

#define HTTP_IN_INIT                                                                               \
    {                                                                                              \
        .head = BUF_INIT(1 << 20)                                                                  \
    }

static inline void http_next(struct http_in *h)
{
    buf_reset(&h->head);
    h->at = HTTP_HEAD;
}

/* The value of a header, "" when it is not there. */
static inline struct str http_header(const struct http_in *h, struct str name)
{
    struct str rest = buf_str(&h->head);

    while (rest.p) {
        struct str value = str_cut(&rest, STR("\r\n")), key = str_cut(&value, STR(":"));

        if (value.p && str_case_eq(key, name))
            return str_trim(value);
    }
    return STR("");
}

static inline int http_status(const struct http_in *h)
{
    return h->head.n > 12 ? atoi(h->head.p + 9) : 0;
}

static inline void http_begin_body(struct http_in *h)
{
    bool answer = str_starts(buf_str(&h->head), STR("HTTP/"));
    struct str length = http_header(h, STR("content-length"));

    h->chunked = str_case_eq(http_header(h, STR("transfer-encoding")), STR("chunked"));
    h->left = 0;
    h->line_n = 0;
    h->extension = false;
    if (h->chunked)
        h->at = HTTP_SIZE;
    else if (length.n && str_i64(length, &h->left))
        h->at = h->left > 0 ? HTTP_BODY : HTTP_WHOLE;
    else
        h->at = answer ? HTTP_TO_END : HTTP_WHOLE;
}

static inline size_t http_feed_head(struct http_in *h, struct str in)
{
    size_t had = h->head.n, end;

    buf_add(&h->head, in);
    if (h->head.over)
        die("a head of more than a megabyte");
    end = str_find_from(buf_str(&h->head), STR("\r\n\r\n"), had > 3 ? had - 3 : 0);
    if (end == SIZE_MAX)
        return in.n;
    h->head.n = end + 4;
    http_begin_body(h);
    return h->head.n - had;
}

static inline void http_feed_size(struct http_in *h, char c)
{
    int digit = c >= '0' && c <= '9'                 ? c - '0'
                : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                     : -1;

    if (c == '\n')
        h->at = h->left ? HTTP_BODY : HTTP_TRAILER;
    else if (digit < 0)
        h->extension = true;
    else if (!h->extension && h->left < INT32_MAX)
        h->left = h->left * 16 + digit;
}

static inline void http_feed_trailer(struct http_in *h, char c)
{
    if (c == '\n' && !h->line_n)
        h->at = HTTP_WHOLE;
    else if (c != '\r')
        h->line_n = c == '\n' ? 0 : h->line_n + 1;
}

static inline size_t http_feed_body(struct http_in *h, struct str in, struct str *body)
{
    *body = h->at == HTTP_TO_END ? in : str_sub(in, 0, (size_t)h->left);
    if (h->at == HTTP_TO_END)
        return in.n;
    h->left -= (int64_t)body->n;
    if (!h->left)
        h->at = h->chunked ? HTTP_CHUNK_END : HTTP_WHOLE;
    return body->n;
}

/* Takes what it can of `in`; *body is what of that is body. Call again with the rest until all is
 * taken or at == HTTP_WHOLE. */
static inline size_t http_feed(struct http_in *h, struct str in, struct str *body)
{
    *body = STR_NONE;
    if (h->at == HTTP_HEAD)
        return http_feed_head(h, in);
    if (h->at == HTTP_BODY || h->at == HTTP_TO_END)
        return http_feed_body(h, in, body);
    if (h->at == HTTP_WHOLE || !in.n)
        return 0;
    if (h->at == HTTP_SIZE) {
        http_feed_size(h, in.p[0]);
    } else if (h->at == HTTP_TRAILER) {
        http_feed_trailer(h, in.p[0]);
    } else if (in.p[0] == '\n') {
        h->at = HTTP_SIZE;
        h->left = 0;
        h->extension = false;
    }
    return 1;
}

/* ---- sockets of this machine ---- */

static inline struct sockaddr_in loopback(int port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

static inline void no_delay(int fd)
{
    int one = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static inline void watch(int epoll, int how, int fd, uint32_t events, void *ptr)
{
    struct epoll_event ev = { .events = events, .data.ptr = ptr };

    if (epoll_ctl(epoll, how, fd, &ev) != 0)
        die("epoll_ctl");
}

/* As many files as this machine lets us open: a stream is one here. */
static inline void raise_files(void)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
        r.rlim_cur = r.rlim_max;
        setrlimit(RLIMIT_NOFILE, &r);
    }
}

/* ---- options ---- */

static inline const char *option(int argc, char **argv, const char *name, const char *otherwise)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return argv[i + 1];
    return otherwise;
}

static inline double number(int argc, char **argv, const char *name, double otherwise)
{
    const char *text = option(argc, argv, name, NULL);

    return text ? atof(text) : otherwise;
}

#endif
