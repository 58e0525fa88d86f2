/* What the triage's models are taught: messages, and the words of the tables, each word a short
 * description of its label. */
#ifndef SCENARIO_HOTLINE_LESSONS_H
#define SCENARIO_HOTLINE_LESSONS_H
#include "learn/train.h"
#include "scenario/hotline/classes.h"
#include "scenario/hotline/duties.h"

/* How each is learnt, by measurement (bench/hotline/folds). */
#define LESSONS_CLASS LEARN_OPTIONS
#define LESSONS_DEPARTMENT                                                                         \
    {                                                                                              \
        .run = 2, .title = 0.5F, .cost = 2.0F, .balanced = false, .folds = 5,                      \
        .memory = (size_t)256 << 20, .version = 1                                                  \
    }

struct lessons {
    struct arena *a;
    struct learn_example *v;
    size_t n, cap;
};
void lessons_add(struct lessons *l, struct learn_example ex);
/* Every word of a list by 、 by itself. */
void lessons_add_words(struct lessons *l, struct str words, uint32_t label, float weight);
/* Topics of the classes among labels: their names, and their words. */
void lessons_add_classes(struct lessons *l, const struct classes *c, const struct str *labels,
                         size_t label_n);
/* Every topic a label of its own, in the table's order. */
void lessons_add_topics(struct lessons *l, const struct classes *c);
/* What departments of such names usually handle: for names written in whatever city's way. */
void lessons_add_common(struct lessons *l, const struct duties *d, const struct str *labels,
                        size_t label_n);
/* The duty list's own departments, labels being their rows. */
void lessons_add_duties(struct lessons *l, const struct duties *d);

#endif
