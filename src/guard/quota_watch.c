#include "guard/quota_watch.h"

#include "base/alloc.h"
#include "base/log.h"
#include "store/key.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

enum { EVERY_MS = 400 };

struct quota_watch {
    struct quota *quota;
    const char *db_url;
    struct db *db;
    int64_t seen; /* the counter as it was when the keys were read last */
    bool failing;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping; /* under lock */
};

/* The counter before the keys: a change in between is read twice, never missed. */
static enum tb_code look(struct quota_watch *w, struct tb_err *e)
{
    int64_t now;

    if ((!w->db && db_open(w->db_url, &w->db, e)) || key_changes(w->db, &now, e))
        return e->code;
    if (now == w->seen)
        return TB_OK;
    if (quota_reload(w->quota, w->db, e))
        return e->code;
    w->seen = now;
    log_line(LOG_INFO, "quota", "keys were read again, change=%lld", (long long)now);
    return TB_OK;
}

static void look_and_say(struct quota_watch *w)
{
    struct tb_err e = TB_ERR_INIT;
    bool bad = look(w, &e) != TB_OK;

    if (bad && !w->failing)
        log_line(LOG_ERROR, "quota", "keys cannot be read: code=%s %s", tb_code_name(e.code),
                 e.log);
    if (bad && e.code != TB_BUSY && w->db) {
        db_close(w->db);
        w->db = NULL;
    }
    w->failing = bad;
}

static bool rest(struct quota_watch *w)
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
    struct quota_watch *w = self;

    do
        look_and_say(w);
    while (rest(w));
    return NULL;
}

static void release(struct quota_watch *w)
{
    if (w->db)
        db_close(w->db);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    tb_free(w);
}

enum tb_code quota_watch_start(struct quota *q, const char *db_url, struct quota_watch **out,
                               struct tb_err *e)
{
    struct quota_watch *w = tb_zalloc(sizeof(*w));
    pthread_condattr_t mono;

    *out = NULL;
    w->quota = q;
    w->db_url = db_url;
    w->seen = -1; /* whatever changed between opening the quota and now is read at once */
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&mono);
    pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &mono);
    pthread_condattr_destroy(&mono);
    if (pthread_create(&w->thread, NULL, run, w) != 0) {
        release(w);
        return tb_fail(e, TB_INTERNAL, "系统资源不足，无法启动", "pthread_create");
    }
    *out = w;
    return TB_OK;
}

void quota_watch_stop(struct quota_watch *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    release(w);
}
