/* Cuts a passage at 。；and line ends: views into text, each with its facts. Used to show and to
 * check the exact line. */
#ifndef REVIEW_SEGMENT_H
#define REVIEW_SEGMENT_H
#include "review/facts.h"

struct segment {
    struct str text;
    bool item; /* a list item （一）… or a table row */
    struct fact_list facts;
};
struct segment_list {
    struct segment *v; /* in the arena */
    size_t n;
};
struct segment_list segments_of(struct arena *a, struct str text);

#endif
