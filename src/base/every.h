/* Does something again and again on a thread of its own, until stopped. */
#ifndef BASE_EVERY_H
#define BASE_EVERY_H
#include "base/err.h"

struct every;
/* First after ms, then ms after each end. work and self must live until every_stop is done. */
enum tb_code every_start(int ms, void (*work)(void *self), void *self, struct every **out,
                         struct tb_err *e) MUST_USE;
void every_stop(struct every *v); /* waits for the round under way; NULL is allowed */

#endif
