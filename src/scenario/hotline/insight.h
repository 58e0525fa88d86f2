/* What the city should know, for as long as the server runs: the rules of hot issues, the index of
 * similar orders, and what was worked out lately. Thread-safe. */
#ifndef SCENARIO_HOTLINE_INSIGHT_H
#define SCENARIO_HOTLINE_INSIGHT_H
#include "domain/talk.h"
#include "http/route.h"
#include "scenario/hotline/alike.h"
#include "scenario/hotline/hot.h"
#include "scenario/hotline/report.h"
#include "scenario/hotline/warn.h"

enum {
    INSIGHT_MESSAGES = 20000, /* the newest of a span that are looked at */
    INSIGHT_BATCH = 5000,     /* orders that one round of the caretaker adds to the index */
    INSIGHT_ALIKE = 50        /* candidates that are compared in full */
};

struct insight;
/* TB_INVALID names file and line of rules/hotline_hot.yaml. A broken index file is built anew. */
enum tb_code insight_open(const struct services *at, struct insight **out,
                          struct tb_err *e) MUST_USE;
void insight_close(struct insight *x); /* keeps the index; NULL: nothing */
struct insight *insight_of(const struct talk *t);
const struct hot_rules *insight_rules(const struct insight *x);
const struct alike *insight_alike(const struct insight *x);
/* Adds orders that the index does not know yet, at most `most`. */
enum tb_code insight_catch_up(struct talk *t, struct insight *x, size_t most,
                              struct tb_err *e) MUST_USE;

/* Orders of [from, to) as messages: without withdrawn ones and those whose asker must not be
 * known. The newest INSIGHT_MESSAGES; *left_out: how many older ones were not looked at. id is the
 * order's. */
enum tb_code insight_messages(struct talk *t, int64_t from, int64_t to, struct hot_message **out,
                              size_t *n, int64_t *left_out, struct tb_err *e) MUST_USE;
/* The issues of the `days` before to, as of to. */
enum tb_code insight_issues(struct talk *t, int64_t to, int32_t days, size_t top,
                            struct hot_issue **out, size_t *n, struct tb_err *e) MUST_USE;

/* What was answered to the same question lately: a copy in a, or false. Keys hold the newest order,
 * so that what came since makes another key. */
bool insight_recall(struct insight *x, struct arena *a, struct str key, struct str *out);
void insight_remember(struct insight *x, struct str key, struct str value);

#define INSIGHT_HANDLER(name)                                                                      \
    enum tb_code name(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
INSIGHT_HANDLER(insight_hot);    /* insight_hot.c */
INSIGHT_HANDLER(insight_map);    /* insight_hot.c */
INSIGHT_HANDLER(insight_report); /* insight_report.c */
INSIGHT_HANDLER(insight_export); /* insight_report.c */
INSIGHT_HANDLER(insight_like);   /* insight_alike.c */
/* ?to=2026-11-21, today when absent, never later than today. */
enum tb_code insight_day(struct talk *t, const struct request *q, int32_t *out,
                         struct tb_err *e) MUST_USE;

extern const struct route hotline_insight_routes[];

#endif
