#include "store/books.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/books_int.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

enum {
    QUEUE_ROWS = 100000,
    BATCH_ROWS = 4000,
    GAP_MS = 30,       /* between commits: what comes meanwhile shares one fsync */
    HURRY_ROWS = 1000, /* as many waiting do not wait for the gap */
    REST_MS = 300,     /* after a failure */
    IDLE_MS = 60000    /* between looks for what is too old */
};
static const size_t queue_bytes = (size_t)256 << 20;
static const int64_t well_us = 2000000;

struct books {
    struct books_options o;
    struct db *db; /* the thread's own; NULL: to be opened again */
    pthread_t thread;
    _Atomic int64_t since_us; /* when the oldest record that is not in the store came; 0: none */
    _Atomic size_t backlog;   /* records that are not in the store */
    _Atomic bool full;        /* over half */
    pthread_mutex_t lock;     /* over what follows */
    pthread_cond_t work, done;
    struct books_node *first, **last; /* what nobody has taken yet */
    size_t waiting;                   /* of these */
    size_t n, bytes;                  /* of all that is not in the store */
    uint64_t seq, stored;
    struct journal journal;
    struct books_page *page; /* that new records are written on */
    bool stopping, hurry, idle;
    struct books_node *taken; /* the thread's own: taken, not written yet */
};

/* -- the queue, under the lock -- */

static void note_state(struct books *b)
{
    atomic_store(&b->backlog, b->n);
    atomic_store(&b->full, b->n > QUEUE_ROWS / 2 || b->bytes > queue_bytes / 2);
}

static void push(struct books *b, struct books_node *x)
{
    *b->last = x;
    b->last = &x->next;
    b->n++;
    b->waiting++;
    b->bytes += x->n;
    if (atomic_load(&b->since_us) == 0)
        atomic_store(&b->since_us, x->put_us ? x->put_us : 1);
    note_state(b);
}

enum tb_code books_add(struct books *b, const struct call_record *r, struct tb_err *e)
{
    int64_t now = world_mono_us(b->o.world);
    struct books_node *x;
    struct books_form f;
    unsigned char key[KEY_BYTES] = { 0 };

    if (r->keeping == KEEPING_FULL) /* each time: keys are rotated while this goes on */
        keyring_key(b->o.keys, "seal", key);
    books_form_of(r, key, b->o.world, &f);
    explicit_bzero(key, sizeof(key));
    pthread_mutex_lock(&b->lock);
    if (b->n >= QUEUE_ROWS || b->bytes >= queue_bytes) {
        pthread_mutex_unlock(&b->lock);
        arena_release(&f.mem);
        return tb_fail(e, TB_BUSY, "调用记录写不下去，请稍后再试；如果持续出现，请管理员检查磁盘",
                       "books queue is full");
    }
    x = books_node_of(&f, &b->page);
    x->put_us = now;
    x->seq = ++b->seq;
    journal_add(&b->journal, x);
    push(b, x);
    if (b->idle || b->waiting == HURRY_ROWS)
        pthread_cond_signal(&b->work);
    pthread_mutex_unlock(&b->lock);
    arena_release(&f.mem);
    return TB_OK;
}

void books_sync(struct books *b)
{
    pthread_mutex_lock(&b->lock);
    (void)journal_flush(&b->journal); /* the queue still has what could not be written */
    pthread_mutex_unlock(&b->lock);
}

enum tb_code books_put(struct books *b, const struct call_record *r, struct tb_err *e)
{
    enum tb_code c = books_add(b, r, e);

    books_sync(b);
    return c;
}

bool books_well(const struct books *b)
{
    struct books *w = (struct books *)(uintptr_t)b;
    int64_t since = atomic_load(&w->since_us);

    return !atomic_load(&w->full) && (since == 0 || world_mono_us(b->o.world) - since <= well_us);
}

size_t books_backlog(const struct books *b)
{
    struct books *w = (struct books *)(uintptr_t)b;

    return atomic_load(&w->backlog);
}

static struct timespec later(int64_t ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

bool books_drain(struct books *b, int64_t most_ms)
{
    struct timespec until = later(most_ms);
    uint64_t want;
    bool done;

    pthread_mutex_lock(&b->lock);
    want = b->seq;
    b->hurry = true;
    pthread_cond_signal(&b->work);
    while (b->stored < want && pthread_cond_timedwait(&b->done, &b->lock, &until) != ETIMEDOUT)
        ;
    done = b->stored >= want;
    pthread_mutex_unlock(&b->lock);
    return done;
}

/* -- the thread -- */

/* Its own handle, for thousands of rows at once: they fit its cache, and the log is folded back
 * into the file seldom, so that the ends of indexes are not written again for every commit. */
static enum tb_code store_open(struct books *b, struct tb_err *e)
{
    if (db_open(b->o.db_url, &b->db, e) ||
        db_run(b->db, SQL("PRAGMA cache_size=-16384"), NO_ARGS, e))
        return e->code;
    return db_run(b->db, SQL("PRAGMA wal_autocheckpoint=8000"), NO_ARGS, e);
}

/* Waits for rows, not longer than IDLE_MS; then for the gap since the commit before; takes them all
 * in one step, since callers wait for the lock. */
static void take(struct books *b, const struct timespec *gap)
{
    struct timespec idle = later(IDLE_MS);

    pthread_mutex_lock(&b->lock);
    b->idle = true;
    while (!b->first && !b->stopping &&
           pthread_cond_timedwait(&b->work, &b->lock, &idle) != ETIMEDOUT)
        ;
    b->idle = false;
    while (b->first && b->waiting < HURRY_ROWS && !b->stopping && !b->hurry &&
           pthread_cond_timedwait(&b->work, &b->lock, gap) != ETIMEDOUT)
        ;
    b->hurry = false;
    b->taken = b->first;
    b->first = NULL;
    b->last = &b->first;
    b->waiting = 0;
    pthread_mutex_unlock(&b->lock);
}

static void free_some(struct books_node *x, size_t n)
{
    for (struct books_node *next; x && n; x = next, n--) {
        next = x->next;
        books_node_free(x);
    }
}

/* The first n of what was taken are written, or given up. */
static void settle(struct books *b, size_t n)
{
    struct books_node *first = b->taken, *x = first;
    uint64_t seq = 0;
    size_t bytes = 0;
    int file;

    for (size_t i = 0; i < n; i++, x = x->next) {
        seq = x->seq;
        bytes += x->n;
    }
    b->taken = x;
    pthread_mutex_lock(&b->lock);
    b->n -= n;
    b->bytes -= bytes;
    b->stored = seq;
    x = b->taken ? b->taken : b->first;
    atomic_store(&b->since_us, !x ? 0 : x->put_us ? x->put_us : 1);
    note_state(b);
    file = journal_settled(&b->journal, seq);
    pthread_cond_broadcast(&b->done);
    pthread_mutex_unlock(&b->lock);
    if (file >= 0) {
        journal_empty(&b->journal, file);
        pthread_mutex_lock(&b->lock);
        journal_emptied(&b->journal, file);
        pthread_mutex_unlock(&b->lock);
    }
    free_some(first, n);
}

static bool hopeless(enum tb_code c)
{
    return c == TB_INVALID || c == TB_CONFLICT || c == TB_TOO_LARGE;
}

/* One row that the store will never take must not hold up the others. */
static enum tb_code write_singly(struct books *b, size_t n, struct tb_err *e)
{
    for (struct books_node *x = b->taken; n; x = x->next, n--) {
        enum tb_code c = books_write(b->db, x, 1, e);

        if (c && !hopeless(c))
            return c;
        if (c)
            log_line(LOG_ERROR, "books_lost", "record=%llu code=%s %s", (unsigned long long)x->seq,
                     tb_code_name(c), e->log);
        tb_err_clear(e);
    }
    return TB_OK;
}

static enum tb_code write_batch(struct books *b, size_t n, struct tb_err *e)
{
    enum tb_code c = b->db ? TB_OK : store_open(b, e);

    if (!c)
        c = books_write(b->db, b->taken, n, e);
    if (hopeless(c))
        c = write_singly(b, n, e);
    if (c && c != TB_BUSY && b->db) { /* perhaps the file is another one now */
        db_close(b->db);
        b->db = NULL;
    }
    return c;
}

static void rest(struct books *b)
{
    struct timespec until = later(REST_MS);

    pthread_mutex_lock(&b->lock);
    while (!b->stopping && pthread_cond_timedwait(&b->work, &b->lock, &until) != ETIMEDOUT)
        ;
    pthread_mutex_unlock(&b->lock);
}

/* Everything that was taken, some in each transaction. What cannot be written stays taken. */
static bool keep(struct books *b)
{
    while (b->taken) {
        struct tb_err e = TB_ERR_INIT;
        size_t n = 0;
        enum tb_code c;

        for (struct books_node *x = b->taken; x && n < BATCH_ROWS; x = x->next)
            n++;
        c = write_batch(b, n, &e);
        if (c) {
            log_line(LOG_ERROR, "books_write", "rows=%zu code=%s %s", n, tb_code_name(c), e.log);
            metric_add("books_failures_total", "", 1);
            return false;
        }
        metric_add("books_rows_total", "", (double)n);
        metric_add("books_commits_total", "", 1);
        settle(b, n);
    }
    return true;
}

static void sweep(struct books *b)
{
    struct tb_err e = TB_ERR_INIT;
    bool more = b->db != NULL;

    for (int i = 0; more && i < 50; i++)
        if (books_sweep(b->db, b->o.world, &more, &e)) {
            log_line(LOG_WARN, "books_sweep", "code=%s %s", tb_code_name(e.code), e.log);
            return;
        }
}

static bool over(struct books *b)
{
    bool stop;

    pthread_mutex_lock(&b->lock);
    stop = b->stopping && !b->first;
    pthread_mutex_unlock(&b->lock);
    return stop;
}

static bool is_stopping(struct books *b)
{
    bool stop;

    pthread_mutex_lock(&b->lock);
    stop = b->stopping;
    pthread_mutex_unlock(&b->lock);
    return stop;
}

static void *run(void *self)
{
    struct timespec gap = later(0), look = later(0), now;
    struct books *b = self;

    while (!over(b)) {
        if (!b->taken)
            take(b, &gap);
        gap = later(GAP_MS);
        if (!keep(b)) {
            if (is_stopping(b))
                break; /* the journal has them */
            rest(b);
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec >= look.tv_sec) {
            sweep(b);
            look = later(IDLE_MS);
        }
    }
    return NULL;
}

/* -- opening and closing -- */

static enum tb_code replay(struct books *b, struct tb_err *e)
{
    struct books_node *first, *next;
    uint64_t last, newest;
    size_t n = 0;

    if (store_open(b, e) || books_last(b->db, &last, e) ||
        journal_open(b->o.journal_path, &b->journal, e) ||
        journal_read(&b->journal, last, &first, &newest, e))
        return e->code;
    b->seq = newest > last ? newest : last;
    b->stored = last;
    for (; first; first = next, n++) {
        next = first->next;
        first->next = NULL;
        first->put_us = world_mono_us(b->o.world);
        push(b, first);
    }
    if (n)
        log_line(LOG_WARN, "books_replay", "rows=%zu were not in the store yet", n);
    else
        b->stored = b->seq;
    return TB_OK;
}

/* What an earlier run has stored but not emptied any more. */
static void tidy(struct books *b)
{
    for (int i = 0; i < 2; i++) {
        int file = b->first ? -1 : journal_settled(&b->journal, b->stored);

        if (file < 0)
            return;
        journal_empty(&b->journal, file);
        journal_emptied(&b->journal, file);
    }
}

static void release(struct books *b)
{
    free_some(b->taken, SIZE_MAX);
    free_some(b->first, SIZE_MAX);
    books_page_let_go(b->page);
    journal_close(&b->journal);
    if (b->db)
        db_close(b->db);
    pthread_cond_destroy(&b->work);
    pthread_cond_destroy(&b->done);
    pthread_mutex_destroy(&b->lock);
    tb_free(b);
}

static struct books *books_new(const struct books_options *o)
{
    struct books *b = tb_zalloc(sizeof(*b));
    pthread_condattr_t mono;

    b->o = *o;
    b->last = &b->first;
    b->journal.fd[0] = b->journal.fd[1] = -1;
    pthread_mutex_init(&b->lock, NULL);
    pthread_condattr_init(&mono);
    pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
    pthread_cond_init(&b->work, &mono);
    pthread_cond_init(&b->done, &mono);
    pthread_condattr_destroy(&mono);
    return b;
}

enum tb_code books_open(const struct books_options *o, struct books **out, struct tb_err *e)
{
    struct books *b = books_new(o);

    *out = NULL;
    if (replay(b, e)) {
        release(b);
        return e->code;
    }
    tidy(b);
    if (pthread_create(&b->thread, NULL, run, b) != 0) {
        release(b);
        return tb_fail(e, TB_INTERNAL, "系统资源不足，无法启动", "pthread_create");
    }
    *out = b;
    return TB_OK;
}

void books_close(struct books *b)
{
    if (!b)
        return;
    pthread_mutex_lock(&b->lock);
    b->stopping = true;
    pthread_cond_signal(&b->work);
    pthread_mutex_unlock(&b->lock);
    pthread_join(b->thread, NULL);
    if (b->n)
        log_line(LOG_ERROR, "books_waiting", "rows=%zu stay in the journal for the next start",
                 b->n);
    release(b);
}
