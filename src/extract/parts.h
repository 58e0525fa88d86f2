/* Blocks to the stored plain text and its structure: every part is a stretch of plain, in order,
 * never overlapping. What a part belongs to follows from the order (an item to the article before
 * it). */
#ifndef EXTRACT_PARTS_H
#define EXTRACT_PARTS_H
#include "extract/blocks.h"

enum part_kind {
    PART_TITLE = 1, /* of the document, or of one attached to a notice */
    PART_FRONT,     /* what stands before the first clause */
    PART_HEADING,   /* unnumbered */
    PART_CHAPTER,   /* label 第一章; level 1 编, 2 章, 3 节 */
    PART_ARTICLE,   /* label 第五条: its first paragraph */
    PART_PARAGRAPH,
    PART_ITEM,   /* label 一, （一）, 1, （1）, ①; level 1 … 5 */
    PART_HEADER, /* row that names the columns of table n */
    PART_ROW,    /* data row `row` (from 1) of table `table` */
    PART_ANNEX,  /* label 附件1; numbering begins anew */
    PART_SIGN    /* 落款: bodies and date */
};
struct part {
    enum part_kind kind;
    int level, table, row;
    struct str label;
    size_t begin, end; /* bytes of plain; the line end is outside */
};
struct parts {
    struct str plain;
    struct part *items;
    size_t n;
};

const char *part_kind_name(enum part_kind k); /* "title", "article" … on the wire */
void parts_make(struct arena *a, const struct blocks *b, struct parts *out);

#endif
