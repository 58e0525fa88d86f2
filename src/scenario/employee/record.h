/* What an employee did in a stretch of time, in figures without content. */
#ifndef SCENARIO_EMPLOYEE_RECORD_H
#define SCENARIO_EMPLOYEE_RECORD_H
#include "base/json.h"
#include "domain/talk.h"

enum { RECORD_DAYS = 30 };
struct record {
    int64_t asked, answered, standard, not_found, referred; /* answered: partial ones too */
    int64_t handed_over, corrected, incidents;
    int64_t judged, agreed;                   /* answers that a guardian looked at */
    int64_t refusals_judged, refusals_agreed; /* of those it said "not found" to */
    int64_t useful, not_useful;
    int64_t sentences, withheld; /* written; of them without evidence, and so not shown */
    int64_t tokens, cost;        /* millionths of a yuan */
};
/* since: ms; what happened from then on. */
enum tb_code record_read(struct talk *t, int64_t employee_id, int64_t since, struct record *out,
                         struct tb_err *e) MUST_USE;
void record_json(struct json *j, const struct record *r);
/* "days": one row for each of the last RECORD_DAYS. */
enum tb_code record_days(struct talk *t, struct json *j, int64_t employee_id,
                         struct tb_err *e) MUST_USE;
int64_t record_begin(struct talk *t); /* ms: the first moment of those days */
/* Shares 0 to 1; -1 where there is nothing to divide by. */
double record_agreement(const struct record *r);
double record_unsupported(const struct record *r);
double record_refusals_right(const struct record *r);

#endif
