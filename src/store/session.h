/* Signed-in sessions. The browser holds a 256-bit token, the database only its SM3, so a copied
 * database opens no session. 30 minutes without a request or 12 hours in all end it; so do signing
 * out, a new password, a new role, a lock: all looked up with every request. */
#ifndef STORE_SESSION_H
#define STORE_SESSION_H
#include "crypto/token.h"
#include "store/staff.h"

enum { SESSION_IDLE_MS = 30 * 60 * 1000, SESSION_WHOLE_MS = 12 * 60 * 60 * 1000 };

/* What stands between a session and everything but itself (store/totp.h). */
enum session_second {
    SECOND_NONE,   /* nothing */
    SECOND_NEEDED, /* the code of the app, or a recovery code */
    SECOND_ENROL   /* a second factor must be set up: the rules ask for one */
};
struct session {
    int64_t id, created_at, seen_at, expires_at;
    struct str csrf, address, how; /* how: password, ldap, oidc, certificate */
    bool second_given;
    enum session_second second;
    struct staff staff; /* as it is now; without the password */
};

struct session_new {
    int64_t staff_id;
    struct str address;
    const char *how;
    bool needs_code;
};
enum tb_code session_start(struct db *d, const struct world *w, const struct session_new *s,
                           char token[TOKEN_TEXT], char csrf[TOKEN_TEXT],
                           struct tb_err *e) MUST_USE;
/* *found false for a token that is unknown, ended, too old or of a disabled member. Notes that the
 * session was seen (at most once a minute). */
enum tb_code session_find(struct db *d, struct arena *a, const struct world *w, struct str token,
                          struct session *out, bool *found, struct tb_err *e) MUST_USE;
enum tb_code session_end(struct db *d, int64_t id, struct tb_err *e) MUST_USE;
/* The code was right: the session is whole from now on. */
enum tb_code session_passed(struct db *d, int64_t id, struct tb_err *e) MUST_USE;
/* Those of a member that still open something, newest first; out->staff is not filled. */
enum tb_code session_list(struct db *d, struct arena *a, const struct world *w, int64_t staff_id,
                          struct session **out, size_t *n, struct tb_err *e) MUST_USE;
/* One of a member's own. *found false when it is none of theirs or has ended. */
enum tb_code session_end_of(struct db *d, int64_t staff_id, int64_t id, bool *found,
                            struct tb_err *e) MUST_USE;
/* All sessions of a member but `keep` (0: all). */
enum tb_code session_end_all(struct db *d, int64_t staff_id, int64_t keep,
                             struct tb_err *e) MUST_USE;
/* How often sessions were ended, by any process: a change means that session_ended has more. */
enum tb_code session_changes(struct db *d, int64_t *out, struct tb_err *e) MUST_USE;
/* Ids of those ended before their time, ascending. */
enum tb_code session_ended(struct db *d, struct arena *a, const struct world *w, int64_t **out,
                           size_t *n, struct tb_err *e) MUST_USE;
/* Removes rows that ended more than 30 days ago. */
enum tb_code session_sweep(struct db *d, const struct world *w, struct tb_err *e) MUST_USE;

#endif
