#include "store/audit_writer.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/log.h"
#include "store/audit_file.h"

#include <pthread.h>
#include <time.h>

enum { SIGN_AFTER_S = 60, RETRY_S = 1 };

struct waiter { /* on the stack of the thread that waits */
    bool done;
    enum tb_code c;
    struct tb_err *e;
};
struct item {
    struct item *next;
    struct audit_entry x; /* text in mem */
    struct arena mem;
    struct waiter *waiter; /* NULL: nobody waits, or no longer */
};
struct audit_writer {
    struct audit_writer_options o;
    struct db *db; /* the thread's own */
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t work, done;
    struct item *first, **last;
    size_t n;
    bool stopping;
};

static struct item *item_new(const struct audit_entry *x, struct waiter *waiter)
{
    struct item *it = tb_zalloc(sizeof(*it));
    struct arena *a = &it->mem;

    it->x = (struct audit_entry){
        .at = x->at,
        .actor = arena_str(a, x->actor),
        .role = arena_str(a, x->role),
        .address = arena_str(a, x->address),
        .verb = arena_str(a, x->verb),
        .object = arena_str(a, x->object),
        .outcome = arena_str(a, x->outcome),
        .request_id = arena_str(a, x->request_id),
        .detail = arena_str(a, x->detail),
    };
    it->waiter = waiter;
    return it;
}

static struct item *item_free(struct item *it)
{
    struct item *next = it->next;

    arena_release(&it->mem);
    tb_free(it);
    return next;
}

enum tb_code audit_writer_put(struct audit_writer *w, const struct audit_entry *x, bool wait,
                              struct tb_err *e)
{
    struct waiter me = { .e = e };
    struct item *it;

    pthread_mutex_lock(&w->lock);
    if (w->stopping || w->n >= AUDIT_QUEUE_MAX) {
        pthread_mutex_unlock(&w->lock);
        return tb_fail(e, TB_BUSY, "审计记录写不下去，请稍后再试；如果持续出现，请管理员检查磁盘",
                       "audit queue rows=%zu stopping=%d", w->n, w->stopping);
    }
    it = item_new(x, wait ? &me : NULL);
    *w->last = it;
    w->last = &it->next;
    w->n++;
    pthread_cond_signal(&w->work);
    while (wait && !me.done)
        pthread_cond_wait(&w->done, &w->lock);
    pthread_mutex_unlock(&w->lock);
    return me.c;
}

static enum tb_code write_all(struct audit_writer *w, struct item *batch, struct tb_err *e)
{
    enum tb_code c = db_begin(w->db, e);

    if (c)
        return c;
    for (struct item *it = batch; it && !c; it = it->next)
        c = audit_add(w->db, &it->x, e);
    return db_end(w->db, c, e);
}

/* Rows since the newest checkpoint, those included that handlers and commands added themselves. */
static int64_t unsigned_rows(struct audit_writer *w)
{
    struct tb_err e = TB_ERR_INIT;
    int64_t n;

    if (db_ask_int(w->db,
                   SQL("SELECT h.last - coalesce((SELECT max(last) FROM audit_checkpoint), 0) "
                       "FROM audit_head h WHERE h.id = 1"),
                   NO_ARGS, &n, NULL, &e))
        return 0;
    return n;
}

static void sign(struct audit_writer *w)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct audit_checkpoint c;
    bool made = false;

    if (!w->o.keys)
        return;
    if (audit_sign(w->db, w->o.keys, w->o.world, &made, &e) || audit_signed(w->db, &a, &c, &e))
        log_line(LOG_ERROR, "audit_sign", "code=%s %s", tb_code_name(e.code), e.log);
    else if (c.last && (made || !fs_exists(w->o.checkpoint_path ? w->o.checkpoint_path : "/")) &&
             w->o.checkpoint_path && audit_file_write(w->o.checkpoint_path, &c, &e))
        log_line(LOG_ERROR, "audit_checkpoint_file", "code=%s %s", tb_code_name(e.code), e.log);
    arena_release(&a);
}

/* Tells those who wait how it went; rows that failed stay queued, in front. */
static void settle(struct audit_writer *w, struct item *batch, enum tb_code c,
                   const struct tb_err *why)
{
    struct item **end = &batch;

    pthread_mutex_lock(&w->lock);
    for (struct item *it = batch; it; it = it->next) {
        if (it->waiter) {
            it->waiter->c = c;
            if (c)
                *it->waiter->e = *why;
            it->waiter->done = true;
            it->waiter = NULL;
        }
        end = &it->next;
        if (!c)
            w->n--;
    }
    if (c) {
        if (!w->first)
            w->last = end;
        *end = w->first;
        w->first = batch;
    }
    pthread_cond_broadcast(&w->done);
    pthread_mutex_unlock(&w->lock);
    while (!c && batch)
        batch = item_free(batch);
}

/* Waits for rows, at most seconds. NULL: none came. */
static struct item *take(struct audit_writer *w, int seconds, bool *stopping)
{
    struct timespec until;
    struct item *batch;
    int rc = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    pthread_mutex_lock(&w->lock);
    while (!w->first && !w->stopping && rc == 0)
        rc = pthread_cond_timedwait(&w->work, &w->lock, &until);
    batch = w->first;
    w->first = NULL;
    w->last = &w->first;
    *stopping = w->stopping;
    pthread_mutex_unlock(&w->lock);
    return batch;
}

/* After a failure: a moment's rest, cut short by a stop. */
static void rest(struct audit_writer *w)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += RETRY_S;
    pthread_mutex_lock(&w->lock);
    while (!w->stopping && pthread_cond_timedwait(&w->work, &w->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&w->lock);
}

static enum tb_code batch_write(struct audit_writer *w, struct item *batch)
{
    struct tb_err e = TB_ERR_INIT;
    enum tb_code c = write_all(w, batch, &e);

    if (c)
        log_line(LOG_ERROR, "audit_write", "code=%s %s", tb_code_name(c), e.log);
    settle(w, batch, c, &e);
    return c;
}

static void *run(void *self)
{
    struct audit_writer *w = self;
    bool stopping = false;

    for (;;) {
        struct item *batch = take(w, SIGN_AFTER_S, &stopping);
        enum tb_code c = batch ? batch_write(w, batch) : TB_OK;

        if (c && stopping)
            break; /* the last try failed: audit_writer_stop says how many were lost */
        if (c)
            rest(w);
        if (!stopping && unsigned_rows(w) >= (batch ? AUDIT_SIGN_ROWS : 1))
            sign(w);
        if (!batch && stopping)
            break;
    }
    return NULL;
}

enum tb_code audit_writer_start(const struct audit_writer_options *o, struct audit_writer **out,
                                struct tb_err *e)
{
    struct audit_writer *w = tb_zalloc(sizeof(*w));
    pthread_condattr_t mono;

    *out = NULL;
    w->o = *o;
    if (db_open(o->db_url, &w->db, e)) {
        tb_free(w);
        return e->code;
    }
    w->last = &w->first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&mono);
    pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
    pthread_cond_init(&w->work, &mono);
    pthread_cond_init(&w->done, NULL);
    pthread_condattr_destroy(&mono);
    if (pthread_create(&w->thread, NULL, run, w) != 0) {
        db_close(w->db);
        tb_free(w);
        return tb_fail(e, TB_INTERNAL, "系统资源不足，无法启动", "pthread_create");
    }
    *out = w;
    return TB_OK;
}

void audit_writer_stop(struct audit_writer *w)
{
    size_t lost = 0;

    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_broadcast(&w->work);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    for (struct item *it = w->first; it; lost++)
        it = item_free(it);
    if (lost)
        log_line(LOG_ERROR, "audit_lost", "rows=%zu", lost);
    sign(w);
    db_close(w->db);
    pthread_cond_destroy(&w->work);
    pthread_cond_destroy(&w->done);
    pthread_mutex_destroy(&w->lock);
    tb_free(w);
}
