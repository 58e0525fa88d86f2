/* 诉求答复: a reply is written by one person and signed by another (store/draft.h). The order waits
 * in `signing` between the two. */
#ifndef STORE_WORK_ORDER_REPLY_H
#define STORE_WORK_ORDER_REPLY_H
#include "store/draft.h"
#include "store/work_order.h"

/* Puts reply (its lines, masked) into the queue of `department` as t->actor's and moves o by step
 * ("reply" or "answer"). why and risk: what the checks found, for who signs. In the caller's
 * transaction. */
enum tb_code work_order_propose(struct talk *t, struct work_order *o, const struct order_step *step,
                                unsigned who, struct str reply, struct str department, int64_t risk,
                                struct str why, struct draft *d, struct tb_err *e) MUST_USE;
/* Signs d and gives the answer. In the caller's transaction. */
enum tb_code work_order_sign(struct talk *t, const struct draft *d, const struct signer *by,
                             struct tb_err *e) MUST_USE;
/* d was returned or taken back: the order is in work again. */
enum tb_code work_order_unsigned(struct talk *t, const struct draft *d, struct str reason,
                                 struct tb_err *e) MUST_USE;
/* The reply as d has it now, line by line. */
struct str work_order_reply_of(struct arena *a, const struct draft *d);

#endif
