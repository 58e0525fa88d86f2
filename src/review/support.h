/* Does the evidence carry this sentence? A sentence of an answer may be shown only if one passage
 * (at most two) holds what it says: its words, every hard fact literally (facts.h), facts of one
 * list item not mixed with another's, an amount only beside the words it stands beside, no negation
 * added or lost, no title or clause number that is not the cited one. */
#ifndef REVIEW_SUPPORT_H
#define REVIEW_SUPPORT_H
#include "domain/passage.h"

enum support_state {
    SUPPORT_YES = 1,
    SUPPORT_WORDS, /* says what no passage says */
    SUPPORT_FACT, /* a number, date, document number, phone or office is not in the cited passage */
    SUPPORT_MIXED,    /* facts of different items joined, or one of several amounts misplaced */
    SUPPORT_NEGATION, /* says the opposite */
    SUPPORT_TITLE,    /* names a document or clause that is not the cited one */
    SUPPORT_EMPTY     /* nothing is claimed: filler, an echo of the question */
};

struct support {
    enum support_state state;
    int citations[2];   /* indexes into the evidence, best first; -1: none */
    double cover;       /* 0..1: share of what the sentence claims that the cited passages hold */
    struct str missing; /* the fact that failed, for the trail */
};

/* The evidence, cut and read once for all sentences of an answer. Refers to evidence; in the arena.
 */
struct support_ground;
struct support_ground *support_ground(struct arena *a, const struct passage_list *evidence,
                                      struct str question);
void support_check(struct arena *a, const struct support_ground *g, struct str sentence,
                   struct support *out);
const char *support_name(enum support_state s); /* supported, words, fact … for the trail */

#endif
