/* Does one text say the opposite of another? */
#ifndef REVIEW_NEGATION_H
#define REVIEW_NEGATION_H
#include "base/str.h"

/* x denies a word (不得申请) that y only affirms (可以申请). */
bool negation_denies(struct str x, struct str y);

#endif
