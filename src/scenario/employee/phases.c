#include "scenario/employee/phases.h"

#include "base/utf8.h"
#include "scenario/employee/handlers.h"
#include "scenario/employee/rules.h"
#include "store/audit.h"
#include "store/employee.h"
#include "store/step.h"

enum { REASON_CHARS = 200 };

static struct str measured_text(struct arena *a, const struct gate_line *lines, size_t n)
{
    struct buf b = BUF_INIT(16 * 1024);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    json_key(&j, "lines");
    gate_json(&j, lines, n);
    json_end(&j);
    return arena_buf(a, &b);
}

/* Has it shown what the step asks for? TB_CONFLICT names the first line that is missing. */
static enum tb_code passed(struct talk *t, const struct employee *x, enum phase to,
                           struct str *measured, struct tb_err *e)
{
    struct gate_line lines[GATE_LINES];
    struct record r;
    size_t n;

    if (!t->at->employees)
        return tb_fail(e, TB_BUSY, "阶段的门槛还没有读入，请稍后再试", "no phase rules");
    if (record_read(t, x->id, x->phase_since, &r, e))
        return e->code;
    n = gate_measure(rules_up(t->at->employees, to), &r, lines);
    *measured = measured_text(&t->mem, lines, n);
    for (size_t i = 0; i < n; i++)
        if (!lines[i].ok)
            return tb_fail_say(e, TB_CONFLICT,
                               arena_printf(&t->mem, "还不能往前走：%s不够（现在 %g，要求%s %g）",
                                            lines[i].title, lines[i].is < 0 ? 0 : lines[i].is,
                                            lines[i].most ? "最多" : "至少", lines[i].need),
                               STR("gate not passed"));
    return TB_OK;
}

enum tb_code phases_head(struct talk *t, const struct employee *x, bool *yes, struct tb_err *e)
{
    int64_t own = 0;

    *yes = t->actor.role == ROLE_DEPARTMENT_ADMIN;
    if (!*yes || str_eq(t->actor.department, x->department))
        return TB_OK;
    if (db_ask_int(t->db,
                   SQL("SELECT count(*) FROM staff WHERE role = 'department_admin' AND "
                       "disabled = 0 AND department_id = :department"),
                   ARGS(db_text("department", x->department)), &own, NULL, e))
        return e->code;
    *yes = own == 0;
    return TB_OK;
}

/* Puts the actor's signature where it belongs. */
static enum tb_code put_signature(struct talk *t, const struct employee *x, struct step *s,
                                  struct tb_err *e)
{
    int64_t now = world_now_ms(t->world);
    bool head;

    if (phases_head(t, x, &head, e))
        return e->code;
    if (head && !s->admin_id) {
        s->admin_id = t->actor.id;
        s->admin_at = now;
    } else if (x->guardian.id == t->actor.id && !s->guardian_id) {
        s->guardian_id = t->actor.id;
        s->guardian_at = now;
    } else {
        return tb_fail(e, TB_FORBIDDEN, "要由监护人和部门管理员各签一次，您现在不能签",
                       "not the one to sign");
    }
    return TB_OK;
}

static enum tb_code none_waiting(struct talk *t, const struct employee *x, struct tb_err *e)
{
    int64_t n;

    if (db_ask_int(t->db,
                   SQL("SELECT count(*) FROM employee_step WHERE employee_id = :id AND "
                       "state = 'waiting'"),
                   ARGS(db_int("id", x->id)), &n, NULL, e))
        return e->code;
    return n ? tb_fail(e, TB_CONFLICT, "已有一张申请表在等签字", "step waiting") : TB_OK;
}

static enum tb_code show(struct talk *t, int64_t id, struct reply *r, struct tb_err *e)
{
    struct employee now;

    if (employee_read_id(t->db, &t->mem, t->world, id, &now, e))
        return e->code;
    return employee_show(t, &r->json, &now, e);
}

static enum tb_code apply(struct talk *t, const struct employee *x, struct str reason,
                          struct reply *r, struct tb_err *e)
{
    struct step s = { .employee_id = x->id,
                      .from = x->phase,
                      .to = x->phase + 1,
                      .kind = STR("form"),
                      .state = STR("waiting"),
                      .reason = reason };

    if (none_waiting(t, x, e) || passed(t, x, s.to, &s.measured, e) || put_signature(t, x, &s, e) ||
        step_add(t, &s, e) || show(t, x->id, r, e))
        return e->code;
    return audit_witness(
        t, "employee.apply", x->key,
        arena_printf(&t->mem, "to=%s step=%lld", phase_name(s.to), (long long)s.id), e);
}

enum tb_code phases_apply(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    static const char *const known[] = { "reason", NULL };
    const struct json_value *v;
    struct employee x;
    struct str reason;

    if (employee_named(t, q, &x, e) || request_json(&t->mem, q, known, &v, e))
        return e->code;
    t->about = x.key;
    reason = str_trim(json_get_str(v, "reason"));
    if (reason.n == 0 || utf8_count(reason) > REASON_CHARS)
        return tb_fail(e, TB_INVALID, "请写明理由，200 字以内", "reason");
    if (x.phase == PHASE_PUBLIC)
        return tb_fail(e, TB_CONFLICT, "已经对外服务了", "already public");
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, apply(t, &x, reason, r, e), e);
}

/* The second signature moves it, if the figures still hold at that moment. */
static enum tb_code sign(struct talk *t, const struct employee *x, struct step *s, struct tb_err *e)
{
    struct str measured;

    if (s->from != x->phase)
        return tb_fail(e, TB_CONFLICT, "阶段已经变了，请撤回后重新申请", "phase moved");
    if (put_signature(t, x, s, e))
        return e->code;
    if (!s->guardian_id || !s->admin_id)
        return step_update(t, s, e);
    if (passed(t, x, s->to, &measured, e))
        return e->code;
    s->state = STR("done");
    s->done_at = world_now_ms(t->world);
    return step_update(t, s, e) || step_move(t, x->id, s->to, e) ? e->code : TB_OK;
}

static enum tb_code withdraw(struct talk *t, const struct employee *x, struct step *s,
                             struct tb_err *e)
{
    bool head;

    if (phases_head(t, x, &head, e))
        return e->code;
    if (!head && !employee_run_by(x, &t->actor))
        return tb_fail(e, TB_FORBIDDEN, "只有监护人和部门管理员可以撤回", "not the one");
    s->state = STR("withdrawn");
    return step_update(t, s, e);
}

static enum tb_code act(struct talk *t, const struct employee *x, struct step *s, bool signs,
                        struct reply *r, struct tb_err *e)
{
    if ((signs ? sign(t, x, s, e) : withdraw(t, x, s, e)) || show(t, x->id, r, e))
        return e->code;
    return audit_witness(t, "employee.sign", x->key,
                         arena_printf(&t->mem, "step=%lld state=%.*s to=%s", (long long)s->id,
                                      STR_FMT(s->state), phase_name(s->to)),
                         e);
}

enum tb_code phases_sign(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    static const char *const known[] = { "do", NULL };
    const struct json_value *v;
    struct employee x;
    struct step s;
    struct str what;
    int64_t id;

    if (employee_named(t, q, &x, e) || request_param_int(q, "id", &id, e) ||
        step_read(t, id, &s, e) || request_json(&t->mem, q, known, &v, e))
        return e->code;
    t->about = x.key;
    if (s.employee_id != x.id)
        return tb_fail(e, TB_NOT_FOUND, "没有这张申请表", "step of another");
    what = json_get_str(v, "do");
    if (!str_eqz(what, "sign") && !str_eqz(what, "withdraw"))
        return tb_fail(e, TB_INVALID, "do 应为 sign（签字）或 withdraw（撤回）", "do");
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, act(t, &x, &s, str_eqz(what, "sign"), r, e), e);
}

static enum tb_code call_back(struct talk *t, const struct employee *x, const struct gate_line *why,
                              struct tb_err *e)
{
    struct step s = { .employee_id = x->id,
                      .from = x->phase,
                      .to = x->phase - 1,
                      .kind = STR("fall"),
                      .state = STR("done"),
                      .measured = measured_text(&t->mem, why, 1),
                      .done_at = world_now_ms(t->world) };

    s.reason = arena_printf(&t->mem, "%s：现在 %.2f，要求%s %.2f，自动退回", why->title, why->is,
                            why->most ? "最多" : "至少", why->need);
    if (step_add(t, &s, e) || step_move(t, x->id, s.to, e) ||
        alert_employee(t, rules_alerts(t->at->employees), x, s.reason, e))
        return e->code;
    return audit_witness(t, "employee.fall", x->key,
                         arena_printf(&t->mem, "to=%s line=%s", phase_name(s.to), why->name), e);
}

enum tb_code phases_call_back(struct talk *t, int64_t *fell, struct tb_err *e)
{
    const struct employee_rules *rules = t->at->employees;
    struct employee *all;
    size_t n;

    *fell = 0;
    if (!rules)
        return TB_OK;
    if (employee_list(t->db, &t->mem, t->world, &all, &n, e))
        return e->code;
    for (size_t i = 0; i < n; i++) {
        int64_t since = world_now_ms(t->world) - rules_days(rules) * 24 * 3600 * 1000;
        struct gate_line why;
        struct record r;

        if (all[i].phase == PHASE_TRIAL)
            continue;
        since = since > all[i].phase_since ? since : all[i].phase_since;
        if (record_read(t, all[i].id, since, &r, e))
            return e->code;
        if (!gate_fell(rules_hold(rules, all[i].phase), &r, &why))
            continue;
        if (db_begin(t->db, e) || db_end(t->db, call_back(t, &all[i], &why, e), e))
            return e->code;
        ++*fell;
    }
    return TB_OK;
}
