#include "store/step.h"

enum { STEPS = 100 };

#define STEP_COLUMNS                                                                               \
    "SELECT p.id, p.employee_id, p.from_phase, p.to_phase, p.kind, p.state, p.measured, "          \
    "p.reason, p.guardian_id, p.guardian_at, p.admin_id, p.admin_at, g.name, a.name, "             \
    "p.created_by, p.created_at, p.done_at, c.name FROM employee_step p "                          \
    "LEFT JOIN staff g ON g.id = p.guardian_id LEFT JOIN staff a ON a.id = p.admin_id "            \
    "LEFT JOIN staff c ON c.id = p.created_by "

static struct step row_take(struct rows *r)
{
    struct step s = { .id = rows_int(r, 0),
                      .employee_id = rows_int(r, 1),
                      .from = PHASE_TRIAL,
                      .to = PHASE_TRIAL,
                      .kind = rows_str(r, 4),
                      .state = rows_str(r, 5),
                      .measured = rows_str(r, 6),
                      .reason = rows_str(r, 7),
                      .guardian_id = rows_int(r, 8),
                      .guardian_at = rows_int(r, 9),
                      .admin_id = rows_int(r, 10),
                      .admin_at = rows_int(r, 11),
                      .guardian_name = rows_str(r, 12),
                      .admin_name = rows_str(r, 13),
                      .created_by = rows_int(r, 14),
                      .created_at = rows_int(r, 15),
                      .done_at = rows_int(r, 16),
                      .created_by_name = rows_str(r, 17) };

    (void)phase_parse(rows_str(r, 2), &s.from);
    (void)phase_parse(rows_str(r, 3), &s.to);
    return s;
}

enum tb_code step_add(struct talk *t, struct step *x, struct tb_err *e)
{
    x->created_at = world_now_ms(t->world);
    x->created_by = t->actor.id;
    return db_insert(
        t->db,
        SQL("INSERT INTO employee_step(employee_id, from_phase, to_phase, kind, state, measured, "
            "reason, guardian_id, guardian_at, admin_id, admin_at, created_by, created_at, "
            "done_at) VALUES(:employee, :from, :to, :kind, :state, :measured, :reason, :guardian, "
            ":guardian_at, :admin, :admin_at, :by, :now, :done)"),
        ARGS(db_int("employee", x->employee_id), db_text("from", str_z(phase_name(x->from))),
             db_text("to", str_z(phase_name(x->to))), db_text("kind", x->kind),
             db_text("state", x->state), db_text("measured", x->measured),
             db_text("reason", x->reason), db_id("guardian", x->guardian_id),
             db_id("guardian_at", x->guardian_at), db_id("admin", x->admin_id),
             db_id("admin_at", x->admin_at), db_id("by", x->created_by),
             db_int("now", x->created_at), db_id("done", x->done_at)),
        &x->id, e);
}

enum tb_code step_read(struct talk *t, int64_t id, struct step *out, struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(t->db, &t->mem, SQL(STEP_COLUMNS "WHERE p.id = :id"), ARGS(db_int("id", id)), &r,
               e) ||
        rows_next(r, &more, e))
        return e->code;
    if (!more)
        return tb_fail(e, TB_NOT_FOUND, "没有这张申请表", "step unknown");
    *out = row_take(r);
    rows_close(r);
    return TB_OK;
}

enum tb_code step_list(struct talk *t, int64_t employee_id, struct step **out, size_t *n,
                       struct tb_err *e)
{
    struct rows *r;
    bool more;

    *out = ARENA_ARRAY(&t->mem, struct step, STEPS);
    *n = 0;
    if (db_ask(t->db, &t->mem,
               SQL(STEP_COLUMNS "WHERE p.employee_id = :id ORDER BY p.id DESC LIMIT 100"),
               ARGS(db_int("id", employee_id)), &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        (*out)[(*n)++] = row_take(r);
    }
}

enum tb_code step_update(struct talk *t, const struct step *x, struct tb_err *e)
{
    if (db_run(t->db,
               SQL("UPDATE employee_step SET state = :state, guardian_id = :guardian, "
                   "guardian_at = :guardian_at, admin_id = :admin, admin_at = :admin_at, "
                   "done_at = :done WHERE id = :id AND state = 'waiting'"),
               ARGS(db_text("state", x->state), db_id("guardian", x->guardian_id),
                    db_id("guardian_at", x->guardian_at), db_id("admin", x->admin_id),
                    db_id("admin_at", x->admin_at), db_id("done", x->done_at), db_int("id", x->id)),
               e))
        return e->code;
    return db_changed(t->db) ? TB_OK
                             : tb_fail(e, TB_CONFLICT, "这张申请表已经办完或撤回", "step done");
}

enum tb_code step_move(struct talk *t, int64_t employee_id, enum phase to, struct tb_err *e)
{
    return db_run(t->db,
                  SQL("UPDATE employee SET phase = :phase, phase_since = :now, been_public = "
                      "CASE WHEN :public = 1 THEN 1 ELSE been_public END WHERE id = :id"),
                  ARGS(db_text("phase", str_z(phase_name(to))),
                       db_int("now", world_now_ms(t->world)), db_int("public", to == PHASE_PUBLIC),
                       db_int("id", employee_id)),
                  e);
}
