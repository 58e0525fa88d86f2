/* rules/alerts.yaml: what is watched, how much of it is too much, who then has to do what. Read
 * when the server starts, which does not start with a mistake in it. */
#ifndef SCENARIO_EMPLOYEE_ALERTS_H
#define SCENARIO_EMPLOYEE_ALERTS_H
#include "domain/employee.h"
#include "domain/talk.h"

enum alert_source { ALERT_TRAIL = 1, ALERT_QUESTIONS, ALERT_METRIC, ALERT_ENGINE };
struct alert {
    struct str id, title, severity, owner; /* owner: a role */
    struct words steps;
    enum alert_source source;
    int64_t minutes;
    double more_than, times; /* times: 0, or over the mean of the stretches of the day before */
    int64_t at_least;
    bool share;
    struct words verbs, outcomes; /* trail; empty: any */
    bool by_address;
    struct str measure;       /* questions */
    const char *name, *label; /* metric; label "": all its series */
};
struct alerts {
    struct alert *v;
    size_t n;
    const char *webhook; /* "" none */
};
enum tb_code alerts_load(struct arena *a, const char *path, struct alerts *out,
                         struct tb_err *e) MUST_USE;

/* What the timer remembers between two looks: the standing of each metric, and since when no engine
 * answers. */
enum { ALERTS_MAX = 64, ALERT_MARKS = 32 };
struct alert_mark {
    int64_t at; /* ms */
    double value;
};
struct alert_memory {
    struct alert_mark marks[ALERTS_MAX][ALERT_MARKS]; /* oldest first; at 0: none */
    int64_t down_since;                               /* ms; 0: an engine is ready */
};
/* Looks at every rule and opens incidents. m NULL: only what needs no memory (trail, questions).
 * *n: incidents opened. */
enum tb_code alerts_look(struct talk *t, const struct alerts *rules, struct alert_memory *m,
                         int64_t *n, struct tb_err *e) MUST_USE;

/* An incident of this program's own about an employee (a phase that fell). */
enum tb_code alert_employee(struct talk *t, const struct alerts *rules, const struct employee *x,
                            struct str text, struct tb_err *e) MUST_USE;

/* Sends what is due to the webhook: POST of JSON, signed with HMAC-SM3 over "<seconds>.<body>" as
 * x-tongban-signature. Nothing goes out without a webhook and a secret. */
enum tb_code alerts_tell(struct talk *t, const struct alerts *rules, const char *secret,
                         struct tb_err *e) MUST_USE;

#endif
