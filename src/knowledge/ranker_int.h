/* What the files of the ranker share. */
#ifndef KNOWLEDGE_RANKER_INT_H
#define KNOWLEDGE_RANKER_INT_H
#include "knowledge/ranker.h"

enum { TREE_LEAVES = 15, TREE_NODES = 2 * TREE_LEAVES - 1 };

struct tree_node {
    int16_t feature; /* -1: a leaf */
    uint16_t left;   /* of the two children; right is left + 1 */
    float value;     /* threshold: v <= value goes left; or the leaf's value */
};
struct tree {
    struct tree_node v[TREE_NODES];
    uint16_t n;
};
struct forest {
    struct tree *v;
    size_t n;
};
struct ranker {
    float mean[RANK_FEATURES], spread[RANK_FEATURES], weight[RANK_FEATURES];
    struct forest forest;
};

float tree_value(const struct tree *t, const float *f);
void forest_fit(const struct ranker_question *q, size_t n, struct forest *out);

#endif
