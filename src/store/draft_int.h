/* Shared by the files of the draft only. */
#ifndef STORE_DRAFT_INT_H
#define STORE_DRAFT_INT_H
#include "store/draft.h"

/* Waiting drafts that are late or whose reviewer cannot sign any more; at most 200, oldest first.
 */
enum tb_code draft_waiting(struct talk *t, struct draft **out, size_t *n,
                           struct tb_err *e) MUST_USE;

#endif
