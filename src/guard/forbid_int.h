/* Inside the table of forbidden words: phrases as read, the automaton as built. */
#ifndef GUARD_FORBID_INT_H
#define GUARD_FORBID_INT_H
#include "guard/forbid.h"
#include "guard/risk_kind.h"

enum { FORBID_CHARS = 40, FORBID_PHRASES = 262144 };
enum { FORBID_CLASS_OF = 65536 + 2 }; /* four bytes can be read at each */
enum { FORBID_PAIRS = 1 << 19, FORBID_TRIPLES = 1 << 21 };
enum { FORBID_NONE, FORBID_SKIP, FORBID_GAP }; /* the first classes: no phrase has it; not there */

/* A phrase while the table is made … */
struct forbid_phrase {
    struct str text;
    uint8_t kind, way; /* index of kinds; enum forbid_way, a set */
    bool fine;
    int list, line;
    uint16_t n; /* symbols */
    uint16_t c[FORBID_CHARS];
};

/* … and what is kept of it. */
struct forbid_end {
    uint16_t n;
    uint8_t kind, way;
    bool fine;
    int list, line;
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
    uint32_t *root;     /* class -> node */
    uint16_t *class_of; /* FORBID_CLASS_OF: character -> class */
    uint8_t *latin;     /* class -> a Latin letter or digit */
    /* A bit each, by a hash: two and three symbols that a phrase begins with, two that are one. */
    uint8_t pairs[FORBID_PAIRS / 8], pairs_end[FORBID_PAIRS / 8], triples[FORBID_TRIPLES / 8];
    uint8_t behind[4]; /* four bytes can be read at each */
    size_t classes, phrase_cap;
    const uint16_t *fold; /* character as it is compared; 0: not one character */
};

static inline uint32_t forbid_pair(uint16_t a, uint16_t b)
{
    return ((uint32_t)a << 16 | b) * 0x9E3779B1U >> (32 - 19);
}
static inline uint32_t forbid_triple(uint16_t a, uint16_t b, uint16_t c)
{
    return (((uint32_t)a << 16 | b) * 0x9E3779B1U + c) * 0x85EBCA6BU >> (32 - 21);
}

/* Class of c, a new one where it has none yet. */
uint16_t forbid_class(struct forbid *f, uint32_t c);
/* Fills c and n of a phrase from its text; false: empty or too long. */
bool forbid_symbols(struct forbid *f, struct forbid_phrase *p);
/* Every spelling of a known character gets its class; called once, when all phrases are there. */
void forbid_spellings(struct forbid *f);
/* Phrases to automaton. They must be sorted, none twice. */
void forbid_build(struct forbid *f);
/* The first place of [at, to) where a phrase may begin, as far as its first two or three symbols
 * tell: nearly all of a text is passed over here. */
size_t forbid_quiet(const struct forbid *f, struct str s, size_t at, size_t to);
/* How a character is compared: by what it is, or by its sound. */
const uint16_t *forbid_fold(bool by_sound);
/* A list's words to phrases. */
void forbid_take_list(struct forbid *f, const struct forbid_list *l, int number, bool by_sound);
/* Sorted, none twice. */
enum tb_code forbid_sort(struct forbid *f, const char *file, struct tb_err *e) MUST_USE;
/* Rows of the file to phrases, alternatives written out. */
enum tb_code forbid_rows(struct forbid *f, struct str yaml, const char *file,
                         struct tb_err *e) MUST_USE;

#endif
