/* Changing an employee: with a reason, a row of what was before, and a way back. */
#include "base/fs.h"
#include "scenario/employee/handlers.h"
#include "store/audit.h"
#include "store/employee.h"

static enum tb_code may_run(struct talk *t, const struct employee *x, struct tb_err *e)
{
    t->about = x->key;
    return employee_run_by(x, &t->actor)
               ? TB_OK
               : tb_fail(e, TB_FORBIDDEN, "只有监护人、代理监护人和本部门管理员可以改",
                         "employee not run by actor");
}

static enum tb_code prompt_known(struct talk *t, const struct employee *x, struct tb_err *e)
{
    struct str file = arena_printf(&t->mem, "prompts/%.*s.yaml", STR_FMT(x->prompt));

    return !str_has(x->prompt, STR("/")) && fs_exists(fs_join(&t->mem, t->at->share_dir, file.p))
               ? TB_OK
               : tb_fail(e, TB_INVALID, "没有这个提示词，请核对名字", "prompt unknown");
}

/* A person who is set to guard must not be the only one who wants it gone: both rows are kept. */
static enum tb_code keep(struct talk *t, struct employee *x, struct str reason, int64_t undoes,
                         const char *verb, struct reply *r, struct tb_err *e)
{
    struct employee now;

    if (employee_keep(t, x, reason, undoes, e) ||
        employee_read_id(t->db, &t->mem, t->world, x->id, &now, e) ||
        employee_show(t, &r->json, &now, e))
        return e->code;
    return audit_witness(t, verb, x->key,
                         arena_printf(&t->mem, "revision=%lld guardian=%.*s",
                                      (long long)x->revision, STR_FMT(now.guardian.login)),
                         e);
}

static enum tb_code keep_whole(struct talk *t, struct employee *x, struct str reason,
                               int64_t undoes, const char *verb, struct reply *r, struct tb_err *e)
{
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, keep(t, x, reason, undoes, verb, r, e), e);
}

enum tb_code employees_change(struct talk *t, const struct request *q, struct reply *r,
                              struct tb_err *e)
{
    static const char *const known[] = { "form", "reason", "revision", NULL };
    static const char *const fixed[] = { "category", "department", "scenarios", NULL };
    const struct json_value *v, *form;
    const char *field = "";
    struct employee x;

    if (employee_named(t, q, &x, e) || may_run(t, &x, e) || request_json(&t->mem, q, known, &v, e))
        return e->code;
    form = json_get(v, "form");
    for (size_t i = 0; fixed[i]; i++)
        if (json_get(form, fixed[i]))
            return tb_fail(e, TB_INVALID, "类别、部门和场景写在文件里，不能在这里改",
                           "employee field=%s", fixed[i]);
    if (employee_from_form(&t->mem, form, &x, &field, e) || prompt_known(t, &x, e))
        return e->code;
    x.revision = json_get_int(v, "revision", x.revision);
    return keep_whole(t, &x, json_get_str(v, "reason"), 0, "employee.change", r, e);
}

static enum tb_code find_change(struct talk *t, const struct employee *x, int64_t id,
                                struct employee_change *out, struct tb_err *e)
{
    struct employee_change *all;
    size_t n;

    if (employee_changes(t, x->id, &all, &n, e))
        return e->code;
    for (size_t i = 0; i < n; i++)
        if (all[i].id == id && !all[i].undone && all[i].revision > 1) {
            *out = all[i];
            return TB_OK;
        }
    return tb_fail(e, TB_CONFLICT, "这次改动不能撤销，可能已经撤销过", "change not undoable");
}

enum tb_code employees_undo(struct talk *t, const struct request *q, struct reply *r,
                            struct tb_err *e)
{
    static const char *const known[] = { "change", "reason", NULL };
    const struct json_value *v, *before;
    struct employee_change c = { .id = 0 };
    const char *field = "";
    struct employee x;

    if (employee_named(t, q, &x, e) || may_run(t, &x, e) ||
        request_json(&t->mem, q, known, &v, e) ||
        find_change(t, &x, json_get_int(v, "change", 0), &c, e) ||
        json_read(&t->mem, c.before, &before, e) ||
        employee_from_form(&t->mem, before, &x, &field, e))
        return e->code;
    return keep_whole(t, &x, json_get_str(v, "reason"), c.id, "employee.undo", r, e);
}

static enum tb_code turn(struct talk *t, struct employee *x, bool off, struct str reason,
                         struct reply *r, struct tb_err *e)
{
    struct employee now;

    if (employee_switch(t, x, off, reason, e) ||
        employee_read_id(t->db, &t->mem, t->world, x->id, &now, e) ||
        employee_show(t, &r->json, &now, e))
        return e->code;
    return audit_witness(t, "employee.switch", x->key, off ? STR("off=1") : STR("off=0"), e);
}

/* Whoever may stop it may stop it at once; only who runs it lets it go on. */
enum tb_code employees_switch(struct talk *t, const struct request *q, struct reply *r,
                              struct tb_err *e)
{
    static const char *const known[] = { "off", "reason", NULL };
    const struct json_value *v;
    struct employee x;
    bool off, watches;

    if (employee_named(t, q, &x, e) || request_json(&t->mem, q, known, &v, e))
        return e->code;
    off = json_get_bool(v, "off", true);
    watches = t->actor.role == ROLE_SECURITY_OFFICER || t->actor.role == ROLE_SYSTEM_ADMIN;
    if (!(off && watches) && may_run(t, &x, e))
        return e->code;
    t->about = x.key;
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, turn(t, &x, off, json_get_str(v, "reason"), r, e), e);
}
