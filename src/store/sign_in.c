#include "store/sign_in.h"

#include "crypto/sm3.h"

/* What is typed into the login field is at times a password: only its digest is kept. */
static struct str login_key(struct str login, char hash[SM3_HEX])
{
    sm3_hex(login, hash);
    return str_of(hash, SM3_HEX - 1);
}

enum tb_code sign_in_locked(struct db *d, const struct world *w, struct str login,
                            struct str address, int64_t *until, struct tb_err *e)
{
    int64_t now = world_now_ms(w);
    char hash[SM3_HEX];

    /* A lock that seems to last longer than any was set before the clock was put back. */
    return db_ask_int(d,
                      SQL("SELECT coalesce(max(locked_until), 0) FROM sign_in_failure "
                          "WHERE locked_until > :now AND locked_until <= :longest AND "
                          "((kind = 'login' AND who = :login) OR "
                          "(kind IN ('address', 'stranger') AND who = :address))"),
                      ARGS(db_int("now", now), db_int("longest", now + SIGN_IN_LOCK_MS),
                           db_text("login", login_key(login, hash)), db_text("address", address)),
                      until, NULL, e);
}

/* Counts one more; failures older than the lock's length, and those before a lock that ended, are
 * forgotten first. */
static enum tb_code count(struct db *d, int64_t now, const char *kind, struct str who, int limit,
                          struct tb_err *e)
{
    if (db_run(d, SQL("DELETE FROM sign_in_failure WHERE since < :old AND locked_until <= :now"),
               ARGS(db_int("old", now - SIGN_IN_LOCK_MS), db_int("now", now)), e) ||
        db_run(d,
               SQL("INSERT INTO sign_in_failure(kind, who, failures, since) "
                   "VALUES(:kind, :who, 1, :now) ON CONFLICT(kind, who) DO UPDATE SET "
                   "failures = sign_in_failure.failures + 1, since = :now"),
               ARGS(db_text("kind", str_z(kind)), db_text("who", who), db_int("now", now)), e))
        return e->code;
    return db_run(d,
                  SQL("UPDATE sign_in_failure SET failures = 0, locked_until = :until "
                      "WHERE kind = :kind AND who = :who AND failures >= :limit"),
                  ARGS(db_int("until", now + SIGN_IN_LOCK_MS), db_text("kind", str_z(kind)),
                       db_text("who", who), db_int("limit", limit)),
                  e);
}

/* What the user list shows. */
static enum tb_code show_lock(struct db *d, struct str login, struct str key, struct tb_err *e)
{
    return db_run(d,
                  SQL("UPDATE staff SET locked_until = coalesce((SELECT locked_until FROM "
                      "sign_in_failure WHERE kind = 'login' AND who = :key), 0), failures = "
                      "coalesce((SELECT failures FROM sign_in_failure WHERE kind = 'login' AND "
                      "who = :key), 0) WHERE login = :login"),
                  ARGS(db_text("login", login), db_text("key", key)), e);
}

enum tb_code sign_in_failed(struct db *d, const struct world *w, struct str login,
                            struct str address, bool known, struct tb_err *e)
{
    int64_t now = world_now_ms(w);
    char hash[SM3_HEX];
    struct str key = login_key(login, hash);
    enum tb_code c = db_begin(d, e);

    if (c)
        return c;
    c = count(d, now, "login", key, SIGN_IN_TRIES, e);
    if (!c)
        c = count(d, now, "address", address, SIGN_IN_ADDRESS_TRIES, e);
    if (!c && !known)
        c = count(d, now, "stranger", address, SIGN_IN_TRIES, e);
    if (!c && known)
        c = show_lock(d, login, key, e);
    return db_end(d, c, e);
}

enum tb_code sign_in_done(struct db *d, struct str login, struct tb_err *e)
{
    char hash[SM3_HEX];
    struct str key = login_key(login, hash);
    enum tb_code c = db_begin(d, e);

    if (c)
        return c;
    c = db_run(d, SQL("DELETE FROM sign_in_failure WHERE kind = 'login' AND who = :who"),
               ARGS(db_text("who", key)), e);
    if (!c)
        c = show_lock(d, login, key, e);
    return db_end(d, c, e);
}
