#include "store/correction.h"

enum { SIBLINGS = 50 };

enum tb_code correction_add(struct talk *t, struct correction *x, struct tb_err *e)
{
    x->staff_id = t->actor.id;
    x->created_at = world_now_ms(t->world);
    return db_insert(
        t->db,
        SQL("INSERT INTO correction(exchange_id, employee_id, kind, text, standard_answer_id, "
            "consent, copied_from, staff_id, created_at) VALUES(:exchange, :employee, :kind, "
            ":text, :standard, :consent, :copied, :staff, :now)"),
        ARGS(db_int("exchange", x->exchange_id), db_id("employee", x->employee_id),
             db_text("kind", x->kind), db_text("text", x->text),
             db_id("standard", x->standard_answer_id), db_int("consent", x->consent),
             db_id("copied", x->copied_from), db_int("staff", x->staff_id),
             db_int("now", x->created_at)),
        &x->id, e);
}

#define CORRECTION_COLUMNS                                                                         \
    "SELECT c.id, c.exchange_id, c.employee_id, c.kind, c.text, c.standard_answer_id, "            \
    "c.consent, c.copied_from, c.staff_id, c.created_at, x.receipt, x.question, x.answer, m.key, " \
    "m.name, s.name, x.clauses, x.model, x.prompt_version, (SELECT count(*) FROM "                 \
    "correction_sibling b WHERE b.correction_id = c.id AND b.state = 'open') FROM correction c "   \
    "JOIN exchange x ON x.id = c.exchange_id JOIN staff s ON s.id = c.staff_id "                   \
    "LEFT JOIN employee m ON m.id = c.employee_id "

static struct correction row_take(struct rows *r)
{
    return (struct correction){ .id = rows_int(r, 0),
                                .exchange_id = rows_int(r, 1),
                                .employee_id = rows_int(r, 2),
                                .kind = rows_str(r, 3),
                                .text = rows_str(r, 4),
                                .standard_answer_id = rows_int(r, 5),
                                .consent = rows_int(r, 6) != 0,
                                .copied_from = rows_int(r, 7),
                                .staff_id = rows_int(r, 8),
                                .created_at = rows_int(r, 9),
                                .receipt = rows_str(r, 10),
                                .question = rows_str(r, 11),
                                .answer = rows_str(r, 12),
                                .employee = rows_str(r, 13),
                                .employee_name = rows_str(r, 14),
                                .by_name = rows_str(r, 15),
                                .clauses = rows_str(r, 16),
                                .model = rows_str(r, 17),
                                .prompt_version = rows_str(r, 18),
                                .open = rows_int(r, 19) };
}

enum tb_code correction_read(struct talk *t, int64_t id, struct correction *out, struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(t->db, &t->mem, SQL(CORRECTION_COLUMNS "WHERE c.id = :id"), ARGS(db_int("id", id)),
               &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (!more)
        return tb_fail(e, TB_NOT_FOUND, "没有这条纠正", "correction unknown");
    *out = row_take(r);
    rows_close(r);
    return TB_OK;
}

enum tb_code correction_of(struct talk *t, int64_t exchange_id, struct correction *out,
                           struct tb_err *e)
{
    struct rows *r;
    bool more;

    *out = (struct correction){ .id = 0 };
    if (db_ask(t->db, &t->mem,
               SQL(CORRECTION_COLUMNS "WHERE c.exchange_id = :id ORDER BY c.id DESC LIMIT 1"),
               ARGS(db_int("id", exchange_id)), &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (more)
        *out = row_take(r);
    rows_close(r);
    return TB_OK;
}

enum tb_code correction_list(struct talk *t, const struct correction_filter *f,
                             struct correction **out, size_t *n, int64_t *total, struct tb_err *e)
{
    struct rows *r;
    size_t cap = 0;
    bool more;

    *out = NULL;
    *n = 0;
    if (db_ask_int(t->db,
                   SQL("SELECT count(*) FROM correction c LEFT JOIN employee m ON "
                       "m.id = c.employee_id WHERE (:employee = '' OR m.key = :employee) AND "
                       "(:consented = 0 OR c.consent = 1)"),
                   ARGS(db_text("employee", f->employee), db_int("consented", f->consented)), total,
                   NULL, e) ||
        db_ask(t->db, &t->mem,
               SQL(CORRECTION_COLUMNS "WHERE (:employee = '' OR m.key = :employee) AND "
                                      "(:consented = 0 OR c.consent = 1) "
                                      "ORDER BY c.id DESC LIMIT :size OFFSET :skip"),
               ARGS(db_text("employee", f->employee), db_int("consented", f->consented),
                    db_int("size", f->size), db_int("skip", f->skip)),
               &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        *out = arena_grow(&t->mem, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] = row_take(r);
    }
}

enum tb_code sibling_add(struct talk *t, const struct sibling *x, struct tb_err *e)
{
    return db_run(t->db,
                  SQL("INSERT INTO correction_sibling(correction_id, exchange_id, "
                      "standard_answer_id, why) VALUES(:correction, :exchange, :standard, :why)"),
                  ARGS(db_int("correction", x->correction_id), db_id("exchange", x->exchange_id),
                       db_id("standard", x->standard_answer_id), db_text("why", x->why)),
                  e);
}

enum tb_code sibling_list(struct talk *t, int64_t correction_id, struct sibling **out, size_t *n,
                          struct tb_err *e)
{
    struct rows *r;
    bool more;

    *out = ARENA_ARRAY(&t->mem, struct sibling, SIBLINGS);
    *n = 0;
    if (db_ask(t->db, &t->mem,
               SQL("SELECT b.id, b.correction_id, b.exchange_id, b.standard_answer_id, b.why, "
                   "b.state, coalesce(x.receipt, ''), coalesce(x.question, (SELECT q.text FROM "
                   "standard_question q WHERE q.standard_answer_id = s.id ORDER BY q.id LIMIT 1)), "
                   "coalesce(x.answer, s.answer) FROM correction_sibling b "
                   "LEFT JOIN exchange x ON x.id = b.exchange_id "
                   "LEFT JOIN standard_answer s ON s.id = b.standard_answer_id "
                   "WHERE b.correction_id = :id ORDER BY b.id LIMIT 50"),
               ARGS(db_int("id", correction_id)), &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        (*out)[(*n)++] = (struct sibling){ .id = rows_int(r, 0),
                                           .correction_id = rows_int(r, 1),
                                           .exchange_id = rows_int(r, 2),
                                           .standard_answer_id = rows_int(r, 3),
                                           .why = rows_str(r, 4),
                                           .state = rows_str(r, 5),
                                           .receipt = rows_str(r, 6),
                                           .question = rows_str(r, 7),
                                           .answer = rows_str(r, 8) };
    }
}

enum tb_code sibling_decide(struct talk *t, int64_t id, const char *state, struct tb_err *e)
{
    if (db_run(t->db,
               SQL("UPDATE correction_sibling SET state = :state, decided_by = :by, "
                   "decided_at = :now WHERE id = :id AND state = 'open'"),
               ARGS(db_text("state", str_z(state)), db_int("by", t->actor.id),
                    db_int("now", world_now_ms(t->world)), db_int("id", id)),
               e))
        return e->code;
    return db_changed(t->db)
               ? TB_OK
               : tb_fail(e, TB_CONFLICT, "这一条已经有人处理过，请刷新", "sibling decided");
}
