#include "http/lane.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "http/inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { IDLE_S = 30 };

struct slot {
    pthread_t thread;
    enum { FREE, RUNNING, ENDED } state;
    struct lane *lane;
};
struct lane {
    struct lane_options o;
    pthread_mutex_t lock; /* over everything below */
    pthread_cond_t work;
    struct exchange *first, *last;
    int waiting, idle, running;
    bool stopping;
    char label[48];
    struct slot *slots;
};

struct lane *lane_make(const struct lane_options *o)
{
    struct lane *l = tb_zalloc(sizeof(*l));
    pthread_condattr_t attr;

    l->o = *o;
    l->slots = tb_zalloc(sizeof(*l->slots) * (size_t)o->threads_max);
    snprintf(l->label, sizeof(l->label), "lane=\"%s\"", o->name);
    pthread_mutex_init(&l->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&l->work, &attr);
    pthread_condattr_destroy(&attr);
    return l;
}

/* Waits for work; NULL: this thread should end. */
static struct exchange *take(struct lane *l)
{
    struct exchange *x;
    struct timespec until;
    int rc = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += IDLE_S;
    l->idle++;
    while (!l->first && !l->stopping && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&l->work, &l->lock, &until);
    l->idle--;
    x = l->first;
    if (!x)
        return NULL;
    l->first = x->next_work;
    if (!l->first)
        l->last = NULL;
    l->waiting--;
    metric_set("http_lane_waiting", l->label, l->waiting);
    return x;
}

static void *thread_main(void *arg)
{
    struct slot *slot = arg;
    struct lane *l = slot->lane;
    struct lane_thread w = { .lane = l };
    struct exchange *x;

    pthread_mutex_lock(&l->lock);
    while ((x = take(l))) {
        pthread_mutex_unlock(&l->lock);
        exchange_work(x, &w);
        pthread_mutex_lock(&l->lock);
    }
    slot->state = ENDED;
    l->running--;
    metric_set("http_lane_threads", l->label, l->running);
    pthread_mutex_unlock(&l->lock);
    if (w.db)
        l->o.close_db(l->o.self, w.db);
    return NULL;
}

static void add_thread(struct lane *l)
{
    pthread_attr_t attr;
    struct slot *s = NULL;

    for (int i = 0; i < l->o.threads_max && !s; i++)
        if (l->slots[i].state != RUNNING)
            s = &l->slots[i];
    if (!s)
        return;
    if (s->state == ENDED)
        pthread_join(s->thread, NULL);
    s->lane = l;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, l->o.stack);
    s->state = pthread_create(&s->thread, &attr, thread_main, s) == 0 ? RUNNING : FREE;
    pthread_attr_destroy(&attr);
    if (s->state != RUNNING) {
        log_line(LOG_ERROR, "http", "lane=%s thread=refused running=%d", l->o.name, l->running);
        return;
    }
    l->running++;
    metric_set("http_lane_threads", l->label, l->running);
}

bool lane_put(struct lane *l, struct exchange *x)
{
    bool ok;

    pthread_mutex_lock(&l->lock);
    ok = !l->stopping && l->waiting < l->o.queue_max;
    if (ok) {
        x->next_work = NULL;
        if (l->last)
            l->last->next_work = x;
        else
            l->first = x;
        l->last = x;
        l->waiting++;
        metric_set("http_lane_waiting", l->label, l->waiting);
        if (l->waiting > l->idle && l->running < l->o.threads_max)
            add_thread(l);
        pthread_cond_signal(&l->work);
    }
    pthread_mutex_unlock(&l->lock);
    return ok;
}

static void join(struct lane *l, struct slot *s)
{
    bool born;

    pthread_mutex_lock(&l->lock);
    born = s->state != FREE;
    pthread_mutex_unlock(&l->lock);
    if (born)
        pthread_join(s->thread, NULL);
}

void lane_free(struct lane *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    l->stopping = true;
    pthread_cond_broadcast(&l->work);
    pthread_mutex_unlock(&l->lock);
    for (int i = 0; i < l->o.threads_max; i++)
        join(l, &l->slots[i]);
    pthread_cond_destroy(&l->work);
    pthread_mutex_destroy(&l->lock);
    tb_free(l->slots);
    tb_free(l);
}

enum tb_code lane_db(struct lane_thread *w, struct db **out, struct tb_err *e)
{
    const struct lane_options *o = &w->lane->o;
    enum tb_code c = TB_OK;

    if (!w->db && o->open_db)
        c = o->open_db(o->self, &w->db, e);
    *out = w->db;
    return c;
}
