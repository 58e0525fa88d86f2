/* Shared by the files of the draft only. */
#ifndef STORE_DRAFT_INT_H
#define STORE_DRAFT_INT_H
#include "store/draft.h"

/* Waiting drafts that are late or whose reviewer cannot sign any more; at most 200, oldest first.
 */
enum tb_code draft_waiting(struct talk *t, struct draft **out, size_t *n,
                           struct tb_err *e) MUST_USE;

/* How a kind stands in the table: a reply is an answer whose noun is an order. */
static inline struct db_arg draft_db_kind(enum draft_kind k)
{
    return db_text("kind", str_z(draft_kind_name(k == DRAFT_REPLY ? DRAFT_ANSWER : k)));
}
static inline struct db_arg draft_db_noun(enum draft_kind k)
{
    return db_text("noun", k == DRAFT_REPLY ? STR("order") : STR(""));
}

#endif
