/* 民情报告 as the page and a file show it. */
#include "base/date.h"
#include "review/export.h"
#include "scenario/hotline/insight.h"
#include "store/db.h"

#include <string.h>

static const int64_t day_ms = 24 * 3600 * 1000LL;

enum { TOP = 5 };

/* Issues need a past: those of a day are looked for in a week. */
static const int32_t issue_days[] = { [REPORT_DAY] = 7, [REPORT_WEEK] = 14, [REPORT_MONTH] = 30 };

static enum tb_code make(struct talk *t, const struct request *q, struct report **out,
                         struct tb_err *e)
{
    struct str kind = request_query(q, "kind");
    enum report_kind k = REPORT_DAY;
    struct hot_issue *issue;
    struct report_span span;
    int32_t last;
    size_t n;

    if (!insight_of(t))
        return tb_fail(e, TB_BUSY, "热线还没有准备好，请稍后再试", "no hotline");
    if (kind.n && !report_kind_parse(kind, &k))
        return tb_fail(e, TB_INVALID, "报告种类应为 day、week 或 month", "kind=%.*s",
                       STR_FMT(kind));
    if (insight_day(t, q, &last, e))
        return e->code;
    span = report_span_of(k, last);
    if (insight_issues(t, span.to, issue_days[k], TOP, &issue, &n, e))
        return e->code;
    return report_make(t, k, last, issue, n, out, e);
}

static void figures_json(struct json *j, const struct report *x)
{
    json_karr(j, "figures");
    for (size_t i = 0; i < x->figure_n; i++) {
        const struct report_figure *f = &x->figure[i];

        json_obj(j);
        json_kstr(j, "key", str_z(f->key));
        json_kstr(j, "title", f->title);
        json_kstr(j, "unit", f->unit);
        json_key(j, "value");
        if (f->some)
            json_real(j, f->value);
        else
            json_null(j);
        json_kreal(j, "before", f->before);
        json_kint(j, "digits", f->digits);
        json_kstr(j, "query", str_z(f->query));
        json_end(j);
    }
    json_end(j);
}

static void tables_json(struct json *j, const struct report *x)
{
    json_karr(j, "tables");
    for (size_t i = 0; i < x->table_n; i++) {
        const struct report_table *t = &x->table[i];

        json_obj(j);
        json_kstr(j, "key", str_z(t->key));
        json_kstr(j, "title", t->title);
        json_kstr(j, "query", str_z(t->query));
        json_karr(j, "rows");
        for (size_t k = 0; k < t->n; k++) {
            json_obj(j);
            json_kstr(j, "id", t->row[k].id);
            json_kstr(j, "name", t->row[k].name);
            json_kint(j, "count", t->row[k].count);
            json_kint(j, "before", t->row[k].before);
            json_end(j);
        }
        json_end(j);
        json_end(j);
    }
    json_end(j);
}

static void sentences_json(struct json *j, const struct report *x)
{
    json_karr(j, "sentences");
    for (size_t i = 0; i < x->sentence_n; i++) {
        const struct report_sentence *s = &x->sentence[i];

        json_obj(j);
        json_kstr(j, "part", str_z(s->part));
        json_kstr(j, "text", s->text);
        json_karr(j, "figures");
        for (size_t k = 0; k < s->used_n; k++)
            json_str(j, str_z(s->used[k]));
        json_end(j);
        json_end(j);
    }
    json_end(j);
}

static void issues_json(struct json *j, const struct report *x)
{
    json_karr(j, "issues");
    for (size_t i = 0; i < x->issue_n; i++) {
        const struct hot_issue *h = &x->issue[i];

        json_obj(j);
        json_kstr(j, "name", h->name);
        json_kint(j, "count", (int64_t)h->n);
        json_kint(j, "people", (int64_t)h->people);
        json_kint(j, "votes", h->votes);
        json_kint(j, "recent", (int64_t)h->recent);
        json_karr(j, "orders");
        for (size_t k = 0; k < h->n; k++)
            json_int(j, h->member[k]->id);
        json_end(j);
        json_end(j);
    }
    json_end(j);
}

/* What came in on each day of the span and of the one before: the chart. */
static enum tb_code days_json(struct talk *t, struct json *j, const struct report *x,
                              struct tb_err *e)
{
    json_karr(j, "days");
    for (int64_t from = x->span.before; from < x->span.to; from += day_ms) {
        int64_t asked = 0, answered = 0;
        bool found;

        if (db_ask_int(t->db,
                       SQL("SELECT COUNT(*) FROM work_order WHERE created_at >= :from AND "
                           "created_at < :to"),
                       ARGS(db_int("from", from), db_int("to", from + day_ms)), &asked, &found,
                       e) ||
            db_ask_int(t->db,
                       SQL("SELECT COUNT(*) FROM work_order WHERE answered_at >= :from AND "
                           "answered_at < :to"),
                       ARGS(db_int("from", from), db_int("to", from + day_ms)), &answered, &found,
                       e))
            return e->code;
        json_obj(j);
        json_kday(j, "day", day_from_ms(from));
        json_kint(j, "received", asked);
        json_kint(j, "answered", answered);
        json_end(j);
    }
    json_end(j);
    return TB_OK;
}

static struct str title_of(struct arena *a, const struct report *x)
{
    char first[16], last[16];

    if (x->span.kind == REPORT_DAY)
        return arena_printf(a, "%.*s12345热线民情%s（%s）", STR_FMT(x->city),
                            report_kind_title(x->span.kind), day_text(x->span.last, last).p);
    return arena_printf(a, "%.*s12345热线民情%s（%s 至 %s）", STR_FMT(x->city),
                        report_kind_title(x->span.kind), day_text(x->span.first, first).p,
                        day_text(x->span.last, last).p);
}

enum tb_code insight_report(struct talk *t, const struct request *q, struct reply *r,
                            struct tb_err *e)
{
    struct json *j = &r->json;
    struct report *x;

    if (make(t, q, &x, e))
        return e->code;
    json_obj(j);
    json_kstr(j, "kind", str_z(report_kind_name(x->span.kind)));
    json_kstr(j, "title", title_of(&t->mem, x));
    json_kday(j, "first", x->span.first);
    json_kday(j, "last", x->span.last);
    json_kint(j, "from", x->span.from);
    json_kint(j, "to", x->span.to);
    json_kint(j, "before", x->span.before);
    figures_json(j, x);
    tables_json(j, x);
    sentences_json(j, x);
    issues_json(j, x);
    if (days_json(t, j, x, e))
        return e->code;
    json_end(j);
    return TB_OK;
}

/* The file holds what the page says, and where its numbers come from. No model wrote any of it, so
 * no label of generated content stands on it. */
enum tb_code insight_export(struct talk *t, const struct request *q, struct reply *r,
                            struct tb_err *e)
{
    struct str as = request_query(q, "as"), bytes;
    enum export_kind k = EXPORT_DOCX;
    struct export_answer a = { 0 };
    struct report *x;
    char last[16];

    if (as.n && !export_parse(as, &k))
        return tb_fail(e, TB_INVALID, "只能保存成 json、html、csv、docx 或 pdf", "as=%.*s",
                       STR_FMT(as));
    if (make(t, q, &x, e))
        return e->code;
    a = (struct export_answer){ .city = x->city,
                                .question = title_of(&t->mem, x),
                                .sentences = ARENA_ARRAY(&t->mem, struct str, x->sentence_n + 1),
                                .sources = ARENA_ARRAY(&t->mem, struct str, 1),
                                .by = t->actor.name,
                                .at = world_now_ms(t->world) };
    a.receipt = arena_printf(&t->mem, "minqing-%s-%s", report_kind_name(x->span.kind),
                             day_text(x->span.last, last).p);
    for (size_t i = 0; i < x->sentence_n; i++)
        a.sentences[a.sentence_n++] = x->sentence[i].text;
    a.sources[a.source_n++] = STR("本市 12345 热线工单库，数字均由查询得出");
    if (export_make(&t->mem, &a, k, &bytes, e))
        return e->code;
    t->about = a.receipt;
    r->content_type = export_media_type(k);
    reply_header(r, "Content-Disposition",
                 arena_printf(&t->mem, "attachment; filename=\"%.*s.%s\"", STR_FMT(a.receipt),
                              export_suffix(k)));
    buf_add(&r->body, bytes);
    return TB_OK;
}
