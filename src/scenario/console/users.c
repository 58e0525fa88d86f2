/* 账号管理: the security officer grants, the auditor sees it. First passwords are made here, shown
 * once, and must be changed. Nobody changes their own account, and the last security officer stays.
 */
#include "scenario/console/console.h"

#include "store/account.h"
#include "store/session.h"
#include "store/totp.h"

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
    json_ktime(j, "locked_until", s->locked_until > now ? s->locked_until : 0);
    json_kbool(j, "must_change", s->must_change);
    json_ktime(j, "last_seen", s->seen_at);
    json_ktime(j, "created_at", s->created_at);
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
    struct page p;
    int64_t at = 0, now = world_now_ms(t->world);
    struct staff *all;
    size_t n;

    if (request_page(q, &p, e) || staff_list(t->db, &t->mem, &all, &n, e))
        return e->code;
    reply_items(r);
    for (size_t i = 0; i < n; i++) {
        if (!matches(&all[i], words))
            continue;
        if (at >= p.skip && at < p.skip + p.size)
            user_json(&r->json, &all[i], now);
        at++;
    }
    reply_total(r, at);
    return TB_OK;
}

static void password_json(struct json *j, struct str login, const char *password)
{
    json_obj(j);
    json_kstr(j, "login", login);
    json_kstr(j, "password", str_z(password));
    json_end(j);
}

enum tb_code users_add(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    static const char *const fields[] = { "login", "name", "role", "department", "title", NULL };
    char first[PASSWORD_FIRST];
    const struct json_value *v;
    struct staff s = { 0 };

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
    if (account_open(t, &s, first, e))
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

/* Inside the transaction too: what is acknowledged must not be called failed. */
static enum tb_code user_reply(struct talk *t, struct reply *r, struct str login, struct tb_err *e)
{
    struct staff s;

    if (staff_read(t->db, &t->mem, login, &s, e))
        return e->code;
    user_json(&r->json, &s, world_now_ms(t->world));
    return TB_OK;
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
    c = account_disable(t, &s, disabled, e);
    if (!c)
        c = officer_left(t, e);
    if (!c)
        c = user_reply(t, r, s.login, e);
    return db_end(t->db, c, e);
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
    char first[PASSWORD_FIRST];
    struct staff s;

    if (other(t, q, &s, e) || account_reset(t, &s, first, e))
        return e->code;
    password_json(&r->json, s.login, first);
    return TB_OK;
}

static enum tb_code grant(struct talk *t, const struct staff *s, enum role role,
                          struct str department, struct reply *r, struct tb_err *e)
{
    enum tb_code c = db_begin(t->db, e);

    if (c)
        return c;
    c = account_assign(t, s, role, department, e);
    if (!c)
        c = officer_left(t, e);
    if (!c)
        c = user_reply(t, r, s->login, e);
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
    return grant(t, &s, role, department.n ? department : s.department, r, e);
}

/* Whoever had the telephone must not go on: every session ends. */
static enum tb_code totp_off(struct talk *t, const struct staff *s, struct tb_err *e)
{
    if (session_end_all(t->db, s->id, 0, e))
        return e->code;
    return totp_remove(t, s->id, s->login, "user.totp", e);
}

enum tb_code users_totp(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct staff s;
    enum tb_code c;

    if (other(t, q, &s, e))
        return e->code;
    c = db_begin(t->db, e);
    if (c)
        return c;
    c = totp_off(t, &s, e);
    if (!c)
        c = user_reply(t, r, s.login, e);
    return db_end(t->db, c, e);
}
