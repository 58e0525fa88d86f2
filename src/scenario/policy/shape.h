/* The JSON shapes of docs/api.md that several handlers give. */
#ifndef SCENARIO_POLICY_SHAPE_H
#define SCENARIO_POLICY_SHAPE_H
#include "base/json.h"
#include "store/exchange.h"
#include "store/handoff.h"
#include "store/standard.h"

/* own: the asker reads it, so personal values are put back; else tokens stay. */
enum tb_code shape_exchange(struct talk *t, struct json *j, const struct exchange *x, bool own,
                            struct tb_err *e) MUST_USE;
/* The same fields inside an open object. */
enum tb_code shape_exchange_fields(struct talk *t, struct json *j, const struct exchange *x,
                                   bool own, struct tb_err *e) MUST_USE;
void shape_handoff(struct json *j,
                   const struct handoff *h); /* fields only, inside an open object */
void shape_standard(struct json *j, const struct standard *s);
/* "feedback": null for 0, else useful or not, and why. */
void shape_feedback(struct json *j, int64_t value, struct str reason);

#endif
