/* 抽查: answers that went out without a signature, drawn by risk when they were given, looked at by
 * a guardian afterwards. */
#include "base/utf8.h"
#include "scenario/review/review.h"
#include "store/audit.h"

#define FROM_CHECKS                                                                                \
    "FROM spot_check c JOIN exchange x ON x.id = c.exchange_id LEFT JOIN staff s ON s.id = "       \
    "c.checked_by LEFT JOIN department p ON p.id = c.department_id WHERE (:state = '' OR "         \
    "c.state = :state) AND (c.department_id = '' OR c.department_id = :department OR :all = 1) "

static void item(struct json *j, struct rows *r)
{
    json_obj(j);
    json_kint(j, "id", rows_int(r, 0));
    json_kstr(j, "exchange", rows_str(r, 1));
    json_kstr(j, "question", rows_str(r, 2));
    json_kstr(j, "answer", rows_str(r, 3));
    json_key(j, "clauses");
    json_raw(j, rows_str(r, 4));
    json_kint(j, "risk", rows_int(r, 5));
    json_kstr(j, "why", rows_str(r, 6));
    json_kstr(j, "state", rows_str(r, 7));
    json_kstr(j, "note", rows_str(r, 8));
    json_kstr(j, "checked_by", rows_str(r, 9));
    json_ktime(j, "checked_at", rows_int(r, 10));
    json_kstr(j, "department_name", rows_str(r, 11));
    json_ktime(j, "created_at", rows_int(r, 12));
    json_end(j);
}

enum tb_code review_samples(struct talk *t, const struct request *q, struct reply *r,
                            struct tb_err *e)
{
    struct page p;
    struct rows *rows;
    int64_t total;
    bool more = true;

    if (request_page(q, &p, e))
        return e->code;
    const struct db_arg args[] = { db_text("state", request_query(q, "state")),
                                   db_text("department", t->actor.department),
                                   db_int("all", t->actor.role == ROLE_DEPARTMENT_ADMIN),
                                   db_int("size", p.size), db_int("skip", p.skip) };

    if (db_ask_int(t->db, SQL("SELECT count(*) " FROM_CHECKS), (struct db_args){ args, 3 }, &total,
                   NULL, e) ||
        db_ask(t->db, &t->mem,
               SQL("SELECT c.id, x.receipt, x.question, x.answer, x.clauses, c.risk, c.why, "
                   "c.state, c.note, s.name, c.checked_at, p.name, c.created_at " FROM_CHECKS
                   "ORDER BY CASE c.state WHEN 'waiting' THEN 0 ELSE 1 END, c.risk DESC, c.id DESC "
                   "LIMIT :size OFFSET :skip"),
               (struct db_args){ args, 5 }, &rows, e))
        return e->code;
    reply_items(r);
    while (!rows_next(rows, &more, e) && more)
        item(&r->json, rows);
    rows_close(rows);
    reply_total(r, total);
    return e->code;
}

static enum tb_code judge(struct talk *t, int64_t id, bool right, struct str note, struct tb_err *e)
{
    if (db_run(t->db,
               SQL("UPDATE spot_check SET state = :state, note = :note, checked_by = :me, "
                   "checked_at = :now WHERE id = :id AND state = 'waiting' AND (department_id = '' "
                   "OR department_id = :department OR :all = 1)"),
               ARGS(db_text("state", right ? STR("right") : STR("wrong")), db_text("note", note),
                    db_int("me", t->actor.id), db_int("now", world_now_ms(t->world)),
                    db_int("id", id), db_text("department", t->actor.department),
                    db_int("all", t->actor.role == ROLE_DEPARTMENT_ADMIN)),
               e))
        return e->code;
    if (db_changed(t->db) == 0)
        return tb_fail(e, TB_CONFLICT, "这条已经看过了，或者不归您看", "spot check %lld",
                       (long long)id);
    return audit_witness(t, "review.sampled", arena_printf(&t->mem, "check:%lld", (long long)id),
                         right ? STR("right=1") : STR("right=0"), e);
}

enum tb_code review_sampled(struct talk *t, const struct request *q, struct reply *r,
                            struct tb_err *e)
{
    static const char *const known[] = { "right", "note", NULL };
    const struct json_value *v;
    struct str note;
    bool right;
    int64_t id;

    if (request_param_int(q, "id", &id, e) || request_json(&t->mem, q, known, &v, e))
        return e->code;
    right = json_get_bool(v, "right", false);
    note = str_trim(json_get_str(v, "note"));
    if (json_is_null(json_get(v, "right")) || (!right && note.n == 0) || utf8_count(note) > 500)
        return tb_fail(e, TB_INVALID, "请选对或错；错的要写明错在哪里，500 字以内", "spot check");
    if (db_begin(t->db, e) || db_end(t->db, judge(t, id, right, note, e), e))
        return e->code;
    json_obj(&r->json);
    json_kstr(&r->json, "message", right ? STR("记下了：答得对。") : STR("记下了：答错了。"));
    json_end(&r->json);
    return TB_OK;
}
