/* 预警: what begins to grow, told before it is big. An issue is warned of when more people write of
 * it within `span` than its own past lets expect, weekday and hour taken out: a Monday morning is
 * no alarm. */
#ifndef SCENARIO_HOTLINE_WARN_H
#define SCENARIO_HOTLINE_WARN_H
#include "scenario/hotline/hot.h"

/* How much is written at each hour of the week beside the mean, which is 1. */
struct warn_season {
    double weekday[7], hour[24]; /* Monday first */
};
void warn_season_learn(const struct hot_message *m, size_t n, struct warn_season *out);
/* The hours from `from` to `to` (ms), each counted by its weight. */
double warn_season_hours(const struct warn_season *s, int64_t from, int64_t to);
/* How likely n or more are where mean many are expected; spread: variance by mean, at least 1. */
double warn_chance(size_t n, double mean, double spread);

struct warning {
    struct hot_issue issue; /* of the window before now */
    size_t people;          /* who wrote within the span */
    double expected, chance;
    struct str say; /* Chinese: what, how many, against what */
};
/* Warnings at `now` (ms) from the messages up to then, the least likely first. Messages after now
 * are not looked at. Everything lives in a. */
void warn_find(struct arena *a, const struct hot_rules *r, const struct hot_message *m, size_t n,
               int64_t now, struct warning **out, size_t *out_n);

#endif
