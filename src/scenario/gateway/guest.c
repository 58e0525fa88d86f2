/* An application's connection: requests in, replies out, in the order they came. */
#include "base/alloc.h"
#include "base/metrics.h"
#include "scenario/gateway/inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    HEAD_US = 10 * 1000000,
    IDLE_US = 75 * 1000000,
    STILL_US = 30 * 1000000,
    IN_MAX = 512 * 1024,   /* what the server had read, and as much of the next requests */
    BODY_RATE = 16 * 1024, /* bytes a second: slower is no application */
    KEEP_BYTES = 16 * 1024 /* a buffer at rest may hold so much */
};

static void watch(struct guest *g)
{
    struct epoll_event ev = { .events = EPOLLRDHUP, .data.ptr = g };

    if (g->state == GUEST_LAST || g->in.n - g->at < PIPELINED_MAX)
        ev.events |= EPOLLIN;
    if (g->sent < g->out.n)
        ev.events |= EPOLLOUT;
    if (g->dead || ev.events == g->events)
        return;
    g->events = ev.events;
    epoll_ctl(g->loop->epoll_fd, EPOLL_CTL_MOD, g->fd, &ev);
}

static void to_state(struct guest *g, enum guest_state state)
{
    g->state = state;
    g->since_us = g->moved_us = loop_about_now(g->loop);
}

void guest_close(struct guest *g)
{
    struct loop *l = g->loop;
    struct call *c = g->call;

    if (g->dead)
        return;
    g->dead = true;
    g->call = NULL;
    if (c)
        call_left(c);
    if (g->fd >= 0) {
        epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, g->fd, NULL);
        close(g->fd);
    }
    buf_release(&g->in);
    buf_release(&g->out);
    buf_release(&g->body);
    buf_release(&g->head_bytes);
    tb_free(g->head);
    quota_forget(&g->said);
    if (g->prev)
        g->prev->next = g->next;
    else
        l->guests = g->next;
    if (g->next)
        g->next->prev = g->prev;
    g->next = l->dead; /* other events of this turn may still point here */
    l->dead = g;
    metric_set("gateway_connections", "", atomic_fetch_sub(&l->g->guests, 1) - 1);
}

/* ---- out ---- */

void guest_say(struct guest *g, struct str bytes)
{
    buf_add(&g->out, bytes);
    if (g->dirty)
        return;
    g->dirty = true;
    g->next_dirty = g->loop->dirty;
    g->loop->dirty = g;
}

static void rest_buffer(struct buf *b)
{
    if (b->cap > KEEP_BYTES)
        buf_release(b);
    else
        buf_reset(b);
}

void guest_flush(struct guest *g)
{
    loop_sync(g->loop);
    if (g->out.over) { /* its reader is too slow for a stream, or gone */
        guest_close(g);
        return;
    }
    while (g->sent < g->out.n) {
        ssize_t n =
            send(g->fd, g->out.p + g->sent, g->out.n - g->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN) {
            guest_close(g);
            return;
        }
        if (n < 0)
            break;
        g->sent += (size_t)n;
        g->moved_us = loop_about_now(g->loop);
    }
    if (g->call && g->call->head_sent && g->out.n - g->sent > OUT_MAX) {
        guest_close(g); /* reads so slowly that its stream would fill the memory */
        return;
    }
    if (g->sent > OUT_MAX) {
        buf_drop_front(&g->out, g->sent);
        g->sent = 0;
    }
    if (g->sent == g->out.n) {
        g->sent = 0;
        rest_buffer(&g->out);
        if (g->state == GUEST_LAST) {
            shutdown(g->fd, SHUT_WR); /* closes when the other side has read it, or after a while */
            return;
        }
    }
    watch(g);
}

/* ---- in ---- */

static void take_requests(struct guest *g);

void guest_done(struct guest *g, bool keep)
{
    g->call = NULL;
    g->requests++;
    to_state(g, keep && !atomic_load(&g->loop->g->stopping) ? GUEST_HEAD : GUEST_LAST);
    guest_say(g, STR_NONE);
}

/* Before a call begins nobody is known: it leaves no row, but it is counted. */
static void refuse(struct guest *g, int status)
{
    char label[24];

    snprintf(label, sizeof(label), "why=\"%d\"", status);
    metric_add("gateway_refused_total", label, 1);
    reply_refuse(g, status);
    to_state(g, GUEST_LAST);
}

static void begin(struct guest *g, struct str body)
{
    struct head *h = g->head;
    struct buf bytes = g->body;

    g->body = (struct buf)BUF_INIT(0);
    to_state(g, GUEST_CALL);
    call_begin(g, h, g->kind, body);
    buf_release(&bytes);
    rest_buffer(&g->head_bytes);
}

static void add_body(struct guest *g, struct str data)
{
    buf_add(&g->body, data);
    if (g->body.over)
        refuse(g, 413);
}

static void take_chunked(struct guest *g)
{
    struct str in = str_from(buf_str(&g->in), g->at), data;
    enum chunk_result r;

    do {
        r = chunk_next(&g->chunk, &in, &data);
        g->at = g->in.n - in.n;
        if (r == CHUNK_DATA)
            add_body(g, data);
    } while (r == CHUNK_DATA && g->state == GUEST_BODY);
    if (g->state != GUEST_BODY)
        return;
    if (r == CHUNK_BAD)
        refuse(g, 400);
    else if (r == CHUNK_END)
        begin(g, buf_str(&g->body));
}

static void take_counted(struct guest *g)
{
    struct str data = str_sub(buf_str(&g->in), g->at, (size_t)g->body_left);

    g->at += data.n;
    if (g->body.n == 0 && (int64_t)data.n == g->body_left) { /* it came whole: no copy */
        begin(g, data);
        return;
    }
    g->body_left -= (int64_t)data.n;
    add_body(g, data);
    if (g->state == GUEST_BODY && g->body_left == 0)
        begin(g, buf_str(&g->body));
}

static void give_back(struct guest *g, struct str bytes)
{
    struct server *s = g->loop->g->server;
    struct relay_guest r = { g->address, g->trusted, bytes };
    int fd = g->fd;

    epoll_ctl(g->loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    g->fd = -1;
    server_adopt(s, fd, &r);
    guest_close(g);
}

/* What was answered before goes out before anybody else writes on this connection. */
static bool all_is_sent(struct guest *g)
{
    if (g->sent < g->out.n)
        guest_flush(g);
    return !g->dead && g->sent == g->out.n;
}

static void expect_body(struct guest *g)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const struct head *h = g->head;

    g->body = (struct buf)BUF_INIT(g->kind->route->body_max);
    g->body_left = h->content_length;
    g->chunk = (struct chunk){ 0 };
    to_state(g, GUEST_BODY);
    if (h->content_length > (int64_t)g->kind->route->body_max)
        refuse(g, 413);
    else if (!h->chunked && h->content_length == 0)
        begin(g, STR_NONE);
    else if (h->expects_continue)
        guest_say(g, str_of(go_on, sizeof(go_on) - 1));
}

static bool is_ours(struct guest *g, const struct head *h, int *status)
{
    struct str path = h->target, query = path;
    bool known = false;

    path = str_cut(&query, STR("?"));
    g->kind = kind_find(h->method, path, &known);
    *status = g->kind ? 0 : 405;
    return g->kind || known;
}

/* Takes one head; false when it is not whole yet or the connection has gone. */
static bool take_head(struct guest *g)
{
    struct str in = str_from(buf_str(&g->in), g->at);
    int n = head_end(in, &g->scanned), status = 0;

    if (n == 0)
        return false;
    g->scanned = 0;
    if (!g->head)
        g->head = tb_alloc(sizeof(*g->head));
    g->head_bytes.max = HEAD_MAX;
    buf_reset(&g->head_bytes);
    if (n > 0)
        buf_add(&g->head_bytes, str_sub(in, 0, (size_t)n));
    status = n < 0 ? -n : head_parse(buf_str(&g->head_bytes), g->head);
    if (status == 0 && !is_ours(g, g->head, &status)) {
        if (!all_is_sent(g))
            return false; /* asked again when it is */
        if (atomic_load(&g->loop->g->stopping))
            guest_close(g);
        else
            give_back(g, in);
        return false;
    }
    g->at += n > 0 ? (size_t)n : 0;
    if (status)
        refuse(g, status);
    else
        expect_body(g);
    return true;
}

static void take_requests(struct guest *g)
{
    bool more = true;

    while (more && !g->dead && g->at < g->in.n &&
           (g->state == GUEST_HEAD || g->state == GUEST_BODY)) {
        if (g->state == GUEST_HEAD)
            more = take_head(g);
        else if (g->head->chunked)
            take_chunked(g);
        else
            take_counted(g);
    }
    if (g->dead)
        return;
    if (g->at == g->in.n)
        rest_buffer(&g->in);
    else if (g->at)
        buf_drop_front(&g->in, g->at);
    g->at = 0;
    if (g->in.over)
        guest_close(g);
}

static void read_some(struct guest *g)
{
    for (int i = 0; i < 8 && !g->dead; i++) {
        ssize_t n = recv(g->fd, g->loop->scratch, SCRATCH_BYTES, MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            guest_close(g);
            return;
        }
        g->moved_us = loop_now(g->loop);
        if (g->state == GUEST_HEAD && g->in.n == 0)
            g->since_us = g->moved_us;
        if (g->state == GUEST_LAST)
            continue; /* thrown away */
        buf_add(&g->in, str_of(g->loop->scratch, (size_t)n));
        take_requests(g);
        if (n < SCRATCH_BYTES)
            return;
    }
}

void guest_open(struct loop *l, int fd, const char *address, bool trusted, struct str bytes)
{
    struct guest *g = tb_zalloc(sizeof(*g));
    struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP, .data.ptr = g };

    g->loop = l;
    g->fd = fd;
    g->trusted = trusted;
    g->events = ev.events;
    g->in = (struct buf)BUF_INIT(IN_MAX);
    g->out = (struct buf)BUF_INIT(WHOLE_MAX + OUT_MAX);
    memcpy(g->address, address, strlen(address) + 1);
    g->next = l->guests;
    if (l->guests)
        l->guests->prev = g;
    l->guests = g;
    metric_set("gateway_connections", "", atomic_load(&l->g->guests));
    to_state(g, GUEST_HEAD);
    epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
    buf_add(&g->in, bytes);
    take_requests(g);
    if (!g->dead)
        watch(g);
}

void guest_event(struct guest *g, uint32_t events)
{
    if (g->dead)
        return;
    if (events & (EPOLLERR | EPOLLHUP) || (g->state == GUEST_CALL && events & EPOLLRDHUP)) {
        guest_close(g); /* its call is cancelled at once */
        return;
    }
    if (events & EPOLLOUT)
        guest_flush(g);
    if (!g->dead && events & (EPOLLIN | EPOLLRDHUP))
        read_some(g);
    if (!g->dead && g->state == GUEST_HEAD)
        take_requests(g);
    if (!g->dead)
        watch(g);
}

void guest_sweep(struct guest *g, int64_t now)
{
    int64_t since = now - g->since_us, still = now - g->moved_us;
    bool resting = g->state == GUEST_HEAD && g->in.n == 0;

    if (resting && (since > IDLE_US || atomic_load(&g->loop->g->stopping)))
        guest_close(g);
    else if (g->state == GUEST_HEAD && !resting && since > HEAD_US)
        refuse(g, 408);
    else if (g->state == GUEST_BODY &&
             (still > STILL_US || since > STILL_US + (int64_t)g->body.n * 1000000 / BODY_RATE))
        refuse(g, 408);
    else if (g->state == GUEST_LAST && since > STILL_US)
        guest_close(g);
    else if (g->sent < g->out.n && still > STILL_US)
        guest_close(g);
}
