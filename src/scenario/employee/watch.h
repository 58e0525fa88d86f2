/* What the program does by itself about employees, on a timer with the clock passed in: calls back
 * those whose figures fell, and looks for what is not right (alerts.h). */
#ifndef SCENARIO_EMPLOYEE_WATCH_H
#define SCENARIO_EMPLOYEE_WATCH_H
#include "scenario/employee/alerts.h"

enum { WATCH_EVERY_MS = 60 * 1000 };
struct employee_watch {
    int64_t next; /* ms; zeroed: at once */
    struct alert_memory memory;
};
/* Looks when it is time; between two looks it costs nothing. One thread. */
enum tb_code employee_watch_look(struct employee_watch *w, const struct services *at, struct db *d,
                                 const struct world *world, struct tb_err *e) MUST_USE;
/* The look itself, in a talk of whoever asked for it; m NULL: without what needs a memory. *n: what
 * it found to do. */
enum tb_code employee_watch_now(struct talk *t, struct alert_memory *m, int64_t *n,
                                struct tb_err *e) MUST_USE;

/* Sends what is due to the webhook of rules/alerts.yaml, signed with $TONGBAN_WEBHOOK_SECRET;
 * without either nothing goes out. May take seconds. */
enum tb_code employee_watch_tell(struct talk *t, struct tb_err *e) MUST_USE;

#endif
