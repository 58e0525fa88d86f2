#include "scenario/hotline/insight.h"

#include "base/alloc.h"
#include "base/date.h"
#include "base/fs.h"
#include "base/log.h"
#include "scenario/hotline/hotline.h"
#include "store/db.h"

#include <pthread.h>
#include <string.h>

enum { REMEMBERED = 16 };
static const int64_t day_ms = 24 * 3600 * 1000LL;

struct insight {
    struct arena mem;
    struct hot_rules *rules;
    struct alike *alike;
    char *file;
    int64_t kept; /* the newest order in the file */
    pthread_mutex_t catching;
    pthread_mutex_t lock; /* of what is remembered */
    struct {
        char *key, *value;
        size_t n;
    } old[REMEMBERED];
    size_t next;
};

enum tb_code insight_open(const struct services *at, struct insight **out, struct tb_err *e)
{
    struct insight *x = tb_zalloc(sizeof(*x));
    struct tb_err why = TB_ERR_INIT;

    *out = NULL;
    pthread_mutex_init(&x->lock, NULL);
    pthread_mutex_init(&x->catching, NULL);
    if (hot_rules_load(&x->mem, fs_join(&x->mem, at->share_dir, "rules/hotline_hot.yaml"),
                       &x->rules, e)) {
        insight_close(x);
        return e->code;
    }
    x->file = fs_join(&x->mem, at->data_dir, "hotline_alike.index");
    if (fs_exists(x->file) && alike_load(x->file, &x->alike, &why))
        log_line(LOG_WARN, "hotline", "index built anew: %s", why.log);
    if (!x->alike)
        x->alike = alike_new();
    x->kept = alike_last(x->alike);
    *out = x;
    return TB_OK;
}

/* A small index is built again faster than it is read. */
static void keep(struct insight *x)
{
    struct tb_err e = TB_ERR_INIT;

    if (x->alike && x->file && alike_last(x->alike) != x->kept &&
        alike_count(x->alike) >= 4 * INSIGHT_BATCH && alike_save(x->alike, x->file, &e))
        log_line(LOG_WARN, "hotline", "%s", e.log);
}

void insight_close(struct insight *x)
{
    if (!x)
        return;
    keep(x);
    alike_free(x->alike);
    for (size_t i = 0; i < REMEMBERED; i++) {
        tb_free(x->old[i].key);
        tb_free(x->old[i].value);
    }
    pthread_mutex_destroy(&x->lock);
    pthread_mutex_destroy(&x->catching);
    arena_release(&x->mem);
    tb_free(x);
}

struct insight *insight_of(const struct talk *t)
{
    return t->at->hotline ? t->at->hotline->insight : NULL;
}

const struct hot_rules *insight_rules(const struct insight *x)
{
    return x->rules;
}

const struct alike *insight_alike(const struct insight *x)
{
    return x->alike;
}

static enum tb_code add_new(struct talk *t, struct insight *x, size_t most, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct rows *r;
    bool more = true;

    if (!db_ask(t->db, &a,
                SQL("SELECT id, title, text, place FROM work_order WHERE id > :last ORDER BY id "
                    "LIMIT :most"),
                ARGS(db_int("last", alike_last(x->alike)), db_int("most", (int64_t)most)), &r, e))
        while (!rows_next(r, &more, e) && more)
            alike_add(x->alike, rows_int(r, 0),
                      &(struct alike_text){ rows_str(r, 1), rows_str(r, 2), rows_str(r, 3) });
    arena_release(&a);
    return e->code;
}

enum tb_code insight_catch_up(struct talk *t, struct insight *x, size_t most, struct tb_err *e)
{
    enum tb_code c;

    pthread_mutex_lock(&x->catching);
    c = add_new(t, x, most, e);
    pthread_mutex_unlock(&x->catching);
    return c;
}

static struct hot_message message_of(struct talk *t, struct rows *r)
{
    struct hot_message m = { .id = rows_int(r, 0),
                             .title = rows_str(r, 1),
                             .text = rows_str(r, 2),
                             .place = rows_str(r, 3),
                             .at = rows_int(r, 4),
                             .up = rows_int(r, 5),
                             .user = rows_str(r, 6) };

    if (!m.user.n)
        m.user = rows_str(r, 7);
    if (!m.user.n)
        m.user = arena_printf(&t->mem, "order-%lld", (long long)m.id);
    return m;
}

enum tb_code insight_messages(struct talk *t, int64_t from, int64_t to, struct hot_message **out,
                              size_t *n, int64_t *left_out, struct tb_err *e)
{
    struct rows *r;
    bool more = true, found;
    size_t cap = 0;
    int64_t all = 0;

    *n = 0;
    *out = NULL;
    if (db_ask_int(t->db,
                   SQL("SELECT COUNT(*) FROM work_order WHERE created_at >= :from AND created_at < "
                       ":to AND secret = 0 AND state <> 'withdrawn'"),
                   ARGS(db_int("from", from), db_int("to", to)), &all, &found, e) ||
        db_ask(t->db, &t->mem,
               SQL("SELECT id, title, text, place, created_at, votes, asker_key, device FROM "
                   "work_order WHERE created_at >= :from AND created_at < :to AND secret = 0 AND "
                   "state <> 'withdrawn' ORDER BY created_at DESC, id DESC LIMIT :most"),
               ARGS(db_int("from", from), db_int("to", to), db_int("most", INSIGHT_MESSAGES)), &r,
               e))
        return e->code;
    while (!rows_next(r, &more, e) && more) {
        *out = arena_grow(&t->mem, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] = message_of(t, r);
    }
    rows_close(r);
    *left_out = all - (int64_t)*n;
    return e->code;
}

enum tb_code insight_issues(struct talk *t, int64_t to, int32_t days, size_t top,
                            struct hot_issue **out, size_t *n, struct tb_err *e)
{
    struct hot_message *m;
    int64_t left_out;
    size_t k;

    if (insight_messages(t, to - days * day_ms, to, &m, &k, &left_out, e))
        return e->code;
    hot_find(&t->mem, insight_rules(insight_of(t)), m, k,
             &(struct hot_wish){ .now = to - 1, .since = to - days * day_ms, .top = top }, out, n);
    return TB_OK;
}

bool insight_recall(struct insight *x, struct arena *a, struct str key, struct str *out)
{
    bool found = false;

    pthread_mutex_lock(&x->lock);
    for (size_t i = 0; i < REMEMBERED && !found; i++)
        if (x->old[i].key && str_eqz(key, x->old[i].key)) {
            *out = arena_str(a, str_of(x->old[i].value, x->old[i].n));
            found = true;
        }
    pthread_mutex_unlock(&x->lock);
    return found;
}

void insight_remember(struct insight *x, struct str key, struct str value)
{
    size_t i;

    pthread_mutex_lock(&x->lock);
    i = x->next++ % REMEMBERED;
    tb_free(x->old[i].key);
    tb_free(x->old[i].value);
    x->old[i].key = tb_zalloc(key.n + 1);
    memcpy(x->old[i].key, key.p, key.n);
    x->old[i].value = tb_dup(value.p, value.n);
    x->old[i].n = value.n;
    pthread_mutex_unlock(&x->lock);
}

enum tb_code insight_day(struct talk *t, const struct request *q, int32_t *out, struct tb_err *e)
{
    struct str to = request_query(q, "to");
    int32_t today = day_today(t->world);

    *out = today;
    if (to.n && !day_parse(to, out))
        return tb_fail(e, TB_INVALID, "日期应写成 2026-11-21 这样", "to=%.*s", STR_FMT(to));
    *out = *out > today ? today : *out;
    return TB_OK;
}

const struct route hotline_insight_routes[] = {
    { GET, "/api/hotline/hot", PERM_ORDER, "hotline.hot", 0, ROUTE_PLAIN, true, insight_hot,
      "Hot issues of the last days, with early warnings" },
    { GET, "/api/hotline/map", PERM_ORDER, WHEN_REFUSED("hotline.map"), 0, ROUTE_PLAIN, false,
      insight_map, "The city's schematic map: districts, streets, water" },
    { GET, "/api/hotline/report", PERM_ORDER, "hotline.report", 0, ROUTE_PLAIN, true,
      insight_report, "The report of a day, a week or a month, every number with its query" },
    { GET, "/api/hotline/report/export", PERM_ORDER, "hotline.report_export", 0, ROUTE_PLAIN, true,
      insight_export, "The report as a file, with watermark" },
    { GET, "/api/staff/orders/{receipt}/alike", PERM_ORDER, "order.alike", 0, ROUTE_PLAIN, false,
      insight_like, "Orders about the same matter, and answers to such a one" },
    { .path = NULL },
};
