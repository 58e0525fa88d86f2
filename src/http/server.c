#include "http/server.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "http/inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, TICK_MS = 250, PER_ADDRESS = 1024 };
enum { STACK = 1024 * 1024 };

static void wake(struct server *s)
{
    uint64_t one = 1;

    if (write(s->wake_fd, &one, sizeof(one)) < 0) {
        /* full: the loop is about to wake anyway */
    }
}

void server_post(struct exchange *x, bool done)
{
    struct server *s = x->server;
    bool first;

    pthread_mutex_lock(&s->inbox_lock);
    first = !s->inbox;
    x->done = x->done || done;
    if (!x->queued) {
        x->queued = true;
        x->next = s->inbox;
        s->inbox = x;
    }
    pthread_mutex_unlock(&s->inbox_lock);
    if (first)
        wake(s);
}

static void turn_away(int fd)
{
    connection_refuse(fd);
    metric_add("http_refused_total", "why=\"connections\"", 1);
}

void server_adopt(struct server *s, int fd, const struct relay_guest *g)
{
    struct relay_visit *a = relay_visit_make(fd, g);

    pthread_mutex_lock(&s->inbox_lock);
    a->next = s->adopted;
    s->adopted = a;
    pthread_mutex_unlock(&s->inbox_lock);
    wake(s);
}

/* Comes in as at the door: it counts for its address again. */
static void read_adopted(struct server *s, struct relay_visit *list)
{
    while (list) {
        struct relay_visit *a = list;

        list = a->next;
        if (atomic_load(&s->stopping) ||
            (!a->trusted && !address_take(s->addresses, a->address, s->o.per_address)))
            turn_away(a->fd);
        else
            conn_said(conn_open(s, a->fd, a->address, a->trusted), buf_str(&a->bytes));
        relay_visit_free(a);
    }
}

static void read_inbox(struct server *s)
{
    struct exchange *x, *next, *list = NULL;
    struct relay_visit *adopted;
    uint64_t n;

    if (read(s->wake_fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
        log_line(LOG_ERROR, "http", "eventfd errno=%d", errno);
    pthread_mutex_lock(&s->inbox_lock);
    for (x = s->inbox; x; x = next) { /* last posted first: turn it round */
        next = x->next;
        x->next = list;
        list = x;
    }
    s->inbox = NULL;
    adopted = s->adopted;
    s->adopted = NULL;
    pthread_mutex_unlock(&s->inbox_lock);
    read_adopted(s, adopted);
    for (x = list; x; x = next) {
        bool done;

        next = x->next;
        pthread_mutex_lock(&s->inbox_lock);
        done = x->done;
        x->done = x->queued = false;
        pthread_mutex_unlock(&s->inbox_lock);
        conn_inbox(x, done);
    }
}

/* ---- accept ---- */

union peer {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static void peer_text(const union peer *p, char out[48])
{
    if (p->any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&p->v6.sin6_addr))
        inet_ntop(AF_INET, p->v6.sin6_addr.s6_addr + 12, out, 48);
    else if (p->any.sa_family == AF_INET6)
        inet_ntop(AF_INET6, &p->v6.sin6_addr, out, 48);
    else
        inet_ntop(AF_INET, &p->v4.sin_addr, out, 48);
}

static void watch_listener(struct server *s, bool on)
{
    struct epoll_event ev = { .events = on ? EPOLLIN : 0, .data.ptr = &s->listen_fd };

    epoll_ctl(s->epoll_fd, EPOLL_CTL_MOD, s->listen_fd, &ev);
    s->accept_paused = !on;
}

static void welcome(struct server *s, int fd, const union peer *p)
{
    char address[48] = "";
    bool trusted;

    peer_text(p, address);
    trusted = address_in_list(s->o.proxies, str_z(address));
    if (s->conn_count >= s->o.connections_max ||
        (!trusted && !address_take(s->addresses, address, s->o.per_address)))
        turn_away(fd);
    else
        conn_open(s, fd, address, trusted);
}

static void accept_some(struct server *s)
{
    for (int i = 0; i < 64; i++) {
        union peer p;
        socklen_t n = sizeof(p);
        int fd = accept4(s->listen_fd, &p.any, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            welcome(s, fd, &p);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            log_line(LOG_ERROR, "http", "accept=paused errno=%d", errno);
            watch_listener(s, false); /* the queue of the kernel holds them meanwhile */
            s->accept_again_us = world_mono_us(s->o.world) + 200000;
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

/* ---- the loop ---- */

static void close_listener(struct server *s)
{
    if (s->listen_fd >= 0) {
        epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, s->listen_fd, NULL);
        close(s->listen_fd);
    }
    s->listen_fd = -1;
}

static void turn(struct server *s, struct epoll_event *ev, int timeout_ms)
{
    int n = epoll_wait(s->epoll_fd, ev, EVENTS, timeout_ms);

    for (int i = 0; i < n; i++) {
        if (ev[i].data.ptr == &s->wake_fd)
            read_inbox(s);
        else if (ev[i].data.ptr != &s->listen_fd)
            conn_event(ev[i].data.ptr, ev[i].events);
        else if (s->listen_fd >= 0)
            accept_some(s);
    }
    conn_reap(s);
}

static bool drained(const struct server *s)
{
    if (!atomic_load(&s->stopping) || atomic_load(&s->exchanges) > 0)
        return false;
    for (const struct conn *c = s->conns; c; c = c->next)
        if (c->ex)
            return false;
    return true;
}

static void look_after(struct server *s, int64_t *swept)
{
    int64_t now = world_mono_us(s->o.world);

    if (s->accept_paused && now > s->accept_again_us && s->listen_fd >= 0)
        watch_listener(s, true);
    if (now - *swept < TICK_MS * 1000 && !atomic_load(&s->stopping))
        return;
    conn_sweep(s, now);
    conn_reap(s);
    *swept = now;
}

static void *loop_main(void *arg)
{
    struct server *s = arg;
    struct epoll_event ev[EVENTS];
    int64_t swept = 0;

    while (atomic_load(&s->stopping) < 3 && !drained(s)) {
        int stopping = atomic_load(&s->stopping);
        bool quiet = !s->conns && !s->accept_paused;

        turn(s, ev, stopping ? 20 : quiet ? -1 : TICK_MS);
        if (atomic_load(&s->stopping))
            close_listener(s);
        look_after(s, &swept);
    }
    close_listener(s);
    atomic_store(&s->ended, true);
    return NULL;
}

/* ---- start and stop ---- */

static void set_defaults(struct server_options *o)
{
    if (!o->quick_workers)
        o->quick_workers = 4;
    if (!o->slow_workers)
        o->slow_workers = 32;
    if (!o->queue_max)
        o->queue_max = 2048;
    if (!o->connections_max)
        o->connections_max = 8192;
    if (!o->per_address)
        o->per_address = PER_ADDRESS;
    if (!o->head_timeout_ms)
        o->head_timeout_ms = 10000;
    if (!o->ping_ms)
        o->ping_ms = 15000;
    if (!o->world)
        o->world = world_real();
    if (!o->proxies)
        o->proxies = "";
}

static struct lane *make_lane(const struct server *s, const char *name, int threads)
{
    struct lane_options o = { .name = name,
                              .threads_max = threads,
                              .queue_max = s->o.queue_max,
                              .stack = STACK,
                              .self = s->o.gate.self,
                              .open_db = s->o.gate.open_db,
                              .close_db = s->o.gate.close_db };

    return lane_make(&o);
}

static void add_to_epoll(struct server *s, int *fd)
{
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = fd };

    epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, *fd, &ev);
}

static void server_free(struct server *s)
{
    lane_free(s->quick);
    lane_free(s->slow);
    read_inbox(s);
    while (s->conns)
        conn_close(s->conns);
    conn_reap(s);
    close_listener(s);
    close(s->epoll_fd);
    close(s->wake_fd);
    site_drop(s->site);
    address_table_free(s->addresses);
    pthread_mutex_destroy(&s->inbox_lock);
    tb_free(s->scratch);
    arena_release(&s->mem);
    tb_free(s);
}

enum tb_code server_start(const struct server_options *o, struct server **out, struct tb_err *e)
{
    struct server *s = tb_zalloc(sizeof(*s));

    s->o = *o;
    set_defaults(&s->o);
    s->listen_fd = -1;
    s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    s->scratch = tb_alloc(SCRATCH);
    s->addresses = address_table_make();
    s->site = site_open(o->static_dir);
    pthread_mutex_init(&s->inbox_lock, NULL);
    if (s->epoll_fd < 0 || s->wake_fd < 0) {
        (void)!tb_fail(e, TB_STORE, "系统资源不足，服务没有启动", "epoll errno=%d", errno);
        goto out;
    }
    if (matcher_make(&s->mem, o->tables, &s->matcher, e) ||
        address_listen(o->listen, &s->listen_fd, &s->port, e))
        goto out;
    s->quick = make_lane(s, "quick", s->o.quick_workers);
    s->slow = make_lane(s, "slow", s->o.slow_workers);
    add_to_epoll(s, &s->wake_fd);
    add_to_epoll(s, &s->listen_fd);
    if (pthread_create(&s->loop, NULL, loop_main, s) != 0) {
        (void)!tb_fail(e, TB_STORE, "系统资源不足，服务没有启动", "thread=loop");
        goto out;
    }
    *out = s;
    return TB_OK;
out:
    server_free(s);
    return e->code;
}

int server_port(const struct server *s)
{
    return s->port;
}

/* Polls: stopping is rare, and what it waits for are handlers of other people. */
static void wait_for_loop(struct server *s, int64_t most_ms)
{
    int64_t until = world_mono_us(world_real()) + most_ms * 1000;

    while (!atomic_load(&s->ended) && world_mono_us(world_real()) < until)
        usleep(2000);
}

void server_stop(struct server *s, int64_t drain_ms)
{
    static const int64_t cancel_ms = 30000;

    atomic_store(&s->stopping, 1);
    wake(s);
    wait_for_loop(s, drain_ms);
    atomic_store(&s->stopping, 2);
    wait_for_loop(s, cancel_ms);
    atomic_store(&s->stopping, 3);
    pthread_join(s->loop, NULL);
    server_free(s);
}
