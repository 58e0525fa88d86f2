/* The auditor's view of questions: a list, and one exchange with everything it rested on. Personal
 * values stay tokens: an auditor proves what happened, and need not know who asked. */
#include "scenario/policy/handlers.h"
#include "scenario/policy/shape.h"
#include "store/audit.h"
#include "store/purpose.h"

static const char *outcome_title(struct str o)
{
    static const char *const titles[][2] = {
        { "running", "进行中" },    { "standard", "标准回答" }, { "answered", "已回答" },
        { "partial", "原文摘录" },  { "not_found", "未查到" },  { "failed", "引擎中断" },
        { "referred", "转给人工" }, { "waiting", "等待签发" },  { "signed", "签发后答复" },
        { "cancelled", "已取消" },  { "broken", "异常中断" },
    };

    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
        if (str_eqz(o, titles[i][0]))
            return titles[i][1];
    return "";
}

static void list_item(struct json *j, struct rows *r)
{
    json_obj(j);
    json_kstr(j, "receipt", rows_str(r, 0));
    json_kstr(j, "question", rows_str(r, 1));
    json_kstr(j, "outcome", rows_str(r, 2));
    json_kstr(j, "outcome_title", str_z(outcome_title(rows_str(r, 2))));
    json_ktime(j, "created_at", rows_int(r, 3));
    json_kstr(j, "model", rows_str(r, 4));
    json_kint(j, "withheld", rows_int(r, 5));
    shape_feedback(j, rows_int(r, 6), rows_str(r, 7));
    json_end(j);
}

enum tb_code trail_exchanges(struct talk *t, const struct request *q, struct reply *r,
                             struct tb_err *e)
{
    struct str outcome = request_query(q, "outcome");
    int64_t total = 0;
    struct page p;
    struct rows *rows;
    bool more = true, found;

    if (request_page(q, &p, e) ||
        db_ask_int(t->db,
                   SQL("SELECT COUNT(*) FROM exchange WHERE :outcome = '' OR outcome = :outcome"),
                   ARGS(db_text("outcome", outcome)), &total, &found, e) ||
        db_ask(t->db, &t->mem,
               SQL("SELECT receipt, question, outcome, created_at, model, withheld, feedback, "
                   "feedback_reason FROM exchange WHERE :outcome = '' OR outcome = :outcome "
                   "ORDER BY id DESC LIMIT :size OFFSET :skip"),
               ARGS(db_text("outcome", outcome), db_int("size", p.size), db_int("skip", p.skip)),
               &rows, e))
        return e->code;
    reply_items(r);
    while (!rows_next(rows, &more, e) && more)
        list_item(&r->json, rows);
    reply_total(r, total);
    return e->code;
}

static enum tb_code withheld_part(struct talk *t, struct json *j, const struct exchange *x,
                                  struct tb_err *e)
{
    const struct json_value *all;

    if (json_read(&t->mem, x->sentences, &all, e))
        return e->code;
    json_karr(j, "withheld");
    for (size_t i = 0; i < json_len(all); i++) {
        const struct json_value *s = json_at(all, i);

        if (json_get_bool(s, "shown", true))
            continue;
        json_obj(j);
        json_kstr(j, "text", json_get_str(s, "text"));
        json_kstr(j, "why", json_get_str(s, "state"));
        json_kstr(j, "missing", json_get_str(s, "missing"));
        json_end(j);
    }
    json_end(j);
    return TB_OK;
}

static enum tb_code handoffs_part(struct talk *t, struct json *j, const struct exchange *x,
                                  struct tb_err *e)
{
    struct rows *r;
    bool more = true;

    if (db_ask(t->db, &t->mem,
               SQL("SELECT receipt FROM handoff WHERE exchange_id = :id ORDER BY id"),
               ARGS(db_int("id", x->id)), &r, e))
        return e->code;
    json_karr(j, "handoffs");
    while (!rows_next(r, &more, e) && more) {
        struct handoff h;

        if (handoff_read(t, rows_str(r, 0), &h, e))
            return e->code;
        json_obj(j);
        shape_handoff(j, &h);
        json_end(j);
    }
    json_end(j);
    return e->code;
}

static enum tb_code audit_part(struct talk *t, struct json *j, const struct exchange *x,
                               struct tb_err *e)
{
    struct audit_filter f = { .object = x->receipt, .after = 0, .max = 100 };
    struct audit_row *rows;
    size_t n;

    if (audit_list(t->db, &t->mem, &f, &rows, &n, e))
        return e->code;
    json_karr(j, "audit");
    for (size_t i = 0; i < n; i++)
        audit_json(j, &rows[i]);
    json_end(j);
    return TB_OK;
}

enum tb_code trail_exchange(struct talk *t, const struct request *q, struct reply *r,
                            struct tb_err *e)
{
    struct json *j = &r->json;
    struct exchange x;

    if (exchange_read(t, request_param(q, "receipt"), &x, e) ||
        purpose_witness(t, "trail.open", x.receipt, e))
        return e->code;
    json_obj(j);
    if (shape_exchange_fields(t, j, &x, false, e))
        return e->code;
    json_kstr(j, "model", x.model);
    json_kstr(j, "prompt_version", x.prompt_version);
    json_kstr(j, "reasoning", x.reasoning);
    json_key(j, "timings");
    json_raw(j, x.timings);
    json_key(j, "passages");
    json_raw(j, x.passages);
    if (withheld_part(t, j, &x, e) || handoffs_part(t, j, &x, e) || audit_part(t, j, &x, e))
        return e->code;
    json_end(j);
    return TB_OK;
}
