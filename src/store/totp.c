#include "store/totp.h"

#include "crypto/seal.h"
#include "crypto/sm3.h"
#include "crypto/token.h"
#include "store/audit.h"

#include <string.h>

enum { HALF = 5 };

static struct str place(struct arena *a, int64_t staff_id)
{
    return arena_printf(a, "staff_totp.secret/%lld", (long long)staff_id);
}

/* What people type: capitals or not, with the dash or without. */
static struct str recovery_hash(struct arena *a, struct str login, struct str typed)
{
    struct buf b = BUF_INIT(256);
    char hash[SM3_HEX];

    buf_add(&b, login);
    buf_addc(&b, ':');
    for (size_t i = 0; i < typed.n; i++) {
        char c = typed.p[i];

        if (c != '-' && c != ' ')
            buf_addc(&b, c >= 'a' && c <= 'z' ? (char)(c - 32) : c);
    }
    sm3_hex(buf_str(&b), hash);
    buf_release(&b);
    return arena_str(a, str_z(hash));
}

enum tb_code totp_state(struct db *d, int64_t staff_id, struct totp_state *out, struct tb_err *e)
{
    int64_t at;

    *out = (struct totp_state){ 0 };
    if (db_ask_int(d, SQL("SELECT confirmed_at FROM staff_totp WHERE staff_id = :staff"),
                   ARGS(db_int("staff", staff_id)), &at, &out->begun, e))
        return e->code;
    out->confirmed = out->begun && at > 0;
    return db_ask_int(
        d, SQL("SELECT count(*) FROM staff_recovery WHERE staff_id = :staff AND used_at = 0"),
        ARGS(db_int("staff", staff_id)), &out->recovery_left, NULL, e);
}

enum tb_code totp_begin(struct talk *t, char secret[TOTP_SECRET], struct tb_err *e)
{
    struct totp_state s;
    struct str sealed;

    if (totp_state(t->db, t->actor.id, &s, e))
        return e->code;
    if (s.confirmed)
        return tb_fail(e, TB_CONFLICT, "动态口令已经启用；要换手机，请先停用再重新绑定", "totp=on");
    world_random(t->world, secret, TOTP_SECRET);
    sealed = seal_make(t->at->keys, t->world, &t->mem, place(&t->mem, t->actor.id),
                       str_of(secret, TOTP_SECRET));
    return db_run(t->db,
                  SQL("INSERT INTO staff_totp(staff_id, secret, made_at) "
                      "VALUES(:staff, :secret, :now) ON CONFLICT(staff_id) DO UPDATE SET "
                      "secret = excluded.secret, made_at = excluded.made_at, last_step = 0"),
                  ARGS(db_int("staff", t->actor.id), db_blob("secret", sealed),
                       db_int("now", world_now_ms(t->world))),
                  e);
}

static enum tb_code secret_read(struct talk *t, int64_t staff_id, struct str *secret, int64_t *step,
                                bool *found, struct tb_err *e)
{
    struct rows *r;
    struct str sealed;

    if (db_ask(t->db, &t->mem,
               SQL("SELECT secret, last_step FROM staff_totp WHERE staff_id = :staff"),
               ARGS(db_int("staff", staff_id)), &r, e) ||
        rows_next(r, found, e))
        return e->code;
    if (!*found)
        return TB_OK;
    sealed = rows_str(r, 0);
    *step = rows_int(r, 1);
    rows_close(r);
    return seal_open(t->at->keys, &t->mem, place(&t->mem, staff_id), sealed, secret, e);
}

/* The step is written with the question whether it still is a newer one: of two that come with the
 * same code at once, one is taken. */
static enum tb_code app_code(struct talk *t, int64_t staff_id, struct str code, bool *ok,
                             struct tb_err *e)
{
    int64_t last = 0, step = 0;
    struct str secret;
    bool found;

    *ok = false;
    if (secret_read(t, staff_id, &secret, &last, &found, e))
        return e->code;
    if (!found || !totp_match(TOTP_SHA1, secret, world_now_ms(t->world), code, last, &step))
        return TB_OK;
    if (db_run(t->db,
               SQL("UPDATE staff_totp SET last_step = :step WHERE staff_id = :staff "
                   "AND last_step < :step"),
               ARGS(db_int("step", step), db_int("staff", staff_id)), e))
        return e->code;
    *ok = db_changed(t->db) == 1;
    return TB_OK;
}

static enum tb_code recovery_code(struct talk *t, int64_t staff_id, struct str login,
                                  struct str code, bool *ok, struct tb_err *e)
{
    if (db_run(t->db,
               SQL("UPDATE staff_recovery SET used_at = :now WHERE staff_id = :staff "
                   "AND code_hash = :hash AND used_at = 0"),
               ARGS(db_int("now", world_now_ms(t->world)), db_int("staff", staff_id),
                    db_text("hash", recovery_hash(&t->mem, login, code))),
               e))
        return e->code;
    *ok = db_changed(t->db) == 1;
    return TB_OK;
}

enum tb_code totp_take(struct talk *t, int64_t staff_id, struct str login, struct str code,
                       bool *ok, struct tb_err *e)
{
    struct totp_state s;

    *ok = false;
    code = str_trim(code);
    if (totp_state(t->db, staff_id, &s, e))
        return e->code;
    if (!s.confirmed)
        return TB_OK;
    return code.n == TOTP_DIGITS ? app_code(t, staff_id, code, ok, e)
                                 : recovery_code(t, staff_id, login, code, ok, e);
}

static enum tb_code recovery_make(struct talk *t, char out[TOTP_RECOVERY][TOTP_RECOVERY_TEXT],
                                  struct tb_err *e)
{
    if (db_run(t->db, SQL("DELETE FROM staff_recovery WHERE staff_id = :staff"),
               ARGS(db_int("staff", t->actor.id)), e))
        return e->code;
    for (int i = 0; i < TOTP_RECOVERY; i++) {
        char word[2 * HALF + 1];

        token_code(t->world, word, 2 * HALF);
        memcpy(out[i], word, HALF);
        out[i][HALF] = '-';
        memcpy(out[i] + HALF + 1, word + HALF, HALF + 1);
        if (db_run(t->db,
                   SQL("INSERT INTO staff_recovery(staff_id, code_hash) VALUES(:staff, :hash)"),
                   ARGS(db_int("staff", t->actor.id),
                        db_text("hash", recovery_hash(&t->mem, t->actor.login, str_z(word)))),
                   e))
            return e->code;
    }
    return TB_OK;
}

static enum tb_code confirm_all(struct talk *t, struct str code,
                                char recovery[TOTP_RECOVERY][TOTP_RECOVERY_TEXT], struct tb_err *e)
{
    struct totp_state s;
    bool ok;

    if (totp_state(t->db, t->actor.id, &s, e))
        return e->code;
    if (s.confirmed || !s.begun)
        return tb_fail(e, TB_CONFLICT, "请先扫描二维码，再输入手机上的 6 位数字", "totp begun=%d",
                       s.begun);
    if (app_code(t, t->actor.id, str_trim(code), &ok, e))
        return e->code;
    if (!ok)
        return tb_fail(e, TB_INVALID, "这 6 位数字不对：请看手机上现在显示的，并检查手机的时间",
                       "totp=wrong");
    if (db_run(t->db, SQL("UPDATE staff_totp SET confirmed_at = :now WHERE staff_id = :staff"),
               ARGS(db_int("now", world_now_ms(t->world)), db_int("staff", t->actor.id)), e) ||
        db_run(t->db, SQL("UPDATE session SET second = 2 WHERE id = :id"),
               ARGS(db_int("id", t->actor.session_id)), e) ||
        recovery_make(t, recovery, e))
        return e->code;
    return audit_witness(t, "session.totp_on", t->actor.login, STR(""), e);
}

enum tb_code totp_confirm(struct talk *t, struct str code,
                          char recovery[TOTP_RECOVERY][TOTP_RECOVERY_TEXT], struct tb_err *e)
{
    enum tb_code c = db_begin(t->db, e);

    return c ? c : db_end(t->db, confirm_all(t, code, recovery, e), e);
}

static enum tb_code remove_all(struct talk *t, int64_t staff_id, struct str login, const char *verb,
                               struct tb_err *e)
{
    if (db_run(t->db, SQL("DELETE FROM staff_totp WHERE staff_id = :staff"),
               ARGS(db_int("staff", staff_id)), e) ||
        db_run(t->db, SQL("DELETE FROM staff_recovery WHERE staff_id = :staff"),
               ARGS(db_int("staff", staff_id)), e))
        return e->code;
    return audit_witness(t, verb, login, STR(""), e);
}

enum tb_code totp_remove(struct talk *t, int64_t staff_id, struct str login, const char *verb,
                         struct tb_err *e)
{
    enum tb_code c = db_begin(t->db, e);

    return c ? c : db_end(t->db, remove_all(t, staff_id, login, verb, e), e);
}
