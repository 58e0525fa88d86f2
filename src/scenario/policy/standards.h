/* Standard answers as staff write them. */
#ifndef SCENARIO_POLICY_STANDARDS_H
#define SCENARIO_POLICY_STANDARDS_H
#include "base/json.h"
#include "store/standard.h"

/* {"questions","answer"?,"citations","valid_from"?,"valid_to"?} to s; answer: what to use when the
 * form has none. Whoever writes it proposes it: somebody else signs. TB_INVALID when a citation
 * names no document in force. */
enum tb_code standards_from(struct talk *t, const struct json_value *v, struct str answer,
                            struct standard *s, struct tb_err *e) MUST_USE;

#endif
