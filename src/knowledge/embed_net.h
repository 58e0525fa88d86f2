/* bge-small's own four layers, run by us on processors with AVX-512 VNNI or AMX: several times
 * faster than ONNX Runtime there, because rows of many texts share each pass over the weights,
 * every row is rounded by its own range (so a text's vector never depends on its neighbours), and
 * the last layer is made for the first token only. Weights come from the same model.onnx. */
#ifndef KNOWLEDGE_EMBED_NET_H
#define KNOWLEDGE_EMBED_NET_H
#include "base/err.h"
#include "knowledge/embed_gemm.h"

struct embed_net; /* read-only once open: any number of threads may use it */

/* TB_UNSUPPORTED: this processor, or a model of another shape: then ONNX Runtime has to do it. */
enum tb_code embed_net_open(const char *model, struct embed_net **out, struct tb_err *e) MUST_USE;
void embed_net_close(struct embed_net *m);

enum {
    EMBED_NET_ROWS = 192,   /* tokens that are best run together */
    EMBED_NET_WORDS = 21128 /* token numbers are below this */
};

/* texts lists of token numbers, one after another in ids (counts[t] of text t, at most
 * EMBED_TOKENS each), to texts rows of EMBED_DIM floats: the last state of each first token. */
void embed_net_run(const struct embed_net *m, enum embed_gemm_kind kind, const int32_t *ids,
                   const size_t *counts, size_t texts, float *out);

#endif
