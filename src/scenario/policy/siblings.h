/* Which other answers a correction contradicts: those that rest on the same clause, and those to a
 * question that asks the same. */
#ifndef SCENARIO_POLICY_SIBLINGS_H
#define SCENARIO_POLICY_SIBLINGS_H
#include "store/correction.h"
#include "store/exchange.h"

/* Looks through the newest answers of half a year and all standard answers, and keeps at most 50
 * siblings of c, whose exchange is x. What says the same as the correction is none. */
enum tb_code siblings_find(struct talk *t, const struct correction *c, const struct exchange *x,
                           struct tb_err *e) MUST_USE;

#endif
