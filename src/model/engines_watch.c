#include "model/engines_int.h"

#include "base/log.h"

#include <sys/stat.h>
#include <time.h>

enum { WAITING_TICK_MS = 50, TICK_MS = 1000 };

/* ---- what the file says ---- */

static bool file_changed(struct engines *g)
{
    struct stat st;
    int64_t stamp;

    if (!g->models_yaml || stat(g->models_yaml, &st))
        return false;
    stamp = (int64_t)st.st_mtim.tv_sec * 1000000 + st.st_mtim.tv_nsec / 1000;
    if (stamp == g->stamp_us && st.st_size == g->size)
        return false;
    g->stamp_us = stamp;
    g->size = st.st_size;
    return true;
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

static bool rest(struct engines *g)
{
    struct timespec at;
    bool over;
    int ms;

    pthread_mutex_lock(&g->lock);
    ms = engines_anybody_waits(g) ? WAITING_TICK_MS : TICK_MS;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_nsec += ms % 1000 * 1000000L;
    at.tv_sec += ms / 1000 + at.tv_nsec / 1000000000L;
    at.tv_nsec %= 1000000000L;
    if (!g->over)
        pthread_cond_timedwait(&g->wake, &g->lock, &at);
    over = g->over;
    pthread_mutex_unlock(&g->lock);
    return !over;
}

void *engines_thread(void *pool)
{
    struct engines *g = pool;
    struct tb_err e = TB_ERR_INIT;

    file_changed(g);
    while (rest(g)) {
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
