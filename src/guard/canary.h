/* A canary in a prompt: a word that nobody can guess, new for every prompt, which stands around the
 * data in it (so that no data can write the end of itself) and which no answer has a reason to say.
 * An answer that says it, or that recites the fixed part of the prompt, leaks the prompt. What is
 * said is watched as a stream, however it is cut, spaced, punctuated, in capitals or backwards. */
#ifndef GUARD_CANARY_H
#define GUARD_CANARY_H
#include "base/world.h"

enum {
    CANARY_CHARS = 10, /* 50 bits */
    CANARY_RUN = 18,   /* characters of the prompt in a row that are no chance */
    CANARY_RUNS = 1024
};

struct canary {
    char word[CANARY_CHARS + 1]; /* small letters and digits */
};
void canary_make(const struct world *w, struct canary *out);

struct canary_watch {
    struct canary canary;
    char letters[CANARY_CHARS]; /* the last of the answer, in a ring */
    uint32_t letter_n;
    uint64_t runs[CANARY_RUNS]; /* hashes of runs of the prompt, sorted */
    size_t run_n;
    uint16_t last[CANARY_RUN]; /* the last characters of the answer, in a ring */
    uint32_t last_n;
    bool leaked;
};
/* prompt: the fixed part that may not be recited; only its first CANARY_RUNS characters are looked
 * at, and nothing behind a blank line (examples may be like real answers). */
void canary_watch_begin(struct canary_watch *w, const struct canary *c, struct str prompt);
/* delta is whole UTF-8. true: the prompt leaks, now or before. */
bool canary_watch_feed(struct canary_watch *w, struct str delta);

#endif
