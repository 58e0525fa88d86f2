/* What an employee said lately, for those who guard it: they say whether they would have said the
 * same. That is the agreement its phases are measured by. */
#include "scenario/employee/handlers.h"
#include "store/audit.h"
#include "store/employee.h"
#include "store/exchange.h"
#include "store/verdict.h"

static enum tb_code may_judge(struct talk *t, const struct request *q, struct employee *x,
                              struct tb_err *e)
{
    if (employee_named(t, q, x, e))
        return e->code;
    t->about = x->key;
    return employee_kept_by(x, t->actor.id)
               ? TB_OK
               : tb_fail(e, TB_FORBIDDEN, "只有它的监护人和代理监护人可以看", "not its keeper");
}

static void row_json(struct json *j, struct rows *r)
{
    json_obj(j);
    json_kstr(j, "receipt", rows_str(r, 0));
    json_kstr(j, "question", rows_str(r, 1));
    json_kstr(j, "answer", rows_str(r, 2));
    json_kstr(j, "outcome", rows_str(r, 3));
    json_key(j, "clauses");
    json_raw(j, rows_str(r, 4));
    json_ktime(j, "created_at", rows_int(r, 5));
    json_key(j, "agrees");
    if (rows_null(r, 6))
        json_null(j);
    else
        json_bool(j, rows_int(r, 6) != 0);
    json_end(j);
}

static enum tb_code rows_json(struct talk *t, int64_t id, const struct page *p, bool open,
                              struct json *j, struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(t->db, &t->mem,
               SQL("SELECT x.receipt, x.question, x.answer, x.outcome, x.clauses, x.created_at, "
                   "(SELECT max(v.agrees) FROM employee_verdict v WHERE v.exchange_id = x.id) "
                   "FROM exchange x WHERE x.employee_id = :id AND x.outcome IN ('answered', "
                   "'partial', 'not_found') AND (:open = 0 OR NOT EXISTS (SELECT 1 FROM "
                   "employee_verdict w WHERE w.exchange_id = x.id)) "
                   "ORDER BY x.id DESC LIMIT :size OFFSET :skip"),
               ARGS(db_int("id", id), db_int("open", open), db_int("size", p->size),
                    db_int("skip", p->skip)),
               &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        row_json(j, r);
    }
}

enum tb_code answers_all(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    bool open = str_eqz(request_query(q, "judged"), "no");
    struct employee x;
    struct page p;
    int64_t total;

    if (may_judge(t, q, &x, e) || request_page(q, &p, e) ||
        db_ask_int(t->db,
                   SQL("SELECT count(*) FROM exchange x WHERE x.employee_id = :id AND x.outcome IN "
                       "('answered', 'partial', 'not_found') AND (:open = 0 OR NOT EXISTS "
                       "(SELECT 1 FROM employee_verdict w WHERE w.exchange_id = x.id))"),
                   ARGS(db_int("id", x.id), db_int("open", open)), &total, NULL, e))
        return e->code;
    reply_items(r);
    if (rows_json(t, x.id, &p, open, &r->json, e))
        return e->code;
    reply_total(r, total);
    return TB_OK;
}

static enum tb_code keep(struct talk *t, const struct employee *x, const struct exchange *q,
                         bool agrees, struct tb_err *e)
{
    if (verdict_keep(t, x->id, q->id, agrees, e))
        return e->code;
    return audit_witness(t, "employee.judge", q->receipt,
                         agrees ? STR("agrees=1") : STR("agrees=0"), e);
}

enum tb_code answers_judge(struct talk *t, const struct request *q, struct reply *r,
                           struct tb_err *e)
{
    static const char *const known[] = { "receipt", "agrees", NULL };
    const struct json_value *v;
    struct employee x;
    struct exchange asked;
    bool agrees;

    if (may_judge(t, q, &x, e) || request_json(&t->mem, q, known, &v, e) ||
        exchange_read(t, json_get_str(v, "receipt"), &asked, e))
        return e->code;
    if (asked.employee_id != x.id)
        return tb_fail(e, TB_NOT_FOUND, "这条回答不是它写的", "exchange of another");
    agrees = json_get_bool(v, "agrees", false);
    if (db_begin(t->db, e) || db_end(t->db, keep(t, &x, &asked, agrees, e), e))
        return e->code;
    json_obj(&r->json);
    json_kstr(&r->json, "receipt", asked.receipt);
    json_kbool(&r->json, "agrees", agrees);
    json_end(&r->json);
    return TB_OK;
}
