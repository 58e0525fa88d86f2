/* The marks that number a Chinese official text: 第一章, 第五条之一, 一、, （一）, 1., （1）, ①,
 * 附件1. GB/T 9704-2012 7.3.3 gives the order of the levels. */
#ifndef EXTRACT_MARKS_H
#define EXTRACT_MARKS_H
#include "base/str.h"

enum mark_kind {
    MARK_NONE,
    MARK_CHAPTER, /* level 1 编, 2 章, 3 节 */
    MARK_ARTICLE,
    MARK_ITEM, /* level 1 一、 2 （一） 3 1. 4 （1） 5 ① */
    MARK_ANNEX
};
struct mark {
    enum mark_kind kind;
    int level, number;
    struct str label; /* as cited: 第一章, 第五条之一, 一, （一）, 1, （1）, ①, 附件1; a view */
    size_t taken; /* bytes of the mark, with 、 or . */
    bool parted;  /* white space or a colon stands after it, or nothing */
    bool decimal; /* a figure follows the point: 1.3人户 or one and three tenths */
};

/* The mark at the beginning of s; kind MARK_NONE if there is none. */
struct mark mark_read(struct str s);

#endif
