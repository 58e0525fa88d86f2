/* Signed-in sessions. The browser holds a 256-bit token, the database only its SM3, so a copied
 * database opens no session. 30 minutes without a request or 12 hours in all end it; so do signing
 * out, a new password, a new role, a lock: all looked up with every request. */
#ifndef STORE_SESSION_H
#define STORE_SESSION_H
#include "crypto/token.h"
#include "store/staff.h"

enum { SESSION_IDLE_MS = 30 * 60 * 1000, SESSION_WHOLE_MS = 12 * 60 * 60 * 1000 };

struct session {
    int64_t id, created_at, expires_at;
    struct str csrf;
    struct staff staff; /* as it is now; without the password */
};

enum tb_code session_start(struct db *d, const struct world *w, int64_t staff_id,
                           struct str address, char token[TOKEN_TEXT], char csrf[TOKEN_TEXT],
                           struct tb_err *e) MUST_USE;
/* *found false for a token that is unknown, ended, too old or of a disabled member. Notes that the
 * session was seen (at most once a minute). */
enum tb_code session_find(struct db *d, struct arena *a, const struct world *w, struct str token,
                          struct session *out, bool *found, struct tb_err *e) MUST_USE;
enum tb_code session_end(struct db *d, int64_t id, struct tb_err *e) MUST_USE;
/* All sessions of a member but `keep` (0: all). */
enum tb_code session_end_all(struct db *d, int64_t staff_id, int64_t keep,
                             struct tb_err *e) MUST_USE;
/* Removes rows that ended more than 30 days ago. */
enum tb_code session_sweep(struct db *d, const struct world *w, struct tb_err *e) MUST_USE;

#endif
