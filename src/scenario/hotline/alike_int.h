/* Lists of message numbers by the hash of a piece. Two pieces may share a list: what is found is
 * compared in full afterwards. Blocks of a list grow with it, so that little is wasted on a short
 * one and little chased on a long one; all blocks lie in one array, so that the whole is written
 * and read as it is. */
#ifndef SCENARIO_HOTLINE_ALIKE_INT_H
#define SCENARIO_HOTLINE_ALIKE_INT_H
#include "scenario/hotline/alike.h"
#include "text/grams.h"

#include <pthread.h>

enum { ALIKE_WEIGHT_BITS = 6, ALIKE_WEIGHTS = 1 << ALIKE_WEIGHT_BITS, ALIKE_LISTS = 1 << 22 };

struct alike_list {
    uint32_t n;    /* entries */
    uint32_t last; /* where the block that is being filled begins in `pool`: the block before, then
                      its entries */
};
struct alike_index {
    struct alike_list *list; /* ALIKE_LISTS */
    uint32_t *seen;          /* ALIKE_LISTS: in how many messages pieces of this hash stand */
    uint32_t *pool;
    size_t pool_n, pool_cap;
    int64_t *id; /* by message number */
    size_t n, cap;
};
struct alike {
    struct alike_index i;
    pthread_rwlock_t lock;
};

void alike_index_init(struct alike_index *i);
void alike_index_release(struct alike_index *i);
static inline uint32_t alike_slot(uint32_t key)
{
    return (key * 2654435761u) >> 10;
}
/* Message number `no` holds this piece; weight < ALIKE_WEIGHTS. */
void alike_index_put(struct alike_index *i, uint32_t slot, uint32_t no, uint32_t weight);
/* The entries of a list, newest first, at most `most`: number << ALIKE_WEIGHT_BITS | weight. */
struct alike_walk {
    const uint32_t *pool;
    uint32_t block, from, n; /* entries before and in the block at hand */
};
struct alike_walk alike_walk_begin(const struct alike_index *i, uint32_t slot);
/* The next run of entries, oldest first within it; 0: no more. */
size_t alike_walk_next(struct alike_walk *w, const uint32_t **run);

/* Weighed pieces of a message, heaviest first; a unit vector. */
struct alike_piece {
    uint32_t key;
    float w;
};
size_t alike_pieces(const struct alike_index *i, struct arena *a, const struct alike_text *m,
                    bool with_place, size_t most, struct alike_piece **out);

#endif
