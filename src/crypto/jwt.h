/* ID tokens of a single sign-on: a JWS in compact form (RFC 7515) whose claims are checked as
 * OpenID Connect Core 1.0 3.1.3.7 says. RS256 and ES256 only, and the algorithm must be the key's
 * own: a token never chooses how it is checked. */
#ifndef CRYPTO_JWT_H
#define CRYPTO_JWT_H
#include "base/json.h"

struct jwt_expect {
    struct str issuer, audience, nonce;
    int64_t now_s; /* a minute either way is forgiven */
};
/* jwks: the provider's keys (RFC 7517). *claims lives in a. TB_UNAUTHORISED with what does not hold
 * in the log line. */
enum tb_code jwt_check(struct arena *a, struct str token, struct str jwks,
                       const struct jwt_expect *x, const struct json_value **claims,
                       struct tb_err *e) MUST_USE;
/* RFC 4648 5, without padding. */
struct str base64url(struct arena *a, struct str bytes);
bool base64url_read(struct arena *a, struct str text, struct str *bytes);
/* RFC 7636 4.2: BASE64URL(SHA256(verifier)). */
struct str pkce_challenge(struct arena *a, struct str verifier);

#endif
