#include "store/access_rules.h"

#include "base/json.h"
#include "store/audit.h"
#include "store/dual.h"
#include "store/setting.h"

static const char name[] = "access.rules";

static void take_roles(const struct json_value *list, unsigned *out)
{
    struct json_walk w = json_walk(list);
    const struct json_value *v;
    enum role role;

    *out = 0;
    while ((v = json_step(&w)))
        if (role_parse(json_text(v), &role))
            *out |= 1u << role;
}

enum tb_code access_rules_read(struct db *d, struct access_rules *out, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    const struct json_value *v;
    struct str text;
    enum tb_code c = setting_read(d, &a, name, &text, e);

    *out = (struct access_rules){ .dual = true, .purpose = true, .password = true };
    if (!c && text.n)
        c = json_read(&a, text, &v, e);
    if (!c && text.n) {
        out->dual = json_get_bool(v, "dual", true);
        out->purpose = json_get_bool(v, "purpose", true);
        out->password = json_get_bool(v, "password", true);
        take_roles(json_get(v, "totp_roles"), &out->totp_roles);
    }
    arena_release(&a);
    return c;
}

void access_rules_json(struct json *j, const struct access_rules *r)
{
    json_obj(j);
    json_karr(j, "totp_roles");
    for (enum role x = ROLE_CLERK; x < ROLE_SYSTEM; x++)
        if (r->totp_roles & (1u << x))
            json_str(j, str_z(role_name(x)));
    json_end(j);
    json_kbool(j, "dual", r->dual);
    json_kbool(j, "purpose", r->purpose);
    json_kbool(j, "password", r->password);
    json_end(j);
}

enum tb_code access_rules_write(struct talk *t, const struct access_rules *r, struct tb_err *e)
{
    struct buf b = BUF_INIT(4096);
    struct json j = JSON_INIT(&b);
    struct str text;
    enum tb_code c = db_begin(t->db, e);

    if (c)
        return c;
    access_rules_json(&j, r);
    text = arena_buf(&t->mem, &b);
    c = dual_use(t, "access.rules", STR(""), text, true, e);
    if (!c)
        c = setting_write(t->db, name, text, e);
    if (!c)
        c = audit_witness(t, "access.rules", STR(""), text, e);
    return db_end(t->db, c, e);
}
