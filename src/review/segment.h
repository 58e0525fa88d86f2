/* Cuts a passage at 。；and line ends: views into text. Used to show and to check the exact line.
 */
#ifndef REVIEW_SEGMENT_H
#define REVIEW_SEGMENT_H
#include "base/arena.h"
#include "base/str.h"

struct segment {
    struct str text;
    bool item; /* a list item （一）… or a table row */
};
size_t segments_of(struct arena *a, struct str text, struct segment **out);

#endif
