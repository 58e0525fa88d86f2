/* Does the evidence carry this sentence? A sentence of an answer may be shown only if one passage
 * (at most two) holds what it says: its words, every hard fact literally (facts.h), facts of one
 * list item not mixed with another's, no negation added or lost, no title or clause number that is
 * not the cited one. */
#ifndef REVIEW_SUPPORT_H
#define REVIEW_SUPPORT_H
#include "domain/passage.h"

enum support_state {
    SUPPORT_YES = 1,
    SUPPORT_WORDS, /* says what no passage says */
    SUPPORT_FACT, /* a number, date, document number, phone or office is not in the cited passage */
    SUPPORT_MIXED,    /* facts of different list items joined */
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

void support_check(struct arena *a, struct str sentence, const struct passage_list *evidence,
                   struct str question, struct support *out);
const char *support_name(enum support_state s); /* supported, words, fact … for the trail */

/* Cuts a passage at 。；and line ends: views into text. Used to show and to check the exact line.
 */
struct segment {
    struct str text;
    bool item; /* a list item （一）… or a table row */
};
size_t segments_of(struct arena *a, struct str text, struct segment **out);

#endif
