/* SM4 (GB/T 32907-2016) in counter mode (GB/T 17964-2021). Encrypting and decrypting are the same.
 * Says nothing about who wrote the bytes: use crypto/seal.h. */
#ifndef CRYPTO_SM4_H
#define CRYPTO_SM4_H
#include "base/str.h"

enum { SM4_BYTES = 16 }; /* key and counter block */

/* out holds data.n bytes and may be data.p itself. */
void sm4_ctr(const unsigned char key[SM4_BYTES], const unsigned char counter[SM4_BYTES],
             struct str data, unsigned char *out);

#endif
