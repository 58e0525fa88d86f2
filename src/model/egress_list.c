#include "model/egress_list.h"

#include "base/alloc.h"
#include "base/every.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/egress_row.h"

#include <pthread.h>
#include <stdio.h>
#include <strings.h>

enum { ENTRIES_MAX = 512, EVERY_MS = 500 };

struct entry {
    char host[256];
    long port;
    int64_t until; /* ms since 1970; 0: ended */
};

static struct {
    pthread_mutex_t lock;
    struct entry entries[ENTRIES_MAX]; /* under lock, as is the rest */
    size_t n;
    int64_t seen;
} list = { .lock = PTHREAD_MUTEX_INITIALIZER, .seen = -1 };

enum egress_listed egress_listed(const char *host, long port, int64_t now_ms)
{
    enum egress_listed is = EGRESS_NEVER;

    pthread_mutex_lock(&list.lock);
    for (size_t i = 0; i < list.n && is != EGRESS_NOW; i++)
        if (list.entries[i].port == port && strcasecmp(list.entries[i].host, host) == 0)
            is = now_ms < list.entries[i].until ? EGRESS_NOW : EGRESS_FORMERLY;
    pthread_mutex_unlock(&list.lock);
    return is;
}

static void put(const struct egress_row *rows, size_t n, int64_t seen)
{
    pthread_mutex_lock(&list.lock);
    list.n = n < ENTRIES_MAX ? n : ENTRIES_MAX;
    for (size_t i = 0; i < list.n; i++) {
        struct entry *x = &list.entries[i];

        snprintf(x->host, sizeof(x->host), "%.*s", STR_FMT(rows[i].host));
        x->port = (long)rows[i].port;
        x->until = rows[i].ended_at ? 0 : rows[i].expires_at;
    }
    list.seen = seen;
    pthread_mutex_unlock(&list.lock);
    metric_set("tongban_egress_entries", "", (double)n);
}

enum tb_code egress_list_read(struct db *d, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct egress_row *rows;
    int64_t now;
    size_t n;
    bool due;

    if (egress_row_changes(d, &now, e))
        return e->code;
    pthread_mutex_lock(&list.lock);
    due = now != list.seen;
    pthread_mutex_unlock(&list.lock);
    if (due && !egress_row_list(d, &a, &rows, &n, e))
        put(rows, n, now);
    arena_release(&a);
    return e->code;
}

struct egress_watch {
    const char *db_url;
    struct db *db;
    struct every *every;
};

static void look(void *self)
{
    struct egress_watch *w = self;
    struct tb_err e = TB_ERR_INIT;

    if ((!w->db && db_open(w->db_url, &w->db, &e)) || !egress_list_read(w->db, &e))
        return;
    log_line(LOG_ERROR, "egress", "the list cannot be read: %s", e.log);
    if (e.code != TB_BUSY) {
        db_close(w->db);
        w->db = NULL;
    }
}

enum tb_code egress_watch_start(const char *db_url, struct egress_watch **out, struct tb_err *e)
{
    struct egress_watch *w = tb_zalloc(sizeof(*w));

    *out = NULL;
    w->db_url = db_url;
    look(w); /* what is listed counts from the first connection on */
    if (every_start(EVERY_MS, EVERY_MS, look, w, &w->every, e)) {
        egress_watch_stop(w);
        return e->code;
    }
    *out = w;
    return TB_OK;
}

void egress_watch_stop(struct egress_watch *w)
{
    if (!w)
        return;
    every_stop(w->every);
    if (w->db)
        db_close(w->db);
    tb_free(w);
}
