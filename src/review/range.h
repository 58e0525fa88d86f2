/* A person's number and a clause's range: 82 岁 falls into 80周岁至89周岁, 七年 into 满5年不足10年,
 * 3000 into 2000元以上. */
#ifndef REVIEW_RANGE_H
#define REVIEW_RANGE_H
#include "review/facts.h"

/* Does a range of this text hold the asked number? facts: facts_of(text). Units must not
 * contradict. A lone number (满3年 without an end) holds only what is at or above it when the text
 * says 以上, what is at or below it when it says 以下 or 以内. */
bool range_holds(struct str text, const struct fact_list *facts, const struct fact *asked);
/* Any number of the question above 1. */
bool range_holds_any(struct str text, const struct fact_list *facts, const struct fact_list *asked);

#endif
