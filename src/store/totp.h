/* The second factor of members of staff: a secret in their authenticator app, and ten recovery
 * codes for the day the telephone is gone. Secrets are sealed, recovery codes kept as digests only;
 * a code is taken once. What changes something writes its row into the trail. */
#ifndef STORE_TOTP_H
#define STORE_TOTP_H
#include "crypto/totp.h"
#include "domain/talk.h"
#include "store/db.h"

enum { TOTP_RECOVERY = 10, TOTP_RECOVERY_TEXT = 12 }; /* XXXXX-XXXXX and a NUL */

struct totp_state {
    bool begun, confirmed;
    int64_t recovery_left;
};
enum tb_code totp_state(struct db *d, int64_t staff_id, struct totp_state *out,
                        struct tb_err *e) MUST_USE;
/* A new secret, not in force until a code proves that the app has it. TB_CONFLICT while one is. */
enum tb_code totp_begin(struct talk *t, char secret[TOTP_SECRET], struct tb_err *e) MUST_USE;
/* In force from now on. TB_INVALID for a wrong code. */
enum tb_code totp_confirm(struct talk *t, struct str code,
                          char recovery[TOTP_RECOVERY][TOTP_RECOVERY_TEXT],
                          struct tb_err *e) MUST_USE;
/* A code of the app or a recovery code, which is then used up. In the caller's transaction. */
enum tb_code totp_take(struct talk *t, int64_t staff_id, struct str login, struct str code,
                       bool *ok, struct tb_err *e) MUST_USE;
/* Gone, with its recovery codes. verb: "session.totp_off" by oneself, "user.totp" by the officer.
 */
enum tb_code totp_remove(struct talk *t, int64_t staff_id, struct str login, const char *verb,
                         struct tb_err *e) MUST_USE;

#endif
