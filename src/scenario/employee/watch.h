/* What the program does by itself about employees, on a timer with the clock passed in: calls back
 * those whose figures fell. */
#ifndef SCENARIO_EMPLOYEE_WATCH_H
#define SCENARIO_EMPLOYEE_WATCH_H
#include "domain/talk.h"

enum { WATCH_EVERY_MS = 60 * 1000 };
struct employee_watch {
    int64_t next; /* ms; zeroed: at once */
};
/* Looks when it is time; between two looks it costs nothing. One thread. */
enum tb_code employee_watch_look(struct employee_watch *w, const struct services *at, struct db *d,
                                 const struct world *world, struct tb_err *e) MUST_USE;
/* The look itself, in a talk of whoever asked for it. *n: what it found to do. */
enum tb_code employee_watch_now(struct talk *t, int64_t *n, struct tb_err *e) MUST_USE;

#endif
