/* What the two files of personal.h share; included nowhere else. */
#ifndef ACCESS_PERSONAL_INT_H
#define ACCESS_PERSONAL_INT_H
#include "scenario/access/personal.h"

/* The digits of a value, and X: numbers are the same however they are grouped, 138 0013 8000. */
struct str personal_figures(struct arena *a, struct str s);
/* text with was, in whatever grouping when it is a number, replaced by now. */
struct str personal_replace(struct arena *a, struct str text, struct str was, struct str now);
enum { PERSONAL_FIGURES = 6 }; /* so many digits make a number of it */

#endif
