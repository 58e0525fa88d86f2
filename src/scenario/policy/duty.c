/* Who is in charge of a question, and whether it may answer now (domain/employee.h). A city that
 * has put no employee in charge of policy answers without one, and 今天 says so. */
#include "scenario/policy/answer_int.h"
#include "store/department.h"
#include "store/employee.h"

/* Evidence weaker than this goes to a person where the employee's check "confident" asks for it. */
static const double CONFIDENT_LEAST = 0.60;

static enum tb_code chosen(struct making *m, struct tb_err *e)
{
    struct employee *x = ARENA_NEW(&m->t->mem, struct employee);
    const struct actor *who = &m->t->actor;

    if (!actor_may(who, PERM_STAFF))
        return tb_fail(e, TB_FORBIDDEN, "只有工作人员可以指定数智员工", "employee not staff");
    if (employee_read(m->t->db, &m->t->mem, m->t->world, m->ask->employee, x, e))
        return e->code;
    if (!words_have(&x->scenarios, "policy"))
        return tb_fail(e, TB_INVALID, "这个数智员工不回答政策提问", "employee scenario");
    m->out->employee = x;
    m->out->duty =
        employee_seen_by(x, who) ? employee_duty(x, world_now_ms(m->t->world)) : DUTY_NOT_SEEN;
    return TB_OK;
}

enum tb_code duty_assign_to(struct making *m, struct str department, struct tb_err *e)
{
    struct talk *t = m->t;
    struct employee *all;
    size_t n;

    if (m->ask->employee.n)
        return chosen(m, e);
    if (employee_list(t->db, &t->mem, t->world, &all, &n, e))
        return e->code;
    m->out->employee = employee_for(all, n, "policy", department, &t->actor);
    if (!m->out->employee)
        m->out->duty = employee_any(all, n, "policy") ? DUTY_NOBODY : DUTY_READY;
    else if (!employee_seen_by(m->out->employee, &t->actor))
        m->out->duty = DUTY_NOT_SEEN;
    else
        m->out->duty = employee_duty(m->out->employee, world_now_ms(t->world));
    return TB_OK;
}

static enum tb_code internal(struct making *m, int64_t document_id, bool *yes, struct tb_err *e)
{
    int64_t n;

    if (db_ask_int(
            m->t->db,
            SQL("SELECT count(*) FROM document WHERE id = :id AND classification <> 'public'"),
            ARGS(db_int("id", document_id)), &n, NULL, e))
        return e->code;
    *yes = n > 0;
    return TB_OK;
}

/* What the person may read and the employee may not does not get into its prompt. */
static enum tb_code own_knowledge(struct making *m, struct tb_err *e)
{
    struct passage_list *l = &m->out->evidence;
    size_t kept = 0;

    if (!m->out->employee || words_have(&m->out->employee->knowledge, "internal") ||
        m->t->actor.role == ROLE_SYSTEM || m->ask->inside ||
        !actor_may(&m->t->actor, PERM_KNOWLEDGE_READ))
        return TB_OK;
    for (size_t i = 0; i < l->n; i++) {
        bool drop = false;

        if (internal(m, l->items[i].document_id, &drop, e))
            return e->code;
        if (!drop)
            l->items[kept++] = l->items[i];
    }
    l->n = kept;
    return TB_OK;
}

enum tb_code duty_assign(struct making *m, struct tb_err *e)
{
    struct passage_list *l = &m->out->evidence;
    struct department d = { .id = STR("") };

    if (l->n &&
        department_of_document(m->t, l->items[0].document_id, l->items[0].issuing_body, &d, e))
        return e->code;
    return duty_assign_to(m, d.id, e) || own_knowledge(m, e) ? e->code : TB_OK;
}

enum tb_code duty_step(struct making *m, struct tb_err *e)
{
    const struct employee *x = m->out->employee;

    (void)e;
    if (m->out->duty != DUTY_READY) {
        m->out->x.outcome = STR("referred");
        m->finished = true;
    } else if (x && words_have(&x->checks, "confident") && m->out->confidence < CONFIDENT_LEAST) {
        m->out->x.outcome = STR("not_found");
        m->finished = true;
    }
    return TB_OK;
}

bool duty_still(struct making *m)
{
    struct tb_err e = TB_ERR_INIT;
    struct employee now;

    if (!m->out->employee)
        return true;
    if (employee_read_id(m->t->db, &m->t->mem, m->t->world, m->out->employee->id, &now, &e))
        return true; /* the store will say so itself when the answer is kept */
    m->out->duty = employee_seen_by(&now, &m->t->actor)
                       ? employee_duty(&now, world_now_ms(m->t->world))
                       : DUTY_NOT_SEEN;
    return m->out->duty == DUTY_READY;
}
