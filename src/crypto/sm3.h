/* SM3 (GB/T 32905-2016): 256-bit digests, shown as 64 lower-case hex digits. */
#ifndef CRYPTO_SM3_H
#define CRYPTO_SM3_H
#include "base/str.h"

enum { SM3_BYTES = 32, SM3_HEX = 65 }; /* SM3_HEX with the NUL */

void sm3(struct str data, unsigned char out[SM3_BYTES]);
void sm3_hex(struct str data, char out[SM3_HEX]);

/* In pieces: begin, add …, end (which releases). One thread. */
struct sm3 {
    void *state;
};
void sm3_begin(struct sm3 *s);
void sm3_add(struct sm3 *s, struct str data);
void sm3_end(struct sm3 *s, unsigned char out[SM3_BYTES]);
void sm3_end_hex(struct sm3 *s, char out[SM3_HEX]);

/* HMAC-SM3 (GB/T 15852.2 with SM3). Any key length. */
void sm3_hmac(struct str key, struct str data, unsigned char out[SM3_BYTES]);

#endif
