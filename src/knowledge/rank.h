/* From a question to an order of documents: candidates by the index and by vectors, then every
 * candidate judged by features of its own text. The same code serves the live search and the
 * evaluation. */
#ifndef KNOWLEDGE_RANK_H
#define KNOWLEDGE_RANK_H
#include "knowledge/embed.h"
#include "knowledge/index.h"
#include "knowledge/query.h"

enum rank_feature {
    RANK_PAIRS,   /* BM25 of character pairs over title, heading and text */
    RANK_SINGLES, /* BM25 of single characters */
    RANK_COSINE,  /* of the embeddings; 0 without */
    RANK_COVER,   /* share of the question's weight that occurs in heading or text, 0..1 */
    RANK_FEATURES
};

struct rank_source { /* one part: an index and, with the same numbering, vectors and states */
    const struct index *x;
    const int8_t *vectors; /* NULL: none */
    const float *scales;
    const uint8_t *has;              /* 1: this document has a vector; NULL: all have */
    const struct index_state *state; /* NULL: everything may be found */
};
struct rank_ask {
    const struct query *query;
    const struct embedding *vector; /* NULL: lexical only */
    int32_t day;
    enum index_mode mode;
    bool internal_too;
    size_t pool;  /* candidates by index, and as many again by vectors */
    size_t limit; /* documents wanted */
};
struct rank_hit {
    uint32_t part, doc;
    float score;
    float f[RANK_FEATURES];
};
/* Best first; at most ask->limit, in a. */
struct rank_hit *rank_run(struct arena *a, const struct rank_source *s, size_t parts,
                          const struct rank_ask *ask, size_t *n);

#endif
