/* POST /api/ask and what belongs to a question afterwards: reading it again, its conversation,
 * feedback. */
#include "base/utf8.h"
#include "scenario/policy/answer.h"
#include "scenario/policy/handlers.h"
#include "scenario/policy/shape.h"
#include "store/audit.h"

static enum tb_code read_ask(struct talk *t, const struct request *q, struct answer_ask *ask,
                             struct tb_err *e)
{
    static const char *const known[] = { "question", "conversation", "as_of",
                                         "elder",    "employee",     NULL };
    const struct json_value *v;
    struct str day;

    if (request_json(&t->mem, q, known, &v, e))
        return e->code;
    ask->question = json_get_str(v, "question");
    ask->conversation = json_get_str(v, "conversation");
    ask->employee = json_get_str(v, "employee");
    day = json_get_str(v, "as_of");
    if (day.n && !day_parse(day, &t->as_of))
        return tb_fail(e, TB_INVALID, "日期写法应为 2026-11-21 这样", "as_of=%.*s", STR_FMT(day));
    return TB_OK;
}

enum tb_code policy_ask(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct answer_ask ask = { .question = STR("") };
    struct answer *a = ARENA_NEW(&t->mem, struct answer);

    (void)r;
    if (read_ask(t, q, &ask, e))
        return e->code;
    return answer_question(t, &ask, a, e);
}

/* Another device needs the query code of a hand-off made from this exchange. */
static enum tb_code may_read(struct talk *t, const struct exchange *x, struct str code,
                             struct tb_err *e)
{
    int64_t n = 0;
    bool found;

    if (exchange_own(t, x))
        return TB_OK;
    if (code.n &&
        db_ask_int(
            t->db,
            SQL("SELECT COUNT(*) FROM handoff WHERE exchange_id = :id AND query_code = :code"),
            ARGS(db_int("id", x->id), db_text("code", code)), &n, &found, e))
        return e->code;
    /* the same words as for an unknown receipt: nobody learns that it exists */
    return n ? TB_OK
             : tb_fail(e, TB_NOT_FOUND, "没有找到这个编号的问答，请核对编号", "exchange not own");
}

enum tb_code policy_exchange(struct talk *t, const struct request *q, struct reply *r,
                             struct tb_err *e)
{
    struct exchange x;

    if (exchange_read(t, request_param(q, "receipt"), &x, e) ||
        may_read(t, &x, request_query(q, "query_code"), e))
        return e->code;
    return shape_exchange(t, &r->json, &x, true, e);
}

enum tb_code policy_conversation(struct talk *t, const struct request *q, struct reply *r,
                                 struct tb_err *e)
{
    struct str code = request_param(q, "code");
    struct exchange *x;
    size_t n;
    int64_t id = 0;
    bool found = false;

    if (db_ask_int(t->db,
                   SQL("SELECT id FROM conversation WHERE code = :code AND device <> '' AND device "
                       "= :device"),
                   ARGS(db_text("code", code), db_text("device", t->actor.device)), &id, &found, e))
        return e->code;
    if (!found)
        return tb_fail(e, TB_NOT_FOUND, "没有找到这段对话", "conversation not own");
    if (exchange_list(t, id, &x, &n, e))
        return e->code;
    json_obj(&r->json);
    json_kstr(&r->json, "code", code);
    json_karr(&r->json, "exchanges");
    for (size_t i = 0; i < n; i++)
        if (shape_exchange(t, &r->json, &x[i], true, e))
            return e->code;
    json_end(&r->json);
    json_end(&r->json);
    return TB_OK;
}

static enum tb_code keep_feedback(struct talk *t, const struct exchange *x, bool useful,
                                  struct str reason, struct tb_err *e)
{
    if (exchange_feedback(t, x->id, useful ? 1 : -1, reason, e))
        return e->code;
    return audit_witness(t, "policy.feedback", x->receipt,
                         useful ? STR("useful=1") : STR("useful=0"), e);
}

enum tb_code policy_feedback(struct talk *t, const struct request *q, struct reply *r,
                             struct tb_err *e)
{
    static const char *const known[] = { "useful", "reason", NULL };
    const struct json_value *v;
    struct mask mask = { .n = 0 };
    struct exchange x;
    struct str reason;

    if (request_json(&t->mem, q, known, &v, e) ||
        exchange_read(t, request_param(q, "receipt"), &x, e) || may_read(t, &x, STR(""), e))
        return e->code;
    if (json_is_null(json_get(v, "useful")))
        return tb_fail(e, TB_INVALID, "请选择有用或没用", "no useful");
    reason = json_get_str(v, "reason");
    if (utf8_count(reason) > 500)
        return tb_fail(e, TB_TOO_LARGE, "原因请写在 500 字以内", "reason too long");
    if (mask_text(&t->mem, &mask, reason, &reason, e) || db_begin(t->db, e))
        return e->code;
    if (db_end(t->db, keep_feedback(t, &x, json_get_bool(v, "useful", false), reason, e), e))
        return e->code;
    json_obj(&r->json);
    json_kstr(&r->json, "message", STR("谢谢，您的意见已记下。"));
    json_end(&r->json);
    return TB_OK;
}
