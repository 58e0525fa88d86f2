/* What a person types, for LIKE … ESCAPE '\': %, _ and \ are letters, not wildcards. */
#ifndef STORE_LIKE_H
#define STORE_LIKE_H
#include "base/arena.h"

struct str like_of(struct arena *a, struct str words); /* "%words%", escaped */

#endif
