/* A text as the set of its neighbouring characters: cheap likeness of Chinese sentences. Pairs made
 * of function characters only (的了在 …) are left out, they say nothing about the matter. */
#ifndef REVIEW_PAIRS_H
#define REVIEW_PAIRS_H
#include "base/arena.h"
#include "base/str.h"

struct pairs {
    uint64_t *v; /* sorted, unique, in the arena */
    size_t n;
};
struct pairs pairs_of(struct arena *a, struct str s);
bool pairs_hold(const struct pairs *p, uint64_t v);
/* How many pairs of x are in y and not in except (may be NULL). */
size_t pairs_common(const struct pairs *x, const struct pairs *y, const struct pairs *except);

#endif
