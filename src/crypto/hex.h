/* Bytes as lower-case hex, and comparison that takes the same time wherever bytes differ. */
#ifndef CRYPTO_HEX_H
#define CRYPTO_HEX_H
#include "base/str.h"

void hex_of(const unsigned char *bytes, size_t n, char *out); /* 2n digits and a NUL */
bool hex_read(struct str hex, unsigned char *out, size_t n);  /* exactly 2n digits */
/* True when equal; the time depends on the lengths only. For tokens, digests, codes. */
bool secret_eq(struct str a, struct str b);

#endif
