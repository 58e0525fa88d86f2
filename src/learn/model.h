/* A linear model of short texts: which of a set of labels, how sure, by which words. Made by
 * learn/train.h; immutable and shared by threads. About 30 µs for a message of 400 characters.
 *
 * In a file it is little-endian: a head, the labels, a hash table of runs, their weights, and the
 * SM3 of all that stands before it. A file is checked whole before anything of it is used. */
#ifndef LEARN_MODEL_H
#define LEARN_MODEL_H
#include "base/arena.h"
#include "base/err.h"

enum {
    LEARN_LABELS = 2048,  /* of a model at most */
    LEARN_CHARS = 20000,  /* of a message that are read: its beginning and its end */
    LEARN_WORD_CHARS = 6, /* of a word that decided */
    LEARN_MODEL_BYTES = 1 << 30
};

struct learn_model;
struct learn_verdict {
    uint32_t best, second; /* labels */
    float *p;              /* of every label, adds up to 1; in the arena */
    double sure;           /* p of the best, calibrated on what was held out */
    size_t known;          /* runs of the text the model has met; 0: it says nothing */
};

/* A message counted once, for several models to judge. Lives in a. */
struct learn_text;
const struct learn_text *learn_text_of(struct arena *a, struct str title, struct str text);
void learn_judge_text(const struct learn_model *m, const struct learn_text *x, struct arena *a,
                      struct learn_verdict *out);
size_t learn_words_text(const struct learn_model *m, const struct learn_text *x, uint32_t label,
                        uint32_t against, struct arena *a, struct str *out, size_t n);
void learn_judge(const struct learn_model *m, struct str title, struct str text, struct arena *a,
                 struct learn_verdict *out);
/* Up to n words that spoke most for one label and against another, most telling first, in their
 * comparable form; how many. */
size_t learn_words(const struct learn_model *m, struct str title, struct str text, uint32_t label,
                   uint32_t against, struct arena *a, struct str *out, size_t n);
size_t learn_label_count(const struct learn_model *m);
struct str learn_label(const struct learn_model *m, uint32_t i); /* lives as long as m */
int64_t learn_version(const struct learn_model *m);              /* as given when it was made */
/* From this `sure` on at least 95 of 100 held-out messages were right; above 1: never. */
double learn_certain(const struct learn_model *m);

/* TB_CORRUPT: not such a file, of another version, cut short or changed. */
enum tb_code learn_open(const char *path, struct learn_model **out, struct tb_err *e) MUST_USE;
enum tb_code learn_read(struct str bytes, struct learn_model **out, struct tb_err *e) MUST_USE;
enum tb_code learn_save(const struct learn_model *m, const char *path, struct tb_err *e) MUST_USE;
void learn_free(struct learn_model *m); /* NULL: nothing */

#endif
