#include "store/session.h"

#include "crypto/sm3.h"
#include "store/access_rules.h"

#include <string.h>

enum { SEEN_EVERY_MS = 60 * 1000 };
static const int64_t keep_ms = 30LL * 24 * 3600 * 1000;

enum tb_code session_start(struct db *d, const struct world *w, const struct session_new *s,
                           char token[TOKEN_TEXT], char csrf[TOKEN_TEXT], struct tb_err *e)
{
    int64_t now = world_now_ms(w), id;
    char hash[SM3_HEX];

    token_new(w, token);
    token_new(w, csrf);
    sm3_hex(str_z(token), hash);
    return db_insert(d,
                     SQL("INSERT INTO session(token_hash, staff_id, csrf, created_at, seen_at, "
                         "expires_at, address, how, second) VALUES(:hash, :staff, :csrf, :now, "
                         ":now, :expires, :address, :how, :second)"),
                     ARGS(db_text("hash", str_z(hash)), db_int("staff", s->staff_id),
                          db_text("csrf", str_z(csrf)), db_int("now", now),
                          db_int("expires", now + SESSION_WHOLE_MS), db_text("address", s->address),
                          db_text("how", str_z(s->how)), db_int("second", s->needs_code)),
                     &id, e);
}

static void take(struct rows *r, struct session *out)
{
    struct staff *s = &out->staff;

    out->id = rows_int(r, 0);
    out->csrf = rows_str(r, 1);
    out->created_at = rows_int(r, 2);
    out->seen_at = rows_int(r, 3);
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
    s->seen_at = out->seen_at;
    out->address = rows_str(r, 14);
    out->how = rows_str(r, 15);
    out->second_given = rows_int(r, 16) == 2;
    out->second = rows_int(r, 16) == 1 ? SECOND_NEEDED : SECOND_NONE;
}

/* Asked of those only who have none: the rules are a row more to read. */
static enum tb_code must_enrol(struct db *d, struct session *s, bool has_one, struct tb_err *e)
{
    struct access_rules rules;

    if (has_one || s->second != SECOND_NONE)
        return TB_OK;
    if (access_rules_read(d, &rules, e))
        return e->code;
    if (rules.totp_roles & (1u << s->staff.role))
        s->second = SECOND_ENROL;
    return TB_OK;
}

static enum tb_code note_seen(struct db *d, int64_t id, int64_t now, struct tb_err *e)
{
    return db_run(d, SQL("UPDATE session SET seen_at = :now WHERE id = :id AND seen_at < :now"),
                  ARGS(db_int("now", now), db_int("id", id)), e);
}

enum tb_code session_find(struct db *d, struct arena *a, const struct world *w, struct str token,
                          struct session *out, bool *found, struct tb_err *e)
{
    int64_t now = world_now_ms(w);
    char hash[SM3_HEX];
    struct rows *r;
    bool more, has_one;

    *found = false;
    *out = (struct session){ 0 };
    if (!token_shaped(token))
        return TB_OK;
    sm3_hex(token, hash); /* looked up by digest: comparing takes no time that tells anything */
    if (db_ask(d, a,
               SQL("SELECT x.id, x.csrf, x.created_at, x.seen_at, x.expires_at, s.id, s.login, "
                   "s.name, s.role, s.department_id, p.name, s.title, s.must_change, s.disabled, "
                   "x.address, x.how, x.second, (SELECT count(*) FROM staff_totp k WHERE "
                   "k.staff_id = s.id AND k.confirmed_at > 0) FROM session x JOIN staff s ON s.id "
                   "= x.staff_id JOIN department p "
                   "ON p.id = s.department_id WHERE x.token_hash = :hash AND x.revoked = 0"),
               ARGS(db_text("hash", str_z(hash))), &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (!more)
        return TB_OK;
    take(r, out);
    has_one = rows_int(r, 17) != 0;
    rows_close(r);
    /* One that would last longer than any was opened before the clock was put back. */
    if (out->staff.disabled || now >= out->expires_at || now - out->seen_at >= SESSION_IDLE_MS ||
        out->expires_at - now > SESSION_WHOLE_MS)
        return TB_OK;
    if (must_enrol(d, out, has_one, e))
        return e->code;
    *found = true;
    return now - out->seen_at >= SEEN_EVERY_MS ? note_seen(d, out->id, now, e) : TB_OK;
}

static enum tb_code count_change(struct db *d, struct tb_err *e)
{
    return db_run(d,
                  SQL("INSERT INTO counter(name, value) VALUES('session_end', 1) "
                      "ON CONFLICT(name) DO UPDATE SET value = counter.value + 1"),
                  NO_ARGS, e);
}

enum tb_code session_end(struct db *d, int64_t id, struct tb_err *e)
{
    enum tb_code c = db_begin(d, e);

    if (c)
        return c;
    c = db_run(d, SQL("UPDATE session SET revoked = 1 WHERE id = :id"), ARGS(db_int("id", id)), e);
    if (!c)
        c = count_change(d, e);
    return db_end(d, c, e);
}

enum tb_code session_passed(struct db *d, int64_t id, struct tb_err *e)
{
    return db_run(d, SQL("UPDATE session SET second = 2 WHERE id = :id"), ARGS(db_int("id", id)),
                  e);
}

enum tb_code session_list(struct db *d, struct arena *a, const struct world *w, int64_t staff_id,
                          struct session **out, size_t *n, struct tb_err *e)
{
    int64_t now = world_now_ms(w);
    struct rows *r;
    size_t cap = 0;
    bool more;

    *out = NULL;
    *n = 0;
    if (db_ask(d, a,
               SQL("SELECT id, created_at, seen_at, expires_at, address, how, second FROM session "
                   "WHERE staff_id = :staff AND revoked = 0 AND expires_at > :now "
                   "AND seen_at > :idle ORDER BY id DESC"),
               ARGS(db_int("staff", staff_id), db_int("now", now),
                    db_int("idle", now - SESSION_IDLE_MS)),
               &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        *out = arena_grow(a, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] = (struct session){ .id = rows_int(r, 0),
                                           .created_at = rows_int(r, 1),
                                           .seen_at = rows_int(r, 2),
                                           .expires_at = rows_int(r, 3),
                                           .address = rows_str(r, 4),
                                           .how = rows_str(r, 5),
                                           .second_given = rows_int(r, 6) == 2 };
    }
}

enum tb_code session_end_of(struct db *d, int64_t staff_id, int64_t id, bool *found,
                            struct tb_err *e)
{
    enum tb_code c = db_begin(d, e);

    if (c)
        return c;
    c = db_run(d,
               SQL("UPDATE session SET revoked = 1 WHERE id = :id AND staff_id = :staff "
                   "AND revoked = 0"),
               ARGS(db_int("id", id), db_int("staff", staff_id)), e);
    *found = !c && db_changed(d) == 1;
    if (*found)
        c = count_change(d, e);
    return db_end(d, c, e);
}

enum tb_code session_changes(struct db *d, int64_t *out, struct tb_err *e)
{
    return db_ask_int(d,
                      SQL("SELECT coalesce(max(value), 0) FROM counter WHERE name = 'session_end'"),
                      NO_ARGS, out, NULL, e);
}

enum tb_code session_ended(struct db *d, struct arena *a, const struct world *w, int64_t **out,
                           size_t *n, struct tb_err *e)
{
    struct rows *r;
    size_t cap = 0;
    bool more;

    *out = NULL;
    *n = 0;
    if (db_ask(d, a,
               SQL("SELECT id FROM session WHERE revoked = 1 AND expires_at > :now ORDER BY id"),
               ARGS(db_int("now", world_now_ms(w))), &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        *out = arena_grow(a, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] = rows_int(r, 0);
    }
}

enum tb_code session_end_all(struct db *d, int64_t staff_id, int64_t keep, struct tb_err *e)
{
    enum tb_code c = db_begin(d, e);

    if (c)
        return c;
    c = db_run(d,
               SQL("UPDATE session SET revoked = 1 WHERE staff_id = :staff AND id <> :keep "
                   "AND revoked = 0"),
               ARGS(db_int("staff", staff_id), db_int("keep", keep)), e);
    if (!c && db_changed(d) > 0)
        c = count_change(d, e);
    return db_end(d, c, e);
}

enum tb_code session_sweep(struct db *d, const struct world *w, struct tb_err *e)
{
    return db_run(d, SQL("DELETE FROM session WHERE expires_at < :before"),
                  ARGS(db_int("before", world_now_ms(w) - keep_ms)), e);
}
