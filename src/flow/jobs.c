#include "flow/jobs.h"

#include "base/alloc.h"
#include "base/date.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/db.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LEASE_MS = 30000, BEAT_MS = 5000, TRIES_MAX = 8, RESULT_MAX = 4 * 1024 * 1024 };

struct job_state { /* one for each worker */
    struct jobs *jobs;
    pthread_t thread;
    bool born;
    _Atomic int64_t id; /* what it runs; 0: nothing */
    atomic_bool cancelled;
};

struct jobs {
    struct jobs_options o;
    pthread_mutex_t lock; /* over news and the two below */
    pthread_cond_t wake;
    uint64_t news; /* counts what was added, so that no wake-up is lost */
    atomic_bool stopping;
    pthread_t beat;
    bool beating;
    int workers;
    struct job_state *states;
};

struct taken {
    int64_t id, staff_id, tries;
    struct str kind, input;
};

/* ---- the rows ---- */

static enum tb_code pick(struct jobs *j, struct talk *t, int64_t now, struct taken *out,
                         bool *found, struct tb_err *e)
{
    struct rows *r;

    (void)j;
    if (db_ask(t->db, &t->mem,
               SQL("SELECT id, kind, input, coalesce(staff_id, 0), tries FROM job"
                   " WHERE state IN ('waiting', 'running') AND lease_until < :now"
                   " ORDER BY id LIMIT 1"),
               ARGS(db_int("now", now)), &r, e) ||
        rows_next(r, found, e))
        return e->code;
    if (*found)
        *out = (struct taken){ .id = rows_int(r, 0),
                               .kind = rows_str(r, 1),
                               .input = rows_str(r, 2),
                               .staff_id = rows_int(r, 3),
                               .tries = rows_int(r, 4) };
    rows_close(r);
    return TB_OK;
}

static enum tb_code mark_taken(struct talk *t, int64_t now, struct taken *x, bool *found,
                               struct tb_err *e)
{
    if (x->tries >= TRIES_MAX) {
        *found = false;
        log_line(LOG_ERROR, "job", "id=%lld kind=%.*s given_up tries=%lld", (long long)x->id,
                 STR_FMT(x->kind), (long long)x->tries);
        return db_run(t->db,
                      SQL("UPDATE job SET state = 'failed', updated_at = :now, message ="
                          " '处理时多次意外中断，已停止；请检查文件后重新提交' WHERE id = :id"),
                      ARGS(db_int("now", now), db_int("id", x->id)), e);
    }
    return db_run(t->db,
                  SQL("UPDATE job SET state = 'running', tries = tries + 1, lease_until = :until,"
                      " updated_at = :now WHERE id = :id"),
                  ARGS(db_int("until", now + LEASE_MS), db_int("now", now), db_int("id", x->id)),
                  e);
}

/* Looks before it takes the write lock: an idle server writes nothing. */
static enum tb_code take(struct jobs *j, struct talk *t, struct taken *x, bool *found,
                         struct tb_err *e)
{
    int64_t now = world_now_ms(j->o.world);
    enum tb_code c = pick(j, t, now, x, found, e);

    if (c || !*found)
        return c;
    if (db_begin(t->db, e))
        return e->code;
    c = pick(j, t, now, x, found, e);
    if (!c && *found)
        c = mark_taken(t, now, x, found, e);
    return db_end(t->db, c, e);
}

/* later_ms: how long it rests before it is tried again. */
static enum tb_code put_back(struct talk *t, int64_t id, bool counts, int64_t later_ms,
                             struct tb_err *e)
{
    int64_t from = later_ms ? world_now_ms(t->world) + later_ms : 0;

    return db_run(t->db,
                  SQL("UPDATE job SET state = 'waiting', tries = tries - :less,"
                      " lease_until = :from WHERE id = :id AND state = 'running'"),
                  ARGS(db_int("less", counts ? 0 : 1), db_int("from", from), db_int("id", id)), e);
}

static enum tb_code put_end(struct talk *t, int64_t id, const char *state, struct str message,
                            struct str result, struct tb_err *e)
{
    return db_run(t->db,
                  SQL("UPDATE job SET state = :state, message = :message, result = :result,"
                      " updated_at = :now WHERE id = :id AND state = 'running'"),
                  ARGS(db_text("state", str_z(state)), db_text("message", message),
                       db_text("result", result), db_int("now", world_now_ms(t->world)),
                       db_int("id", id)),
                  e);
}

/* ---- one job ---- */

static enum tb_code keep_end(struct jobs *j, struct talk *t, const struct taken *x, enum tb_code c,
                             const struct tb_err *why, struct buf *result, struct tb_err *e)
{
    bool passing = c == TB_BUSY || c == TB_STORE;

    if (c == TB_CANCELLED && atomic_load(&j->stopping))
        return put_back(t, x->id, false, 0, e);
    if (passing && x->tries + 1 < TRIES_MAX)
        return put_back(t, x->id, true, 300 * (x->tries + 1) * (x->tries + 1), e);
    if (c)
        return put_end(t, x->id, c == TB_CANCELLED ? "cancelled" : "failed", str_z(why->say),
                       result->n ? buf_str(result) : STR("{}"), e);
    return put_end(t, x->id, "done", STR(""), result->n ? buf_str(result) : STR("{}"), e);
}

static enum tb_code call(struct jobs *j, struct job_run *r, const struct taken *x,
                         struct buf *result, struct tb_err *e)
{
    const struct job_kind *k = j->o.kinds;

    while (k->name && !str_eqz(x->kind, k->name))
        k++;
    if (!k->name)
        return tb_fail(e, TB_UNSUPPORTED, "这个版本的程序不会做这种任务，请升级后重试",
                       "kind=%.*s unknown", STR_FMT(x->kind));
    if (json_read(&r->t->mem, x->input, &r->input, e))
        return e->code;
    return k->run(r, result, e);
}

static void run_one(struct job_state *s, struct db *d, const struct taken *x)
{
    struct jobs *j = s->jobs;
    struct talk t = { .world = j->o.world, .at = j->o.at, .db = d };
    struct job_run r = { .t = &t, .id = x->id, .staff_id = x->staff_id, .jobs = j, .state = s };
    struct buf result = BUF_INIT(RESULT_MAX);
    struct tb_err why = TB_ERR_INIT, e = TB_ERR_INIT;
    int64_t began = world_mono_us(j->o.world);
    enum tb_code c;

    t.actor.role = ROLE_SYSTEM;
    t.as_of = day_today(j->o.world);
    snprintf(t.request_id, sizeof(t.request_id), "job-%lld", (long long)x->id);
    atomic_store(&s->cancelled, false);
    atomic_store(&s->id, x->id);
    c = call(j, &r, x, &result, &why);
    if (keep_end(j, &t, x, c, &why, &result, &e))
        log_line(LOG_ERROR, "job", "id=%lld end_not_kept %s", (long long)x->id, e.log);
    atomic_store(&s->id, 0);
    log_line(c && c != TB_CANCELLED ? LOG_WARN : LOG_INFO, "job",
             "id=%lld kind=%.*s code=%s ms=%lld %s", (long long)x->id, STR_FMT(x->kind),
             tb_code_name(c), (long long)(world_mono_us(j->o.world) - began) / 1000,
             c ? why.log : "");
    metric_add("jobs_total", c ? "result=\"failed\"" : "result=\"done\"", 1);
    buf_release(&result);
    arena_release(&t.mem);
}

/* ---- workers ---- */

static void sleep_ms(struct jobs *j, uint64_t *seen, int64_t ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&j->lock);
    while (j->news == *seen && !atomic_load(&j->stopping) &&
           pthread_cond_timedwait(&j->wake, &j->lock, &until) != ETIMEDOUT)
        ;
    *seen = j->news;
    pthread_mutex_unlock(&j->lock);
}

/* True when a job was run. The handle is opened when it is first needed. */
static bool turn(struct job_state *s, struct db **d)
{
    struct jobs *j = s->jobs;
    struct talk t = { .world = j->o.world };
    struct tb_err e = TB_ERR_INIT;
    struct taken x = { 0 };
    bool found = false;
    enum tb_code c = *d ? TB_OK : j->o.open_db(j->o.self, d, &e);

    t.db = *d;
    if (!c)
        c = take(j, &t, &x, &found, &e);
    if (c && c != TB_BUSY)
        log_line(LOG_ERROR, "job", "take %s", e.log);
    if (!c && found)
        run_one(s, *d, &x);
    arena_release(&t.mem);
    return !c && found;
}

/* A job may be added in a transaction that commits only after the wake-up: so a worker that finds
 * nothing looks again soon, and then seldom. */
static void *worker_main(void *arg)
{
    static const int64_t pauses[] = { 20, 100, 500, 5000 };
    struct job_state *s = arg;
    struct db *d = NULL;
    uint64_t seen = 0;
    size_t idle = 0;

    while (!atomic_load(&s->jobs->stopping)) {
        uint64_t before = seen;

        if (turn(s, &d)) {
            idle = 0;
            continue;
        }
        sleep_ms(s->jobs, &seen, pauses[idle]);
        idle = seen != before ? 0 : idle < 3 ? idle + 1 : 3;
    }
    if (d)
        s->jobs->o.close_db(s->jobs->o.self, d);
    return NULL;
}

/* Keeps the leases of what runs, and hears of cancelling, while run() is busy. */
static void beat_one(struct jobs *j, struct job_state *s, struct db *d)
{
    int64_t id = atomic_load(&s->id), now = world_now_ms(j->o.world);
    struct tb_err e = TB_ERR_INIT;

    if (!id || !d)
        return;
    if (db_run(d, SQL("UPDATE job SET lease_until = :until WHERE id = :id AND state = 'running'"),
               ARGS(db_int("until", now + LEASE_MS), db_int("id", id)), &e) == TB_OK &&
        db_changed(d) == 0 && atomic_load(&s->id) == id)
        atomic_store(&s->cancelled, true);
}

static bool anything_runs(const struct jobs *j)
{
    for (int i = 0; i < j->workers; i++)
        if (atomic_load(&j->states[i].id))
            return true;
    return false;
}

static void *beat_main(void *arg)
{
    struct jobs *j = arg;
    struct db *d = NULL;
    struct tb_err e = TB_ERR_INIT;
    uint64_t seen = 0;

    while (!atomic_load(&j->stopping)) {
        sleep_ms(j, &seen, BEAT_MS);
        if (!anything_runs(j))
            continue;
        if (!d && j->o.open_db(j->o.self, &d, &e))
            d = NULL;
        for (int i = 0; i < j->workers; i++)
            beat_one(j, &j->states[i], d);
    }
    if (d)
        j->o.close_db(j->o.self, d);
    return NULL;
}

/* ---- start, stop, add ---- */

/* A crash may be the job's own doing: after the third the server gets time to serve between the
 * tries (1, 4, 9 … s). */
static enum tb_code reclaim(const struct jobs_options *o, struct tb_err *e)
{
    struct db *d;
    enum tb_code c;

    if (!o->alone)
        return TB_OK;
    if (o->open_db(o->self, &d, e))
        return e->code;
    c = db_run(d,
               SQL("UPDATE job SET lease_until = CASE WHEN tries < 3 THEN 0 ELSE"
                   " :now + 1000 * (tries - 2) * (tries - 2) END WHERE state = 'running'"),
               ARGS(db_int("now", world_now_ms(o->world))), e);
    o->close_db(o->self, d);
    return c;
}

enum tb_code jobs_start(const struct jobs_options *o, struct jobs **out, struct tb_err *e)
{
    struct jobs *j;
    pthread_condattr_t attr;

    if (reclaim(o, e))
        return e->code;
    j = tb_zalloc(sizeof(*j));
    j->o = *o;
    j->workers = o->workers ? o->workers : 1;
    j->states = tb_zalloc(sizeof(*j->states) * (size_t)j->workers);
    pthread_mutex_init(&j->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&j->wake, &attr);
    pthread_condattr_destroy(&attr);
    *out = j;
    j->beating = pthread_create(&j->beat, NULL, beat_main, j) == 0;
    for (int i = 0; i < j->workers; i++) {
        j->states[i].jobs = j;
        j->states[i].born =
            pthread_create(&j->states[i].thread, NULL, worker_main, &j->states[i]) == 0;
    }
    if (j->beating && j->states[0].born)
        return TB_OK;
    jobs_stop(j);
    *out = NULL;
    return tb_fail(e, TB_STORE, "系统资源不足，后台任务没有启动", "thread=jobs");
}

void jobs_stop(struct jobs *j)
{
    if (!j)
        return;
    pthread_mutex_lock(&j->lock);
    atomic_store(&j->stopping, true);
    pthread_cond_broadcast(&j->wake);
    pthread_mutex_unlock(&j->lock);
    if (j->beating)
        pthread_join(j->beat, NULL);
    for (int i = 0; i < j->workers; i++)
        if (j->states[i].born)
            pthread_join(j->states[i].thread, NULL);
    pthread_cond_destroy(&j->wake);
    pthread_mutex_destroy(&j->lock);
    tb_free(j->states);
    tb_free(j);
}

static void tell(struct jobs *j)
{
    if (!j)
        return;
    pthread_mutex_lock(&j->lock);
    j->news++;
    pthread_cond_broadcast(&j->wake);
    pthread_mutex_unlock(&j->lock);
}

enum tb_code jobs_add(struct jobs *j, struct db *d, const char *kind, struct str input_json,
                      int64_t staff_id, int64_t *id, struct tb_err *e)
{
    int64_t now = world_now_ms(j ? j->o.world : world_real());

    if (db_insert(d,
                  SQL("INSERT INTO job (kind, input, staff_id, created_at, updated_at)"
                      " VALUES (:kind, :input, :staff, :now, :now)"),
                  ARGS(db_text("kind", str_z(kind)), db_text("input", input_json),
                       db_id("staff", staff_id), db_int("now", now)),
                  id, e))
        return e->code;
    tell(j);
    return TB_OK;
}

enum tb_code job_progress(struct job_run *r, int64_t done, int64_t total, const char *message,
                          struct tb_err *e)
{
    int64_t now = world_now_ms(r->t->world);

    if (db_run(r->t->db,
               SQL("UPDATE job SET done = :done, total = :total, message = :message,"
                   " updated_at = :now, lease_until = :until WHERE id = :id AND state = 'running'"),
               ARGS(db_int("done", done), db_int("total", total),
                    db_text("message", str_z(message)), db_int("now", now),
                    db_int("until", now + LEASE_MS), db_int("id", r->id)),
               e))
        return e->code;
    if (db_changed(r->t->db) == 0)
        atomic_store(&r->state->cancelled, true);
    if (job_stopping(r))
        return tb_fail(e, TB_CANCELLED, "任务已取消", "job=%lld stopping", (long long)r->id);
    return TB_OK;
}

bool job_stopping(const struct job_run *r)
{
    return atomic_load(&r->jobs->stopping) || atomic_load(&r->state->cancelled);
}

/* ---- for pages ---- */

static void read_row(struct rows *r, struct job *out)
{
    *out = (struct job){ .id = rows_int(r, 0),
                         .kind = rows_str(r, 1),
                         .state = rows_str(r, 2),
                         .input = rows_str(r, 3),
                         .result = rows_str(r, 4),
                         .done = rows_int(r, 5),
                         .total = rows_int(r, 6),
                         .message = rows_str(r, 7),
                         .staff_id = rows_int(r, 8),
                         .created_at = rows_int(r, 9),
                         .updated_at = rows_int(r, 10) };
}

#define COLUMNS                                                                                    \
    "SELECT id, kind, state, input, result, done, total, message, coalesce(staff_id, 0),"          \
    " created_at, updated_at FROM job"

enum tb_code job_find(struct talk *t, int64_t id, struct job *out, struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(t->db, &t->mem, SQL(COLUMNS " WHERE id = :id"), ARGS(db_int("id", id)), &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (more)
        read_row(r, out);
    rows_close(r);
    return more ? TB_OK : tb_fail(e, TB_NOT_FOUND, "没有这个任务", "job=%lld", (long long)id);
}

#define WHERE " WHERE (:kind = '' OR kind = :kind) AND (:state = '' OR state = :state)"

enum tb_code job_list(struct talk *t, struct str kind, struct str state, int64_t page, int64_t size,
                      struct job **out, size_t *n, int64_t *total, struct tb_err *e)
{
    struct rows *r;
    enum tb_code c;
    size_t cap = 0;
    bool more, found;

    *out = NULL;
    *n = 0;
    if (db_ask_int(t->db, SQL("SELECT count(*) FROM job" WHERE),
                   ARGS(db_text("kind", kind), db_text("state", state)), total, &found, e) ||
        db_ask(t->db, &t->mem, SQL(COLUMNS WHERE " ORDER BY id DESC LIMIT :size OFFSET :skip"),
               ARGS(db_text("kind", kind), db_text("state", state), db_int("size", size),
                    db_int("skip", (page - 1) * size)),
               &r, e))
        return e->code;
    while (!(c = rows_next(r, &more, e)) && more) {
        *out = arena_grow(&t->mem, *out, *n, &cap, sizeof(**out));
        read_row(r, &(*out)[(*n)++]);
    }
    rows_close(r);
    return c;
}

enum tb_code jobs_cancel(struct jobs *j, struct db *d, int64_t id, struct tb_err *e)
{
    int64_t now = world_now_ms(j ? j->o.world : world_real());

    if (db_run(d,
               SQL("UPDATE job SET state = 'cancelled', message = '已取消', updated_at = :now"
                   " WHERE id = :id AND state IN ('waiting', 'running')"),
               ARGS(db_int("now", now), db_int("id", id)), e))
        return e->code;
    if (db_changed(d) == 0)
        return tb_fail(e, TB_CONFLICT, "任务已经结束，不能取消", "job=%lld over", (long long)id);
    for (int i = 0; j && i < j->workers; i++)
        if (atomic_load(&j->states[i].id) == id)
            atomic_store(&j->states[i].cancelled, true);
    return TB_OK;
}
