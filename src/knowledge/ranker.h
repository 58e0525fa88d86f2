/* An order learned from questions with known answers: a linear part (listwise softmax) and, when
 * there are questions enough, boosted trees (LambdaMART). Small, kept as JSON. */
#ifndef KNOWLEDGE_RANKER_H
#define KNOWLEDGE_RANKER_H
#include "base/json.h"
#include "knowledge/rank.h"

struct ranker;
struct ranker_question {
    struct rank_list list; /* with all features set */
    const uint8_t *right;  /* per candidate: 1 if it answers */
};

/* Deterministic. Fewer than 200 questions with an answer among their candidates: no trees. */
struct ranker *ranker_fit(const struct ranker_question *q, size_t n);
void ranker_free(struct ranker *r);
/* Sets the scores of all candidates and sorts. Thread-safe. One that has learned nothing leaves all
 * equal. */
void ranker_apply(const struct ranker *r, struct rank_list *l);
/* To the last bit; NULL for what is not a whole ranker of these very features. */
void ranker_write(const struct ranker *r, struct json *j);
struct ranker *ranker_read(const struct json_value *v);

#endif
