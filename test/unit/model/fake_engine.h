/* An engine for tests: a thread on a loopback port that answers every request by the next script,
 * byte for byte, and remembers what it was asked. Time passes only where a script says LATER. */
#ifndef FAKE_ENGINE_H
#define FAKE_ENGINE_H
#include "base/buf.h"
#include "base/world.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum fake_kind {
    FAKE_END,   /* closes the connection in order */
    FAKE_SEND,  /* text in one packet */
    FAKE_BYTES, /* text byte by byte */
    FAKE_FLOOD, /* text again and again until the other side closes */
    FAKE_HEARD, /* until the person has got a word */
    FAKE_LATER, /* number: the clock of fake_world jumps so many ms */
    FAKE_LEAVE, /* the person leaves: *fake_left becomes true */
    FAKE_WAIT,  /* until the other side closes */
    FAKE_RESET  /* the connection breaks */
};
struct fake_step {
    enum fake_kind kind;
    const char *text;
    int64_t number;
};
struct fake {
    const struct fake_step *const *scripts; /* one a request; the last for all that follow */
    size_t n;
    int fd, port;
    char url[64];
    pthread_t thread;
    atomic_int asked;
    atomic_bool stop, closed; /* closed: the other side closed while we waited */
    int64_t closed_us;
    char request[16384]; /* the last */
    size_t request_n;
};

#define FAKE_OK "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
#define FAKE_DELTA(text) "data: {\"choices\":[{\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define FAKE_FINISH(reason)                                                                        \
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"" reason "\"}]}\n\n"
#define FAKE_DONE "data: [DONE]\n\n"

static atomic_llong fake_ahead_us; /* how far fake_world is ahead of the real clock */
static atomic_bool fake_left, fake_heard;
static atomic_llong fake_left_us;

static inline int64_t fake_real_us(void)
{
    return world_mono_us(world_real());
}
static inline int64_t fake_mono_us(const struct world *w)
{
    (void)w;
    return fake_real_us() + fake_ahead_us;
}
static inline int64_t fake_now_ms(const struct world *w)
{
    return fake_mono_us(w) / 1000;
}
static inline void fake_random(const struct world *w, void *out, size_t n)
{
    static atomic_int calls;

    (void)w;
    memset(out, ++calls & 0xFF, n);
}
static const struct world fake_world = { fake_now_ms, fake_mono_us, fake_random, 0 };

static inline void fake_read(struct fake *f, int fd)
{
    char *end = NULL;
    size_t n = 0, want = SIZE_MAX;

    while (n < want && n < sizeof(f->request) - 1) {
        ssize_t got = recv(fd, f->request + n, sizeof(f->request) - 1 - n, 0);
        const char *length;

        if (got <= 0)
            break;
        n += (size_t)got;
        f->request[n] = 0;
        end = strstr(f->request, "\r\n\r\n");
        length = strcasestr(f->request, "content-length:");
        if (end && want == SIZE_MAX)
            want = (size_t)(end + 4 - f->request) + (length ? strtoul(length + 15, NULL, 10) : 0);
    }
    f->request_n = n;
}

static inline bool fake_put(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

        if (sent <= 0)
            return false;
        p += sent;
        n -= (size_t)sent;
    }
    return true;
}

static inline void fake_wait_closed(struct fake *f, int fd)
{
    struct pollfd p = { fd, POLLIN | POLLRDHUP, 0 };
    char c;

    while (!f->stop && (poll(&p, 1, 20) == 0 || recv(fd, &c, 1, 0) > 0))
        ;
    f->closed_us = fake_real_us();
    f->closed = !f->stop;
}

static inline void fake_step_play(struct fake *f, int fd, const struct fake_step *s)
{
    struct linger now = { 1, 0 };

    if (s->kind == FAKE_SEND)
        fake_put(fd, s->text, strlen(s->text));
    for (size_t i = 0; s->kind == FAKE_BYTES && s->text[i]; i++)
        fake_put(fd, s->text + i, 1);
    while (s->kind == FAKE_FLOOD && !f->stop && fake_put(fd, s->text, strlen(s->text)))
        ;
    while (s->kind == FAKE_HEARD && !fake_heard && !f->stop)
        poll(NULL, 0, 1);
    if (s->kind == FAKE_LATER)
        fake_ahead_us += s->number * 1000;
    if (s->kind == FAKE_LEAVE) {
        fake_left_us = fake_real_us();
        fake_left = true;
    }
    if (s->kind == FAKE_WAIT)
        fake_wait_closed(f, fd);
    if (s->kind == FAKE_RESET)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static inline void *fake_serve(void *arg)
{
    struct fake *f = arg;
    int one = 1;

    for (;;) {
        int fd = accept(f->fd, NULL, NULL);
        size_t i = (size_t)f->asked < f->n ? (size_t)f->asked : f->n - 1;
        const struct fake_step *s = f->scripts[i];

        if (fd < 0 || f->stop) {
            if (fd >= 0)
                close(fd);
            return NULL;
        }
        setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &one, sizeof(one));
        fake_read(f, fd);
        f->asked++;
        for (; s->kind != FAKE_END; s++)
            fake_step_play(f, fd, s);
        close(fd);
    }
}

static inline void fake_start(struct fake *f, const struct fake_step *const *scripts, size_t n)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(a);

    *f = (struct fake){ .scripts = scripts, .n = n };
    f->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(f->fd, (struct sockaddr *)&a, size) || listen(f->fd, 8) ||
        getsockname(f->fd, (struct sockaddr *)&a, &size))
        abort();
    f->port = ntohs(a.sin_port);
    snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%d/v1", f->port);
    fake_left = fake_heard = false;
    pthread_create(&f->thread, NULL, fake_serve, f);
}

static inline void fake_stop(struct fake *f)
{
    f->stop = true;
    shutdown(f->fd, SHUT_RDWR);
    pthread_join(f->thread, NULL);
    close(f->fd);
}

#endif
