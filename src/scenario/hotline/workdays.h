/* Working days of the city and what a deadline comes to: rules/holidays.yaml and
 * rules/order_deadlines.yaml (both kept by people; every complaint names file and line). */
#ifndef SCENARIO_HOTLINE_WORKDAYS_H
#define SCENARIO_HOTLINE_WORKDAYS_H
#include "base/arena.h"
#include "base/err.h"
#include "domain/work_order.h"

struct workdays; /* read only once loaded: any number of threads */

enum tb_code workdays_load(const char *share_dir, struct workdays **out, struct tb_err *e) MUST_USE;
void workdays_free(struct workdays *w); /* NULL: nothing */
bool workdays_is(const struct workdays *w, int32_t day);
/* The n-th working day after `day` (n 0: the day itself, or the next working one). */
int32_t workdays_after(const struct workdays *w, int32_t day, int n);
/* Whether the table has this year: where it has not, weekends only are counted, and a person must
 * be told. */
bool workdays_knows(const struct workdays *w, int year);
/* The sentence for people when a deadline from `at` could reach into a year the table lacks, or ""
 * . */
struct str workdays_warning(const struct workdays *w, struct arena *a, int64_t at);

struct deadline {
    int64_t accept_by, due_at; /* ms; days end at 18:00 of the city's time */
};
/* What an order of this kind and urgency that is dispatched at `at` (ms) is promised. days > 0:
 * the triage's own number of working days for the answer. */
struct deadline workdays_deadline(const struct workdays *w, enum order_kind kind, int64_t urgency,
                                  int64_t at, int days);

#endif
