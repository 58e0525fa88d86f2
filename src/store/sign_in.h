/* Failed sign-ins. Five in a row lock a login for 15 minutes, whether such a login exists or not,
 * so that locks tell nothing. An address is locked after five failures with logins that do not
 * exist (guessing names) or thirty of any kind within 15 minutes (an office behind one address must
 * not lose its colleagues to one who forgot). */
#ifndef STORE_SIGN_IN_H
#define STORE_SIGN_IN_H
#include "base/world.h"
#include "store/db.h"

enum {
    SIGN_IN_TRIES = 5,
    SIGN_IN_ADDRESS_TRIES = 30,
    SIGN_IN_LOCK_MS = 15 * 60 * 1000,
};

/* *until: when the lock ends, ms; 0: not locked. */
enum tb_code sign_in_locked(struct db *d, const struct world *w, struct str login,
                            struct str address, int64_t *until, struct tb_err *e) MUST_USE;
enum tb_code sign_in_failed(struct db *d, const struct world *w, struct str login,
                            struct str address, bool known, struct tb_err *e) MUST_USE;
/* A success forgets the login's failures, not the address's. */
enum tb_code sign_in_done(struct db *d, struct str login, struct tb_err *e) MUST_USE;

#endif
