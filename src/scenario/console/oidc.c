/* 统一身份认证: OpenID Connect, code flow with PKCE (RFC 7636), state and nonce. The browser that
 * comes back must be the one that went (a cookie), once, within ten minutes. Everything is fetched
 * from the issuer's own host, which is the whole allow list of this way out. */
#include "scenario/console/console.h"
#include "scenario/console/inside.h"
#include "scenario/console/ways.h"

#include "base/log.h"
#include "crypto/jwt.h"
#include "crypto/sm3.h"
#include "model/fetch.h"
#include "store/audit.h"

#include <string.h>

enum { TRY_MS = 10 * 60 * 1000, TRIES_MOST = 2000 };

struct provider {
    char *authorize, *token;
    struct str jwks_uri;
};

static struct str digest(struct arena *a, struct str s)
{
    char hash[SM3_HEX];

    sm3_hex(s, hash);
    return arena_str(a, str_z(hash));
}

static void add_pair(struct buf *b, const char *name, struct str value)
{
    if (b->n && b->p[b->n - 1] != '?')
        buf_addc(b, '&');
    buf_addz(b, name);
    buf_addc(b, '=');
    buf_add_percent(b, value);
}

/* -- the provider -- */

static enum tb_code odd(const char *what, struct tb_err *e)
{
    return tb_fail(e, TB_UPSTREAM, "统一认证服务的应答不对，请告诉系统管理员", "oidc %s", what);
}

static enum tb_code get(struct talk *t, const char *url, struct str form, struct str *out,
                        struct tb_err *e)
{
    const struct ways *w = t->at->ways;
    struct egress *g = egress_new();
    struct fetch f = { .egress = g, .url = url, .ca = w->oidc.ca, .form = form };
    enum tb_code c = egress_allow(g, w->oidc.issuer, e);

    if (!c)
        c = fetch_text(&t->mem, &f, out, e);
    egress_free(g);
    return c;
}

/* OpenID Connect Discovery 1.0 4: what it says of itself must be what was configured. */
static enum tb_code discover(struct talk *t, struct provider *p, struct tb_err *e)
{
    const struct ways *w = t->at->ways;
    size_t n = strlen(w->oidc.issuer);
    const struct json_value *v;
    struct str text;
    char *url;

    while (n && w->oidc.issuer[n - 1] == '/')
        n--;
    url = arena_z(&t->mem, arena_printf(&t->mem, "%.*s/.well-known/openid-configuration", (int)n,
                                        w->oidc.issuer));
    if (get(t, url, STR_NONE, &text, e))
        return e->code;
    if (json_read(&t->mem, text, &v, e) || !str_eqz(json_get_str(v, "issuer"), w->oidc.issuer))
        return odd("issuer", e);
    p->authorize = arena_z(&t->mem, json_get_str(v, "authorization_endpoint"));
    p->token = arena_z(&t->mem, json_get_str(v, "token_endpoint"));
    p->jwks_uri = json_get_str(v, "jwks_uri");
    if (strncmp(p->authorize, "http", 4) != 0 || !*p->token || !p->jwks_uri.n)
        return odd("endpoints", e);
    return TB_OK;
}

/* -- going -- */

static enum tb_code remember(struct talk *t, struct str state, struct str browser, struct str nonce,
                             struct str verifier, struct tb_err *e)
{
    int64_t now = world_now_ms(t->world), n;
    enum tb_code c = db_begin(t->db, e);

    if (c)
        return c;
    c = db_run(t->db, SQL("DELETE FROM sign_in_try WHERE expires_at <= :now"),
               ARGS(db_int("now", now)), e);
    if (!c)
        c = db_ask_int(t->db, SQL("SELECT count(*) FROM sign_in_try"), NO_ARGS, &n, NULL, e);
    if (!c && n >= TRIES_MOST)
        c = tb_fail(e, TB_LIMITED, "正在登录的人太多，请稍后再试", "tries=%lld", (long long)n);
    if (!c)
        c = db_run(t->db,
                   SQL("INSERT INTO sign_in_try(state_hash, browser_hash, nonce, verifier, "
                       "expires_at) VALUES(:state, :browser, :nonce, :verifier, :until)"),
                   ARGS(db_text("state", digest(&t->mem, state)),
                        db_text("browser", digest(&t->mem, browser)), db_text("nonce", nonce),
                        db_text("verifier", verifier), db_int("until", now + TRY_MS)),
                   e);
    return db_end(t->db, c, e);
}

/* Lax: it must come along when the provider sends the browser back. */
static void browser_cookie(struct talk *t, struct reply *r, const char *value, int64_t seconds)
{
    const struct ways *w = t->at->ways;

    reply_header(r, "Set-Cookie",
                 arena_printf(&t->mem,
                              "tb_oidc=%s; Path=/api/sign-in/; Max-Age=%lld; SameSite=Lax; "
                              "HttpOnly%s",
                              value, (long long)seconds,
                              strncmp(w->oidc.redirect, "https:", 6) == 0 ? "; Secure" : ""));
}

static void go_to(struct reply *r, struct str where)
{
    r->status = 303;
    r->content_type = "text/plain; charset=utf-8";
    reply_header(r, "Location", where);
}

enum tb_code oidc_start(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    const struct ways *w = t->at->ways;
    char state[TOKEN_TEXT], browser[TOKEN_TEXT], nonce[TOKEN_TEXT], verifier[TOKEN_TEXT];
    struct buf b = BUF_INIT(16 * 1024);
    struct provider p;

    (void)q;
    if (!w || !w->oidc.on)
        return tb_fail(e, TB_INVALID, "没有开通这种登录方式", "way");
    token_new(t->world, state);
    token_new(t->world, browser);
    token_new(t->world, nonce);
    token_new(t->world, verifier);
    if (discover(t, &p, e) ||
        remember(t, str_z(state), str_z(browser), str_z(nonce), str_z(verifier), e))
        return e->code;
    buf_addz(&b, p.authorize);
    buf_addc(&b, strchr(p.authorize, '?') ? '&' : '?');
    add_pair(&b, "response_type", STR("code"));
    add_pair(&b, "client_id", w->oidc.client_id);
    add_pair(&b, "redirect_uri", str_z(w->oidc.redirect));
    add_pair(&b, "scope", STR("openid profile"));
    add_pair(&b, "state", str_z(state));
    add_pair(&b, "nonce", str_z(nonce));
    add_pair(&b, "code_challenge", pkce_challenge(&t->mem, str_z(verifier)));
    add_pair(&b, "code_challenge_method", STR("S256"));
    browser_cookie(t, r, browser, TRY_MS / 1000);
    go_to(r, arena_buf(&t->mem, &b));
    return TB_OK;
}

/* -- coming back -- */

struct coming {
    struct str nonce, verifier;
};

/* Taken once: whoever comes second with the same state comes too late. */
static enum tb_code recall(struct talk *t, const struct request *q, struct coming *c,
                           struct tb_err *e)
{
    struct str state = request_query(q, "state"), browser = request_cookie(q, "tb_oidc");
    struct db_args args =
        ARGS(db_text("state", digest(&t->mem, state)), db_text("browser", digest(&t->mem, browser)),
             db_int("now", world_now_ms(t->world)));
    struct rows *r;
    bool more = false;

    if (!token_shaped(state) || !token_shaped(browser))
        return tb_fail(e, TB_UNAUTHORISED, "登录已经过期，请重新开始", "oidc state or browser");
    if (db_ask(t->db, &t->mem,
               SQL("SELECT nonce, verifier FROM sign_in_try WHERE state_hash = :state AND "
                   "browser_hash = :browser AND expires_at > :now"),
               args, &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (more)
        *c = (struct coming){ rows_str(r, 0), rows_str(r, 1) };
    rows_close(r);
    if (more && db_run(t->db,
                       SQL("DELETE FROM sign_in_try WHERE state_hash = :state AND "
                           "browser_hash = :browser AND expires_at > :now"),
                       args, e))
        return e->code;
    if (!more || db_changed(t->db) != 1)
        return tb_fail(e, TB_UNAUTHORISED, "登录已经过期，请重新开始", "oidc state unknown");
    return TB_OK;
}

static enum tb_code exchange(struct talk *t, const struct provider *p, struct str code,
                             struct str verifier, struct str *id_token, struct tb_err *e)
{
    const struct ways *w = t->at->ways;
    struct buf b = BUF_INIT(16 * 1024);
    const struct json_value *v;
    struct str text;

    add_pair(&b, "grant_type", STR("authorization_code"));
    add_pair(&b, "code", code);
    add_pair(&b, "redirect_uri", str_z(w->oidc.redirect));
    add_pair(&b, "client_id", w->oidc.client_id);
    if (w->oidc.client_secret.n)
        add_pair(&b, "client_secret", w->oidc.client_secret);
    add_pair(&b, "code_verifier", verifier);
    if (get(t, p->token, arena_buf(&t->mem, &b), &text, e))
        return e->code;
    if (json_read(&t->mem, text, &v, e))
        return odd("token", e);
    *id_token = json_get_str(v, "id_token");
    return id_token->n ? TB_OK : odd("id_token", e);
}

static enum tb_code login_of(struct talk *t, const struct request *q, struct str *login,
                             struct tb_err *e)
{
    const struct ways *w = t->at->ways;
    struct jwt_expect x = { .issuer = str_z(w->oidc.issuer),
                            .audience = w->oidc.client_id,
                            .now_s = world_now_ms(t->world) / 1000 };
    struct str code = request_query(q, "code"), token, jwks;
    const struct json_value *claims;
    struct coming c = { 0 };
    struct provider p;

    if (recall(t, q, &c, e))
        return e->code;
    if (!code.n || request_query(q, "error").n)
        return tb_fail(e, TB_UNAUTHORISED, "统一认证没有通过，请重新登录", "oidc error");
    x.nonce = c.nonce;
    if (discover(t, &p, e) || exchange(t, &p, code, c.verifier, &token, e) ||
        get(t, arena_z(&t->mem, p.jwks_uri), STR_NONE, &jwks, e) ||
        jwt_check(&t->mem, token, jwks, &x, &claims, e))
        return e->code;
    *login = json_get_str(claims, arena_z(&t->mem, w->oidc.claim));
    return TB_OK;
}

static enum tb_code come_back(struct talk *t, const struct request *q, struct reply *r,
                              struct tb_err *e)
{
    struct tb_err why = TB_ERR_INIT;
    struct session now;
    struct str login;
    struct staff s;
    bool known;

    if (login_of(t, q, &login, e))
        return e->code;
    known = staff_read(t->db, &t->mem, login, &s, &why) == TB_OK;
    if (!known && why.code != TB_NOT_FOUND) {
        *e = why;
        return e->code;
    }
    t->about = known ? s.login : STR("unknown");
    if (!known || s.disabled)
        return tb_fail(e, TB_UNAUTHORISED, "这里没有您的账号，请找安全保密员开通",
                       "oidc account known=%d", known);
    return session_open_for(t, &s, "oidc", r, &now, e);
}

/* A person stands before a browser: they get the page, with a sentence on it where it failed. The
 * trail gets the refusal all the same. */
static enum tb_code refused(struct talk *t, struct reply *r, struct tb_err *e)
{
    struct audit_entry x = audit_entry_of(t, "session.oidc_back", t->about, e->code, STR(""));
    struct str where =
        arena_printf(&t->mem, "/staff.html#/today?sign_in=%s", tb_code_name(e->code));

    log_line(LOG_WARN, "oidc", "id=%s code=%s %s", t->request_id, tb_code_name(e->code), e->log);
    tb_err_clear(e);
    if (audit_add(t->db, &x, e))
        return e->code;
    t->witnessed = true;
    go_to(r, where);
    return TB_OK;
}

enum tb_code oidc_back(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    const struct ways *w = t->at->ways;

    if (!w || !w->oidc.on)
        return tb_fail(e, TB_INVALID, "没有开通这种登录方式", "way");
    browser_cookie(t, r, "", 0);
    if (come_back(t, q, r, e))
        return e->code == TB_BUSY || e->code == TB_STORE ? e->code : refused(t, r, e);
    go_to(r, STR("/staff.html"));
    return TB_OK;
}
