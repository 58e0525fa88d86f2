/* 数智员工: the pages' handlers and what the program itself does about employees: read their rules,
 * call back those whose figures fell, watch for what is not right. */
#ifndef SCENARIO_EMPLOYEE_EMPLOYEE_H
#define SCENARIO_EMPLOYEE_EMPLOYEE_H
#include "http/route.h"

extern const struct route employee_routes[];

#endif
