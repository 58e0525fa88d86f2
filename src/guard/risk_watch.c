#include "guard/risk_watch.h"

#include "base/alloc.h"
#include "base/log.h"
#include "store/db.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

struct risk_watch {
    struct risk *risk;
    const char *db_url;
    struct db *db;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping; /* under lock */
};

static bool rest(struct risk_watch *w)
{
    struct timespec until;
    bool stop;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec++;
    pthread_mutex_lock(&w->lock);
    while (!w->stopping && pthread_cond_timedwait(&w->wake, &w->lock, &until) != ETIMEDOUT)
        ;
    stop = w->stopping;
    pthread_mutex_unlock(&w->lock);
    return !stop;
}

/* What is wrong with a table, risk_refresh has said; a database that is away is looked for again.
 */
static void look(struct risk_watch *w)
{
    struct tb_err e = TB_ERR_INIT;

    if (!w->db && db_open(w->db_url, &w->db, &e))
        w->db = NULL;
    if (!w->db || !risk_refresh(w->risk, w->db, &e) || e.code != TB_STORE)
        return;
    log_line(LOG_ERROR, "guard", "lists cannot be read: %s", e.log);
    db_close(w->db);
    w->db = NULL;
}

static void *run(void *self)
{
    struct risk_watch *w = self;

    while (rest(w)) {
        look(w);
    }
    return NULL;
}

static void release(struct risk_watch *w)
{
    if (w->db)
        db_close(w->db);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    tb_free(w);
}

enum tb_code risk_watch_start(struct risk *r, const char *db_url, struct risk_watch **out,
                              struct tb_err *e)
{
    struct risk_watch *w = tb_zalloc(sizeof(*w));
    pthread_condattr_t mono;

    *out = NULL;
    w->risk = r;
    w->db_url = db_url;
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

void risk_watch_stop(struct risk_watch *w)
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
