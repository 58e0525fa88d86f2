/* The loop's side: bytes in, exchanges out to the workers and back, bytes out. Nothing here waits.
 */
#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "http/inside.h"
#include "http/status.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { LINGER_US = 5 * 1000000, IDLE_US = 60 * 1000000, BODY_RATE = 16 * 1024 };

static int64_t now_us(const struct conn *c)
{
    return world_mono_us(c->server->o.world);
}

static void to_state(struct conn *c, enum conn_state state)
{
    c->state = state;
    c->since_us = c->moved_us = now_us(c);
}

/* What epoll should tell in this state. ERR and HUP always come. */
static void watch(struct conn *c)
{
    struct epoll_event ev = { .data.ptr = c };

    switch (c->state) {
    case CONN_HEAD:
    case CONN_BODY:
    case CONN_LINGER:
        ev.events = EPOLLIN;
        break;
    case CONN_WAIT:
        ev.events = c->half ? 0 : EPOLLRDHUP;
        break;
    case CONN_SEND:
        ev.events = EPOLLOUT;
        break;
    case CONN_STREAM:
        ev.events = EPOLLRDHUP | (c->ex->sent < c->ex->out.n ? EPOLLOUT : 0);
        break;
    case CONN_DEAD:
        return;
    }
    if (ev.events == c->events)
        return;
    c->events = ev.events;
    epoll_ctl(c->server->epoll_fd, EPOLL_CTL_MOD, c->fd, &ev);
}

struct conn *conn_open(struct server *s, int fd, const char *address, bool trusted)
{
    struct conn *c = tb_zalloc(sizeof(*c));
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

    c->server = s;
    c->fd = fd;
    c->events = EPOLLIN;
    c->trusted = trusted;
    c->in = (struct buf)BUF_INIT(4 * SCRATCH);
    memcpy(c->address, address, strlen(address) + 1);
    c->next = s->conns;
    if (s->conns)
        s->conns->prev = c;
    s->conns = c;
    metric_set("http_connections", "", ++s->conn_count);
    to_state(c, CONN_HEAD);
    epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
    return c;
}

void conn_close(struct conn *c)
{
    struct server *s = c->server;
    struct exchange *x = c->ex;

    if (c->state == CONN_DEAD)
        return;
    c->state = CONN_DEAD;
    if (x && x->working) {
        x->conn = NULL;
        atomic_store(&x->gone, true);
    } else if (x) {
        exchange_free(x);
    }
    c->ex = NULL;
    /* close() alone is not enough: while a child is between fork and exec it holds the connection
     * too, and epoll would go on telling of what is freed here. */
    if (c->fd >= 0) {
        epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, c->fd, NULL);
        close(c->fd);
    }
    if (!c->trusted)
        address_give(s->addresses, c->address);
    buf_release(&c->in);
    if (c->prev)
        c->prev->next = c->next;
    else
        s->conns = c->next;
    if (c->next)
        c->next->prev = c->prev;
    c->next = s->dead; /* other events of this turn may still point here */
    s->dead = c;
    metric_set("http_connections", "", --s->conn_count);
}

void conn_reap(struct server *s)
{
    while (s->dead) {
        struct conn *c = s->dead;

        s->dead = c->next;
        tb_free(c);
    }
}

/* ---- out ---- */

static void linger(struct conn *c)
{
    if (c->half || shutdown(c->fd, SHUT_WR)) {
        conn_close(c);
        return;
    }
    /* Closing now would reset the connection and could destroy the reply on its way. */
    buf_release(&c->in);
    c->at = c->scanned = 0;
    to_state(c, CONN_LINGER);
}

static void reply_done(struct conn *c)
{
    bool again = c->ex->keep_alive && !c->half && !atomic_load(&c->server->stopping);

    exchange_free(c->ex);
    c->ex = NULL;
    c->requests++;
    if (again)
        to_state(c, CONN_HEAD);
    else
        linger(c);
}

/* Sends as much as goes. False: the connection is gone or would block. */
static bool send_bytes(struct conn *c, struct str head, struct str body)
{
    struct iovec v[2] = { { (void *)(uintptr_t)head.p, head.n },
                          { (void *)(uintptr_t)body.p, body.n } };
    struct msghdr m = { .msg_iov = v, .msg_iovlen = 2 };
    ssize_t n = sendmsg(c->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n < 0 && errno == EINTR)
        return true;
    if (n < 0) {
        if (errno != EAGAIN)
            conn_close(c);
        return false;
    }
    c->ex->sent += (size_t)n;
    c->moved_us = now_us(c);
    return true;
}

static bool send_file(struct conn *c)
{
    struct exchange *x = c->ex;
    off_t at = x->file_at;
    ssize_t n = sendfile(c->fd, x->file_fd, &at, (size_t)(x->file_n - x->file_at));

    if (n < 0 && errno == EINTR)
        return true;
    if (n < 0 && errno == EAGAIN)
        return false;
    if (n <= 0) { /* the file was cut while we sent it: a short reply must not look whole */
        conn_close(c);
        return false;
    }
    x->file_at = at;
    c->moved_us = now_us(c);
    return true;
}

static void pump_reply(struct conn *c)
{
    struct exchange *x = c->ex;
    struct str body = x->site ? x->site_body : buf_str(&x->reply.body);

    if (x->file_n)
        body = STR_NONE;
    while (x->sent < x->out.n + body.n) {
        size_t past = x->sent > x->out.n ? x->sent - x->out.n : 0;

        if (!send_bytes(c, str_from(buf_str(&x->out), x->sent), str_from(body, past)))
            return;
    }
    while (x->file_at < x->file_n)
        if (!send_file(c))
            return;
    reply_done(c);
}

static void pump_stream(struct conn *c)
{
    struct exchange *x = c->ex;

    for (;;) {
        if (atomic_load(&x->gone)) {
            conn_close(c);
            return;
        }
        stream_take(x);
        if (x->sent == x->out.n)
            break;
        if (!send_bytes(c, str_from(buf_str(&x->out), x->sent), STR_NONE))
            return;
    }
    if (!x->ended)
        return;
    if (x->more.head.minor == 0 || x->code == TB_CANCELLED)
        x->keep_alive = false;
    reply_done(c);
}

/* ---- in ---- */

static void start_reply(struct conn *c)
{
    to_state(c, CONN_SEND);
    pump_reply(c);
}

/* A refusal the loop makes itself. What of the body has not been read makes the connection
 * unusable for another request. */
static void refuse(struct conn *c, int status, bool reusable)
{
    struct exchange *x = c->ex;

    x->code = status_fail(&x->err, status);
    x->reply.status = status;
    x->keep_alive = x->keep_alive && reusable;
    if (x->request.route) {
        x->stage = STAGE_REFUSE; /* the trail is to know */
        x->working = lane_put(c->server->quick, x);
        if (x->working) {
            atomic_fetch_add(&c->server->exchanges, 1);
            to_state(c, CONN_WAIT);
            return;
        }
    }
    exchange_compose(x);
    exchange_log(x);
    start_reply(c);
}

static void dispatch(struct conn *c, enum stage stage)
{
    struct exchange *x = c->ex;
    const struct route *r = x->request.route;
    bool slow = r->slow || r->kind != ROUTE_PLAIN;

    x->stage = stage;
    x->working = true; /* before the worker can be done with it */
    atomic_fetch_add(&c->server->exchanges, 1);
    to_state(c, CONN_WAIT);
    if (lane_put(slow ? c->server->slow : c->server->quick, x))
        return;
    atomic_fetch_sub(&c->server->exchanges, 1);
    x->working = false;
    x->code = status_fail(&x->err, 503);
    x->keep_alive = x->keep_alive && (x->body_done || stage == STAGE_RUN);
    metric_add("http_refused_total", "why=\"queue\"", 1);
    exchange_compose(x);
    exchange_log(x);
    start_reply(c);
}

static void continue_body(struct conn *c)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

    to_state(c, CONN_BODY);
    if (c->ex->expects && send(c->fd, go_on, sizeof(go_on) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        conn_close(c);
    else
        c->ex->expects = false;
}

static void body_whole(struct conn *c)
{
    struct exchange *x = c->ex;

    x->body_done = true;
    dispatch(c, x->parts && x->body.n ? STAGE_PART : STAGE_RUN);
}

static bool add_body(struct conn *c, struct str data)
{
    struct exchange *x = c->ex;

    x->body_seen += (int64_t)data.n;
    if (x->body_seen > (int64_t)x->request.route->body_max) {
        refuse(c, 413, false);
        return false;
    }
    buf_add(&x->body, data);
    return true;
}

static void take_chunked(struct conn *c)
{
    struct exchange *x = c->ex;
    struct str in = str_from(buf_str(&c->in), c->at), data;
    enum chunk_result r;

    do {
        r = chunk_next(&x->chunk, &in, &data);
        c->at = c->in.n - in.n;
        if (r == CHUNK_DATA && !add_body(c, data))
            return;
    } while (r == CHUNK_DATA && x->body.n < PIECE);
    if (r == CHUNK_BAD)
        refuse(c, 400, false);
    else if (r == CHUNK_END)
        body_whole(c);
}

static void take_counted(struct conn *c)
{
    struct exchange *x = c->ex;
    struct str data = str_sub(buf_str(&c->in), c->at, (size_t)x->body_left);

    c->at += data.n;
    x->body_left -= (int64_t)data.n;
    if (add_body(c, data) && x->body_left == 0)
        body_whole(c);
}

static void take_body(struct conn *c)
{
    if (c->ex->more.head.chunked)
        take_chunked(c);
    else
        take_counted(c);
    if (c->state == CONN_BODY && c->ex->parts && c->ex->body.n >= PIECE)
        dispatch(c, STAGE_PART);
}

static void begin_exchange(struct conn *c, struct exchange *x)
{
    const struct head *h = &x->more.head;
    const struct route *r = x->request.route;
    bool has_body = h->chunked || h->content_length > 0;

    x->body = (struct buf)BUF_INIT(r->kind == ROUTE_UPLOAD ? PIECE + 4 * SCRATCH : r->body_max);
    x->body_left = h->content_length;
    x->expects = h->expects_continue;
    if (h->content_length > (int64_t)r->body_max)
        refuse(c, 413, false);
    else if (r->kind == ROUTE_UPLOAD)
        dispatch(c, STAGE_GATE);
    else if (has_body)
        continue_body(c);
    else
        body_whole(c);
}

/* The connection leaves this loop with all it has sent. */
static void hand_over(struct conn *c, struct str bytes)
{
    const struct relay *r = &c->server->o.relay;
    struct relay_guest g = { c->address, c->trusted, bytes };
    int fd = c->fd;

    epoll_ctl(c->server->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    c->fd = -1;
    r->take(r->self, fd, &g);
    conn_close(c);
}

/* Takes one head off the input; false when it is not whole yet. */
static bool take_head(struct conn *c)
{
    struct str in = str_from(buf_str(&c->in), c->at);
    int n = head_end(in, &c->scanned), status;
    bool relay;

    if (n == 0)
        return false;
    c->scanned = 0;
    c->ex = exchange_make(c->server, c);
    status = n < 0 ? -n : request_read(c->ex, str_sub(in, 0, (size_t)n));
    if (n > 0)
        c->at += (size_t)n;
    else
        request_name(c->ex);
    relay = status == 0 && c->ex->request.route->kind == ROUTE_RELAY;
    if (relay && c->server->o.relay.take && !c->half)
        hand_over(c, in);
    else if (relay)
        refuse(c, 503, false);
    else if (status == 0)
        begin_exchange(c, c->ex);
    else if (status < 0)
        start_reply(c); /* a page, or what OPTIONS asks */
    else
        refuse(c, status, n > 0 && !c->ex->more.head.chunked && !c->ex->more.head.content_length);
    return true;
}

/* Works off what has been read, request after request. */
static void step(struct conn *c)
{
    bool more = true;

    while (more && (c->state == CONN_HEAD || c->state == CONN_BODY) && c->at < c->in.n) {
        if (c->state == CONN_BODY)
            take_body(c);
        else
            more = take_head(c);
    }
    if (c->state == CONN_DEAD)
        return;
    if (c->at == c->in.n && c->in.p) {
        buf_release(&c->in); /* a connection at rest holds no buffer */
        c->at = 0;
    } else if (c->at) {
        buf_drop_front(&c->in, c->at);
        c->at = 0;
    }
    watch(c);
}

void conn_said(struct conn *c, struct str bytes)
{
    c->moved_us = now_us(c);
    if (c->state == CONN_HEAD && c->in.n == 0)
        c->since_us = c->moved_us;
    buf_add(&c->in, bytes);
    step(c);
}

static void read_some(struct conn *c)
{
    for (int i = 0; i < 8 && (c->state == CONN_HEAD || c->state == CONN_BODY); i++) {
        ssize_t n = recv(c->fd, c->server->scratch, SCRATCH, MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) { /* left in the middle of a request, or before the next one */
            conn_close(c);
            return;
        }
        conn_said(c, str_of(c->server->scratch, (size_t)n));
        if (n < SCRATCH)
            return;
    }
}

static void discard(struct conn *c)
{
    for (int i = 0; i < 16; i++) {
        ssize_t n = recv(c->fd, c->server->scratch, SCRATCH, MSG_DONTWAIT);

        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            conn_close(c);
        if (n <= 0)
            return;
    }
}

/* ---- what wakes a connection ---- */

static void left(struct conn *c)
{
    const struct exchange *x = c->ex;
    bool follows = x->stage == STAGE_RUN && x->request.route->kind == ROUTE_STREAM;

    if (c->state == CONN_STREAM || follows)
        conn_close(c);
    else
        c->half = true; /* may only have said all it will: the reply is still due */
}

void conn_event(struct conn *c, uint32_t events)
{
    if (c->state == CONN_DEAD)
        return;
    if (events & (EPOLLERR | EPOLLHUP)) {
        conn_close(c);
        return;
    }
    switch (c->state) {
    case CONN_HEAD:
    case CONN_BODY:
        read_some(c);
        break;
    case CONN_LINGER:
        discard(c);
        break;
    case CONN_SEND:
        pump_reply(c);
        break;
    default:
        if (events & EPOLLRDHUP)
            left(c);
        else if (c->state == CONN_STREAM)
            pump_stream(c);
    }
    if (c->state == CONN_HEAD)
        step(c);
    if (c->state != CONN_DEAD)
        watch(c);
}

static void came_back(struct conn *c, struct exchange *x, bool done)
{
    if (done && !x->code && x->stage != STAGE_RUN) {
        if (x->body_done)
            dispatch(c, STAGE_RUN);
        else
            continue_body(c);
    } else if (!done || x->streaming) {
        if (c->state == CONN_WAIT)
            to_state(c, CONN_STREAM);
        x->ended = done;
        pump_stream(c);
    } else if (done) {
        start_reply(c);
    }
}

void conn_inbox(struct exchange *x, bool done)
{
    struct conn *c = x->conn;

    if (done) {
        x->working = false;
        atomic_fetch_sub(&x->server->exchanges, 1);
    }
    if (!c) {
        if (done)
            exchange_free(x);
        return;
    }
    came_back(c, x, done);
    if (c->state == CONN_HEAD || c->state == CONN_BODY)
        step(c);
    if (c->state != CONN_DEAD)
        watch(c);
}

/* ---- time ---- */

static void too_slow(struct conn *c)
{
    metric_add("http_refused_total", "why=\"slow\"", 1);
    if (c->state == CONN_HEAD && c->in.n == 0) {
        conn_close(c);
        return;
    }
    if (!c->ex) {
        c->ex = exchange_make(c->server, c);
        request_name(c->ex);
    }
    refuse(c, 408, false);
    if (c->state != CONN_DEAD)
        watch(c);
}

static void sweep_one(struct conn *c, int64_t now)
{
    int64_t head = c->server->o.head_timeout_ms * 1000, still = now - c->moved_us;
    int64_t begun = c->ex ? c->ex->begun_us : now, seen = c->ex ? c->ex->body_seen : 0;
    bool resting = c->state == CONN_HEAD && c->in.n == 0 && c->requests > 0;

    if (c->state == CONN_HEAD && now - c->since_us > (resting ? IDLE_US : head))
        too_slow(c);
    else if (c->state == CONN_BODY &&
             (still > 3 * head || now - begun > 3 * head + seen * 1000000 / BODY_RATE))
        too_slow(c);
    else if (c->state == CONN_LINGER && now - c->since_us > LINGER_US)
        conn_close(c);
    else if (c->state == CONN_SEND && still > 3 * head)
        conn_close(c);
    else if (c->state == CONN_STREAM && c->ex->sent < c->ex->out.n && still > 3 * head)
        conn_close(c);
    else if (c->state == CONN_STREAM && stream_over(c->ex)) {
        pump_stream(c);
        if (c->state != CONN_DEAD)
            conn_close(c); /* no last chunk: nobody takes it for whole */
    } else if (c->state == CONN_STREAM && still >= c->server->o.ping_ms * 1000) {
        stream_ping(c->ex);
        pump_stream(c);
        if (c->state != CONN_DEAD)
            watch(c);
    }
}

void conn_sweep(struct server *s, int64_t now)
{
    struct conn *c = s->conns;
    int stopping = atomic_load(&s->stopping);

    while (c) {
        struct conn *next = c->next; /* closing one moves only that one */

        if (stopping && c->state == CONN_HEAD && c->in.n == 0)
            conn_close(c);
        else if (stopping >= 2 && c->ex && c->ex->working)
            atomic_store(&c->ex->gone, true);
        else
            sweep_one(c, now);
        c = next;
    }
}
