/* 访问规则: the security officer sets, the auditor sees; while 双人控制 is in force a change of the
 * rules needs a second person too, so that it cannot be switched off alone. */
#include "scenario/access/access.h"

#include "store/access_rules.h"
#include "store/department.h"

static enum tb_code show(struct talk *t, struct reply *r, struct tb_err *e)
{
    struct access_rules rules;

    if (access_rules_read(t->db, &rules, e))
        return e->code;
    access_rules_json(&r->json, &rules);
    return TB_OK;
}

enum tb_code rules_show(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    (void)q;
    return show(t, r, e);
}

static enum tb_code roles_of(const struct json_value *list, unsigned *out, struct tb_err *e)
{
    struct json_walk w = json_walk(list);
    const struct json_value *v;
    enum role role;

    *out = 0;
    while ((v = json_step(&w))) {
        if (!role_parse(json_text(v), &role))
            return tb_fail(e, TB_INVALID, "没有这种角色", "role unknown");
        *out |= 1u << role;
    }
    return TB_OK;
}

enum tb_code rules_change(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    static const char *const fields[] = { "totp_roles", "dual", "purpose", "password", NULL };
    struct access_rules rules;
    const struct json_value *v;
    enum tb_code c;

    if (request_json(&t->mem, q, fields, &v, e) || access_rules_read(t->db, &rules, e))
        return e->code;
    if (json_get(v, "totp_roles") && roles_of(json_get(v, "totp_roles"), &rules.totp_roles, e))
        return e->code;
    rules.dual = json_get_bool(v, "dual", rules.dual);
    rules.purpose = json_get_bool(v, "purpose", rules.purpose);
    rules.password = json_get_bool(v, "password", rules.password);
    c = db_begin(t->db, e);
    if (c)
        return c;
    c = access_rules_write(t, &rules, e);
    if (!c)
        c = show(t, r, e);
    return db_end(t->db, c, e);
}

static enum tb_code tree(struct talk *t, struct reply *r, struct tb_err *e)
{
    struct department_place *all;
    size_t n;

    if (department_tree(t, &all, &n, e))
        return e->code;
    reply_items(r);
    for (size_t i = 0; i < n; i++) {
        json_obj(&r->json);
        json_kstr(&r->json, "id", all[i].id);
        json_kstr(&r->json, "name", all[i].name);
        json_kstr(&r->json, "parent", all[i].parent);
        json_end(&r->json);
    }
    reply_total(r, (int64_t)n);
    return TB_OK;
}

enum tb_code departments_tree(struct talk *t, const struct request *q, struct reply *r,
                              struct tb_err *e)
{
    (void)q;
    return tree(t, r, e);
}

enum tb_code departments_move(struct talk *t, const struct request *q, struct reply *r,
                              struct tb_err *e)
{
    static const char *const fields[] = { "parent", NULL };
    const struct json_value *v;
    enum tb_code c;

    if (request_json(&t->mem, q, fields, &v, e))
        return e->code;
    c = db_begin(t->db, e);
    if (c)
        return c;
    c = department_move(t, request_param(q, "id"), json_get_str(v, "parent"), e);
    if (!c)
        c = tree(t, r, e);
    return db_end(t->db, c, e);
}
