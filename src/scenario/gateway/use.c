/* 用量与调用: what was used and what it cost; where the time of one call went; for the auditor,
 * what was said. */
#include "store/use.h"
#include "base/date.h"
#include "scenario/gateway/api.h"
#include "store/call.h"
#include "store/purpose.h"

enum { DAYS_SHOWN = 30, DAYS_MOST = 3660, HOURS_MOST = 62 };

/* ?from=2026-11-01&to=2026-11-21&by=department; the last 30 days unless said. */
static enum tb_code filter_of(struct talk *t, const struct request *q, struct use_filter *f,
                              struct tb_err *e)
{
    struct str from = request_query(q, "from"), to = request_query(q, "to");
    struct str by = request_query(q, "by");

    *f = (struct use_filter){ .to = day_today(t->world),
                              .by = USE_BY_DEPARTMENT,
                              .department = api_department(t) };
    if (to.n && !day_parse(to, &f->to))
        return tb_fail(e, TB_INVALID, "日期应写成 2026-11-21 的形式", "to is no day");
    f->from = f->to - DAYS_SHOWN + 1;
    if (from.n && !day_parse(from, &f->from))
        return tb_fail(e, TB_INVALID, "日期应写成 2026-11-21 的形式", "from is no day");
    if (by.n && !use_by_parse(by, &f->by))
        return tb_fail(e, TB_INVALID, "by 应为 department、key、model、engine、day 或 hour", "by");
    if (f->from > f->to || f->to - f->from > DAYS_MOST ||
        (f->by == USE_BY_HOUR && f->to - f->from >= HOURS_MOST))
        return tb_fail(e, TB_INVALID, "日期的范围不对：起不晚于止，最多十年，按小时最多 62 天",
                       "from=%d to=%d", (int)f->from, (int)f->to);
    return TB_OK;
}

enum tb_code use_show(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct json *j = &r->json;
    struct use_filter f;
    struct use_row *rows, sum;
    size_t n;

    if (filter_of(t, q, &f, e) || use_list(t->db, &t->mem, &f, &rows, &n, &sum, e))
        return e->code;
    json_obj(j);
    json_kday(j, "from", f.from);
    json_kday(j, "to", f.to);
    json_kstr(j, "by", str_z(use_by_name(f.by)));
    json_karr(j, "items");
    for (size_t i = 0; i < n; i++)
        use_json(j, &rows[i]);
    json_end(j);
    json_key(j, "total");
    use_json(j, &sum);
    json_end(j);
    return TB_OK;
}

enum tb_code use_export(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    char from[16], to[16];
    struct use_filter f;
    struct use_row *rows, sum;
    size_t n;

    if (filter_of(t, q, &f, e) || use_list(t->db, &t->mem, &f, &rows, &n, &sum, e))
        return e->code;
    r->content_type = "text/csv; charset=utf-8";
    reply_header(r, "Content-Disposition",
                 arena_printf(&t->mem, "attachment; filename=\"usage-%s-%.*s-%.*s.csv\"",
                              use_by_name(f.by), STR_FMT(day_text(f.from, from)),
                              STR_FMT(day_text(f.to, to))));
    use_csv(&r->body, f.by, rows, n, &sum);
    return TB_OK;
}

/* Books leave out what is nothing; readers of the API find every figure. */
static void figures_json(struct arena *a, struct json *j, struct str kept)
{
    static const char *const numbers[] = {
        "tries", "prompt_tokens", "cached_tokens", "answer_tokens", "reasoning_tokens",
        "cost",  "wait_us",       "first_us",      "total_us",      "overhead_us",
        "masked"
    };
    static const char *const truths[] = { "stream", "from_cache", "estimated" };
    const struct json_value *v = NULL;
    struct tb_err e = TB_ERR_INIT;

    (void)!json_read(a, kept.n ? kept : STR("{}"), &v, &e); /* v NULL: all are nothing */
    json_kobj(j, "figures");
    json_kstr(j, "priority", json_get_str(v, "priority"));
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        json_kint(j, numbers[i], json_get_int(v, numbers[i], 0));
    for (size_t i = 0; i < sizeof(truths) / sizeof(truths[0]); i++)
        json_kbool(j, truths[i],
                   json_get_bool(v, truths[i], false) || json_get_int(v, truths[i], 0));
    json_kstr(j, "blocked", json_get_str(v, "blocked"));
    json_end(j);
}

static void call_json(struct arena *a, struct json *j, const struct call_kept *c)
{
    json_kstr(j, "request_id", c->request_id);
    json_kstr(j, "trace_id", c->trace_id);
    json_ktime(j, "at", c->at);
    json_kstr(j, "key", c->key_name);
    json_kstr(j, "department", c->department);
    json_kstr(j, "department_name", c->department_name);
    json_kstr(j, "verb", c->verb);
    json_kstr(j, "asked", c->asked);
    json_kstr(j, "model", c->model);
    json_kstr(j, "engine", c->engine);
    json_kstr(j, "outcome", c->outcome);
    json_kint(j, "status", c->status);
    json_kstr(j, "keeping", str_z(keeping_name(c->keeping)));
    json_kstr(j, "keeping_title", str_z(keeping_title(c->keeping)));
    json_kstr(j, "digest", c->digest);
    json_kbool(j, "kept", c->kept);
    figures_json(a, j, c->figures);
}

static enum tb_code named(struct talk *t, const struct request *q, struct call_kept *c,
                          struct tb_err *e)
{
    if (call_find(t->db, &t->mem, request_param(q, "request_id"), api_department(t), c, e))
        return e->code;
    t->about = c->request_id;
    return TB_OK;
}

enum tb_code calls_show(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct call_kept c;

    if (named(t, q, &c, e))
        return e->code;
    json_obj(&r->json);
    call_json(&t->mem, &r->json, &c);
    json_end(&r->json);
    return TB_OK;
}

enum tb_code calls_content(struct talk *t, const struct request *q, struct reply *r,
                           struct tb_err *e)
{
    struct str prompt, answer;
    struct call_kept c;

    if (named(t, q, &c, e) || purpose_witness(t, "call.content", c.request_id, e) ||
        call_content(t, &c, &prompt, &answer, e))
        return e->code;
    json_obj(&r->json);
    call_json(&t->mem, &r->json, &c);
    json_kstr(&r->json, "prompt", prompt);
    json_kstr(&r->json, "answer", answer);
    json_end(&r->json);
    return TB_OK;
}
