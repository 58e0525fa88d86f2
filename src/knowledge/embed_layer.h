/* The parts of a transformer layer that are no product with weights, on floats, with AVX-512. */
#ifndef KNOWLEDGE_EMBED_LAYER_H
#define KNOWLEDGE_EMBED_LAYER_H
#include "knowledge/embed_gemm.h"

enum { HEAD = 64 }; /* numbers of one attention head */

/* Rows x..x + n * ld of k numbers to 8 bits, each row by its own least and greatest number. */
void embed_layer_quantise(const float *x, size_t ld, size_t n, size_t k, struct embed_rows *out);
/* x = normalised(x + add), row by row; gain and shift of k numbers; rows of k. */
void embed_layer_norm(float *x, const float *add, size_t n, size_t k, const float *gain,
                      const float *shift);
/* One head of one text: queries asks, tokens keys and values, to out. keys: HEAD x room, scores:
 * 4 x room numbers of scratch, room >= tokens rounded up to 64. The queries are already divided by
 * the root of HEAD. */
struct embed_head {
    const float *query, *key, *value;
    size_t query_ld, ld; /* ld: of key and value */
    size_t queries, tokens;
    float *out;
    size_t out_ld;
    float *keys, *scores;
};
void embed_layer_attend(const struct embed_head *h);

#endif
