/* What who guards an employee says of one of its answers: would they have said the same? A queue
 * that signs answers says it too (approved as it was, or changed). */
#ifndef STORE_VERDICT_H
#define STORE_VERDICT_H
#include "domain/talk.h"
#include "store/db.h"

/* The actor's word on this exchange; a second one replaces the first. */
enum tb_code verdict_keep(struct talk *t, int64_t employee_id, int64_t exchange_id, bool agrees,
                          struct tb_err *e) MUST_USE;

#endif
