/* 纠正: a guardian puts an answer right. It holds at once (a standard answer, or an error note that
 * the asker finds beside the answer), and what else it contradicts is found and laid before them.
 */
#include "base/utf8.h"
#include "guard/mask.h"
#include "knowledge/search.h"
#include "scenario/policy/again.h"
#include "scenario/policy/handlers.h"
#include "scenario/policy/shape.h"
#include "scenario/policy/siblings.h"
#include "scenario/policy/standards.h"
#include "store/audit.h"
#include "store/employee.h"
#include "store/verdict.h"

enum { TEXT_CHARS = 2000, EXPORT_MAX = 100000 };

/* Who may put it right: who guards its employee, or keeps the knowledge of its department. */
static enum tb_code may_correct(struct talk *t, const struct exchange *x, struct tb_err *e)
{
    struct employee m;

    t->about = x->receipt;
    if (x->employee_id == 0)
        return TB_OK;
    if (employee_read_id(t->db, &t->mem, t->world, x->employee_id, &m, e))
        return e->code;
    return employee_kept_by(&m, t->actor.id) || str_eq(m.department, t->actor.department)
               ? TB_OK
               : tb_fail(e, TB_FORBIDDEN, "只有它的监护人和本部门的监护人可以纠正",
                         "not its keeper");
}

static struct str swap_all(struct arena *a, struct str text, struct str value, struct str token)
{
    struct buf b = BUF_INIT(256 * 1024);

    for (size_t at = 0, next; at < text.n; at = next) {
        size_t hit = str_find_from(text, value, at);

        next = hit == SIZE_MAX ? text.n : hit + value.n;
        buf_add(&b, str_sub(text, at, (hit == SIZE_MAX ? text.n : hit) - at));
        if (hit != SIZE_MAX)
            buf_add(&b, token);
    }
    return arena_buf(a, &b);
}

/* What is kept and exported holds nobody's data: what the asker wrote of themselves first, by
 * value, wherever it stands, then whatever else looks personal. */
static enum tb_code masked(struct talk *t, const struct exchange *x, struct str text,
                           struct str *out, struct tb_err *e)
{
    struct mask *m = ARENA_NEW(&t->mem, struct mask);
    struct str personal;

    text = str_trim(text);
    if (text.n == 0 || utf8_count(text) > TEXT_CHARS)
        return tb_fail(e, TB_INVALID, "请写明正确的内容，1 到 2000 个字", "correction text");
    if (exchange_personal(t, x, &personal, e) ||
        (personal.n && mask_from_json(&t->mem, personal, m, e)))
        return e->code;
    for (size_t i = 0; i < m->n; i++)
        if (m->items[i].value.n)
            text = swap_all(&t->mem, text, m->items[i].value, m->items[i].token);
    return mask_text(&t->mem, m, text, out, e);
}

/* The note holds at once; the standard answer when a second person has signed it (双岗制). One that
 * was wrong no longer goes out from now on. */
static enum tb_code make_standard(struct talk *t, const struct json_value *v,
                                  const struct exchange *x, struct correction *c, struct tb_err *e)
{
    struct standard s = { .id = 0, .source = STR("correction") };
    struct draft d;

    if (standards_from(t, v, c->text, &s, e))
        return e->code;
    if ((x->standard_answer_id && standard_withdraw(t, x->standard_answer_id, e)) ||
        standard_keep(t, &s, &d, e))
        return e->code;
    c->standard_answer_id = s.id;
    return TB_OK;
}

static enum tb_code add(struct talk *t, const struct exchange *x, struct correction *c,
                        struct tb_err *e)
{
    if (correction_add(t, c, e) ||
        (x->employee_id && verdict_keep(t, x->employee_id, x->id, false, e)))
        return e->code;
    return TB_OK;
}

static enum tb_code siblings_json(struct talk *t, struct json *j, int64_t id, struct tb_err *e)
{
    struct sibling *s;
    size_t n;

    if (sibling_list(t, id, &s, &n, e))
        return e->code;
    json_karr(j, "siblings");
    for (size_t i = 0; i < n; i++) {
        json_obj(j);
        json_kint(j, "id", s[i].id);
        json_kstr(j, "receipt", s[i].receipt);
        json_kbool(j, "standard", s[i].standard_answer_id != 0);
        json_kstr(j, "question", s[i].question);
        json_kstr(j, "answer", s[i].answer);
        json_kstr(j, "why_title",
                  str_eqz(s[i].why, "clause") ? STR("依据同一条") : STR("问的是同一件事"));
        json_kstr(j, "state", s[i].state);
        json_end(j);
    }
    json_end(j);
    return TB_OK;
}

static enum tb_code correction_json(struct talk *t, struct json *j, const struct correction *c,
                                    struct tb_err *e)
{
    json_obj(j);
    json_kint(j, "id", c->id);
    json_kstr(j, "receipt", c->receipt);
    json_kstr(j, "employee", c->employee);
    json_kstr(j, "employee_name", c->employee_name);
    json_kstr(j, "kind", c->kind);
    json_kstr(j, "text", c->text);
    json_kstr(j, "question", c->question);
    json_kstr(j, "answer", c->answer);
    json_kint(j, "standard", c->standard_answer_id);
    json_kbool(j, "consent", c->consent);
    json_kstr(j, "by_name", c->by_name);
    json_ktime(j, "created_at", c->created_at);
    json_kint(j, "open", c->open);
    if (siblings_json(t, j, c->id, e))
        return e->code;
    json_end(j);
    return TB_OK;
}

/* Read before the commit: what is acknowledged must not be called failed. */
static enum tb_code show(struct talk *t, int64_t id, struct reply *r, struct tb_err *e)
{
    struct correction now;

    if (correction_read(t, id, &now, e))
        return e->code;
    return correction_json(t, &r->json, &now, e);
}

static enum tb_code keep(struct talk *t, const struct json_value *v, const struct exchange *x,
                         struct correction *c, struct reply *r, struct tb_err *e)
{
    if ((str_eqz(c->kind, "standard") && make_standard(t, v, x, c, e)) || add(t, x, c, e) ||
        siblings_find(t, c, x, e) || show(t, c->id, r, e))
        return e->code;
    return audit_witness(t, "correction.add", x->receipt,
                         arena_printf(&t->mem, "kind=%.*s consent=%d standard=%lld",
                                      STR_FMT(c->kind), c->consent,
                                      (long long)c->standard_answer_id),
                         e);
}

enum tb_code correct_answer(struct talk *t, const struct request *q, struct reply *r,
                            struct tb_err *e)
{
    static const char *const known[] = { "receipt",   "kind",    "answer", "questions",
                                         "citations", "consent", NULL };
    const struct json_value *v;
    struct correction c = { .id = 0 };
    struct exchange x;

    if (request_json(&t->mem, q, known, &v, e) ||
        exchange_read(t, json_get_str(v, "receipt"), &x, e) || may_correct(t, &x, e) ||
        masked(t, &x, json_get_str(v, "answer"), &c.text, e))
        return e->code;
    c.exchange_id = x.id;
    c.employee_id = x.employee_id;
    c.kind = json_get_str(v, "kind");
    c.consent = json_get_bool(v, "consent", false);
    if (!str_eqz(c.kind, "standard") && !str_eqz(c.kind, "note"))
        return tb_fail(e, TB_INVALID, "kind 应为 standard（标准回答）或 note（更正说明）", "kind");
    if (db_begin(t->db, e) || db_end(t->db, keep(t, v, &x, &c, r, e), e))
        return e->code;
    again_forget(t);
    if (c.standard_answer_id)
        search_catch_up(t->at->search, t->db);
    return TB_OK;
}

enum tb_code correct_all(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct correction_filter f = { .employee = request_query(q, "employee") };
    struct correction *all;
    struct page p;
    int64_t total;
    size_t n;

    if (request_page(q, &p, e))
        return e->code;
    f.skip = p.skip;
    f.size = p.size;
    if (correction_list(t, &f, &all, &n, &total, e))
        return e->code;
    reply_items(r);
    for (size_t i = 0; i < n; i++)
        if (correction_json(t, &r->json, &all[i], e))
            return e->code;
    reply_total(r, total);
    return TB_OK;
}

/* -- its siblings -- */

static enum tb_code correct_too(struct talk *t, const struct correction *c, const struct sibling *s,
                                struct tb_err *e)
{
    struct correction copy = {
        .exchange_id = s->exchange_id, .kind = STR("note"), .text = c->text, .copied_from = c->id
    };
    struct exchange x;

    if (s->standard_answer_id)
        return standard_withdraw(t, s->standard_answer_id, e);
    if (exchange_read(t, s->receipt, &x, e))
        return e->code;
    copy.employee_id = x.employee_id;
    return add(t, &x, &copy, e);
}

static enum tb_code decide(struct talk *t, const struct correction *c, const struct sibling *s,
                           bool corrected, struct reply *r, struct tb_err *e)
{
    if (sibling_decide(t, s->id, corrected ? "corrected" : "kept", e) ||
        (corrected && correct_too(t, c, s, e)) || show(t, c->id, r, e))
        return e->code;
    return audit_witness(
        t, "correction.sibling", c->receipt,
        arena_printf(&t->mem, "sibling=%lld corrected=%d", (long long)s->id, corrected), e);
}

static enum tb_code find_sibling(struct talk *t, int64_t correction_id, int64_t id,
                                 struct sibling *out, struct tb_err *e)
{
    struct sibling *all;
    size_t n;

    if (sibling_list(t, correction_id, &all, &n, e))
        return e->code;
    for (size_t i = 0; i < n; i++)
        if (all[i].id == id) {
            *out = all[i];
            return TB_OK;
        }
    return tb_fail(e, TB_NOT_FOUND, "没有这一条", "sibling unknown");
}

enum tb_code correct_sibling(struct talk *t, const struct request *q, struct reply *r,
                             struct tb_err *e)
{
    static const char *const known[] = { "sibling", "do", NULL };
    const struct json_value *v;
    struct sibling s = { .id = 0 };
    struct correction c;
    struct exchange x;
    struct str what;
    int64_t id;

    if (request_param_int(q, "id", &id, e) || request_json(&t->mem, q, known, &v, e) ||
        correction_read(t, id, &c, e) || exchange_read(t, c.receipt, &x, e) ||
        may_correct(t, &x, e) || find_sibling(t, id, json_get_int(v, "sibling", 0), &s, e))
        return e->code;
    what = json_get_str(v, "do");
    if (!str_eqz(what, "keep") && !str_eqz(what, "correct"))
        return tb_fail(e, TB_INVALID, "do 应为 keep（保留）或 correct（一并更正）", "do");
    if (db_begin(t->db, e) || db_end(t->db, decide(t, &c, &s, str_eqz(what, "correct"), r, e), e))
        return e->code;
    again_forget(t);
    if (s.standard_answer_id && str_eqz(what, "correct"))
        search_catch_up(t->at->search, t->db);
    return TB_OK;
}

/* -- training data: JSON lines, masked, only what a guardian has consented to -- */

static void line_json(struct buf *out, const struct correction *c)
{
    struct json j = JSON_INIT(out);

    json_obj(&j);
    json_kstr(&j, "question", c->question);
    json_kstr(&j, "wrong", c->answer);
    json_kstr(&j, "right", c->text);
    json_key(&j, "clauses");
    json_raw(&j, c->clauses.n ? c->clauses : STR("[]"));
    json_kstr(&j, "employee", c->employee);
    json_kstr(&j, "kind", c->kind);
    json_kstr(&j, "model", c->model);
    json_kstr(&j, "prompt_version", c->prompt_version);
    json_ktime(&j, "corrected_at", c->created_at);
    json_end(&j);
    buf_addc(out, '\n');
}

enum tb_code correct_export(struct talk *t, const struct request *q, struct reply *r,
                            struct tb_err *e)
{
    struct correction_filter f = { .employee = request_query(q, "employee"),
                                   .consented = true,
                                   .size = EXPORT_MAX };
    struct correction *all;
    int64_t total;
    size_t n;

    if (correction_list(t, &f, &all, &n, &total, e))
        return e->code;
    if (n == 0)
        return tb_fail(e, TB_NOT_FOUND, "还没有同意用于训练的纠正", "no corrections consented");
    for (size_t i = 0; i < n; i++)
        line_json(&r->body, &all[i]);
    r->content_type = "application/x-ndjson; charset=utf-8";
    reply_header(r, "content-disposition", STR("attachment; filename=\"corrections.jsonl\""));
    return TB_OK;
}
