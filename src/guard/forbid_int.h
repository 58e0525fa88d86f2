/* Inside the table of forbidden words: phrases as read, the automaton as built. */
#ifndef GUARD_FORBID_INT_H
#define GUARD_FORBID_INT_H
#include "guard/forbid.h"
#include "guard/risk_kind.h"

enum { FORBID_CHARS = 40, FORBID_PHRASES = 65536 };
enum { FORBID_NONE, FORBID_SKIP, FORBID_GAP }; /* the first classes: no phrase has it; not there */

/* A phrase while the table is made … */
struct forbid_phrase {
    struct str text;
    uint8_t kind, way; /* index of kinds; enum forbid_way, a set */
    bool fine;
    int line;
    uint16_t n; /* symbols */
    uint16_t c[FORBID_CHARS];
};

/* … and what is kept of it. */
struct forbid_end {
    uint16_t n;
    uint8_t kind, way;
    bool fine;
};

/* Children of a node stand together, by class; node 0 is the root. */
struct forbid_node {
    uint32_t child, fail;
    uint32_t out;    /* nearest node on the way of fails, itself included, where a phrase ends; 0 */
    uint32_t phrase; /* that ends here, + 1 */
    uint16_t n, c, depth;
    bool open; /* a fine phrase goes on below */
};

struct forbid {
    struct arena mem, scratch;     /* scratch: until the table is made */
    struct forbid_phrase *phrases; /* in scratch, sorted by c */
    struct forbid_end *ends;
    struct str kinds[RISK_KINDS_ALL];
    size_t n;
    struct forbid_node *nodes;
    uint32_t *root;       /* class -> node */
    uint16_t *class_of;   /* 65536: character -> class */
    uint8_t *latin;       /* class -> a Latin letter or digit */
    uint8_t begins[8192]; /* bit per character: one that a phrase begins with */
    uint8_t second[8192]; /* one that stands second in a phrase; every phrase has two */
    size_t classes, phrase_cap;
};

/* Class of c, a new one where it has none yet. */
uint16_t forbid_class(struct forbid *f, uint32_t c);
/* Fills c and n of a phrase from its text; false: empty or too long. */
bool forbid_symbols(struct forbid *f, struct forbid_phrase *p);
/* Every spelling of a known character gets its class; called once, when all phrases are there. */
void forbid_spellings(struct forbid *f);
/* Phrases to automaton. They must be sorted, none twice. */
void forbid_build(struct forbid *f);
/* Rows of the file to phrases, alternatives written out. */
enum tb_code forbid_rows(struct forbid *f, struct str yaml, const char *file,
                         struct tb_err *e) MUST_USE;

#endif
