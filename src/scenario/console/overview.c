/* The figures of the overview page: what people asked today and in the last thirty days, how it
 * went, how fast, what the knowledge base holds, what is degraded and why. No content of anybody's
 * question. */
#include "scenario/console/console.h"

#include "base/date.h"
#include "base/fs.h"
#include "store/db.h"

#include <math.h>
#include <stdlib.h>

enum { DAYS = 30, RECENT = 1000, TOP = 10 };
static const int64_t day_ms = 24LL * 3600 * 1000, zone_ms = 8LL * 3600 * 1000;

static int64_t start_of(int32_t day)
{
    return day * day_ms - zone_ms;
}

static enum tb_code today(struct talk *t, struct json *j, struct tb_err *e)
{
    static const char *const keys[] = { "asked",  "answered",   "standard", "not_found",
                                        "useful", "not_useful", "withheld" };
    int64_t from = start_of(day_today(t->world)), handoffs;
    struct rows *r;
    bool more;

    if (db_ask(
            t->db, &t->mem,
            SQL("SELECT count(*), "
                "coalesce(sum(CASE WHEN outcome IN ('answered', 'partial', 'standard', 'signed') "
                "THEN 1 ELSE 0 END), 0), "
                "coalesce(sum(CASE WHEN outcome = 'standard' THEN 1 ELSE 0 END), 0), "
                "coalesce(sum(CASE WHEN outcome = 'not_found' THEN 1 ELSE 0 END), 0), "
                "coalesce(sum(CASE WHEN feedback > 0 THEN 1 ELSE 0 END), 0), "
                "coalesce(sum(CASE WHEN feedback < 0 THEN 1 ELSE 0 END), 0), "
                "coalesce(sum(withheld), 0) FROM exchange WHERE created_at >= :from"),
            ARGS(db_int("from", from)), &r, e) ||
        db_ask_int(t->db, SQL("SELECT count(*) FROM handoff WHERE created_at >= :from"),
                   ARGS(db_int("from", from)), &handoffs, NULL, e) ||
        rows_next(r, &more, e))
        return e->code;
    json_kobj(j, "today");
    for (int i = 0; more && i < 7; i++)
        json_kint(j, keys[i], rows_int(r, i));
    json_kint(j, "handoffs", handoffs);
    json_end(j);
    rows_close(r);
    return TB_OK;
}

/* Every day has its row, also those on which nobody asked. */
static enum tb_code days(struct talk *t, struct json *j, struct tb_err *e)
{
    int64_t asked[DAYS] = { 0 }, answered[DAYS] = { 0 }, not_found[DAYS] = { 0 };
    int32_t last = day_today(t->world), first = last - DAYS + 1;
    struct rows *r;
    bool more;

    if (db_ask(
            t->db, &t->mem,
            SQL("SELECT (created_at + :zone) / :day, count(*), "
                "sum(CASE WHEN outcome IN ('answered', 'partial', 'standard', 'signed') "
                "THEN 1 ELSE 0 END), sum(CASE WHEN outcome = 'not_found' THEN 1 ELSE 0 END) "
                "FROM exchange WHERE created_at >= :from "
                "GROUP BY (created_at + :zone) / :day"),
            ARGS(db_int("zone", zone_ms), db_int("day", day_ms), db_int("from", start_of(first))),
            &r, e))
        return e->code;
    for (;;) {
        int64_t i;

        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            break;
        i = rows_int(r, 0) - first;
        if (i < 0 || i >= DAYS)
            continue; /* written before the clock was put back */
        asked[i] = rows_int(r, 1);
        answered[i] = rows_int(r, 2);
        not_found[i] = rows_int(r, 3);
    }
    json_karr(j, "days");
    for (int32_t i = 0; i < DAYS; i++) {
        char day[16];

        json_obj(j);
        json_kstr(j, "day", day_text(first + i, day));
        json_kint(j, "asked", asked[i]);
        json_kint(j, "answered", answered[i]);
        json_kint(j, "not_found", not_found[i]);
        json_end(j);
    }
    json_end(j);
    return TB_OK;
}

static const char *outcome_title(struct str outcome)
{
    static const struct {
        const char *name, *title;
    } titles[] = {
        { "running", "进行中" },    { "standard", "标准回答" }, { "answered", "已回答" },
        { "partial", "原文摘录" },  { "not_found", "未查到" },  { "failed", "引擎中断" },
        { "referred", "转给人工" }, { "waiting", "等待签发" },  { "signed", "签发后答复" },
        { "cancelled", "已取消" },  { "broken", "异常中断" },
    };

    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
        if (str_eqz(outcome, titles[i].name))
            return titles[i].title;
    return "其他";
}

static enum tb_code outcomes(struct talk *t, struct json *j, struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(t->db, &t->mem,
               SQL("SELECT outcome, count(*) AS n FROM exchange WHERE created_at >= :from "
                   "GROUP BY outcome ORDER BY n DESC, outcome"),
               ARGS(db_int("from", start_of(day_today(t->world) - DAYS + 1))), &r, e))
        return e->code;
    json_karr(j, "outcomes");
    for (;;) {
        struct str outcome;

        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            break;
        outcome = rows_str(r, 0);
        json_obj(j);
        json_kstr(j, "outcome", outcome);
        json_kstr(j, "title", str_z(outcome_title(outcome)));
        json_kint(j, "count", rows_int(r, 1));
        json_end(j);
    }
    json_end(j);
    return TB_OK;
}

/* -- the most recent exchanges, looked into -- */

struct top {
    int64_t document, count;
    struct str title, clause;
};
struct recent {
    struct arena *mem;
    struct top *tops;
    size_t top_n, top_cap;
    double first_clause[RECENT], first_word[RECENT], whole[RECENT];
    size_t first_clause_n, first_word_n, whole_n;
};

static void count_clause(struct recent *x, const struct json_value *clause)
{
    int64_t document = json_get_int(clause, "document", 0);
    struct str name = json_get_str(clause, "clause");

    for (size_t i = 0; i < x->top_n; i++) {
        if (x->tops[i].document == document && str_eq(x->tops[i].clause, name)) {
            x->tops[i].count++;
            return;
        }
    }
    x->tops = arena_grow(x->mem, x->tops, x->top_n, &x->top_cap, sizeof(*x->tops));
    x->tops[x->top_n++] = (struct top){ document, 1, json_get_str(clause, "title"), name };
}

/* Clauses that a shown sentence cites, each once per exchange; citations count from 1. */
static void count_cited(struct recent *x, struct str clauses_json, struct str sentences_json)
{
    const struct json_value *clauses, *sentences;
    struct tb_err e = TB_ERR_INIT;
    uint64_t seen = 0;

    if (json_read(x->mem, clauses_json, &clauses, &e) ||
        json_read(x->mem, sentences_json, &sentences, &e))
        return;
    for (size_t i = 0; i < json_len(sentences); i++) {
        const struct json_value *one = json_at(sentences, i), *cites = json_get(one, "citations");

        if (!json_get_bool(one, "shown", true))
            continue; /* withheld */
        for (size_t k = 0; k < json_len(cites); k++) {
            int64_t n = json_i64(json_at(cites, k), 0);

            if (n < 1 || n > 64 || (size_t)n > json_len(clauses) || (seen >> (n - 1) & 1))
                continue;
            seen |= (uint64_t)1 << (n - 1);
            count_clause(x, json_at(clauses, (size_t)n - 1));
        }
    }
}

static void take_timing(const struct json_value *timings, const char *key, double *out, size_t *n)
{
    double ms = json_get_num(timings, key, -1);

    if (ms >= 0)
        out[(*n)++] = ms;
}

static void take_timings(struct recent *x, struct str json)
{
    const struct json_value *v;
    struct tb_err e = TB_ERR_INIT;

    if (json_read(x->mem, json, &v, &e))
        return;
    take_timing(v, "first_clause_ms", x->first_clause, &x->first_clause_n);
    take_timing(v, "first_word_ms", x->first_word, &x->first_word_n);
    take_timing(v, "done_ms", x->whole, &x->whole_n);
}

static enum tb_code recent_read(struct talk *t, struct recent *x, struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(
            t->db, &t->mem,
            SQL("SELECT clauses, sentences, timings FROM exchange WHERE created_at >= :from "
                "ORDER BY created_at DESC LIMIT :max"),
            ARGS(db_int("from", start_of(day_today(t->world) - DAYS + 1)), db_int("max", RECENT)),
            &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        count_cited(x, rows_str(r, 0), rows_str(r, 1));
        take_timings(x, rows_str(r, 2));
    }
}

static int by_count(const void *a, const void *b)
{
    const struct top *x = a, *y = b;

    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return x->document != y->document ? (x->document < y->document ? -1 : 1)
                                      : str_cmp(x->clause, y->clause);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double middle(double *v, size_t n)
{
    if (n == 0)
        return 0;
    qsort(v, n, sizeof(*v), by_value);
    return round(v[(n - 1) / 2] * 10) / 10;
}

static enum tb_code recents(struct talk *t, struct json *j, struct tb_err *e)
{
    struct recent *x = ARENA_NEW(&t->mem, struct recent);

    x->mem = &t->mem;
    if (recent_read(t, x, e))
        return e->code;
    if (x->top_n)
        qsort(x->tops, x->top_n, sizeof(*x->tops), by_count);
    json_karr(j, "top_clauses");
    for (size_t i = 0; i < x->top_n && i < TOP; i++) {
        json_obj(j);
        json_kint(j, "document", x->tops[i].document);
        json_kstr(j, "title", x->tops[i].title);
        json_kstr(j, "clause", x->tops[i].clause);
        json_kint(j, "count", x->tops[i].count);
        json_end(j);
    }
    json_end(j);
    json_kobj(j, "latency");
    json_kreal(j, "first_clause_p50", middle(x->first_clause, x->first_clause_n));
    json_kreal(j, "first_word_p50", middle(x->first_word, x->first_word_n));
    json_kreal(j, "whole_p50", middle(x->whole, x->whole_n));
    json_end(j);
    return TB_OK;
}

/* -- the knowledge base -- */

#define CONFIRMED " FROM version WHERE state = 'confirmed' "
#define IN_FORCE                                                                                   \
    CONFIRMED "AND (effective_from IS NULL OR effective_from <= :today) "                          \
              "AND (expires_on IS NULL OR expires_on >= :today) "                                  \
              "AND (repealed_on IS NULL OR repealed_on > :today)"

static enum tb_code knowledge(struct talk *t, struct json *j, struct tb_err *e)
{
    int32_t now = day_today(t->world);
    int64_t documents, in_force, expiring, proposed, passages, without;

    if (db_ask_int(t->db, SQL("SELECT count(DISTINCT document_id)" CONFIRMED), NO_ARGS, &documents,
                   NULL, e) ||
        db_ask_int(t->db, SQL("SELECT count(*)" IN_FORCE), ARGS(db_int("today", now)), &in_force,
                   NULL, e) ||
        db_ask_int(t->db, SQL("SELECT count(*)" IN_FORCE " AND expires_on <= :soon"),
                   ARGS(db_int("today", now), db_int("soon", now + 90)), &expiring, NULL, e) ||
        db_ask_int(t->db, SQL("SELECT count(*) FROM version WHERE state = 'proposed'"), NO_ARGS,
                   &proposed, NULL, e) ||
        db_ask_int(t->db, SQL("SELECT count(*) FROM passage"), NO_ARGS, &passages, NULL, e) ||
        db_ask_int(t->db, SQL("SELECT count(*) FROM passage WHERE embedding_model IS NULL"),
                   NO_ARGS, &without, NULL, e))
        return e->code;
    json_kobj(j, "knowledge");
    json_kint(j, "documents", documents);
    json_kint(j, "in_force", in_force);
    json_kint(j, "expiring_90d", expiring);
    json_kint(j, "proposed", proposed);
    json_kint(j, "passages", passages);
    json_kint(j, "embedded", passages - without);
    json_end(j);
    return TB_OK;
}

/* -- what is still on its way to this machine -- */

static void fetch(struct talk *t, struct json *j)
{
    const struct json_value *v = NULL, *items;
    struct tb_err e = TB_ERR_INIT;
    struct str text;
    bool there =
        t->at && t->at->cache_dir &&
        !fs_read(&t->mem, fs_join(&t->mem, t->at->cache_dir, "fetch.json"), 1 << 20, &text, &e) &&
        !json_read(&t->mem, text, &v, &e);

    items = there ? json_get(v, "items") : NULL;
    json_karr(j, "fetch");
    for (size_t i = 0; i < json_len(items); i++) {
        const struct json_value *it = json_at(items, i);

        json_obj(j);
        json_kstr(j, "name", json_get_str(it, "name"));
        json_kstr(j, "label", json_get_str(it, "label"));
        json_kstr(j, "state", json_get_str(it, "state"));
        json_kint(j, "done", json_get_int(it, "done", 0));
        json_kint(j, "total", json_get_int(it, "total", 0));
        json_kstr(j, "message", json_get_str(it, "message"));
        json_end(j);
    }
    json_end(j);
}

enum tb_code overview_show(struct talk *t, const struct request *q, struct reply *r,
                           struct tb_err *e)
{
    struct json *j = &r->json;

    (void)q;
    json_obj(j);
    if (today(t, j, e) || days(t, j, e) || outcomes(t, j, e) || recents(t, j, e) ||
        knowledge(t, j, e) || console_parts(t, j, e))
        return e->code;
    fetch(t, j);
    json_end(j);
    return TB_OK;
}
