#include "store/session.h"

#include "crypto/sm3.h"

#include <string.h>

enum { SEEN_EVERY_MS = 60 * 1000 };
static const int64_t keep_ms = 30LL * 24 * 3600 * 1000;

enum tb_code session_start(struct db *d, const struct world *w, int64_t staff_id,
                           struct str address, char token[TOKEN_TEXT], char csrf[TOKEN_TEXT],
                           struct tb_err *e)
{
    int64_t now = world_now_ms(w), id;
    char hash[SM3_HEX];

    token_new(w, token);
    token_new(w, csrf);
    sm3_hex(str_z(token), hash);
    return db_insert(d,
                     SQL("INSERT INTO session(token_hash, staff_id, csrf, created_at, seen_at, "
                         "expires_at, address) VALUES(:hash, :staff, :csrf, :now, :now, :expires, "
                         ":address)"),
                     ARGS(db_text("hash", str_z(hash)), db_int("staff", staff_id),
                          db_text("csrf", str_z(csrf)), db_int("now", now),
                          db_int("expires", now + SESSION_WHOLE_MS), db_text("address", address)),
                     &id, e);
}

static void take(struct rows *r, struct session *out, int64_t *seen)
{
    struct staff *s = &out->staff;

    out->id = rows_int(r, 0);
    out->csrf = rows_str(r, 1);
    out->created_at = rows_int(r, 2);
    *seen = rows_int(r, 3);
    out->expires_at = rows_int(r, 4);
    s->id = rows_int(r, 5);
    s->login = rows_str(r, 6);
    s->name = rows_str(r, 7);
    if (!role_parse(rows_str(r, 8), &s->role))
        s->disabled = true;
    s->department = rows_str(r, 9);
    s->department_name = rows_str(r, 10);
    s->title = rows_str(r, 11);
    s->must_change = rows_int(r, 12) != 0;
    s->disabled |= rows_int(r, 13) != 0;
    s->seen_at = *seen;
}

static enum tb_code note_seen(struct db *d, int64_t id, int64_t now, struct tb_err *e)
{
    return db_run(d, SQL("UPDATE session SET seen_at = :now WHERE id = :id AND seen_at < :now"),
                  ARGS(db_int("now", now), db_int("id", id)), e);
}

enum tb_code session_find(struct db *d, struct arena *a, const struct world *w, struct str token,
                          struct session *out, bool *found, struct tb_err *e)
{
    int64_t now = world_now_ms(w), seen;
    char hash[SM3_HEX];
    struct rows *r;
    bool more;

    *found = false;
    *out = (struct session){ 0 };
    if (!token_shaped(token))
        return TB_OK;
    sm3_hex(token, hash); /* looked up by digest: comparing takes no time that tells anything */
    if (db_ask(d, a,
               SQL("SELECT x.id, x.csrf, x.created_at, x.seen_at, x.expires_at, s.id, s.login, "
                   "s.name, s.role, s.department_id, p.name, s.title, s.must_change, s.disabled "
                   "FROM session x JOIN staff s ON s.id = x.staff_id JOIN department p "
                   "ON p.id = s.department_id WHERE x.token_hash = :hash AND x.revoked = 0"),
               ARGS(db_text("hash", str_z(hash))), &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (!more)
        return TB_OK;
    take(r, out, &seen);
    rows_close(r);
    /* One that would last longer than any was opened before the clock was put back. */
    if (out->staff.disabled || now >= out->expires_at || now - seen >= SESSION_IDLE_MS ||
        out->expires_at - now > SESSION_WHOLE_MS)
        return TB_OK;
    *found = true;
    return now - seen >= SEEN_EVERY_MS ? note_seen(d, out->id, now, e) : TB_OK;
}

enum tb_code session_end(struct db *d, int64_t id, struct tb_err *e)
{
    return db_run(d, SQL("UPDATE session SET revoked = 1 WHERE id = :id"), ARGS(db_int("id", id)),
                  e);
}

enum tb_code session_end_all(struct db *d, int64_t staff_id, int64_t keep, struct tb_err *e)
{
    return db_run(d,
                  SQL("UPDATE session SET revoked = 1 WHERE staff_id = :staff AND id <> :keep "
                      "AND revoked = 0"),
                  ARGS(db_int("staff", staff_id), db_int("keep", keep)), e);
}

enum tb_code session_sweep(struct db *d, const struct world *w, struct tb_err *e)
{
    return db_run(d, SQL("DELETE FROM session WHERE expires_at < :before"),
                  ARGS(db_int("before", world_now_ms(w) - keep_ms)), e);
}
