/* 数智员工, the page: the list, and one with its record. Figures and names, no content of anybody's
 * question. */
#include "scenario/employee/handlers.h"
#include "scenario/employee/phases.h"
#include "scenario/employee/record.h"
#include "scenario/employee/rules.h"
#include "store/audit.h"
#include "store/employee.h"
#include "store/staff.h"
#include "store/step.h"

enum tb_code employee_named(struct talk *t, const struct request *q, struct employee *x,
                            struct tb_err *e)
{
    return employee_read(t->db, &t->mem, t->world, request_param(q, "key"), x, e);
}

bool employee_run_by(const struct employee *x, const struct actor *who)
{
    return employee_kept_by(x, who->id) ||
           (who->role == ROLE_DEPARTMENT_ADMIN && str_eq(who->department, x->department));
}

static void keeper_json(struct json *j, const char *key, const struct keeper *k)
{
    json_key(j, key);
    if (!k->id) {
        json_null(j);
        return;
    }
    json_obj(j);
    json_kstr(j, "login", k->login);
    json_kstr(j, "name", k->name);
    json_kbool(j, "able", k->able);
    json_kbool(j, "away", k->away);
    json_end(j);
}

static void titles_json(struct json *j, const char *key, const struct words *w,
                        const char *(*title)(struct str))
{
    json_karr(j, key);
    for (size_t i = 0; i < w->n; i++)
        json_str(j, str_z(title(w->v[i])));
    json_end(j);
}

static void state_json(struct talk *t, struct json *j, const struct employee *x)
{
    enum duty d = employee_duty(x, world_now_ms(t->world));

    json_kstr(j, "key", x->key);
    json_kobj(j, "form");
    employee_form(j, x);
    json_end(j);
    json_kstr(j, "name", x->name);
    json_kstr(j, "category_title", str_z(category_title(x->category)));
    json_kstr(j, "department_name", x->department_name);
    titles_json(j, "check_titles", &x->checks, employee_check_title);
    keeper_json(j, "guardian", &x->guardian);
    keeper_json(j, "deputy", &x->deputy);
    json_kstr(j, "phase", str_z(phase_name(x->phase)));
    json_kstr(j, "phase_title", str_z(phase_title(x->phase)));
    json_ktime(j, "phase_since", x->phase_since);
    json_kstr(j, "sensitivity_title", str_z(sensitivity_title(x->sensitivity)));
    json_kstr(j, "personal_title", str_z(personal_title(x->personal)));
    json_kbool(j, "off", x->off);
    json_kstr(j, "off_reason", x->off_reason);
    json_kstr(j, "duty", str_z(duty_name(d)));
    json_kstr(j, "duty_title", str_z(duty_title(d)));
    json_kint(j, "revision", x->revision);
    json_ktime(j, "updated_at", x->updated_at);
}

static enum tb_code with_record(struct talk *t, struct json *j, const struct employee *x,
                                struct tb_err *e)
{
    struct record r;

    if (record_read(t, x->id, record_begin(t), &r, e))
        return e->code;
    state_json(t, j, x);
    json_kobj(j, "record");
    record_json(j, &r);
    json_end(j);
    return TB_OK;
}

enum tb_code employees_all(struct talk *t, const struct request *q, struct reply *r,
                           struct tb_err *e)
{
    struct employee *all;
    size_t n;

    (void)q;
    if (employee_list(t->db, &t->mem, t->world, &all, &n, e))
        return e->code;
    reply_items(r);
    for (size_t i = 0; i < n; i++) {
        json_obj(&r->json);
        if (with_record(t, &r->json, &all[i], e))
            return e->code;
        json_end(&r->json);
    }
    reply_total(r, (int64_t)n);
    return TB_OK;
}

static void steps_json(struct json *j, const struct step *s, size_t n)
{
    json_karr(j, "steps");
    for (size_t i = 0; i < n; i++) {
        json_obj(j);
        json_kint(j, "id", s[i].id);
        json_kstr(j, "from_title", str_z(phase_title(s[i].from)));
        json_kstr(j, "to", str_z(phase_name(s[i].to)));
        json_kstr(j, "to_title", str_z(phase_title(s[i].to)));
        json_kstr(j, "kind", s[i].kind);
        json_kstr(j, "state", s[i].state);
        json_kstr(j, "reason", s[i].reason);
        json_kstr(j, "guardian_name", s[i].guardian_name);
        json_ktime(j, "guardian_at", s[i].guardian_at);
        json_kstr(j, "admin_name", s[i].admin_name);
        json_ktime(j, "admin_at", s[i].admin_at);
        json_ktime(j, "created_at", s[i].created_at);
        json_ktime(j, "done_at", s[i].done_at);
        json_key(j, "measured");
        json_raw(j, s[i].measured);
        json_end(j);
    }
    json_end(j);
}

static void changes_json(struct json *j, const struct employee_change *c, size_t n)
{
    json_karr(j, "changes");
    for (size_t i = 0; i < n; i++) {
        json_obj(j);
        json_kint(j, "id", c[i].id);
        json_kint(j, "revision", c[i].revision);
        json_kstr(j, "by_name", c[i].by_name.n ? c[i].by_name : STR("系统"));
        json_kstr(j, "reason", c[i].reason);
        json_kbool(j, "undone", c[i].undone);
        json_ktime(j, "created_at", c[i].created_at);
        json_key(j, "before");
        json_raw(j, c[i].before);
        json_key(j, "after");
        json_raw(j, c[i].after);
        json_end(j);
    }
    json_end(j);
}

/* What is measured for the next step, in the phase it is in. */
static enum tb_code gate_part(struct talk *t, struct json *j, const struct employee *x,
                              struct tb_err *e)
{
    struct gate_line lines[GATE_LINES];
    struct record r;
    size_t n;

    json_key(j, "gate");
    if (x->phase == PHASE_PUBLIC || !t->at->employees) {
        json_null(j);
        return TB_OK;
    }
    if (record_read(t, x->id, x->phase_since, &r, e))
        return e->code;
    n = gate_measure(rules_up(t->at->employees, x->phase + 1), &r, lines);
    json_obj(j);
    json_kstr(j, "to", str_z(phase_name(x->phase + 1)));
    json_kstr(j, "to_title", str_z(phase_title(x->phase + 1)));
    json_kbool(j, "passed", gate_passed(lines, n));
    json_key(j, "lines");
    gate_json(j, lines, n);
    json_end(j);
    return TB_OK;
}

static enum tb_code rights_part(struct talk *t, struct json *j, const struct employee *x,
                                struct tb_err *e)
{
    const struct actor *who = &t->actor;
    bool runs = employee_run_by(x, who), head;

    if (phases_head(t, x, &head, e))
        return e->code;
    json_kobj(j, "may");
    json_kbool(j, "change", runs);
    json_kbool(j, "stop",
               runs || who->role == ROLE_SECURITY_OFFICER || who->role == ROLE_SYSTEM_ADMIN);
    json_kbool(j, "start", runs);
    json_kbool(j, "sign_guardian", x->guardian.id == who->id);
    json_kbool(j, "sign_admin", head);
    json_kbool(j, "judge", employee_kept_by(x, who->id));
    json_end(j);
    return TB_OK;
}

/* Who could guard it, for the form. */
static enum tb_code keepers_part(struct talk *t, struct json *j, const struct employee *x,
                                 struct tb_err *e)
{
    struct staff *all = NULL;
    size_t n = 0;

    if (employee_run_by(x, &t->actor) && staff_list(t->db, &t->mem, &all, &n, e))
        return e->code;
    json_karr(j, "keepers");
    for (size_t i = 0; i < n; i++) {
        if (all[i].disabled || !(role_perms(all[i].role) & PERM_REVIEW))
            continue;
        json_obj(j);
        json_kstr(j, "login", all[i].login);
        json_kstr(j, "name", all[i].name);
        json_kstr(j, "department_name", all[i].department_name);
        json_end(j);
    }
    json_end(j);
    return TB_OK;
}

enum tb_code employee_show(struct talk *t, struct json *j, const struct employee *x,
                           struct tb_err *e)
{
    struct employee_change *changes;
    struct step *steps;
    size_t change_n, step_n;

    if (step_list(t, x->id, &steps, &step_n, e) ||
        employee_changes(t, x->id, &changes, &change_n, e))
        return e->code;
    json_obj(j);
    if (with_record(t, j, x, e) || record_days(t, j, x->id, e) || gate_part(t, j, x, e) ||
        keepers_part(t, j, x, e))
        return e->code;
    steps_json(j, steps, step_n);
    changes_json(j, changes, change_n);
    if (rights_part(t, j, x, e))
        return e->code;
    json_end(j);
    return TB_OK;
}

enum tb_code employees_one(struct talk *t, const struct request *q, struct reply *r,
                           struct tb_err *e)
{
    struct employee x;

    if (employee_named(t, q, &x, e))
        return e->code;
    return employee_show(t, &r->json, &x, e);
}
