#include "store/key.h"

#include "crypto/sm3.h"
#include "crypto/token.h"
#include "store/audit.h"
#include "store/key_int.h"

#include <stdio.h>
#include <string.h>

enum { HINT = 10 }; /* sk-tb- and four of 43: 232 bits stay unknown */

/* -- reading -- */

#define COLUMNS                                                                                    \
    "k.id, k.name, k.department_id, d.name, k.hint, k.priority, k.keeping, k.scopes, "             \
    "k.requests_minute, k.tokens_minute, k.tokens_day, k.concurrent, k.expires_at, k.revoked_at, " \
    "k.previous_until, k.created_at, k.rotated_at, k.created_by, k.note, k.key_hash, "             \
    "k.previous_hash FROM api_key k JOIN department d ON d.id = k.department_id"

static enum tb_code row_take(struct arena *a, struct rows *r, struct key *k, struct tb_err *e)
{
    *k = (struct key){ .id = rows_int(r, 0),
                       .name = rows_str(r, 1),
                       .department = rows_str(r, 2),
                       .department_name = rows_str(r, 3),
                       .hint = rows_str(r, 4),
                       .limits = { rows_int(r, 8), rows_int(r, 9), rows_int(r, 10),
                                   rows_int(r, 11) },
                       .expires_at = rows_int(r, 12),
                       .revoked_at = rows_int(r, 13),
                       .previous_until = rows_int(r, 14),
                       .created_at = rows_int(r, 15),
                       .rotated_at = rows_int(r, 16),
                       .created_by = rows_str(r, 17),
                       .note = rows_str(r, 18),
                       .hash = rows_str(r, 19),
                       .previous_hash = rows_str(r, 20) };
    /* What this program does not know is taken for the least: last in line, nothing kept. */
    if (!priority_parse(rows_str(r, 5), &k->priority))
        k->priority = PRIORITY_BATCH;
    if (!keeping_parse(rows_str(r, 6), &k->keeping))
        k->keeping = KEEPING_DIGEST;
    return key_words_read(a, rows_str(r, 7), k, e);
}

enum tb_code key_list(struct db *d, struct arena *a, struct str department, struct key **out,
                      size_t *n, struct tb_err *e)
{
    struct rows *r;
    size_t cap = 0;
    bool more;

    *out = NULL;
    *n = 0;
    if (db_ask(d, a,
               SQL("SELECT " COLUMNS
                   " WHERE :department = '' OR k.department_id IN (SELECT id FROM "
                   "department_under WHERE root = :department) "
                   "ORDER BY k.name"),
               ARGS(db_text("department", department)), &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        *out = arena_grow(a, *out, *n, &cap, sizeof(**out));
        if (row_take(a, r, &(*out)[*n], e))
            return e->code;
        ++*n;
    }
}

static enum tb_code one(struct rows *r, struct arena *a, struct key *out, struct tb_err *e)
{
    bool more;
    enum tb_code c;

    *out = (struct key){ 0 };
    if (rows_next(r, &more, e))
        return e->code;
    if (!more)
        return tb_fail(e, TB_NOT_FOUND, "没有这个密钥，请刷新列表后再试", "key unknown");
    c = row_take(a, r, out, e);
    rows_close(r);
    return c;
}

enum tb_code key_read(struct db *d, struct arena *a, int64_t id, struct key *out, struct tb_err *e)
{
    struct rows *r;

    if (db_ask(d, a, SQL("SELECT " COLUMNS " WHERE k.id = :id"), ARGS(db_int("id", id)), &r, e))
        return e->code;
    return one(r, a, out, e);
}

enum tb_code key_named(struct db *d, struct arena *a, struct str name, struct key *out,
                       struct tb_err *e)
{
    struct rows *r;

    if (db_ask(d, a, SQL("SELECT " COLUMNS " WHERE k.name = :name"), ARGS(db_text("name", name)),
               &r, e))
        return e->code;
    return one(r, a, out, e);
}

enum tb_code key_changes(struct db *d, int64_t *out, struct tb_err *e)
{
    return db_ask_int(d, SQL("SELECT value FROM counter WHERE name = 'api_key'"), NO_ARGS, out,
                      NULL, e);
}

/* -- changing: each in one transaction, with the counter and the witness -- */

static enum tb_code witnessed(struct talk *t, const char *verb, struct str name, struct str detail,
                              struct tb_err *e)
{
    if (db_run(t->db,
               SQL("INSERT INTO counter(name, value) VALUES('api_key', 1) "
                   "ON CONFLICT(name) DO UPDATE SET value = counter.value + 1"),
               NO_ARGS, e))
        return e->code;
    return audit_witness(t, verb, name, detail, e);
}

static struct str limits_text(struct talk *t, const struct key *k)
{
    return arena_printf(&t->mem,
                        "department=%.*s priority=%s keeping=%s requests_minute=%lld "
                        "tokens_minute=%lld tokens_day=%lld concurrent=%lld expires_at=%lld "
                        "scopes=%.*s",
                        STR_FMT(k->department), priority_name(k->priority),
                        keeping_name(k->keeping), (long long)k->limits.requests_minute,
                        (long long)k->limits.tokens_minute, (long long)k->limits.tokens_day,
                        (long long)k->limits.concurrent, (long long)k->expires_at,
                        STR_FMT(key_words_json(&t->mem, k)));
}

static struct str secret_make(struct talk *t, char secret[KEY_SECRET])
{
    char token[TOKEN_TEXT], hash[SM3_HEX];

    token_new(t->world, token);
    snprintf(secret, KEY_SECRET, "sk-tb-%s", token);
    explicit_bzero(token, sizeof(token));
    sm3_hex(str_z(secret), hash);
    return arena_str(&t->mem, str_z(hash));
}

static enum tb_code department_known(struct talk *t, struct str id, struct tb_err *e)
{
    int64_t n;

    if (db_ask_int(t->db, SQL("SELECT count(*) FROM department WHERE id = :id"),
                   ARGS(db_text("id", id)), &n, NULL, e))
        return e->code;
    if (n == 0)
        return tb_fail(e, TB_INVALID, "没有这个部门，请先在城市资料里添加", "department unknown");
    return TB_OK;
}

static enum tb_code name_free(struct talk *t, struct str name, struct tb_err *e)
{
    int64_t n;

    if (db_ask_int(t->db, SQL("SELECT count(*) FROM api_key WHERE name = :name"),
                   ARGS(db_text("name", name)), &n, NULL, e))
        return e->code;
    if (n > 0)
        return tb_fail(e, TB_CONFLICT, "已有同名的密钥（停用的也算），请换一个名字", "name taken");
    return TB_OK;
}

static enum tb_code insert(struct talk *t, struct key *k, struct str hint, struct tb_err *e)
{
    if (department_known(t, k->department, e) || name_free(t, k->name, e))
        return e->code;
    if (db_insert(
            t->db,
            SQL("INSERT INTO api_key(name, department_id, hint, key_hash, scopes, priority, "
                "keeping, requests_minute, tokens_minute, tokens_day, concurrent, expires_at, "
                "created_by, created_at, note) VALUES(:name, :department, :hint, :hash, :scopes, "
                ":priority, :keeping, :requests_minute, :tokens_minute, :tokens_day, :concurrent, "
                ":expires_at, :by, :now, :note)"),
            ARGS(db_text("name", k->name), db_text("department", k->department),
                 db_text("hint", hint), db_text("hash", k->hash),
                 db_text("scopes", key_words_json(&t->mem, k)),
                 db_text("priority", str_z(priority_name(k->priority))),
                 db_text("keeping", str_z(keeping_name(k->keeping))),
                 db_int("requests_minute", k->limits.requests_minute),
                 db_int("tokens_minute", k->limits.tokens_minute),
                 db_int("tokens_day", k->limits.tokens_day),
                 db_int("concurrent", k->limits.concurrent), db_int("expires_at", k->expires_at),
                 db_text("by", k->created_by), db_int("now", k->created_at),
                 db_text("note", k->note)),
            &k->id, e))
        return e->code;
    return witnessed(t, "key.add", k->name, limits_text(t, k), e);
}

enum tb_code key_add(struct talk *t, struct key *k, char secret[KEY_SECRET], struct tb_err *e)
{
    if (key_looks_right(k, e))
        return e->code;
    k->hash = secret_make(t, secret);
    k->hint = arena_str(&t->mem, str_sub(str_z(secret), 0, HINT));
    k->created_by = t->actor.login;
    k->created_at = world_now_ms(t->world);
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, insert(t, k, k->hint, e), e);
}

static enum tb_code update(struct talk *t, const struct key *k, struct tb_err *e)
{
    if (db_run(t->db,
               SQL("UPDATE api_key SET scopes = :scopes, priority = :priority, keeping = :keeping, "
                   "requests_minute = :requests_minute, tokens_minute = :tokens_minute, "
                   "tokens_day = :tokens_day, concurrent = :concurrent, expires_at = :expires_at, "
                   "note = :note WHERE id = :id AND revoked_at = 0"),
               ARGS(db_text("scopes", key_words_json(&t->mem, k)),
                    db_text("priority", str_z(priority_name(k->priority))),
                    db_text("keeping", str_z(keeping_name(k->keeping))),
                    db_int("requests_minute", k->limits.requests_minute),
                    db_int("tokens_minute", k->limits.tokens_minute),
                    db_int("tokens_day", k->limits.tokens_day),
                    db_int("concurrent", k->limits.concurrent), db_int("expires_at", k->expires_at),
                    db_text("note", k->note), db_int("id", k->id)),
               e))
        return e->code;
    if (db_changed(t->db) == 0)
        return tb_fail(e, TB_CONFLICT, "这个密钥已停用，不能再改；需要时请新建一个",
                       "key=%lld revoked", (long long)k->id);
    return witnessed(t, "key.change", k->name, limits_text(t, k), e);
}

enum tb_code key_change(struct talk *t, const struct key *k, struct tb_err *e)
{
    if (key_looks_right(k, e) || db_begin(t->db, e))
        return e->code;
    return db_end(t->db, update(t, k, e), e);
}

static enum tb_code rotate(struct talk *t, const struct key *k, struct str hash, struct str hint,
                           int64_t grace_ms, struct tb_err *e)
{
    int64_t now = world_now_ms(t->world);

    if (db_run(t->db,
               SQL("UPDATE api_key SET previous_hash = key_hash, previous_until = :until, "
                   "key_hash = :hash, hint = :hint, rotated_at = :now "
                   "WHERE id = :id AND revoked_at = 0"),
               ARGS(db_int("until", now + grace_ms), db_text("hash", hash), db_text("hint", hint),
                    db_int("now", now), db_int("id", k->id)),
               e))
        return e->code;
    if (db_changed(t->db) == 0)
        return tb_fail(e, TB_CONFLICT, "这个密钥已停用，不能再换；需要时请新建一个",
                       "key=%lld revoked", (long long)k->id);
    return witnessed(t, "key.rotate", k->name,
                     arena_printf(&t->mem, "grace_s=%lld", (long long)(grace_ms / 1000)), e);
}

enum tb_code key_rotate(struct talk *t, const struct key *k, int64_t grace_ms,
                        char secret[KEY_SECRET], struct tb_err *e)
{
    struct str hash;

    if (grace_ms < 0 || grace_ms > KEY_GRACE_MAX_DAYS * 86400000LL)
        return tb_fail(e, TB_INVALID, "旧密钥的宽限期应为 0 到 30 天", "grace_ms=%lld",
                       (long long)grace_ms);
    hash = secret_make(t, secret);
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, rotate(t, k, hash, str_sub(str_z(secret), 0, HINT), grace_ms, e), e);
}

static enum tb_code revoke(struct talk *t, const struct key *k, struct tb_err *e)
{
    if (db_run(t->db, SQL("UPDATE api_key SET revoked_at = :now WHERE id = :id AND revoked_at = 0"),
               ARGS(db_int("now", world_now_ms(t->world)), db_int("id", k->id)), e))
        return e->code;
    if (db_changed(t->db) == 0)
        return tb_fail(e, TB_CONFLICT, "这个密钥已经停用了", "key=%lld revoked", (long long)k->id);
    return witnessed(t, "key.revoke", k->name, STR(""), e);
}

enum tb_code key_revoke(struct talk *t, const struct key *k, struct tb_err *e)
{
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, revoke(t, k, e), e);
}
