#include "scenario/console/watch.h"

#include "base/alloc.h"
#include "base/every.h"
#include "base/log.h"
#include "store/key_mark.h"
#include "store/session.h"

#include <pthread.h>
#include <stdlib.h>

enum { EVERY_MS = 300, KEYS_EVERY = 4 }; /* keys: every so many looks */

struct watch {
    const char *db_url;
    struct keyring *keys;
    const struct world *world;
    struct db *db;
    int64_t seen; /* the counter of ends as it was last */
    int looks;
    bool failing;
    struct every *every;
    pthread_mutex_t lock; /* guards what follows */
    int64_t *ended;       /* ascending */
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

static void look(void *self)
{
    struct watch *w = self;
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

static void release(struct watch *w)
{
    if (w->db)
        db_close(w->db);
    pthread_mutex_destroy(&w->lock);
    tb_free(w->ended);
    tb_free(w);
}

enum tb_code watch_start(const char *db_url, struct keyring *keys, const struct world *world,
                         struct watch **out, struct tb_err *e)
{
    struct watch *w = tb_zalloc(sizeof(*w));

    *out = NULL;
    w->db_url = db_url;
    w->keys = keys;
    w->world = world;
    pthread_mutex_init(&w->lock, NULL);
    if (every_start(0, EVERY_MS, look, w, &w->every, e)) {
        release(w);
        return e->code;
    }
    *out = w;
    return TB_OK;
}

void watch_stop(struct watch *w)
{
    if (!w)
        return;
    every_stop(w->every);
    release(w);
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
