/* The evidence of one answer, cut and read once, for the checks of all its sentences. Shared by the
 * files of this room only. */
#ifndef REVIEW_GROUND_H
#define REVIEW_GROUND_H
#include "domain/passage.h"
#include "review/facts.h"
#include "review/pairs.h"
#include "review/segment.h"

struct ground_place { /* one standing of a number in a passage */
    size_t line;
    const struct fact *number;
    struct str lead; /* the words that lead to it (choice.c) */
    bool own_number; /* the person's own number falls into a range in them */
};
struct ground_passage {
    const struct passage *p;
    struct str all; /* what a citation of it stands for: title, body, chapter, text */
    struct pairs words;
    struct fact_list facts;
    struct segment_list lines;
    struct pairs *line_words; /* of each line */
    struct ground_place *places;
    size_t place_n;
};
struct support_ground {
    struct ground_passage *v;
    size_t n;
    struct pairs question;
    struct fact_list asked; /* the facts the person gave */
};

#endif
