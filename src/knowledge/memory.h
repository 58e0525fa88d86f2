/* Questions that are known to be answered: what answered them speaks for itself when like
 * questions come again. One writer, then many readers. */
#ifndef KNOWLEDGE_MEMORY_H
#define KNOWLEDGE_MEMORY_H
#include "knowledge/rank.h"

struct memory;
struct memory_question {
    struct units u;
    const struct embedding *vector; /* NULL: likeness by characters */
    uint64_t matter;                /* phrasings of one matter are left out together; 0: of none */
};

struct memory *memory_new(void);
void memory_free(struct memory *m);
/* gold: places (rank_place) of every clause that answers; copied. */
void memory_add(struct memory *m, const struct memory_question *q, const struct rank_hit *gold,
                size_t n);
size_t memory_count(const struct memory *m);
/* Sets RANK_SEEN_… and RANK_NEAR_… of every candidate. skip: a question that is left out, with all
 * of its matter, as though it had never been added (its index by order of adding), SIZE_MAX: none.
 * Thread-safe once nothing is added any more. */
void memory_mark(const struct memory *m, const struct memory_question *q, size_t skip,
                 struct rank_list *l);

#endif
