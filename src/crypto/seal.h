/* Values at rest that only this installation may read: SM4-CTR, then HMAC-SM3 over everything
 * (encrypt-then-MAC; Debian's OpenSSL has no SM4-GCM). Form: byte 1 | 16 bytes counter | text |
 * 32 bytes HMAC. The place a value belongs to is authenticated with it, so that a sealed value
 * cannot be moved to another row. */
#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H
#include "crypto/keyring.h"

enum { SEAL_EXTRA = 1 + 16 + 32 }; /* bytes a sealed value is longer than the plain one */

/* place: "exchange.personal/Q20261121-00042". The result lives in a. */
struct str seal_make(const struct keyring *k, const struct world *w, struct arena *a,
                     struct str place, struct str plain);
/* TB_CORRUPT when it was changed, moved, or sealed by other keys. */
enum tb_code seal_open(const struct keyring *k, struct arena *a, struct str place,
                       struct str sealed, struct str *plain, struct tb_err *e) MUST_USE;

/* After a rotation: *out is sealed, or what sealed holds sealed again by the newest master where an
 * older one had sealed it; *changed says which. TB_CORRUPT as seal_open. */
enum tb_code seal_renew(const struct keyring *k, const struct world *w, struct arena *a,
                        struct str place, struct str sealed, struct str *out, bool *changed,
                        struct tb_err *e) MUST_USE;

/* The same with a 256-bit key instead of the keyring's (backups). */
struct str seal_make_by(const unsigned char key[KEY_BYTES], const struct world *w, struct arena *a,
                        struct str place, struct str plain);
enum tb_code seal_open_by(const unsigned char key[KEY_BYTES], struct arena *a, struct str place,
                          struct str sealed, struct str *plain, struct tb_err *e) MUST_USE;

#endif
