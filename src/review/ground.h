/* The evidence of one answer, cut and read once, for the checks of all its sentences. Shared by the
 * files of this room only. */
#ifndef REVIEW_GROUND_H
#define REVIEW_GROUND_H
#include "domain/passage.h"
#include "review/facts.h"
#include "review/pairs.h"
#include "review/segment.h"

struct ground_line { /* a segment of a passage */
    struct str text;
    bool item;
    struct pairs words;
    struct fact_list facts;
};
struct ground_passage {
    const struct passage *p;
    struct str all; /* what a citation of it stands for: title, body, chapter, text */
    struct pairs words;
    struct fact_list facts;
    struct ground_line *lines;
    size_t line_n;
};
struct support_ground {
    struct ground_passage *v;
    size_t n;
    struct pairs question;
    struct fact_list asked; /* the facts the person gave */
};

#endif
