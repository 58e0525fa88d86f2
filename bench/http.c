/* Requests per second and how long each takes, of a running server: many connections that are kept,
 * each with one request at a time. `build/bench/http PORT [SECONDS]`; bench/http.mjs starts a
 * server with the sample city and runs it. One line of JSON for each kind of request and number of
 * connections. */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 64, TIMES_MAX = 1 << 22 };

static const struct kind {
    const char *name, *method, *path, *body;
} kinds[] = {
    { "health", "GET", "/health/live", "" },
    { "page", "GET", "/", "" },
    { "standard answer", "POST", "/api/ask", "{\"question\":\"办狗证多少钱\"}" },
    { "clauses", "POST", "/api/ask", "{\"question\":\"高龄津贴每个月多少钱\"}" },
};

struct line { /* one connection */
    int fd;
    int64_t begun_us;
    struct buf got;
    size_t body_at; /* 0: the head is not whole yet */
    int64_t body_n; /* -1: chunked */
};

struct load {
    struct str request;
    struct line lines[CONNECTIONS_MAX];
    int n, epoll, port;
    double *times; /* ms */
    size_t count, refused;
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "bench/http: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_us(void)
{
    return world_mono_us(world_real());
}

static void send_request(struct load *l, struct line *c)
{
    buf_reset(&c->got);
    c->body_at = 0;
    c->begun_us = now_us();
    if (send(c->fd, l->request.p, l->request.n, MSG_NOSIGNAL) != (ssize_t)l->request.n)
        die("send");
}

static void dial(struct load *l, struct line *c)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)l->port) };
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
    int one = 1;

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    c->got = (struct buf)BUF_INIT(16 << 20);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&a, sizeof(a)) != 0)
        die("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &ev);
    send_request(l, c);
}

static void read_head(struct line *c)
{
    struct str got = buf_str(&c->got);
    size_t end = str_find(got, STR("\r\n\r\n")), at;

    if (end == SIZE_MAX)
        return;
    c->body_at = end + 4;
    at = str_find(str_sub(got, 0, end), STR("Content-Length: "));
    c->body_n = -1;
    if (at != SIZE_MAX) {
        struct str rest = str_from(got, at + 16);

        if (!str_i64(str_cut(&rest, STR("\r\n")), &c->body_n))
            die("length");
    }
}

static bool whole(struct line *c)
{
    struct str body;

    if (!c->body_at)
        read_head(c);
    if (!c->body_at)
        return false;
    body = str_from(buf_str(&c->got), c->body_at);
    return c->body_n >= 0 ? (int64_t)body.n >= c->body_n : str_ends(body, STR("0\r\n\r\n"));
}

static void take(struct load *l, struct line *c)
{
    static char part[256 * 1024];
    ssize_t n = recv(c->fd, part, sizeof(part), MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0)
        die("the server closed a connection");
    buf_add(&c->got, str_of(part, (size_t)n));
    if (!whole(c))
        return;
    if (str_starts(buf_str(&c->got), STR("HTTP/1.1 200 ")))
        l->times[l->count++ % TIMES_MAX] = (double)(now_us() - c->begun_us) / 1000.0;
    else
        l->refused++;
    send_request(l, c);
}

static void run_for(struct load *l, int64_t us)
{
    int64_t until = now_us() + us;
    struct epoll_event ev[CONNECTIONS_MAX];

    while (now_us() < until) {
        int n = epoll_wait(l->epoll, ev, CONNECTIONS_MAX, 50);

        for (int i = 0; i < n; i++)
            take(l, ev[i].data.ptr);
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void report(struct load *l, const struct kind *k, double seconds)
{
    size_t n = l->count < TIMES_MAX ? l->count : TIMES_MAX;

    qsort(l->times, n, sizeof(*l->times), by_size);
    printf("{\"what\":\"%s\",\"connections\":%d,\"per_second\":%.0f,\"p50_ms\":%.2f,"
           "\"p99_ms\":%.2f,\"requests\":%zu,\"refused\":%zu}\n",
           k->name, l->n, (double)l->count / seconds, n ? l->times[n / 2] : 0,
           n ? l->times[n * 99 / 100] : 0, l->count, l->refused);
    fflush(stdout);
}

static void measure(const struct kind *k, int port, int connections, double seconds)
{
    struct load l = { .n = connections, .epoll = epoll_create1(EPOLL_CLOEXEC), .port = port };
    struct buf b = BUF_INIT(4096);

    buf_addf(&b, "%s %s HTTP/1.1\r\nHost: localhost\r\n", k->method, k->path);
    if (k->body[0])
        buf_addf(&b, "Content-Type: application/json\r\nContent-Length: %zu\r\n", strlen(k->body));
    buf_addf(&b, "\r\n%s", k->body);
    l.request = buf_str(&b);
    l.times = tb_alloc(sizeof(*l.times) * TIMES_MAX);
    for (int i = 0; i < connections; i++)
        dial(&l, &l.lines[i]);
    run_for(&l, (int64_t)(seconds * 2e5)); /* a fifth to warm up */
    l.count = l.refused = 0;
    run_for(&l, (int64_t)(seconds * 1e6));
    report(&l, k, seconds);
    for (int i = 0; i < connections; i++) {
        close(l.lines[i].fd);
        buf_release(&l.lines[i].got);
    }
    close(l.epoll);
    tb_free(l.times);
    buf_release(&b);
}

int main(int argc, char **argv)
{
    static const int connections[] = { 1, 8, 64 };
    int port = argc > 1 ? atoi(argv[1]) : 0;
    double seconds = argc > 2 ? atof(argv[2]) : 5;

    if (port <= 0 || seconds <= 0) {
        fprintf(stderr, "usage: bench/http PORT [SECONDS]\n");
        return 2;
    }
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
        for (size_t i = 0; i < sizeof(connections) / sizeof(connections[0]); i++)
            measure(&kinds[k], port, connections[i], seconds);
    return 0;
}
