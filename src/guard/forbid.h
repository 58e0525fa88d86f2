/* Forbidden words, from rules/forbidden.yaml (a table that an officer may edit; every complaint
 * names file and line), compiled to an automaton that reads a text once. How a text is read:
 * - full width is half width, capital is small, traditional is simplified (text/normal.h);
 * - zero-width characters are not there; blanks and line ends are not there either, but between two
 *   Latin letters or digits they count as one blank;
 * - what spans more than FORBID_SPAN bytes with everything in between is no match, so that a stream
 *   never waits for more.
 * A phrase under `fine` excuses every word inside it. */
#ifndef GUARD_FORBID_H
#define GUARD_FORBID_H
#include "base/arena.h"
#include "base/err.h"

enum forbid_way {
    FORBID_IN = 1,
    FORBID_OUT = 2,
    FORBID_CARE = 4 /* somebody in need: nothing is refused, help is offered */
};
enum { FORBID_SPAN = 120, FORBID_RING = 64 };

struct forbid; /* immutable, shared by threads */

enum tb_code forbid_read(struct str yaml, const char *file, struct forbid **out,
                         struct tb_err *e) MUST_USE;
/* A list that somebody brought in: a word a line, no alternatives. Words of one character or more
 * than 39 are passed over, and so is what another list or the table holds already. */
struct forbid_list {
    int risk;         /* guard/risk_kind.h */
    unsigned way;     /* enum forbid_way, a set */
    struct str words; /* lives until forbid_make is done */
    bool sound;       /* what sounds the same is the same, for words of three and more */
};
/* The table (yaml "" for none) and lists as one. by_sound: only the lists that want it, compared by
 * sound. */
enum tb_code forbid_make(struct str yaml, const char *file, const struct forbid_list *lists,
                         size_t n, bool by_sound, struct forbid **out, struct tb_err *e) MUST_USE;
enum tb_code forbid_load(const char *path, struct forbid **out, struct tb_err *e) MUST_USE;
void forbid_free(struct forbid *f);            /* NULL: nothing */
size_t forbid_phrases(const struct forbid *f); /* after the alternatives are written out */

struct forbid_hit {
    size_t from, to; /* bytes of the text */
    struct str kind; /* lives as long as the table: "A.1 f）宣扬暴力、淫秽色情" */
    int risk;        /* the same, as guard/risk_kind.h counts */
    int list, line;  /* which list, from 0, and line of it, from 1; list -1: line of the table */
};
/* The first forbidden word of a whole text. f may be NULL: nothing is forbidden. */
bool forbid_find(const struct forbid *f, enum forbid_way way, struct str text,
                 struct forbid_hit *hit);

/* A text that comes in parts of one view: feed what is known in order, then forbid_end. */
struct forbid_scan {
    const struct forbid *f; /* may be NULL */
    enum forbid_way way;
    const uint32_t *raw; /* where byte i of the view stands in the bytes held; NULL: the same */
    uint32_t state;
    bool gap, latin; /* a blank came; the last character is a Latin letter or digit */
    bool waits;      /* hit stands unless a phrase excuses it */
    uint32_t fed;    /* symbols since the start, modulo the ring */
    size_t starts[FORBID_RING];
    struct forbid_hit hit;
};
void forbid_begin(struct forbid_scan *z, const struct forbid *f, enum forbid_way way,
                  const uint32_t *raw);
/* true: forbidden, see hit. */
bool forbid_feed(struct forbid_scan *z, struct str text, size_t from, size_t to);
/* Nothing follows that could belong to it; the next feed begins anew. */
bool forbid_end(struct forbid_scan *z);
/* From where on the text must be kept back: `to` when nothing is begun. */
size_t forbid_hold(const struct forbid_scan *z, size_t to);

#endif
