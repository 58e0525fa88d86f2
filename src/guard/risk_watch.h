/* Looks every second whether the guard's tables or lists changed and reads them again: an officer's
 * change is in force without a restart. */
#ifndef GUARD_RISK_WATCH_H
#define GUARD_RISK_WATCH_H
#include "guard/risk.h"

struct risk_watch;
/* r and db_url must outlive it. */
enum tb_code risk_watch_start(struct risk *r, const char *db_url, struct risk_watch **out,
                              struct tb_err *e) MUST_USE;
void risk_watch_stop(struct risk_watch *w); /* NULL is allowed */

#endif
