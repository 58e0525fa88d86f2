/* 动态口令: the code after the password, and setting the second factor up. The secret goes out
 * once, as a picture's dots and as letters; recovery codes once, when the first code has proven the
 * app. */
#include "scenario/console/console.h"
#include "scenario/console/inside.h"

#include "store/audit.h"
#include "store/sign_in.h"
#include "store/totp.h"

#include <qrencode.h>

/* What is tried counts with the passwords that failed: five lock the login. */
static enum tb_code wrong(struct talk *t, struct tb_err *e)
{
    if (sign_in_failed(t->db, t->world, t->actor.login, t->actor.address, true, e))
        return e->code;
    return tb_fail(e, TB_INVALID, "动态口令不正确：请输入手机上现在显示的 6 位数字，或一个备用码",
                   "code=wrong");
}

static enum tb_code take(struct talk *t, const struct request *q, struct str code,
                         struct session *now, bool *ok, struct tb_err *e)
{
    enum tb_code c = db_begin(t->db, e);

    if (c)
        return c;
    c = totp_take(t, t->actor.id, t->actor.login, code, ok, e);
    if (!c && *ok) {
        c = session_passed(t->db, t->actor.session_id, e);
        if (!c)
            c = sign_in_done(t->db, t->actor.login, e);
        if (!c)
            c = audit_witness(t, "session.code", t->actor.login,
                              code.n == TOTP_DIGITS ? STR("by=app") : STR("by=recovery"), e);
        if (!c)
            c = session_current(t, q, now, e);
    }
    return db_end(t->db, c, e);
}

static enum tb_code code_of(struct talk *t, const struct request *q, struct reply *r,
                            struct str *code, struct tb_err *e)
{
    static const char *const fields[] = { "code", NULL };
    const struct json_value *v;
    int64_t until;

    t->about = t->actor.login;
    if (request_json(&t->mem, q, fields, &v, e) ||
        sign_in_locked(t->db, t->world, t->actor.login, t->actor.address, &until, e))
        return e->code;
    *code = str_trim(json_get_str(v, "code"));
    return until ? session_locked(t, r, until, e) : TB_OK;
}

enum tb_code second_code(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct session now;
    struct str code;
    bool ok = false;

    if (code_of(t, q, r, &code, e) || session_current(t, q, &now, e))
        return e->code;
    if (now.second != SECOND_NEEDED)
        return tb_fail(e, TB_CONFLICT, "现在不需要输入动态口令", "second=%d", (int)now.second);
    if (take(t, q, code, &now, &ok, e))
        return e->code;
    if (!ok)
        return wrong(t, e);
    session_view(r, &now);
    return TB_OK;
}

enum tb_code second_show(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct totp_state s;

    (void)q;
    if (totp_state(t->db, t->actor.id, &s, e))
        return e->code;
    json_obj(&r->json);
    json_kbool(&r->json, "enabled", s.confirmed);
    json_kint(&r->json, "recovery_left", s.confirmed ? s.recovery_left : 0);
    json_end(&r->json);
    return TB_OK;
}

/* The picture's rows of 0 and 1: the page draws them as it likes. ISO/IEC 18004, level M. */
static enum tb_code dots(struct json *j, struct str uri, struct tb_err *e)
{
    QRcode *code = QRcode_encodeData((int)uri.n, (const unsigned char *)uri.p, 0, QR_ECLEVEL_M);
    char row[178];

    if (!code)
        return tb_fail(e, TB_INTERNAL, "画不出二维码，请改用手工输入密钥", "qrencode");
    json_karr(j, "dots");
    for (int y = 0; y < code->width; y++) {
        for (int x = 0; x < code->width; x++)
            row[x] = code->data[y * code->width + x] & 1 ? '1' : '0';
        json_str(j, str_of(row, (size_t)code->width));
    }
    json_end(j);
    QRcode_free(code);
    return TB_OK;
}

static enum tb_code issuer(struct talk *t, struct str *out, struct tb_err *e)
{
    struct rows *r;
    bool more;

    *out = STR("通办");
    if (db_ask(t->db, &t->mem, SQL("SELECT name FROM city WHERE id = 1"), NO_ARGS, &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (more)
        *out = arena_printf(&t->mem, "%.*s通办", STR_FMT(rows_str(r, 0)));
    rows_close(r);
    return TB_OK;
}

enum tb_code second_begin(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    char secret[TOTP_SECRET] = { 0 };
    struct str from, key = str_of(secret, sizeof(secret));

    (void)q;
    t->about = t->actor.login;
    if (issuer(t, &from, e) || totp_begin(t, secret, e))
        return e->code;
    json_obj(&r->json);
    json_kstr(&r->json, "secret", totp_base32(&t->mem, key));
    json_kstr(&r->json, "uri", totp_uri(&t->mem, from, t->actor.login, key));
    if (dots(&r->json, totp_uri(&t->mem, from, t->actor.login, key), e))
        return e->code;
    json_end(&r->json);
    return TB_OK;
}

enum tb_code second_confirm(struct talk *t, const struct request *q, struct reply *r,
                            struct tb_err *e)
{
    char recovery[TOTP_RECOVERY][TOTP_RECOVERY_TEXT];
    struct tb_err why = TB_ERR_INIT;
    struct str code;
    enum tb_code c;

    if (code_of(t, q, r, &code, e))
        return e->code;
    c = totp_confirm(t, code, recovery, &why);
    if (c == TB_INVALID &&
        sign_in_failed(t->db, t->world, t->actor.login, t->actor.address, true, e))
        return e->code;
    if (c) {
        *e = why;
        return c;
    }
    json_obj(&r->json);
    json_karr(&r->json, "recovery");
    for (int i = 0; i < TOTP_RECOVERY; i++)
        json_str(&r->json, str_z(recovery[i]));
    json_end(&r->json);
    json_end(&r->json);
    return TB_OK;
}

/* A stolen page must not take the second factor off: a code is asked for once more. */
static enum tb_code remove_by_code(struct talk *t, struct str code, bool *ok, struct tb_err *e)
{
    enum tb_code c = db_begin(t->db, e);

    if (c)
        return c;
    c = totp_take(t, t->actor.id, t->actor.login, code, ok, e);
    if (!c && *ok)
        c = totp_remove(t, t->actor.id, t->actor.login, "session.totp_off", e);
    return db_end(t->db, c, e);
}

enum tb_code second_remove(struct talk *t, const struct request *q, struct reply *r,
                           struct tb_err *e)
{
    struct str code;
    bool ok;

    if (code_of(t, q, r, &code, e) || remove_by_code(t, code, &ok, e))
        return e->code;
    if (!ok)
        return wrong(t, e);
    json_obj(&r->json);
    json_end(&r->json);
    return TB_OK;
}
