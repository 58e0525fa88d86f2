/* How well an order serves, over questions whose right clause is known. */
#ifndef KNOWLEDGE_QUALITY_H
#define KNOWLEDGE_QUALITY_H
#include "base/json.h"

enum { QUALITY_DEPTH = 10 };
struct quality {
    double hit1, hit10, mrr10;
};

/* 1, 1/2, 1/3 … for place 0, 1, 2 … of the first right one; 0 from QUALITY_DEPTH on. */
double quality_worth(size_t place);
/* Adds a question; share: its part of all of them (1/n). */
void quality_add(struct quality *q, size_t place, double share);
/* "hit@1", "hit@10" and "mrr@10" into the open object. */
void quality_json(struct json *j, const struct quality *q);

#endif
