/* 热点: what many people write about, found in their messages without anybody naming it first.
 * Messages that say the same of the same place come together, each group gets a name as a person
 * would give it, and a heat that says what it is made of. The result is a function of the messages
 * alone: their order in the input changes nothing. */
#ifndef SCENARIO_HOTLINE_HOT_H
#define SCENARIO_HOTLINE_HOT_H
#include "base/arena.h"
#include "base/err.h"

struct hot_message {
    int64_t id; /* as the source has it; need not be unique */
    struct str user, title, text;
    int64_t at; /* ms since 1970 UTC */
    int64_t up, down;
    struct str place; /* where, if the source knows; else "" */
};

enum hot_part { HOT_PEOPLE, HOT_COUNT, HOT_VOTES, HOT_PEAK, HOT_GROWTH, HOT_MOOD, HOT_PARTS };
struct hot_rules {
    double join;
    int least_people, recent_days;
    struct hot_weight {
        double weight, half;
        struct str title;
    } part[HOT_PARTS];
    struct hot_warn_rules { /* warn.h */
        int window_days, span_hours, least_people;
        double chance, spread, prior, times;
    } warn;
    struct hot_words {
        struct str *v;
        size_t n;
    } leading, trailing, place_tails, wide_tails, stop, strong;
};
/* rules/hotline_hot.yaml. TB_INVALID names file and line. */
enum tb_code hot_rules_load(struct arena *a, const char *path, struct hot_rules **out,
                            struct tb_err *e) MUST_USE;

enum { HOT_PHRASES = 6 };
struct hot_phrase {
    struct str text;
    size_t count; /* messages that hold it */
};
struct hot_issue {
    struct str name, place, subject; /* name: place and what happens there, one phrase */
    struct str why;                  /* a Chinese sentence or two: why it is hot */
    struct hot_phrase phrase[HOT_PHRASES];
    size_t phrase_n;
    const struct hot_message **member; /* by time */
    size_t n, people, best;            /* best: the member that says it best */
    int64_t first, last, votes;        /* votes: up + down, who looked and took a stand */
    size_t peak_people;                /* most people in any recent_days */
    int64_t peak_from;                 /* ms, where that span begins */
    size_t recent, before;             /* people in the last recent_days, and in the spans before */
    size_t spans;                      /* how many spans before were looked at: 0 to 4 */
    double growth; /* recent against the mean of the spans before, + 1 each; 0 without any */
    double mood;   /* 0..1: share of messages with strong words */
    double value[HOT_PARTS];        /* what each part measures */
    double points[HOT_PARTS], heat; /* what it adds; the sum, 0..100 */
};
struct hot_wish {
    int64_t now;   /* ms: growth is counted back from here; 0: the last message */
    int64_t since; /* ms: nothing before it was handed in; 0: the first message */
    size_t top;    /* how many are named and explained; 0: all that have enough people */
};
/* Issues, hottest first. Everything lives in a; members point into m. */
void hot_find(struct arena *a, const struct hot_rules *r, const struct hot_message *m, size_t n,
              const struct hot_wish *w, struct hot_issue **out, size_t *out_n);

/* A file of messages: one JSON object per line with title and text, and id, user, time, up, down,
 * place where it has them (time: year-month-day hour:minute:second in the city's zone, / or -; or
 * ms). Lines that are no message are counted in *skipped. */
enum tb_code hot_read(struct arena *a, const char *path, struct hot_message **out, size_t *n,
                      size_t *skipped, struct tb_err *e) MUST_USE;

#endif
