/* Random words that nobody can guess: sessions, devices, query codes, first passwords. */
#ifndef CRYPTO_TOKEN_H
#define CRYPTO_TOKEN_H
#include "base/world.h"

enum { TOKEN_TEXT = 44 }; /* 43 characters of base64url (256 bits) and a NUL */

void token_new(const struct world *w, char out[TOKEN_TEXT]);
/* Shape only: 43 characters of the base64url alphabet. */
bool token_shaped(struct str s);
/* n characters out of 32 that are not mistaken for one another (no 0 O 1 I l), 5 bits each, and a
 * NUL: for what people read aloud or type. */
void token_code(const struct world *w, char *out, size_t n);

#endif
