/* One-time codes: HOTP (RFC 4226) and TOTP (RFC 6238), six digits, steps of 30 seconds. HMAC-SHA-1
 * is what authenticator apps compute; HMAC-SM3 is there for tokens after GM/T 0021. */
#ifndef CRYPTO_TOTP_H
#define CRYPTO_TOTP_H
#include "base/arena.h"
#include "base/world.h"

enum totp_hash { TOTP_SHA1, TOTP_SM3 };
enum { TOTP_SECRET = 20, TOTP_DIGITS = 6, TOTP_STEP_S = 30 };

/* The code of a counter, NUL-terminated, digits 6 to 8. */
void totp_code(enum totp_hash h, struct str secret, int64_t counter, int digits, char out[9]);
/* Of now, one step before and one after (clocks of telephones are a little off). *step is whose
 * code it is; steps up to `after` are not taken again (RFC 6238 5.2). */
bool totp_match(enum totp_hash h, struct str secret, int64_t now_ms, struct str code, int64_t after,
                int64_t *step);
/* RFC 4648 base32 without padding. */
struct str totp_base32(struct arena *a, struct str bytes);
/* otpauth://totp/… as authenticator apps read it. */
struct str totp_uri(struct arena *a, struct str issuer, struct str account, struct str secret);

#endif
