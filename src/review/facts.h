/* The hard facts of a sentence: what must stand literally in the cited clause because being nearly
 * right is wrong. Numbers (with their unit), dates, document numbers, phones, names of offices. */
#ifndef REVIEW_FACTS_H
#define REVIEW_FACTS_H
#include "base/arena.h"
#include "base/str.h"

enum fact_kind { FACT_NUMBER = 1, FACT_DATE, FACT_DOCUMENT_NUMBER, FACT_PHONE, FACT_OFFICE };

struct fact {
    enum fact_kind kind;
    struct str text; /* as written */
    double value;    /* number (30万元 is 300000), or day for a date */
    struct str unit; /* number: the character(s) after it that make it mean something: 元 日 个月 %
                        周岁 …; "" if none */
};

struct fact_list {
    struct fact *v; /* in the arena */
    size_t n;
};

struct fact_list facts_of(struct arena *a, struct str text);
/* The same fact, however it is written (30万元 = 三十万元 = 300,000元; 2024年7月1日 = 2024-07-01).
 * Units must not contradict: 30日 is not 30元; a missing unit agrees with any. */
bool fact_same(const struct fact *x, const struct fact *y);
/* True when f stands in text, whose facts are `known`: numbers and dates by value, the rest
 * literally. An office also counts under its shorter or longer official form (民政局 in
 * 明川市民政局). */
bool fact_stands(const struct fact *f, struct str text, const struct fact_list *known);

#endif
