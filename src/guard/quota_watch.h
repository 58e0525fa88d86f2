/* Looks twice a second whether another process (the command line) changed a key, and then reads the
 * keys again: a revoked one is out within a second. */
#ifndef GUARD_QUOTA_WATCH_H
#define GUARD_QUOTA_WATCH_H
#include "guard/quota.h"

struct quota_watch;
/* q and db_url must outlive it. */
enum tb_code quota_watch_start(struct quota *q, const char *db_url, struct quota_watch **out,
                               struct tb_err *e) MUST_USE;
void quota_watch_stop(struct quota_watch *w); /* NULL is allowed */

#endif
