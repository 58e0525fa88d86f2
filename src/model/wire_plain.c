/* The way to engines at http://number: most of a city's. A connection says one thing to epoll for
 * its whole life, and a call on a kept one costs a send and a read. */
#include "base/alloc.h"
#include "model/wire_int.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { HEAD_BYTES = 2048, REST_US = 55 * 1000000, SWEEP_US = 1000000, READS = 16, REST_MAX = 512 };
#define BROKEN "推理引擎中断了回答，内容不完整，请稍后重试"
#define UNREACHABLE "连不上推理引擎，请稍后重试"

struct wire_conn {
    struct wire *wire;
    int fd;
    unsigned events;
    bool connecting, used;  /* used: a reply has come on it */
    struct wire_call *call; /* NULL: it rests, or is gone */
    char url[640];
    struct egress_way way;
    char head[HEAD_BYTES]; /* of the request */
    size_t head_n, sent;   /* sent: of head and body */
    struct wire_reply reply;
    int64_t since_us;
    struct wire_conn *prev, *next; /* of conns */
    struct wire_conn *next_rest;   /* of resting, and of gone */
};

/* ---- connections ---- */

static void watch(struct wire_conn *k, unsigned events)
{
    if (k->events != events)
        k->wire->host.watch(k->wire->host.self, k->fd, events);
    k->events = events;
}

static void remember(struct wire *w, struct wire_conn *k)
{
    size_t fd = (size_t)k->fd, old = w->fds;

    if (fd >= w->fds) {
        w->fds = (fd + 1) * 2;
        w->by_fd = tb_realloc(w->by_fd, w->fds * sizeof(struct wire_conn *));
        memset(w->by_fd + old, 0, (w->fds - old) * sizeof(struct wire_conn *));
    }
    w->by_fd[fd] = k;
    k->next = w->conns;
    if (w->conns)
        w->conns->prev = k;
    w->conns = k;
}

static void stop_resting(struct wire_conn *k)
{
    struct wire_conn **at = &k->wire->resting;

    while (*at && *at != k)
        at = &(*at)->next_rest;
    if (*at) {
        *at = k->next_rest;
        k->wire->resting_n--;
    }
    k->next_rest = NULL;
}

/* Freed at the end of the turn: its own callbacks may still be on the stack. */
static void drop(struct wire_conn *k)
{
    struct wire *w = k->wire;

    if (k->fd < 0)
        return;
    stop_resting(k);
    watch(k, 0);
    w->by_fd[k->fd] = NULL;
    close(k->fd);
    k->fd = -1;
    w->connecting -= k->connecting;
    if (k->prev)
        k->prev->next = k->next;
    else
        w->conns = k->next;
    if (k->next)
        k->next->prev = k->prev;
    wire_reply_release(&k->reply);
    k->next_rest = w->gone;
    w->gone = k;
}

static void bury(struct wire *w)
{
    while (w->gone) {
        struct wire_conn *k = w->gone;

        w->gone = k->next_rest;
        tb_free(k);
    }
}

static struct wire_conn *find_resting(struct wire *w, const char *url)
{
    for (struct wire_conn **at = &w->resting; *at; at = &(*at)->next_rest) {
        struct wire_conn *k = *at;

        if (strcmp(k->url, url) == 0) {
            *at = k->next_rest;
            k->next_rest = NULL;
            w->resting_n--;
            return k;
        }
    }
    return NULL;
}

static struct wire_conn *connect_to(struct wire *w, const char *url, const struct egress_way *way)
{
    int fd = egress_connect(way);
    struct wire_conn *k;

    if (fd < 0)
        return NULL;
    k = tb_zalloc(sizeof(*k));
    k->wire = w;
    k->fd = fd;
    snprintf(k->url, sizeof(k->url), "%s", url);
    k->way = *way;
    k->way.path = k->url + (way->path - url);
    k->connecting = true;
    w->connecting++;
    remember(w, k);
    watch(k, WIRE_IN | WIRE_OUT);
    return k;
}

/* ---- out ---- */

static size_t add(char *out, size_t at, const char *name, const char *value)
{
    size_t n = strlen(name), m = value ? strlen(value) : 0;

    if (m == 0 || at + n + m + 2 > HEAD_BYTES)
        return at;
    memcpy(out + at, name, n);
    memcpy(out + at + n, value, m);
    memcpy(out + at + n + m, "\r\n", 2);
    return at + n + m + 2;
}

static void write_head(struct wire_conn *k, const struct wire_ask *ask)
{
    char *out = k->head, digits[STR_I64], length[STR_I64 + 1];
    size_t n = 0;

    str_put(length, sizeof(length), str_from_i64(digits, (int64_t)ask->body.n));
    n = add(out, n, ask->body.n ? "POST " : "GET ", k->way.path) - 2;
    memcpy(out + n, " HTTP/1.1\r\n", 11);
    n = add(out, n + 11, "Host: ", k->way.host);
    n = add(out, n, "Accept: ", ask->accept);
    if (ask->key && ask->key[0])
        n = add(out, n, "Authorization: Bearer ", ask->key);
    n = add(out, n, "X-Request-Id: ", ask->request_id);
    n = add(out, n, "Traceparent: ", ask->traceparent);
    if (ask->body.n) {
        n = add(out, n, "Content-Type: ", ask->media_type);
        n = add(out, n, "Content-Length: ", length);
    }
    memcpy(out + n, "\r\n", 2);
    k->head_n = n + 2;
    k->sent = 0;
}

static void push(struct wire_conn *k)
{
    struct str body = k->call->ask.body;

    while (k->sent < k->head_n + body.n) {
        size_t past = k->sent > k->head_n ? k->sent - k->head_n : 0;
        size_t left = k->sent < k->head_n ? k->head_n - k->sent : 0;
        struct iovec v[2] = { { k->head + k->head_n - left, left },
                              { (char *)(uintptr_t)body.p + past, body.n - past } };
        struct msghdr m = { .msg_iov = v, .msg_iovlen = body.n ? 2 : 1 };
        ssize_t n = sendmsg(k->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0) { /* what it said before it closed may still be read */
            watch(k, WIRE_IN);
            return;
        }
        k->sent += (size_t)n;
    }
    watch(k, k->sent < k->head_n + body.n ? WIRE_IN | WIRE_OUT : WIRE_IN);
}

static void begin(struct wire_conn *k, struct wire_call *c)
{
    k->call = c;
    c->conn = k;
    k->since_us = world_mono_us(c->wire->world);
    wire_reply_begin(&k->reply);
    write_head(k, &c->ask);
    if (!k->connecting)
        push(k);
}

bool plain_way_send(struct wire_call *c)
{
    struct wire *w = c->wire;
    struct wire_conn *k = find_resting(w, c->ask.url);
    struct egress_way way;

    if (k) {
        begin(k, c);
        return true;
    }
    if (strlen(c->ask.url) >= sizeof(k->url))
        return false;
    c->code = egress_way(c->ask.egress, c->ask.url, &way, &c->err);
    if (!c->code && !way.to_n)
        return false;
    k = c->code ? NULL : connect_to(w, c->ask.url, &way);
    if (k) {
        begin(k, c);
        return true;
    }
    if (!c->code)
        c->code = tb_fail(&c->err, TB_UPSTREAM, UNREACHABLE, "connect errno=%d", errno);
    wire_over(c);
    return true;
}

void plain_way_cancel(struct wire_call *c)
{
    c->conn->call = NULL;
    drop(c->conn);
    c->conn = NULL;
}

/* ---- in ---- */

static void finish(struct wire_conn *k)
{
    struct wire_call *c = k->call;
    struct wire *w = k->wire;
    bool whole = k->sent == k->head_n + c->ask.body.n; /* else it answered before it had read */

    c->head = k->reply.head;
    c->conn = NULL;
    k->call = NULL;
    k->used = true;
    wire_over(c);
    if (!k->reply.keep_alive || !whole || w->resting_n == REST_MAX) {
        drop(k);
        return;
    }
    k->since_us = world_mono_us(w->world);
    k->next_rest = w->resting;
    w->resting = k;
    w->resting_n++;
}

static void fail(struct wire_conn *k, const char *say, const char *why)
{
    struct wire_call *c = k->call;

    k->call = NULL;
    if (c) {
        c->conn = NULL;
        c->head = k->reply.head;
        if (!c->code)
            c->code = tb_fail(&c->err, TB_UPSTREAM, say, "engine %s", why);
        wire_over(c);
    }
    drop(k);
}

/* A kept connection that the engine closed just as it was used again: once more on a new one. */
static bool again(struct wire_conn *k)
{
    struct wire_call *c = k->call;
    struct wire_conn *fresh;

    if (!k->used || k->reply.state != WIRE_HEAD || k->reply.held.n)
        return false;
    fresh = connect_to(k->wire, k->url, &k->way);
    if (!fresh)
        return false;
    k->call = NULL;
    drop(k);
    begin(fresh, c);
    return true;
}

static void ended(struct wire_conn *k, const char *why)
{
    if (!k->call)
        drop(k);
    else if (wire_reply_end(&k->reply))
        finish(k);
    else if (!again(k))
        fail(k, BROKEN, why);
}

static void take(struct wire_conn *k, struct str in)
{
    struct wire_reply *r = &k->reply;
    struct wire_call *c = k->call;

    while (in.n && k->call) {
        struct str body;

        if (!wire_reply_feed(r, &in, &body)) {
            fail(k, "推理引擎的回答格式不正确，已中断，请稍后重试", "sent no proper HTTP");
            return;
        }
        if (body.n)
            c->code = c->ask.bytes(c->ask.self, &r->head, body, &c->err);
        if (c->code)
            fail(k, BROKEN, "");
        else if (r->state == WIRE_OVER && in.n == 0)
            finish(k);
    }
}

static void read_some(struct wire_conn *k)
{
    for (int i = 0; i < READS && k->fd >= 0; i++) {
        ssize_t n = recv(k->fd, k->wire->scratch, WIRE_READ_BYTES, MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            ended(k, n == 0 ? "closed the connection" : "reset the connection");
            return;
        }
        if (!k->call) { /* speaks without being asked */
            drop(k);
            return;
        }
        take(k, str_of(k->wire->scratch, (size_t)n));
        if (n < WIRE_READ_BYTES)
            return;
    }
}

static void connected(struct wire_conn *k)
{
    int why = 0;
    socklen_t n = sizeof(why);

    getsockopt(k->fd, SOL_SOCKET, SO_ERROR, &why, &n);
    if (why) {
        fail(k, UNREACHABLE, "refuses connections");
        return;
    }
    k->connecting = false;
    k->wire->connecting--;
    push(k);
}

bool plain_way_ready(struct wire *w, int fd, unsigned events)
{
    struct wire_conn *k = (size_t)fd < w->fds ? w->by_fd[fd] : NULL;

    if (!k)
        return false;
    if (k->connecting)
        connected(k);
    else if (events & WIRE_OUT && k->call)
        push(k);
    if (k->fd >= 0 && !k->connecting && events & WIRE_IN)
        read_some(k);
    bury(w);
    return true;
}

/* ---- time ---- */

int64_t plain_way_due_us(const struct wire *w)
{
    return w->connecting || w->resting ? w->swept_us + SWEEP_US : INT64_MAX;
}

void plain_way_tick(struct wire *w)
{
    int64_t now = world_mono_us(w->world);
    struct wire_conn *k, *next;

    bury(w);
    if (now - w->swept_us < SWEEP_US)
        return;
    w->swept_us = now;
    for (k = w->conns; k; k = next) {
        next = k->next;
        if (k->connecting && now - k->since_us > WIRE_CONNECT_MS * 1000)
            fail(k, UNREACHABLE, "takes no connection");
        else if (!k->call && now - k->since_us > REST_US)
            drop(k);
    }
    bury(w);
}

void plain_way_close(struct wire *w)
{
    while (w->conns)
        drop(w->conns);
    bury(w);
}
