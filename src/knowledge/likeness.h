/* Do two questions ask the same? Precision first: near the same words about the same matter come
 * near 1, the same matter asked about otherwise (how much, how long, where) stays below 0.7. */
#ifndef KNOWLEDGE_LIKENESS_H
#define KNOWLEDGE_LIKENESS_H
#include "knowledge/embed.h"
#include "text/normal.h"

/* How telling a character is: rare ones tell more. */
struct likeness_weights {
    uint16_t df[0x10000]; /* in how many known questions it stands */
    uint32_t questions;
};
struct likeness_side {
    struct units u;
    const struct embedding *vector; /* NULL: by words alone */
};

void likeness_count(struct likeness_weights *w, struct units question);
double likeness_of(const struct likeness_weights *w, const struct likeness_side *asked,
                   const struct likeness_side *known);

#endif
