/* The handlers that routes.c names. */
#ifndef SCENARIO_EMPLOYEE_HANDLERS_H
#define SCENARIO_EMPLOYEE_HANDLERS_H
#include "domain/employee.h"
#include "http/route.h"

#define HANDLER(name)                                                                              \
    enum tb_code name(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)

HANDLER(employees_all); /* page.c */
HANDLER(employees_one);
HANDLER(employees_change); /* change.c */
HANDLER(employees_switch);
HANDLER(employees_undo);
HANDLER(leaves_all); /* leaves.c */
HANDLER(leaves_add);
HANDLER(leaves_end);
HANDLER(phases_apply); /* phases.c */
HANDLER(phases_sign);
HANDLER(answers_all); /* answers.c */
HANDLER(answers_judge);
HANDLER(incidents_all); /* incidents.c */
HANDLER(incidents_one);
HANDLER(incidents_handle);
HANDLER(incidents_check);
HANDLER(mail_show); /* mail_page.c */
HANDLER(mail_sign);

#undef HANDLER

/* The employee named in the path. TB_NOT_FOUND. */
enum tb_code employee_named(struct talk *t, const struct request *q, struct employee *x,
                            struct tb_err *e) MUST_USE;
/* Guardian, deputy, or whoever heads its department. */
bool employee_run_by(const struct employee *x, const struct actor *who);
/* The whole employee as docs/api.md (page.c). */
enum tb_code employee_show(struct talk *t, struct json *j, const struct employee *x,
                           struct tb_err *e) MUST_USE;

#endif
