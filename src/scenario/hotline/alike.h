/* Same and similar among a million messages, in milliseconds: who wrote before, who else writes of
 * this matter, what was answered to such a message.
 *
 * Of each message the index keeps the KEPT most telling pieces (text/grams.h) as hashes with a
 * weight, and no text: at most ALIKE_BYTES_EACH bytes a message and ALIKE_BYTES_FIXED beside. How
 * telling a piece is comes from counters that are filled as messages are added. A message is looked
 * for by its own pieces, rarest first, until a fixed number of entries was visited, so that a
 * search costs the same however many messages there are. What is found is then compared whole by
 * whoever holds the texts (alike_compare).
 *
 * Thread-safe: any number of searches beside one adder. */
#ifndef SCENARIO_HOTLINE_ALIKE_H
#define SCENARIO_HOTLINE_ALIKE_H
#include "base/arena.h"
#include "base/err.h"

enum { ALIKE_BYTES_EACH = 320, ALIKE_BYTES_FIXED = 48 << 20, ALIKE_MESSAGES_MAX = 1 << 26 };

/* What is compared; place: where, if it is known, else "". */
struct alike_text {
    struct str title, text, place;
};
struct alike;
struct alike *alike_new(void);
void alike_free(struct alike *x); /* NULL: nothing */
/* id: greater than that of any message added before, else nothing is added. */
void alike_add(struct alike *x, int64_t id, const struct alike_text *m);
int64_t alike_last(const struct alike *x); /* the greatest id; 0: empty */
size_t alike_count(const struct alike *x);
size_t alike_bytes(const struct alike *x); /* memory it holds */

struct alike_hit {
    int64_t id;
    double near; /* 0..1, by the kept pieces alone */
};
/* The nearest at most max messages other than `but`, nearest first. */
size_t alike_find(const struct alike *x, const struct alike_text *m, int64_t but,
                  struct alike_hit *out, size_t max);

enum alike_relation {
    ALIKE_OTHER,
    ALIKE_KIND,   /* the same kind of trouble elsewhere: how it was answered may help */
    ALIKE_MATTER, /* one matter */
    ALIKE_COPY,   /* the same text again */
};
struct alike_verdict {
    enum alike_relation is;
    double copy; /* 0..1: how much of the shorter text stands in the other, as written */
    double near; /* 0..1: how alike what they say is, telling pieces counting more */
};
/* Two texts in full. */
void alike_compare(const struct alike *x, const struct alike_text *one,
                   const struct alike_text *other, struct alike_verdict *out);

/* Whole or not at all; TB_CORRUPT when the file is not one that this program wrote: build anew. */
enum tb_code alike_save(const struct alike *x, const char *path, struct tb_err *e) MUST_USE;
enum tb_code alike_load(const char *path, struct alike **out, struct tb_err *e) MUST_USE;

#endif
