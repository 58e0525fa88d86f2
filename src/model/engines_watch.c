#include "model/engines_int.h"

#include "base/log.h"

#include <time.h>

enum { WAITING_TICK_MS = 50, TICK_MS = 1000 };

/* ---- what the file says ---- */

/* A file that has gone away changes nothing: it may be on its way to be replaced. */
static bool file_changed(struct engines *g)
{
    struct fs_stamp now = fs_stamp_of(g->models_yaml);
    bool changed;

    pthread_mutex_lock(&g->lock);
    changed = g->watch && now.size >= 0 && (g->crowded || !fs_stamp_same(&now, &g->stamp));
    pthread_mutex_unlock(&g->lock);
    return changed;
}

void engines_tick(struct engines *g)
{
    struct told all = { NULL, NULL };
    int64_t now = world_mono_us(g->world);

    pthread_mutex_lock(&g->lock);
    engines_look(g, now);
    engines_expire(g, &all, now, false);
    engines_deal(g, &all, now);
    pthread_mutex_unlock(&g->lock);
    tickets_tell(&all);
}

/* ---- the thread ---- */

/* False when the threads are to end. */
bool engines_rest(struct engines *g, int64_t ms)
{
    struct timespec at;
    bool over;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_nsec += ms % 1000 * 1000000L;
    at.tv_sec += ms / 1000 + at.tv_nsec / 1000000000L;
    at.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&g->lock);
    if (!g->over)
        pthread_cond_timedwait(&g->wake, &g->lock, &at);
    over = g->over;
    pthread_mutex_unlock(&g->lock);
    return !over;
}

static int64_t tick_ms(struct engines *g)
{
    bool waits;

    pthread_mutex_lock(&g->lock);
    waits = engines_anybody_waits(g);
    pthread_mutex_unlock(&g->lock);
    return waits ? WAITING_TICK_MS : TICK_MS;
}

void *engines_thread(void *pool)
{
    struct engines *g = pool;
    struct tb_err e = TB_ERR_INIT;

    while (engines_rest(g, tick_ms(g))) {
        engines_tick(g);
        if (file_changed(g)) {
            tb_err_clear(&e);
            if (engines_reload(g, &e))
                log_line(LOG_WARN, "engines_watch", "models.yaml refused, the old one stays");
        }
        engines_gauges(g);
    }
    return NULL;
}
