/* The ways beside the password. Whoever comes by one of them has an account here already, and the
 * same locks, second factor and trail as everybody. */
#include "scenario/console/console.h"
#include "scenario/console/inside.h"
#include "scenario/console/ways.h"

#include <string.h>

static void way_json(struct json *j, const char *name, struct str title, const char *start)
{
    json_obj(j);
    json_kstr(j, "name", str_z(name));
    json_kstr(j, "title", title);
    json_kstr(j, "start", str_z(start));
    json_end(j);
}

enum tb_code sign_in_ways(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    const struct ways *w = t->at->ways;

    (void)q;
    (void)e;
    json_obj(&r->json);
    json_karr(&r->json, "ways");
    way_json(&r->json, "password", STR("密码"), "");
    if (w && w->ldap.on)
        way_json(&r->json, "ldap", w->ldap.title, "");
    if (w && w->oidc.on)
        way_json(&r->json, "oidc", w->oidc.title, "/api/sign-in/oidc");
    if (w && w->certificate.on)
        way_json(&r->json, "certificate", w->certificate.title, "");
    json_end(&r->json);
    json_end(&r->json);
    return TB_OK;
}

/* The header is believed from the configured gateways only: anybody can write one. */
static bool from_gateway(const struct ways *w, const struct request *q)
{
    for (size_t i = 0; i < w->certificate.n; i++)
        if (str_eqz(w->certificate.gateways[i], q->peer))
            return true;
    return false;
}

/* "CN=zhou.zhiyuan,OU=…" (RFC 4514) or the login itself. */
static struct str login_of(struct str subject)
{
    struct str rest = subject, part;

    if (!str_has(subject, STR("=")))
        return str_trim(subject);
    while (rest.p) {
        part = str_trim(str_cut(&rest, STR(",")));
        if (part.n > 3 && str_case_eq(str_sub(part, 0, 3), STR("CN=")))
            return str_trim(str_from(part, 3));
    }
    return STR("");
}

enum tb_code sign_in_certificate(struct talk *t, const struct request *q, struct reply *r,
                                 struct tb_err *e)
{
    const struct ways *w = t->at->ways;
    struct tb_err why = TB_ERR_INIT;
    struct session now;
    struct staff s = { 0 };
    struct str login;
    bool known;

    if (!w || !w->certificate.on)
        return tb_fail(e, TB_INVALID, "没有开通这种登录方式", "way");
    if (!from_gateway(w, q))
        return tb_fail(e, TB_FORBIDDEN, "证书登录只能经国密网关进入", "peer=%s", q->peer);
    if (!str_eqz(request_header(q, w->certificate.verified), "SUCCESS"))
        return tb_fail(e, TB_UNAUTHORISED, "没有出示有效的证书，请插好证书再试", "not verified");
    login = login_of(request_header(q, w->certificate.header));
    known = staff_read(t->db, &t->mem, login, &s, &why) == TB_OK;
    if (!known && why.code != TB_NOT_FOUND) {
        *e = why;
        return e->code;
    }
    t->about = known ? s.login : STR("unknown");
    if (!known || s.disabled)
        return tb_fail(e, TB_UNAUTHORISED, "这张证书没有对应的账号，请找安全保密员开通",
                       "certificate known=%d", known);
    if (session_open_for(t, &s, "certificate", r, &now, e))
        return e->code;
    session_view(r, &now);
    return TB_OK;
}
