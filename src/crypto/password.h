/* Passwords of staff: argon2id (RFC 9106) t=2 m=19 MiB p=1 in the usual encoded form. At most two
 * hashes run at once, so that a flood of sign-ins takes neither the memory nor the processor.
 * Policy (GB/T 22239-2019 8.1.4.1: complexity): 10 to 128 characters, three of the four kinds
 * (capital, small, figure, other) or 20 and more characters, not the login, no known weak word. */
#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H
#include "base/err.h"
#include "base/world.h"

enum { PASSWORD_ENCODED = 128, PASSWORD_FIRST = 16 };

/* TB_INVALID with the sentence that says what is missing. */
enum tb_code password_policy(struct str password, struct str login, struct tb_err *e) MUST_USE;
/* True for the words and keyboard runs everybody tries first, however dressed up (P@ssw0rd2024!).
 */
bool password_weak(struct str password);
void password_hash(const struct world *w, struct str password, char out[PASSWORD_ENCODED]);
/* encoded NULL or broken (an unknown login): takes the same time and says no. */
bool password_matches(struct str password, const char *encoded);
/* A first password, XXXX-XXXX-XXXX (60 bits), which the policy takes; NUL-terminated. */
void password_first(const struct world *w, char out[PASSWORD_FIRST]);
/* A 256-bit key out of a password and a salt of 16 bytes (argon2id t=3 m=64 MiB p=1). */
void password_key(struct str password, const unsigned char salt[16], unsigned char out[32]);

#endif
