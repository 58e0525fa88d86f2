/* The handlers of this scenario, one file per page, put into the table by routes.c. */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H
#include "http/route.h"

#define CONSOLE_HANDLER(name)                                                                      \
    enum tb_code name(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)

CONSOLE_HANDLER(session_sign_in);
CONSOLE_HANDLER(session_show);
CONSOLE_HANDLER(session_sign_out);
CONSOLE_HANDLER(session_password);
CONSOLE_HANDLER(sign_in_ways);
CONSOLE_HANDLER(sign_in_certificate);
CONSOLE_HANDLER(oidc_start);
CONSOLE_HANDLER(oidc_back);
CONSOLE_HANDLER(second_code);
CONSOLE_HANDLER(second_show);
CONSOLE_HANDLER(second_begin);
CONSOLE_HANDLER(second_confirm);
CONSOLE_HANDLER(second_remove);
CONSOLE_HANDLER(sessions_own);
CONSOLE_HANDLER(sessions_end_own);
CONSOLE_HANDLER(sessions_of);
CONSOLE_HANDLER(sessions_end_of);
CONSOLE_HANDLER(users_list);
CONSOLE_HANDLER(users_add);
CONSOLE_HANDLER(users_lock);
CONSOLE_HANDLER(users_unlock);
CONSOLE_HANDLER(users_reset);
CONSOLE_HANDLER(users_role);
CONSOLE_HANDLER(users_totp);
CONSOLE_HANDLER(trail_list);
CONSOLE_HANDLER(trail_verify);
CONSOLE_HANDLER(trail_export);
CONSOLE_HANDLER(overview_show);
CONSOLE_HANDLER(work_list);
CONSOLE_HANDLER(work_show);
CONSOLE_HANDLER(work_cancel);
CONSOLE_HANDLER(city_show);

/* The parts of the machine and what they lack, as an array (parts.c). */
enum tb_code console_parts(struct talk *t, struct json *j, struct tb_err *e) MUST_USE;

#endif
