/* 邮件: incidents told by mail to those whose role owns them. Where to and by which server:
 * mail.yaml in the data directory; what is said: rules/mail.yaml, and only a text that the security
 * officer has signed as it stands (setting mail.signed.<id>: its SM3). Both are read when they are
 * needed. */
#ifndef SCENARIO_EMPLOYEE_MAILING_H
#define SCENARIO_EMPLOYEE_MAILING_H
#include "domain/talk.h"
#include "store/incident.h"

/* Notes whom a new incident is to be mailed to. Nothing without mail.yaml. */
enum tb_code mailing_wanted(struct talk *t, const struct incident *x, struct tb_err *e) MUST_USE;
/* Sends what is due, if the template is signed. A broken mail.yaml is said in the log. */
enum tb_code mailing_tell(struct talk *t, struct tb_err *e) MUST_USE;

#endif
