/* One thread that looks, a few times a second, at what other threads and processes changed and
 * running requests must hear of: sessions that were ended, keys that were rotated. */
#ifndef CONSOLE_WATCH_H
#define CONSOLE_WATCH_H
#include "crypto/keyring.h"
#include "domain/services.h"

struct watch;
/* keys may be NULL. What is handed over must outlive it. */
enum tb_code watch_start(const char *db_url, struct keyring *keys, const struct world *w,
                         struct watch **out, struct tb_err *e) MUST_USE;
void watch_stop(struct watch *w);
/* Any thread, never waits for the database. True within half a second of the end. */
bool watch_over(struct watch *w, int64_t session_id);

#endif
