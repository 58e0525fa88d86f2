/* Shared by the files of the injection guard only. */
#ifndef GUARD_INJECT_INT_H
#define GUARD_INJECT_INT_H
#include "base/yaml.h"
#include "crypto/sm3.h"
#include "guard/inject.h"

enum {
    INJECT_GROUPS = 96,
    INJECT_GROUP_WORDS = (INJECT_GROUPS + 63) / 64,
    INJECT_PATTERNS = 512,
    INJECT_STEPS = 6,     /* groups in one pattern */
    INJECT_WORDS = 65536, /* after the alternatives are written out */
    INJECT_CHARS = 48,    /* of a word */
    INJECT_PIECE = 4096,  /* glyphs looked at in one go */
    INJECT_OVERLAP = 256, /* of one piece with the next */
    INJECT_DOUBTS = 64,
    INJECT_HITS = 8192,  /* of one piece; more are not looked at */
    INJECT_WINDOW = 160, /* glyphs the classifier sees at once */
    INJECT_WEIGHTS = 1 << 20
};

/* -- words, found in a reading -- */

struct inject_ending {
    uint16_t group;
    bool loose;    /* written with * behind it: the Latin word may go on */
    uint32_t next; /* another group with the same word, 0: none */
};
struct inject_trie {
    uint64_t
        *edges; /* open addressing: 24 bits of node, 16 of character, 24 of where to (0: free) */
    uint32_t mask, edge_n;
    uint32_t *ends; /* of a node, into endings; 0: none */
    size_t node_n, node_cap, end_cap, ending_cap;
    struct inject_ending *endings;
    uint32_t ending_n;
    bool begins[65536]; /* by first character */
};
void inject_trie_add(struct arena *a, struct inject_trie *t, const uint16_t *c, size_t n,
                     uint16_t group, bool loose);
/* What grew in another arena is moved to this one. */
void inject_trie_settle(struct arena *a, struct inject_trie *t);
uint32_t inject_trie_step(const struct inject_trie *t, uint32_t node, uint16_t c); /* 0: no way */

/* -- a text as one sees it -- */

enum inject_edge_kind {
    EDGE_WORD = 1,     /* a Latin word may begin here */
    EDGE_SENTENCE = 2, /* a sentence begins here */
    EDGE_LATIN = 4,    /* a Latin letter or digit */
    EDGE_BLANK = 8,    /* white space stands before it */
    EDGE_SPOKEN = 16   /* of a sound: written in Latin letters */
};
struct inject_reading {
    uint16_t *c;     /* characters, or sounds */
    uint32_t *at;    /* where each begins in the text */
    uint32_t *place; /* how far along: a character or a Latin word is 1, an end of sentence 2 */
    uint8_t *edge;   /* of n + 1 places */
    size_t n;
    struct str text;
    enum inject_way way;
};
struct inject_view { /* all readings of one text without decoding */
    struct inject_reading plain, sound, reversed, rotated;
    bool escapes;      /* there may be something to decode */
    struct str hidden; /* of Unicode tags; "" */
};
/* Only v->plain. */
void inject_view_plain(struct arena *a, struct str text, struct inject_view *v);
void inject_view_read(struct arena *a, struct str text, struct inject_view *v);
/* The next piece of text that is encoded, from *at on; false: none. */
struct inject_piece {
    size_t from, to;
    struct str text; /* decoded, in the arena */
};
bool inject_decode_next(struct arena *a, struct str text, size_t *at, struct inject_piece *out);
/* The text with escapes of JSON, URL and HTML put as what they stand for; false: there are none. */
bool inject_unescape(struct arena *a, struct str text, struct str *out);

/* -- hits and patterns -- */

struct inject_hit {
    uint16_t group;
    uint32_t from, to; /* glyphs */
};
struct inject_hits {
    struct inject_hit *v;
    size_t n, max;
    const struct inject_reading *r;
};
struct inject_pattern {
    uint16_t steps[INJECT_STEPS], step_n;
    uint64_t needs[INJECT_GROUP_WORDS]; /* the groups of its steps, a bit each */
    uint16_t unless[INJECT_STEPS], unless_n;
    uint16_t kind;
    int near;
    bool sure;
    struct str why;
    int line;
};
struct inject_match {
    const struct inject_pattern *pattern;
    uint32_t from, to; /* glyphs */
};
struct inject_doubts {
    struct inject_match v[INJECT_DOUBTS];
    size_t n;
};
struct inject_mark {
    struct str text;
    uint16_t group;
};
struct inject_line { /* through the space of sentence embeddings: attacks lie beyond it */
    struct str model;
    float weights[INJECT_DIM], bias;
};
struct inject {
    struct arena mem;
    struct inject_trie words, sounds;
    struct str groups[INJECT_GROUPS];
    bool cue[INJECT_GROUPS];
    size_t group_n;
    struct str kinds[INJECT_KIND_MAX], titles[INJECT_KIND_MAX];
    size_t kind_n;
    struct inject_pattern *patterns;
    size_t pattern_n;
    struct inject_mark *marks; /* words that begin with no letter, in small letters */
    size_t mark_n;
    bool mark_begins[256];
    size_t word_n;
    double least, least_doubted, least_bare, least_certain; /* of the classifier: with a cue; where
                                                             * a pattern doubts; without a cue */
    double meaning;                                         /* how much it weighs */
    double unsure;            /* log odds below the line within which it is asked for */
    struct inject_line *line; /* NULL: none */
    float *weights;
    float bias;
    bool ready; /* it has learnt */
    size_t taught;
};
enum tb_code inject_rows(struct inject *x, const struct yaml *root, struct tb_err *e) MUST_USE;
/* Calls take for each way to read s with its (甲|乙), at most `most` of them, spread evenly. */
typedef enum tb_code (*inject_take)(void *self, struct str s, struct tb_err *e);
enum tb_code inject_expand(struct arena *a, const struct yaml *at, struct str s, size_t most,
                           inject_take take, void *self, struct tb_err *e) MUST_USE;
void inject_find(const struct inject *x, struct arena *a, const struct inject_reading *r,
                 size_t from, size_t to, struct inject_hits *out);
/* The first match of a sure pattern; else false, and those of all others. */
bool inject_match(const struct inject *x, const struct inject_hits *h, struct inject_match *sure,
                  struct inject_doubts *doubts);

/* -- what a text means -- */

enum tb_code inject_line_read(struct inject *x, struct str text, const char *file,
                              struct tb_err *e) MUST_USE;
/* Log odds of an attack; false: no vector, or one of another model. */
bool inject_means(const struct inject *x, const struct inject_meaning *m, struct str text,
                  double *out);
/* All examples, `most` ways to read each; in a. */
struct inject_example;
enum tb_code inject_examples(struct arena *a, struct str examples, const char *file, size_t most,
                             struct inject_example **out, size_t *n, struct tb_err *e) MUST_USE;

/* -- the classifier: logistic regression on hashed words, characters and groups -- */

struct inject_example {
    struct str text;
    bool attack;
};
void inject_train(struct inject *x, const struct inject_example *v, size_t n);
/* The weights of the same table and examples (digest: of both), as they were learnt before. */
bool inject_recall(struct inject *x, const char *path, const char digest[SM3_HEX]);
void inject_remember(const struct inject *x, const char *path, const char digest[SM3_HEX]);
/* How much the glyphs from..to look like an attack, 0..1. */
double inject_score(const struct inject *x, struct arena *a, const struct inject_reading *r,
                    const struct inject_hits *h, size_t from, size_t to);

#endif
