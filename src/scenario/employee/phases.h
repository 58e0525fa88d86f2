/* 先内后外: the form that takes an employee one step outwards, and what calls it back. */
#ifndef SCENARIO_EMPLOYEE_PHASES_H
#define SCENARIO_EMPLOYEE_PHASES_H
#include "domain/employee.h"
#include "domain/talk.h"

/* Calls every employee back by one step whose figures over the last days fell below what its phase
 * asks for, each with a row of the trail. A talk of the system. *fell: how many. */
enum tb_code phases_call_back(struct talk *t, int64_t *fell, struct tb_err *e) MUST_USE;

/* May the actor sign as department admin? The head of its department; where the department has
 * none, any department's. */
enum tb_code phases_head(struct talk *t, const struct employee *x, bool *yes,
                         struct tb_err *e) MUST_USE;

#endif
