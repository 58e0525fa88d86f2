/* 民情报告 of a day, a week or a month. Every number is a figure, and every figure is the answer of
 * one query over the orders, named here with its words; no model computes any. The sentences are
 * templates into which figures are put, and each says which it used, so that a reader, a test and
 * an auditor can ask the same question again. */
#ifndef SCENARIO_HOTLINE_REPORT_H
#define SCENARIO_HOTLINE_REPORT_H
#include "domain/talk.h"
#include "scenario/hotline/hot.h"

enum report_kind { REPORT_DAY = 1, REPORT_WEEK, REPORT_MONTH };
bool report_kind_parse(struct str s, enum report_kind *out); /* "day", "week", "month" */
const char *report_kind_name(enum report_kind k);
const char *report_kind_title(enum report_kind k); /* 日报 … */

/* [from, to) and the span of the same length before it; ms. The day `last` is the last one in it.
 */
struct report_span {
    enum report_kind kind;
    int32_t first, last; /* days */
    int64_t from, to, before;
};
struct report_span report_span_of(enum report_kind k, int32_t last);

struct report_figure {
    const char *key;
    struct str title, unit;
    bool some;            /* false: there was nothing to count from (a mean of none) */
    double value, before; /* of the span, and of the one before it */
    const char *query;    /* what was asked; :from and :to in ms */
    int digits;           /* behind the point */
};
struct report_row { /* of a breakdown */
    struct str id, name;
    int64_t count, before;
};
struct report_table {
    const char *key;
    struct str title;
    const char *query;
    struct report_row *row;
    size_t n;
};
enum { REPORT_USED = 8 };
struct report_sentence {
    const char *part; /* "summary", "change", "handling", "hot", "advice" */
    struct str text;
    const char *used[REPORT_USED]; /* keys of figures, or "table:id", "issue:rank" */
    size_t used_n;
};
struct report {
    struct report_span span;
    struct report_figure *figure;
    size_t figure_n;
    struct report_table *table;
    size_t table_n;
    struct hot_issue *issue; /* hottest first */
    size_t issue_n;
    struct report_sentence *sentence;
    size_t sentence_n, sentence_cap;
    struct str city;
};
/* In t's memory. The issues are handed in (they take longer than the figures). */
enum tb_code report_make(struct talk *t, enum report_kind k, int32_t last, struct hot_issue *issue,
                         size_t issue_n, struct report **out, struct tb_err *e) MUST_USE;
const struct report_figure *report_figure_of(const struct report *r, const char *key); /* or NULL */
/* A figure as it stands in a sentence: "320", "4.5", "—" where there is none. */
struct str report_number(struct arena *a, const struct report_figure *f, bool before);

/* report_text.c: the sentences, from the figures alone. */
void report_write(struct arena *a, struct report *r);

#endif
