/* One loop: its connections, its calls to engines, what other threads post to it. */
#include "base/alloc.h"
#include "base/log.h"
#include "scenario/gateway/inside.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scenario/gateway/loop.h"
#include "scenario/gateway/pulse.h"

enum { EVENTS = 256, SWEEP_US = 50000, CHECK_US = 250000, BACKLOG_ROWS = 10000, BREATH_US = 500 };

int64_t loop_now(struct loop *l)
{
    return l->ids.now_us = world_mono_us(l->g->o.world);
}

int64_t loop_about_now(const struct loop *l)
{
    return l->ids.now_us;
}

static int64_t ids_now(const struct world *w)
{
    return ((const struct loop_ids *)(uintptr_t)w)->now_us;
}

static int64_t ids_wall(const struct world *w)
{
    const struct loop_ids *ids = (const struct loop_ids *)(uintptr_t)w;

    return ids->wall_ms + ids->now_us / 1000;
}

/* The clocks at the beginning of a turn. */
static void look_at_clocks(struct loop *l)
{
    l->ids.wall_ms = world_now_ms(l->g->o.world) - loop_now(l) / 1000;
}

static void next_ids(const struct world *w, void *out, size_t n)
{
    struct loop_ids *ids = (struct loop_ids *)(uintptr_t)w;

    if (ids->left < n) {
        world_random(world_real(), ids->bytes, sizeof(ids->bytes));
        ids->left = sizeof(ids->bytes);
    }
    ids->left -= n;
    memcpy(out, ids->bytes + ids->left, n);
}

/* ---- what comes from other threads ---- */

void loop_wake(struct loop *l)
{
    uint64_t one = 1;

    if (write(l->wake_fd, &one, sizeof(one)) < 0) {
        /* full: the loop is about to wake anyway */
    }
}

void loop_post(struct call *c, enum tb_code code)
{
    struct loop *l = c->loop;
    bool first;

    pthread_mutex_lock(&l->lock);
    c->placed_code = code;
    first = !l->placed;
    c->next_placed = l->placed;
    l->placed = c;
    pthread_mutex_unlock(&l->lock);
    if (first)
        loop_wake(l);
}

void loop_take(struct loop *l, int fd, const struct relay_guest *g)
{
    struct relay_visit *a = relay_visit_make(fd, g);

    pthread_mutex_lock(&l->lock);
    a->next = l->arrivals;
    l->arrivals = a;
    pthread_mutex_unlock(&l->lock);
    loop_wake(l);
}

static void read_inbox(struct loop *l)
{
    struct relay_visit *a, *next;
    struct call *c, *after;
    uint64_t n;

    if (read(l->wake_fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
        log_line(LOG_ERROR, "gateway", "eventfd errno=%d", errno);
    pthread_mutex_lock(&l->lock);
    a = l->arrivals;
    c = l->placed;
    l->arrivals = NULL;
    l->placed = NULL;
    pthread_mutex_unlock(&l->lock);
    for (; a; a = next) {
        next = a->next;
        guest_open(l, a->fd, a->address, a->trusted, buf_str(&a->bytes));
        relay_visit_free(a);
    }
    for (; c; c = after) {
        after = c->next_placed;
        call_placed(c, c->placed_code);
    }
}

/* ---- engines' sockets ---- */

/* Sockets of the wire are told from guests by an odd number in the event. */
static void on_watch(void *self, int fd, unsigned events)
{
    struct loop *l = self;
    struct epoll_event ev = { .events = (events & WIRE_IN ? (uint32_t)EPOLLIN : 0) |
                                        (events & WIRE_OUT ? (uint32_t)EPOLLOUT : 0),
                              .data.u64 = (uint64_t)fd << 1 | 1 };

    if (!events)
        epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    else if (epoll_ctl(l->epoll_fd, EPOLL_CTL_MOD, fd, &ev) && errno == ENOENT)
        epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
}

static void wire_event(struct loop *l, const struct epoll_event *ev)
{
    unsigned events = (ev->events & (EPOLLIN | EPOLLERR | EPOLLHUP) ? WIRE_IN : 0) |
                      (ev->events & EPOLLOUT ? WIRE_OUT : 0);

    wire_ready(l->wire, (int)(ev->data.u64 >> 1), events);
}

/* ---- the loop ---- */

/* All that was settled in this turn is in the journal before any of it is told. */
void loop_sync(struct loop *l)
{
    if (l->unsynced)
        books_sync(l->g->o.books);
    l->unsynced = false;
}

static void flush_all(struct loop *l)
{
    loop_sync(l);
    while (l->dirty) {
        struct guest *g = l->dirty;

        l->dirty = g->next_dirty;
        g->dirty = false;
        if (g->dead)
            continue;
        guest_flush(g);
        if (!g->dead && g->state == GUEST_HEAD && g->in.n)
            guest_event(g, EPOLLIN); /* a request that came while the last was answered */
    }
}

static void reap(struct loop *l)
{
    while (l->dead) {
        struct guest *g = l->dead;

        l->dead = g->next;
        tb_free(g);
    }
}

static int timeout_ms(struct loop *l)
{
    int64_t due = wire_due_us(l->wire), now = loop_now(l),
            ms = l->calls    ? SWEEP_US / 1000
                 : l->guests ? CHECK_US / 1000
                             : 1000;

    if (due <= now)
        return 0;
    if (due != INT64_MAX && (due - now + 999) / 1000 < ms)
        ms = (due - now + 999) / 1000;
    return (int)ms;
}

static void sweep(struct loop *l)
{
    int64_t now = loop_about_now(l);
    struct call *c, *next_call;
    struct guest *g, *next;

    if (now - l->swept_us >= SWEEP_US) {
        l->swept_us = now;
        for (c = l->calls; c; c = next_call) {
            next_call = c->next;
            call_sweep(c, now);
        }
    }
    if (now - l->checked_us < CHECK_US)
        return;
    l->checked_us = now;
    pulse_take(l->g->o.world);
    for (g = l->guests; g; g = next) {
        next = g->next;
        guest_sweep(g, now);
    }
}

/* Calls that end faster than the store takes their records: a breath for its writer, which is short
 * beside any engine's answer, keeps the queue from filling up to where callers are refused. */
static void wait_for_books(const struct loop *l)
{
    size_t backlog = books_backlog(l->g->o.books);

    if (backlog > BACKLOG_ROWS)
        usleep(backlog > 2 * BACKLOG_ROWS ? 2 * BREATH_US : BREATH_US);
}

static void turn(struct loop *l, struct epoll_event *ev)
{
    int n = epoll_wait(l->epoll_fd, ev, EVENTS, timeout_ms(l));

    look_at_clocks(l);
    for (int i = 0; i < n; i++) {
        if (ev[i].data.ptr == NULL)
            read_inbox(l);
        else if (ev[i].data.u64 & 1)
            wire_event(l, &ev[i]);
        else
            guest_event(ev[i].data.ptr, ev[i].events);
    }
    if (wire_due_us(l->wire) <= loop_about_now(l))
        wire_tick(l->wire);
    sweep(l);
    flush_all(l);
    reap(l);
    wait_for_books(l);
}

static void *loop_main(void *arg)
{
    struct loop *l = arg;
    struct epoll_event ev[EVENTS];

    while (atomic_load(&l->g->stopping) < 3 || l->calls)
        turn(l, ev);
    while (l->guests)
        guest_close(l->guests);
    reap(l);
    return NULL;
}

enum tb_code loop_start(struct loop *l, struct gateway *g, struct tb_err *e)
{
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL };
    struct wire_host host = { l, on_watch };

    l->g = g;
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    l->scratch = tb_alloc(SCRATCH_BYTES);
    l->line = (struct buf)BUF_INIT(WHOLE_MAX * 2);
    settle_metrics(&l->metrics);
    l->ids.world = *g->o.world;
    l->ids.world.random = next_ids;
    l->ids.world.mono_us = ids_now;
    l->ids.world.now_ms = ids_wall;
    look_at_clocks(l);
    l->wire = wire_new(&host, &l->ids.world);
    pthread_mutex_init(&l->lock, NULL);
    if (l->epoll_fd < 0 || l->wake_fd < 0 ||
        epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->wake_fd, &ev) ||
        pthread_create(&l->thread, NULL, loop_main, l) != 0)
        return tb_fail(e, TB_STORE, "系统资源不足，模型网关没有启动", "gateway loop errno=%d",
                       errno);
    l->running = true;
    return TB_OK;
}

void loop_stop(struct loop *l)
{
    if (l->running) {
        loop_wake(l);
        pthread_join(l->thread, NULL);
    }
    read_inbox(l);
    while (l->guests)
        guest_close(l->guests);
    flush_all(l);
    reap(l);
    wire_free(l->wire);
    close(l->epoll_fd);
    close(l->wake_fd);
    buf_release(&l->line);
    tb_free(l->scratch);
    pthread_mutex_destroy(&l->lock);
}
