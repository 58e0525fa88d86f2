/* Characters written for others that sound alike (公机金 for 公积金): a question's pairs that occur
 * nowhere are joined by those that do. */
#ifndef KNOWLEDGE_QUERY_SOUND_H
#define KNOWLEDGE_QUERY_SOUND_H
#include "knowledge/query.h"

/* After query_make. A question whose pairs all occur stays as it is. mass and typed do not grow:
 * what is only heard makes no answer of a clause. */
void query_sound(struct arena *a, const struct index *const *parts, size_t nparts, struct query *q);

#endif
