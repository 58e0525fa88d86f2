/* Which policies the others lean on: how many other policies name one by its title in 《》. Learned
 * from the texts alone, no question is needed. */
#ifndef KNOWLEDGE_AUTHORITY_H
#define KNOWLEDGE_AUTHORITY_H
#include "knowledge/index.h"

/* out[part][group] = ln(1 + number of other policies (by document_id) that name this one). The
 * arrays are the caller's, head->groups long each. Costs one pass over all texts. */
void authority_measure(const struct index *const *parts, size_t n, float *const *out);

#endif
