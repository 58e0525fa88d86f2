/* 请假: guardians say themselves when they are not there; who heads the department says it for
 * them. */
#include "base/date.h"
#include "scenario/employee/handlers.h"
#include "store/audit.h"
#include "store/leave.h"
#include "store/staff.h"

static void leave_json(struct json *j, const struct leave *x)
{
    json_obj(j);
    json_kint(j, "id", x->id);
    json_kstr(j, "login", x->login);
    json_kstr(j, "name", x->name);
    json_kday(j, "from", x->from);
    json_kday(j, "to", x->to);
    json_kstr(j, "reason", x->reason);
    json_end(j);
}

enum tb_code leaves_all(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct leave *all;
    size_t n;

    (void)q;
    if (leave_list(t, STR(""), &all, &n, e))
        return e->code;
    reply_items(r);
    for (size_t i = 0; i < n; i++)
        leave_json(&r->json, &all[i]);
    reply_total(r, (int64_t)n);
    return TB_OK;
}

static enum tb_code may_for(struct talk *t, int64_t staff_id, struct str department,
                            struct tb_err *e)
{
    if (staff_id == t->actor.id ||
        (t->actor.role == ROLE_DEPARTMENT_ADMIN && str_eq(t->actor.department, department)))
        return TB_OK;
    return tb_fail(e, TB_FORBIDDEN, "只能替自己请假；部门管理员可以替本部门的人请假",
                   "leave for another");
}

static enum tb_code keep(struct talk *t, struct leave *x, struct reply *r, struct tb_err *e)
{
    char from[16], to[16];

    if (leave_add(t, x, e) || leave_read(t, x->id, x, e))
        return e->code;
    leave_json(&r->json, x);
    return audit_witness(
        t, "leave.add", x->login,
        arena_printf(&t->mem, "from=%s to=%s", day_text(x->from, from).p, day_text(x->to, to).p),
        e);
}

enum tb_code leaves_add(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    static const char *const known[] = { "login", "from", "to", "reason", NULL };
    const struct json_value *v;
    struct str login;
    struct leave x = { .from = DAY_NONE, .to = DAY_NONE };
    struct staff who;

    if (request_json(&t->mem, q, known, &v, e))
        return e->code;
    login = json_get_str(v, "login");
    if (staff_read(t->db, &t->mem, login.n ? login : t->actor.login, &who, e) ||
        may_for(t, who.id, who.department, e) || json_get_day(v, "from", &x.from, e) ||
        json_get_day(v, "to", &x.to, e))
        return e->code;
    x.staff_id = who.id;
    x.reason = str_trim(json_get_str(v, "reason"));
    t->about = who.login;
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, keep(t, &x, r, e), e);
}

static enum tb_code end(struct talk *t, const struct leave *x, struct reply *r, struct tb_err *e)
{
    if (leave_end(t, x->id, e))
        return e->code;
    leave_json(&r->json, x);
    return audit_witness(t, "leave.end", x->login, STR(""), e);
}

enum tb_code leaves_end(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct leave x;
    int64_t id;

    if (request_param_int(q, "id", &id, e) || leave_read(t, id, &x, e) ||
        may_for(t, x.staff_id, x.department, e) || db_begin(t->db, e))
        return e->code;
    return db_end(t->db, end(t, &x, r, e), e);
}
