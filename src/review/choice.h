/* One number of several: 省内院校每人500元，省外院校每人1000元. Whoever names 500元 must bring
 * along what stands beside it (省内), or a number of the person's own that falls into its range. */
#ifndef REVIEW_CHOICE_H
#define REVIEW_CHOICE_H
#include "review/ground.h"

/* Fills v->places; asked: the person's own numbers. */
void choice_places(struct arena *a, const struct fact_list *asked, struct ground_passage *v);
/* Does the sentence tie an amount, share or term of the passage to the words of another one? */
bool choice_wrong(struct arena *a, const struct ground_passage *v, struct str sentence,
                  const struct fact_list *facts);

#endif
