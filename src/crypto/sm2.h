/* SM2 signatures (GB/T 32918.2-2016, the curve of part 5) with SM3 and the usual distinguishing
 * identifier 1234567812345678. */
#ifndef CRYPTO_SM2_H
#define CRYPTO_SM2_H
#include "base/arena.h"
#include "base/err.h"

struct sm2; /* a key: private or public only */

struct sm2 *sm2_new(void); /* a new pair from OpenSSL's generator; sm2_free */
void sm2_free(struct sm2 *k);
/* PEM (PKCS #8 / SubjectPublicKeyInfo). TB_CORRUPT when it is no SM2 key. */
enum tb_code sm2_read(struct str pem, struct sm2 **out, struct tb_err *e) MUST_USE;
struct str sm2_private_pem(const struct sm2 *k, struct arena *a);
struct str sm2_public_pem(const struct sm2 *k, struct arena *a);

/* The DER signature in hex. k must hold the private half. */
struct str sm2_sign(const struct sm2 *k, struct arena *a, struct str data);
bool sm2_verify(const struct sm2 *k, struct str data, struct str signature_hex);

enum { SM2_KEYS_MAX = 8 };
struct sm2_keys { /* lent; n 0: none */
    const struct sm2 *v[SM2_KEYS_MAX];
    size_t n;
};
/* Every public key of a PEM file, one after another; sm2_keys_free. TB_INVALID when it holds none.
 */
enum tb_code sm2_read_all(struct str pem, struct sm2_keys *out, struct tb_err *e) MUST_USE;
void sm2_keys_free(struct sm2_keys *k); /* of sm2_read_all alone */
bool sm2_verify_any(const struct sm2_keys *k, struct str data, struct str signature_hex);

#endif
