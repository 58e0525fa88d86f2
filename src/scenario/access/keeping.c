/* What is kept of the trail, and its figures: the auditor's. */
#include "scenario/access/access.h"

#include "base/date.h"
#include "store/audit_floor.h"

static const int64_t day_ms = 24LL * 3600 * 1000, zone_ms = 8LL * 3600 * 1000;
enum { DAYS = 30, DAYS_MOST = 366, TOP = 12 };

static enum tb_code show(struct talk *t, struct reply *r, struct tb_err *e)
{
    struct audit_keeping k;
    struct audit_floor f;

    if (audit_keeping_read(t->db, &t->mem, &k, e) || audit_floor_read(t->db, &t->mem, &f, e))
        return e->code;
    json_obj(&r->json);
    json_kint(&r->json, "days", k.days);
    json_kbool(&r->json, "held", k.held);
    json_kstr(&r->json, "reason", k.hold_reason);
    json_kstr(&r->json, "held_by", k.hold_by);
    json_ktime(&r->json, "held_at", k.hold_at);
    json_kint(&r->json, "archived_to", f.last);
    json_end(&r->json);
    return TB_OK;
}

enum tb_code keeping_show(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    (void)q;
    return show(t, r, e);
}

enum tb_code keeping_hold(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    static const char *const fields[] = { "held", "reason", NULL };
    const struct json_value *v;
    enum tb_code c;

    if (request_json(&t->mem, q, fields, &v, e))
        return e->code;
    c = db_begin(t->db, e);
    if (c)
        return c;
    c = audit_hold(t, json_get_bool(v, "held", true), json_get_str(v, "reason"), e);
    if (!c)
        c = show(t, r, e);
    return db_end(t->db, c, e);
}

struct span { /* of days, the last one included */
    int64_t from, to;
};

static enum tb_code span_of(struct talk *t, const struct request *q, struct span *s,
                            struct tb_err *e)
{
    struct str from = request_query(q, "from"), to = request_query(q, "to");
    int32_t last = day_today(t->world), first = last - DAYS + 1;

    if ((from.n && !day_parse(from, &first)) || (to.n && !day_parse(to, &last)))
        return tb_fail(e, TB_INVALID, "日期应写成 2026-11-21 的形式", "from or to is no day");
    if (last < first || last - first > DAYS_MOST)
        return tb_fail(e, TB_INVALID, "时间范围应在一年之内", "days=%d", last - first);
    s->from = first * day_ms - zone_ms;
    s->to = (last + 1) * day_ms - zone_ms;
    return TB_OK;
}

#define SPAN_ARGS(s) ARGS(db_int("from", (s)->from), db_int("to", (s)->to), db_int("top", TOP))

static enum tb_code put_rows(struct talk *t, struct reply *r, const char *name, struct sql sql,
                             const struct span *s, struct tb_err *e)
{
    struct rows *rows;
    bool more;

    json_karr(&r->json, name);
    if (db_ask(t->db, &t->mem, sql, SPAN_ARGS(s), &rows, e))
        return e->code;
    for (;;) {
        if (rows_next(rows, &more, e))
            return e->code;
        if (!more)
            break;
        json_obj(&r->json);
        json_kstr(&r->json, "name", rows_str(rows, 0));
        json_kint(&r->json, "rows", rows_int(rows, 1));
        json_kint(&r->json, "refused", rows_int(rows, 2));
        json_end(&r->json);
    }
    json_end(&r->json);
    return TB_OK;
}

/* Refused: who is not known, or may not. */
#define FIGURES(what, order, limit)                                                                \
    SQL("SELECT " what ", count(*) n, sum(CASE WHEN outcome IN ('unauthorised', 'forbidden', "     \
        "'limited') THEN 1 ELSE 0 END) FROM audit WHERE at >= :from AND at < :to AND :top > 0 "    \
        "GROUP BY 1 ORDER BY " order limit)

static enum tb_code put_days(struct talk *t, struct reply *r, const struct span *s,
                             struct tb_err *e)
{
    struct rows *rows;
    char day[16];
    bool more;

    json_karr(&r->json, "days");
    if (db_ask(t->db, &t->mem, FIGURES("(at + 28800000) / 86400000", "1", ""), SPAN_ARGS(s), &rows,
               e))
        return e->code;
    for (;;) {
        if (rows_next(rows, &more, e))
            return e->code;
        if (!more)
            break;
        json_obj(&r->json);
        json_kstr(&r->json, "name", day_text((int32_t)rows_int(rows, 0), day));
        json_kint(&r->json, "rows", rows_int(rows, 1));
        json_kint(&r->json, "refused", rows_int(rows, 2));
        json_end(&r->json);
    }
    json_end(&r->json);
    return TB_OK;
}

enum tb_code figures_show(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    struct span s = { 0 };

    if (span_of(t, q, &s, e))
        return e->code;
    json_obj(&r->json);
    if (put_days(t, r, &s, e) ||
        put_rows(t, r, "verbs", FIGURES("verb", "n DESC", " LIMIT :top"), &s, e) ||
        put_rows(t, r, "actors", FIGURES("actor", "n DESC", " LIMIT :top"), &s, e) ||
        put_rows(t, r, "refusals", FIGURES("actor", "3 DESC, n DESC", " LIMIT :top"), &s, e))
        return e->code;
    json_end(&r->json);
    return TB_OK;
}
