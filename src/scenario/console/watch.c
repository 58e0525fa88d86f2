#include "scenario/console/watch.h"

#include "base/alloc.h"
#include "base/log.h"
#include "store/key_mark.h"
#include "store/session.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EVERY_MS = 300, KEYS_EVERY = 4 }; /* keys: every so many looks */

struct watch {
    const char *db_url;
    struct keyring *keys;
    const struct world *world;
    struct db *db;
    int64_t seen; /* the counter of ends as it was last */
    int looks;
    bool failing;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;
    bool stopping;
    int64_t *ended; /* ascending */
    size_t n;
};

static void replace(struct watch *w, const int64_t *ids, size_t n)
{
    int64_t *copy = n ? tb_dup(ids, n * sizeof(*ids)) : NULL;

    pthread_mutex_lock(&w->lock);
    tb_free(w->ended);
    w->ended = copy;
    w->n = n;
    pthread_mutex_unlock(&w->lock);
}

static enum tb_code look_at_sessions(struct watch *w, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    int64_t now, *ids;
    size_t n;
    enum tb_code c;

    if ((!w->db && db_open(w->db_url, &w->db, e)) || session_changes(w->db, &now, e))
        return e->code;
    if (now == w->seen)
        return TB_OK;
    c = session_ended(w->db, &a, w->world, &ids, &n, e);
    if (!c) {
        replace(w, ids, n);
        w->seen = now;
    }
    arena_release(&a);
    return c;
}

static enum tb_code look_at_keys(struct watch *w, struct tb_err *e)
{
    bool changed;

    if (!w->keys || w->looks++ % KEYS_EVERY)
        return TB_OK;
    if (keyring_refresh(w->keys, &changed, e))
        return e->code;
    if (changed)
        log_line(LOG_INFO, "keys", "rotated keys are in use");
    return TB_OK;
}

static void look(struct watch *w)
{
    struct tb_err e = TB_ERR_INIT;
    bool bad = look_at_sessions(w, &e) || look_at_keys(w, &e);

    if (bad && !w->failing)
        log_line(LOG_ERROR, "watch", "code=%s %s", tb_code_name(e.code), e.log);
    if (bad && e.code != TB_BUSY && w->db) {
        db_close(w->db);
        w->db = NULL;
    }
    w->failing = bad;
}

static bool rest(struct watch *w)
{
    struct timespec until;
    bool stop;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += EVERY_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&w->lock);
    while (!w->stopping && pthread_cond_timedwait(&w->wake, &w->lock, &until) != ETIMEDOUT)
        ;
    stop = w->stopping;
    pthread_mutex_unlock(&w->lock);
    return !stop;
}

static void *run(void *self)
{
    struct watch *w = self;

    do
        look(w);
    while (rest(w));
    return NULL;
}

enum tb_code watch_start(const char *db_url, struct keyring *keys, const struct world *world,
                         struct watch **out, struct tb_err *e)
{
    struct watch *w = tb_zalloc(sizeof(*w));
    pthread_condattr_t mono;

    w->db_url = db_url;
    w->keys = keys;
    w->world = world;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&mono);
    pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &mono);
    pthread_condattr_destroy(&mono);
    *out = w;
    if (pthread_create(&w->thread, NULL, run, w) == 0)
        return TB_OK;
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    tb_free(w);
    *out = NULL;
    return tb_fail(e, TB_INTERNAL, "系统资源不足，无法启动", "pthread_create");
}

void watch_stop(struct watch *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_broadcast(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    if (w->db)
        db_close(w->db);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    tb_free(w->ended);
    tb_free(w);
}

static int by_id(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

    return (a > b) - (a < b);
}

bool watch_over(struct watch *w, int64_t session_id)
{
    bool over;

    pthread_mutex_lock(&w->lock);
    over = w->n && bsearch(&session_id, w->ended, w->n, sizeof(*w->ended), by_id);
    pthread_mutex_unlock(&w->lock);
    return over;
}
