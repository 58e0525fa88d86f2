#include "scenario/hotline/report.h"

#include "base/date.h"
#include "store/db.h"
#include "store/department.h"

static const int64_t day_ms = 24 * 3600 * 1000LL, zone_ms = 8 * 3600000LL;

enum { ROWS_MAX = 12 };

#define ASKED "created_at >= :from AND created_at < :to"
#define ANSWERED "answered_at >= :from AND answered_at < :to"

static const struct figure {
    const char *key, *title, *unit;
    int digits;
    struct sql sql;
} figures[] = {
    { "received", "受理", "件", 0, { "SELECT COUNT(*) FROM work_order WHERE " ASKED } },
    { "people",
      "反映人数",
      "人",
      0,
      { "SELECT COUNT(DISTINCT asker_key) FROM work_order WHERE asker_key <> '' AND " ASKED } },
    { "inquiry",
      "咨询",
      "件",
      0,
      { "SELECT COUNT(*) FROM work_order WHERE kind = 'inquiry' AND " ASKED } },
    { "help",
      "求助",
      "件",
      0,
      { "SELECT COUNT(*) FROM work_order WHERE kind = 'help' AND " ASKED } },
    { "complaint",
      "投诉",
      "件",
      0,
      { "SELECT COUNT(*) FROM work_order WHERE kind = 'complaint' AND " ASKED } },
    { "tip", "举报", "件", 0, { "SELECT COUNT(*) FROM work_order WHERE kind = 'tip' AND " ASKED } },
    { "suggestion",
      "建议",
      "件",
      0,
      { "SELECT COUNT(*) FROM work_order WHERE kind = 'suggestion' AND " ASKED } },
    { "urgent",
      "紧急和特急",
      "件",
      0,
      { "SELECT COUNT(*) FROM work_order WHERE urgency >= 2 AND " ASKED } },
    { "merged",
      "并单",
      "件",
      0,
      { "SELECT COUNT(*) FROM work_order WHERE merged_into IS NOT NULL AND " ASKED } },
    { "answered", "答复", "件", 0, { "SELECT COUNT(*) FROM work_order WHERE " ANSWERED } },
    { "on_time",
      "按时答复",
      "件",
      0,
      { "SELECT COUNT(*) FROM work_order WHERE (due_at = 0 OR answered_at <= due_at) "
        "AND " ANSWERED } },
    { "on_time_rate",
      "按时率",
      "%",
      1,
      { "SELECT 100.0 * SUM(CASE WHEN due_at = 0 OR answered_at <= due_at THEN 1 ELSE 0 END) / "
        "COUNT(*) FROM work_order WHERE " ANSWERED } },
    { "hours",
      "平均答复用时",
      "小时",
      1,
      { "SELECT AVG(answered_at - created_at) / 3600000.0 FROM work_order WHERE " ANSWERED } },
    { "closed",
      "办结",
      "件",
      0,
      { "SELECT COUNT(*) FROM work_order WHERE state = 'closed' AND closed_at >= :from AND "
        "closed_at "
        "< :to" } },
    { "returned",
      "退单",
      "次",
      0,
      { "SELECT COUNT(*) FROM work_order_step WHERE verb = 'return' AND at >= :from AND at < "
        ":to" } },
    { "rated",
      "已回访评价",
      "件",
      0,
      { "SELECT COUNT(*) FROM work_order WHERE satisfaction > 0 AND " ANSWERED } },
    { "satisfied_rate",
      "满意率",
      "%",
      1,
      { "SELECT 100.0 * SUM(CASE WHEN satisfaction >= 4 THEN 1 ELSE 0 END) / COUNT(*) FROM "
        "work_order WHERE satisfaction > 0 AND " ANSWERED } },
    /* as the day ends: whatever came before */
    { "waiting",
      "期末未答复",
      "件",
      0,
      { "SELECT COUNT(*) FROM work_order WHERE created_at < :to AND (answered_at = 0 OR "
        "answered_at "
        ">= :to) AND state NOT IN ('merged', 'withdrawn') AND :from <= :to" } },
    { "late",
      "期末超期未答复",
      "件",
      0,
      { "SELECT COUNT(*) FROM work_order WHERE created_at < :to AND (answered_at = 0 OR "
        "answered_at "
        ">= :to) AND state NOT IN ('merged', 'withdrawn') AND due_at > 0 AND due_at < :to AND "
        ":from "
        "<= :to" } },
};

/* Each gives id, name, count of the span, count of the one before; :before, :from, :to in ms. */
#define BOTH                                                                                       \
    "SUM(CASE WHEN o.created_at >= :from THEN 1 ELSE 0 END) AS now, SUM(CASE WHEN o.created_at < " \
    ":from THEN 1 ELSE 0 END) AS past FROM work_order o "
#define WITHIN "o.created_at >= :before AND o.created_at < :to "
#define ORDERED "ORDER BY now DESC, past DESC, 1"
static const struct table {
    const char *key, *title;
    struct sql sql;
} tables[] = {
    { "class",
      "诉求分类",
      { "SELECT o.class1, o.class1, " BOTH "WHERE o.class1 <> '' AND " WITHIN
        "GROUP BY o.class1 " ORDERED } },
    { "department",
      "承办单位",
      { "SELECT o.department_id, d.short, " BOTH
        "JOIN department d ON d.id = o.department_id WHERE " WITHIN
        "GROUP BY o.department_id, d.short " ORDERED } },
    { "district",
      "区县",
      { "SELECT o.district, o.district, " BOTH "WHERE o.district <> '' AND " WITHIN
        "GROUP BY o.district " ORDERED } },
    { "street",
      "街道乡镇",
      { "SELECT o.street, o.street, " BOTH "WHERE o.street <> '' AND " WITHIN
        "GROUP BY o.street " ORDERED } },
    { "source",
      "来源",
      { "SELECT o.source, o.source, " BOTH "WHERE " WITHIN "GROUP BY o.source " ORDERED } },
};

static const struct {
    const char *name, *title;
    int32_t days;
} kinds[] = { [REPORT_DAY] = { "day", "日报", 1 },
              [REPORT_WEEK] = { "week", "周报", 7 },
              [REPORT_MONTH] = { "month", "月报", 30 } };

bool report_kind_parse(struct str s, enum report_kind *out)
{
    for (size_t k = REPORT_DAY; k <= REPORT_MONTH; k++)
        if (str_eqz(s, kinds[k].name)) {
            *out = (enum report_kind)k;
            return true;
        }
    return false;
}

const char *report_kind_name(enum report_kind k)
{
    return kinds[k].name;
}

const char *report_kind_title(enum report_kind k)
{
    return kinds[k].title;
}

struct report_span report_span_of(enum report_kind k, int32_t last)
{
    int32_t days = kinds[k].days;
    int64_t to = (int64_t)(last + 1) * day_ms - zone_ms;

    return (struct report_span){ .kind = k,
                                 .first = last - days + 1,
                                 .last = last,
                                 .from = to - days * day_ms,
                                 .to = to,
                                 .before = to - 2 * days * day_ms };
}

static enum tb_code ask(struct talk *t, struct sql sql, int64_t from, int64_t to, double *out,
                        bool *some, struct tb_err *e)
{
    struct rows *r;
    bool more = false;

    *out = 0;
    *some = false;
    if (db_ask(t->db, &t->mem, sql, ARGS(db_int("from", from), db_int("to", to)), &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (more && !rows_null(r, 0)) {
        *out = rows_real(r, 0);
        *some = true;
    }
    rows_close(r);
    return TB_OK;
}

static enum tb_code count_figures(struct talk *t, struct report *r, struct tb_err *e)
{
    size_t n = sizeof(figures) / sizeof(figures[0]);

    r->figure = ARENA_ARRAY(&t->mem, struct report_figure, n);
    for (size_t i = 0; i < n; i++) {
        struct report_figure *f = &r->figure[r->figure_n++];
        bool some;

        *f = (struct report_figure){ .key = figures[i].key,
                                     .title = str_z(figures[i].title),
                                     .unit = str_z(figures[i].unit),
                                     .digits = figures[i].digits,
                                     .query = figures[i].sql.text };
        if (ask(t, figures[i].sql, r->span.from, r->span.to, &f->value, &f->some, e) ||
            ask(t, figures[i].sql, r->span.before, r->span.from, &f->before, &some, e))
            return e->code;
    }
    return TB_OK;
}

static enum tb_code count_table(struct talk *t, struct report *r, const struct table *from,
                                struct report_table *out, struct tb_err *e)
{
    struct rows *rows;
    bool more = true;

    *out = (struct report_table){ .key = from->key,
                                  .title = str_z(from->title),
                                  .query = from->sql.text,
                                  .row = ARENA_ARRAY(&t->mem, struct report_row, ROWS_MAX) };
    if (db_ask(t->db, &t->mem, from->sql,
               ARGS(db_int("before", r->span.before), db_int("from", r->span.from),
                    db_int("to", r->span.to)),
               &rows, e))
        return e->code;
    while (!rows_next(rows, &more, e) && more && out->n < ROWS_MAX)
        out->row[out->n++] = (struct report_row){ rows_str(rows, 0), rows_str(rows, 1),
                                                  rows_int(rows, 2), rows_int(rows, 3) };
    rows_close(rows);
    return e->code;
}

static enum tb_code count_tables(struct talk *t, struct report *r, struct tb_err *e)
{
    size_t n = sizeof(tables) / sizeof(tables[0]);

    r->table = ARENA_ARRAY(&t->mem, struct report_table, n);
    for (size_t i = 0; i < n; i++)
        if (count_table(t, r, &tables[i], &r->table[r->table_n++], e))
            return e->code;
    return TB_OK;
}

static enum tb_code city_name(struct talk *t, struct str *out, struct tb_err *e)
{
    struct rows *r;
    bool more;

    *out = STR("");
    if (db_ask(t->db, &t->mem, SQL("SELECT name FROM city"), NO_ARGS, &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (more)
        *out = rows_str(r, 0);
    rows_close(r);
    return TB_OK;
}

enum tb_code report_make(struct talk *t, enum report_kind k, int32_t last, struct hot_issue *issue,
                         size_t issue_n, struct report **out, struct tb_err *e)
{
    struct report *r = ARENA_NEW(&t->mem, struct report);

    r->span = report_span_of(k, last);
    r->issue = issue;
    r->issue_n = issue_n;
    if (city_name(t, &r->city, e) || count_figures(t, r, e) || count_tables(t, r, e))
        return e->code;
    report_write(&t->mem, r);
    *out = r;
    return TB_OK;
}

const struct report_figure *report_figure_of(const struct report *r, const char *key)
{
    for (size_t i = 0; i < r->figure_n; i++)
        if (str_eqz(str_z(key), r->figure[i].key))
            return &r->figure[i];
    return NULL;
}

struct str report_number(struct arena *a, const struct report_figure *f, bool before)
{
    if (!f->some && !before)
        return STR("—");
    return arena_printf(a, "%.*f", f->digits, before ? f->before : f->value);
}
