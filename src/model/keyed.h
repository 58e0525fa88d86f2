/* A short digest under a secret key (SipHash-2-4, 128 bits): who does not know the key can make no
 * two texts collide. For tables in memory; what is kept or signed uses SM3. */
#ifndef MODEL_KEYED_H
#define MODEL_KEYED_H
#include "base/str.h"

struct keyed {
    uint64_t v[4];
    uint8_t tail[8]; /* what does not fill a word yet */
    size_t n;        /* bytes so far */
};

void keyed_init(struct keyed *k, const uint8_t secret[16]);
void keyed_add(struct keyed *k, struct str bytes);
void keyed_add_framed(struct keyed *k, struct str field); /* its length, then itself */
void keyed_end(struct keyed *k, uint8_t out[16]);

#endif
