/* Embeddings of a corpus for the evaluation, kept in the cache directory by content and model, so
 * that a second run takes them from there; an interrupted run goes on where it stopped. */
#ifndef CLI_EVAL_VECTORS_H
#define CLI_EVAL_VECTORS_H
#include "cli/cli.h"
#include "knowledge/embed.h"

struct eval_vectors {
    int8_t *v; /* n * EMBED_DIM */
    float *scale;
    size_t n;
    bool cached; /* nothing had to be computed */
};
enum tb_code eval_vectors_make(struct cli *c, struct embedder *m, const char *cache_dir,
                               const struct str *texts, size_t n, struct eval_vectors *out,
                               struct tb_err *e) MUST_USE;
void eval_vectors_release(struct eval_vectors *v);

#endif
