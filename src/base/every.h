/* Does something again and again on a thread of its own, until stopped. */
#ifndef BASE_EVERY_H
#define BASE_EVERY_H
#include "base/err.h"

struct every;
/* First after first_ms (0: at once), then ms after each end, always on the own thread. work and
 * self must live until every_stop is done. */
enum tb_code every_start(int first_ms, int ms, void (*work)(void *self), void *self,
                         struct every **out, struct tb_err *e) MUST_USE;
void every_stop(struct every *v); /* waits for the round under way; NULL is allowed */

#endif
