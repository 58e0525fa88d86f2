/* Signing in, out, and one's own password. An unknown login, a wrong password and a disabled
 * account are told apart by nothing: not the words, not the status, not the time. */
#include "scenario/console/console.h"

#include "base/log.h"
#include "crypto/password.h"
#include "scenario/console/gate.h"
#include "scenario/console/inside.h"
#include "scenario/console/ways.h"
#include "store/access_rules.h"
#include "store/audit.h"
#include "store/session.h"
#include "store/sign_in.h"
#include "store/totp.h"

static const struct {
    enum perm perm;
    const char *name;
} perms[] = {
    { PERM_STAFF, "staff" },
    { PERM_HANDOFF, "handoff" },
    { PERM_KNOWLEDGE_READ, "knowledge_read" },
    { PERM_KNOWLEDGE_WRITE, "knowledge_write" },
    { PERM_REVIEW, "review" },
    { PERM_AUDIT_READ, "audit_read" },
    { PERM_USER_READ, "user_read" },
    { PERM_USER_WRITE, "user_write" },
    { PERM_OPERATE, "operate" },
    { PERM_OVERVIEW, "overview" },
    { PERM_KEY_READ, "key_read" },
    { PERM_KEY_WRITE, "key_write" },
    { PERM_USE_READ, "use_read" },
    { PERM_ORDER, "order" },
    { PERM_EMPLOYEE_WRITE, "employee_write" },
    { PERM_EMPLOYEE_STOP, "employee_stop" },
    { PERM_INCIDENT_READ, "incident_read" },
    { PERM_INCIDENT_WRITE, "incident_write" },
    { PERM_CONFIRM, "confirm" },
    { PERM_SIGN, "sign" },
};

static const char *const seconds[] = {
    [SECOND_NONE] = "none", [SECOND_NEEDED] = "needed", [SECOND_ENROL] = "enrol"
};

void session_view(struct reply *r, const struct session *x)
{
    const struct staff *s = &x->staff;
    struct json *j = &r->json;

    json_obj(j);
    json_kobj(j, "staff");
    json_kstr(j, "login", s->login);
    json_kstr(j, "name", s->name);
    json_kstr(j, "role", str_z(role_name(s->role)));
    json_kstr(j, "role_title", str_z(role_title(s->role)));
    json_kstr(j, "department", s->department);
    json_kstr(j, "department_name", s->department_name);
    json_kbool(j, "must_change", s->must_change);
    json_end(j);
    json_kstr(j, "csrf", x->csrf);
    json_kstr(j, "second", str_z(seconds[x->second]));
    json_karr(j, "perms");
    for (size_t i = 0; i < sizeof(perms) / sizeof(perms[0]); i++)
        if (role_perms(s->role) & (unsigned)perms[i].perm)
            json_str(j, str_z(perms[i].name));
    json_end(j);
    json_end(j);
}

enum tb_code session_locked(struct talk *t, struct reply *r, int64_t until, struct tb_err *e)
{
    int64_t wait = (until - world_now_ms(t->world) + 999) / 1000;

    reply_header(r, "Retry-After", arena_printf(&t->mem, "%lld", (long long)(wait < 1 ? 1 : wait)));
    return tb_fail(e, TB_LIMITED, "登录失败次数太多，请 15 分钟后再试，或者请安全保密员解锁",
                   "sign_in=locked");
}

enum tb_code session_refused(struct talk *t, struct str login, bool known, struct tb_err *e)
{
    if (sign_in_failed(t->db, t->world, login, t->actor.address, known, e))
        return e->code;
    return tb_fail(e, TB_UNAUTHORISED, "登录名或密码不正确", "sign_in=refused known=%d", known);
}

/* A login whose code is still due keeps its failures: guessing codes counts like guessing words. */
static enum tb_code start_witnessed(struct talk *t, const struct staff *s, const char *how,
                                    char token[TOKEN_TEXT], struct session *now, struct tb_err *e)
{
    struct session_new n = { .staff_id = s->id, .address = t->actor.address, .how = how };
    char csrf[TOKEN_TEXT];
    struct totp_state second;
    bool found;

    if (totp_state(t->db, s->id, &second, e))
        return e->code;
    n.needs_code = second.confirmed;
    if ((!n.needs_code && sign_in_done(t->db, s->login, e)) ||
        session_start(t->db, t->world, &n, token, csrf, e))
        return e->code;
    t->actor.id = s->id;
    t->actor.role = s->role;
    t->actor.login = s->login;
    if (audit_witness(t, "session.start", s->login,
                      arena_printf(&t->mem, "how=%s code=%s", how, n.needs_code ? "due" : "none"),
                      e) ||
        session_sweep(t->db, t->world, e))
        return e->code;
    return session_find(t->db, &t->mem, t->world, str_z(token), now, &found, e);
}

/* The lock is looked at again inside the transaction: of many tries at once, those that come after
 * the fifth failure find it locked, even the right one. */
static enum tb_code open_session(struct talk *t, const struct staff *s, const char *how,
                                 char token[TOKEN_TEXT], struct session *now, int64_t *until,
                                 struct tb_err *e)
{
    enum tb_code c = db_begin(t->db, e);

    if (c)
        return c;
    c = sign_in_locked(t->db, t->world, s->login, t->actor.address, until, e);
    if (!c && !*until)
        c = start_witnessed(t, s, how, token, now, e);
    return db_end(t->db, c, e);
}

static enum tb_code find(struct talk *t, struct str login, struct staff *s, bool *known,
                         struct tb_err *e)
{
    enum tb_code c = staff_read(t->db, &t->mem, login, s, e);

    *known = !c;
    if (c && c != TB_NOT_FOUND)
        return c;
    tb_err_clear(e);
    return TB_OK;
}

enum tb_code session_open_for(struct talk *t, const struct staff *s, const char *how,
                              struct reply *r, struct session *now, struct tb_err *e)
{
    char token[TOKEN_TEXT];
    int64_t until = 0;

    if (open_session(t, s, how, token, now, &until, e))
        return e->code;
    if (until)
        return session_locked(t, r, until, e);
    reply_cookie(r, "tb_session", str_z(token), SESSION_COOKIE_S, true);
    return TB_OK;
}

/* The three of 三权分立 may always come by password: another's server must not lock them out. */
static enum tb_code password_right(struct talk *t, const struct staff *s, bool known,
                                   struct str password, bool *match, struct tb_err *e)
{
    struct access_rules rules;

    if (access_rules_read(t->db, &rules, e))
        return e->code;
    *match = password_matches(password, known ? s->password.p : NULL);
    if (!rules.password && known && s->role < ROLE_AUDITOR)
        *match = false;
    return TB_OK;
}

/* A password, or the directory's word for it. */
static enum tb_code proven(struct talk *t, struct str way, const struct staff *s, bool known,
                           struct str login, struct str password, bool *match, struct tb_err *e)
{
    const struct ways *w = t->at ? t->at->ways : NULL;

    if (!way.n || str_eqz(way, "password"))
        return password_right(t, s, known, password, match, e);
    if (!str_eqz(way, "ldap") || !w || !w->ldap.on)
        return tb_fail(e, TB_INVALID, "没有开通这种登录方式", "way");
    return ways_ldap(w, &t->mem, login, password, match, e);
}

enum tb_code session_sign_in(struct talk *t, const struct request *q, struct reply *r,
                             struct tb_err *e)
{
    static const char *const fields[] = { "login", "password", "way", NULL };
    const struct json_value *v;
    struct str login, password, way;
    struct session now;
    int64_t until = 0;
    struct staff s;
    bool known, match;

    if (request_json(&t->mem, q, fields, &v, e))
        return e->code;
    login = str_trim(json_get_str(v, "login"));
    password = json_get_str(v, "password");
    way = json_get_str(v, "way");
    if (sign_in_locked(t->db, t->world, login, t->actor.address, &until, e))
        return e->code;
    if (until)
        return session_locked(t, r, until, e);
    if (find(t, login, &s, &known, e))
        return e->code;
    t->about = known ? s.login : STR("unknown");
    if (proven(t, way, &s, known, login, password, &match, e))
        return e->code;
    if (!known || !match || s.disabled)
        return session_refused(t, login, known, e);
    if (session_open_for(t, &s, way.n ? str_eqz(way, "ldap") ? "ldap" : "password" : "password", r,
                         &now, e))
        return e->code;
    session_view(r, &now);
    return TB_OK;
}

/* The gate has found the session a moment ago; this reads what the page shows of it. */
enum tb_code session_current(struct talk *t, const struct request *q, struct session *s,
                             struct tb_err *e)
{
    bool found;

    if (session_find(t->db, &t->mem, t->world, request_cookie(q, "tb_session"), s, &found, e))
        return e->code;
    if (!found)
        return tb_fail(e, TB_UNAUTHORISED, "请先登录", "session=gone");
    return TB_OK;
}

enum tb_code session_show(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    struct session s;

    if (session_current(t, q, &s, e))
        return e->code;
    session_view(r, &s);
    return TB_OK;
}

enum tb_code session_sign_out(struct talk *t, const struct request *q, struct reply *r,
                              struct tb_err *e)
{
    enum tb_code c = db_begin(t->db, e);

    (void)q;
    if (c)
        return c;
    c = session_end(t->db, t->actor.session_id, e);
    if (!c)
        c = audit_witness(t, "session.end", t->actor.login, STR(""), e);
    if (db_end(t->db, c, e))
        return e->code;
    reply_cookie(r, "tb_session", STR(""), 0, true);
    json_obj(&r->json);
    json_end(&r->json);
    return TB_OK;
}

/* now: the session as it is after that. */
static enum tb_code change(struct talk *t, const struct request *q, const struct staff *s,
                           struct str fresh, struct session *now, struct tb_err *e)
{
    char encoded[PASSWORD_ENCODED];
    enum tb_code c;

    password_hash(t->world, fresh, encoded); /* before the transaction: it takes its time */
    c = db_begin(t->db, e);
    if (c)
        return c;
    c = staff_set_password(t->db, t->world, s->id, str_z(encoded), false, t->actor.session_id, e);
    if (!c)
        c = audit_witness(t, "session.password", s->login, STR(""), e);
    if (!c)
        c = session_current(t, q, now, e);
    return db_end(t->db, c, e);
}

static enum tb_code old_holds(struct talk *t, const struct staff *s, struct str old,
                              struct reply *r, struct tb_err *e)
{
    int64_t until;

    if (sign_in_locked(t->db, t->world, s->login, t->actor.address, &until, e))
        return e->code;
    if (until)
        return session_locked(t, r, until, e);
    if (password_matches(old, s->password.p))
        return TB_OK;
    if (sign_in_failed(t->db, t->world, s->login, t->actor.address, true, e))
        return e->code;
    return tb_fail(e, TB_INVALID, "原密码不正确", "password=old_wrong");
}

enum tb_code session_password(struct talk *t, const struct request *q, struct reply *r,
                              struct tb_err *e)
{
    static const char *const fields[] = { "old", "new", NULL };
    const struct json_value *v;
    struct str old, fresh;
    struct session now;
    struct staff s;

    if (request_json(&t->mem, q, fields, &v, e) ||
        staff_read(t->db, &t->mem, t->actor.login, &s, e))
        return e->code;
    t->about = s.login;
    old = json_get_str(v, "old");
    fresh = json_get_str(v, "new");
    if (old_holds(t, &s, old, r, e) || password_policy(fresh, s.login, e))
        return e->code;
    if (str_eq(old, fresh))
        return tb_fail(e, TB_INVALID, "新密码不能和原密码相同", "password=same");
    if (change(t, q, &s, fresh, &now, e))
        return e->code;
    session_view(r, &now);
    return TB_OK;
}
