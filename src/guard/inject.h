/* Injection: words that try to make a model leave its rules, wherever they stand in what enters a
 * prompt. rules/injection.yaml (a table that an officer may edit; every complaint names file and
 * line) says which words near which make an attack; where it is not sure, a small classifier
 * decides that is trained when the table is read, from the examples in
 * rules/injection_examples.yaml.
 *
 * A text is read in every way in which a model may read it: full width, traditional, circled and
 * look-alike letters as what they stand for; without zero-width and direction marks, and without
 * blanks and punctuation between characters; by its sound (pinyin, other characters of the same
 * sound); backwards; ROT13; what its escapes (JSON, URL, HTML, base64, hexadecimal, binary, Unicode
 * tags) hold, INJECT_DEPTH deep and at most INJECT_DECODED bytes. Time is linear in the text. */
#ifndef GUARD_INJECT_H
#define GUARD_INJECT_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { INJECT_DEPTH = 3, INJECT_DECODED = 64 * 1024, INJECT_KIND_MAX = 32, INJECT_DIM = 512 };

struct inject; /* immutable, shared by threads */

/* The table, the examples, and how meaning tells attacks from questions (inject_meaning below).
 * TB_INVALID names file and line. */
struct inject_files {
    const char *table, *examples, *meaning;
    const char *learnt; /* as in inject_read */
};
enum tb_code inject_load(const struct inject_files *f, struct inject **out,
                         struct tb_err *e) MUST_USE;
/* The same from texts; the files' names are used in messages only. learnt: a file that keeps the
 * weights, so that the same tables are not learnt again at every start (half a second); NULL: none.
 */
enum tb_code inject_read(struct str table, const char *table_file, struct str examples,
                         const char *examples_file, const char *learnt, struct inject **out,
                         struct tb_err *e) MUST_USE;
void inject_free(struct inject *x);           /* NULL: nothing */
size_t inject_kinds(const struct inject *x);  /* of attacks */
size_t inject_taught(const struct inject *x); /* examples the classifier was trained with */

enum inject_way { /* how the words were read */
                  INJECT_PLAIN,
                  INJECT_SOUND,
                  INJECT_REVERSED,
                  INJECT_ROTATED, /* ROT13 */
                  INJECT_DECODED_TEXT,
                  INJECT_HIDDEN, /* Unicode tags */
                  INJECT_WAYS
};
const char *inject_way_title(enum inject_way w); /* for people: "倒着写的" */

struct inject_verdict {
    bool attack;
    bool sure;    /* the table says so; else the classifier */
    bool certain; /* sure, or doubted by the table and the classifier nearly sure: asked for where
                   * anybody may write anything to a model (applications, documents) */
    struct str kind;  /* "ignore-previous": lives as long as the table */
    struct str why;   /* a Chinese sentence; lives as long as the table */
    struct str words; /* the words themselves, as they stand or as decoded; in the arena. For the
                       * person and who may read the text: never for a log or the trail */
    size_t from, to;  /* where, in bytes of the text; of a decoded piece: the piece */
    enum inject_way way;
    double score; /* of the classifier, 0..1; 0: it was not asked */
};
/* x may not be NULL: without its table nothing is judged, and nothing is served. */
void inject_judge(const struct inject *x, struct arena *a, struct str text,
                  struct inject_verdict *out);

/* What a text means, as the direction of a vector: made by a model of another room, some
 * milliseconds of work. */
struct inject_meaning {
    const char *model; /* its name: the numbers learnt for one say nothing about another */
    bool (*vector)(void *self, struct str text, int8_t out[INJECT_DIM]); /* false: none */
    void *self;
};
/* inject_judge, where some milliseconds are to be had: what the words leave unsure is judged by its
 * meaning too, INJECT_MEANINGS stretches of a text at most. m NULL: inject_judge. */
enum { INJECT_MEANINGS = 4 };
void inject_judge_meaning(const struct inject *x, const struct inject_meaning *m, struct arena *a,
                          struct str text, struct inject_verdict *out);
/* The table of meanings (rules/injection_meaning.yaml), learnt anew from the examples: one call of
 * vector for each way to read each example, `most` ways of each. Half a minute. */
enum tb_code inject_learn_meaning(struct str examples, const char *examples_file,
                                  const struct inject_meaning *m, size_t most, struct buf *out,
                                  struct tb_err *e) MUST_USE;
/* For the trail and the log: "kind=ignore-previous by=table way=plain chars=12". Holds none of the
 * words. */
struct str inject_trace(struct arena *a, const struct inject_verdict *v);

#endif
