/* 账号管理: the security officer grants, the auditor sees it. First passwords are made here, shown
 * once, and must be changed. Nobody changes their own account, and the last security officer stays.
 */
#include "scenario/console/console.h"

#include "crypto/password.h"
#include "store/audit.h"
#include "store/sign_in.h"
#include "store/staff.h"

static const char *state_of(const struct staff *s, int64_t now)
{
    return s->disabled ? "disabled" : s->locked_until > now ? "locked" : "active";
}

static void user_json(struct json *j, const struct staff *s, int64_t now)
{
    json_obj(j);
    json_kstr(j, "login", s->login);
    json_kstr(j, "name", s->name);
    json_kstr(j, "role", str_z(role_name(s->role)));
    json_kstr(j, "role_title", str_z(role_title(s->role)));
    json_kstr(j, "department", s->department);
    json_kstr(j, "department_name", s->department_name);
    json_kstr(j, "title", s->title);
    json_kstr(j, "state", str_z(state_of(s, now)));
    console_time(j, "locked_until", s->locked_until > now ? s->locked_until : 0);
    json_kbool(j, "must_change", s->must_change);
    console_time(j, "last_seen", s->seen_at);
    console_time(j, "created_at", s->created_at);
    json_end(j);
}

static bool matches(const struct staff *s, struct str words)
{
    return words.n == 0 || str_has(s->login, words) || str_has(s->name, words) ||
           str_has(s->department_name, words);
}

enum tb_code users_list(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct str words = str_trim(request_query(q, "q"));
    int64_t skip, size, at = 0, now = world_now_ms(t->world);
    struct staff *all;
    size_t n;

    if (console_page(q, &skip, &size, e) || staff_list(t->db, &t->mem, &all, &n, e))
        return e->code;
    json_obj(&r->json);
    json_karr(&r->json, "items");
    for (size_t i = 0; i < n; i++) {
        if (!matches(&all[i], words))
            continue;
        if (at >= skip && at < skip + size)
            user_json(&r->json, &all[i], now);
        at++;
    }
    json_end(&r->json);
    json_kint(&r->json, "total", at);
    json_end(&r->json);
    return TB_OK;
}

static void password_json(struct json *j, struct str login, const char *password)
{
    json_obj(j);
    json_kstr(j, "login", login);
    json_kstr(j, "password", str_z(password));
    json_end(j);
}

static enum tb_code keep_new(struct talk *t, struct staff *s, struct tb_err *e)
{
    enum tb_code c = db_begin(t->db, e);

    if (c)
        return c;
    c = staff_add(t->db, t->world, s, e);
    if (!c)
        c = audit_witness(t, "user.add", s->login,
                          arena_printf(&t->mem, "role=%s department=%.*s", role_name(s->role),
                                       STR_FMT(s->department)),
                          e);
    return db_end(t->db, c, e);
}

enum tb_code users_add(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    static const char *const fields[] = { "login", "name", "role", "department", "title", NULL };
    char first[PASSWORD_FIRST], encoded[PASSWORD_ENCODED];
    const struct json_value *v;
    struct staff s = { .must_change = true };

    if (request_json(&t->mem, q, fields, &v, e))
        return e->code;
    s.login = str_trim(json_get_str(v, "login"));
    s.name = json_get_str(v, "name");
    s.department = json_get_str(v, "department");
    s.title = str_trim(json_get_str(v, "title"));
    if (!staff_login_shaped(s.login))
        return tb_fail(e, TB_INVALID,
                       "登录名应为 3 到 32 个小写字母、数字、点、下划线或短横，以字母开头",
                       "login not shaped");
    if (!role_parse(json_get_str(v, "role"), &s.role))
        return tb_fail(e, TB_INVALID, "没有这种角色", "role unknown");
    t->about = s.login;
    password_first(t->world, first);
    password_hash(t->world, str_z(first), encoded);
    s.password = str_z(encoded);
    if (keep_new(t, &s, e))
        return e->code;
    password_json(&r->json, s.login, first);
    return TB_OK;
}

/* The member named in the path, who must be somebody else. */
static enum tb_code other(struct talk *t, const struct request *q, struct staff *s,
                          struct tb_err *e)
{
    if (staff_read(t->db, &t->mem, request_param(q, "login"), s, e))
        return e->code;
    if (s->id == t->actor.id)
        return tb_fail(e, TB_FORBIDDEN, "不能更改自己的账号，请另一位安全保密员来做",
                       "own account");
    return TB_OK;
}

/* Inside the transaction, after the change. */
static enum tb_code officer_left(struct talk *t, struct tb_err *e)
{
    int64_t n;

    if (staff_count(t->db, ROLE_SECURITY_OFFICER, &n, e))
        return e->code;
    if (n == 0)
        return tb_fail(e, TB_CONFLICT, "至少要保留一位安全保密员", "last security officer");
    return TB_OK;
}

static void user_reply(struct talk *t, struct reply *r, struct str login, struct tb_err *e)
{
    struct staff s;

    if (staff_read(t->db, &t->mem, login, &s, e) == TB_OK)
        user_json(&r->json, &s, world_now_ms(t->world));
}

static enum tb_code set_disabled(struct talk *t, const struct request *q, struct reply *r,
                                 bool disabled, struct tb_err *e)
{
    struct staff s;
    enum tb_code c;

    if (other(t, q, &s, e))
        return e->code;
    c = db_begin(t->db, e);
    if (c)
        return c;
    c = staff_set_disabled(t->db, s.id, disabled, e);
    if (!c && !disabled)
        c = sign_in_done(t->db, s.login, e);
    if (!c)
        c = officer_left(t, e);
    if (!c)
        c = audit_witness(t, disabled ? "user.lock" : "user.unlock", s.login, STR(""), e);
    if (db_end(t->db, c, e))
        return e->code;
    user_reply(t, r, s.login, e);
    return TB_OK;
}

enum tb_code users_lock(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    return set_disabled(t, q, r, true, e);
}

enum tb_code users_unlock(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    return set_disabled(t, q, r, false, e);
}

enum tb_code users_reset(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    char first[PASSWORD_FIRST], encoded[PASSWORD_ENCODED];
    struct staff s;
    enum tb_code c;

    if (other(t, q, &s, e))
        return e->code;
    password_first(t->world, first);
    password_hash(t->world, str_z(first), encoded);
    c = db_begin(t->db, e);
    if (c)
        return c;
    c = staff_set_password(t->db, t->world, s.id, str_z(encoded), true, 0, e);
    if (!c)
        c = sign_in_done(t->db, s.login, e);
    if (!c)
        c = audit_witness(t, "user.reset", s.login, STR(""), e);
    if (db_end(t->db, c, e))
        return e->code;
    password_json(&r->json, s.login, first);
    return TB_OK;
}

static enum tb_code grant(struct talk *t, const struct staff *s, enum role role,
                          struct str department, struct tb_err *e)
{
    enum tb_code c = db_begin(t->db, e);

    if (c)
        return c;
    c = staff_set_role(t->db, s->id, role, department, e);
    if (!c)
        c = officer_left(t, e);
    if (!c)
        c = audit_witness(t, "user.role", s->login,
                          arena_printf(&t->mem, "from=%s/%.*s to=%s/%.*s", role_name(s->role),
                                       STR_FMT(s->department), role_name(role),
                                       STR_FMT(department)),
                          e);
    return db_end(t->db, c, e);
}

enum tb_code users_role(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    static const char *const fields[] = { "role", "department", NULL };
    const struct json_value *v;
    struct str department;
    enum role role;
    struct staff s;

    if (request_json(&t->mem, q, fields, &v, e) || other(t, q, &s, e))
        return e->code;
    if (!role_parse(json_get_str(v, "role"), &role))
        return tb_fail(e, TB_INVALID, "没有这种角色", "role unknown");
    department = json_get_str(v, "department");
    if (grant(t, &s, role, department.n ? department : s.department, e))
        return e->code;
    user_reply(t, r, s.login, e);
    return TB_OK;
}
