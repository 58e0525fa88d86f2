/* 审签台: the desk where drafts of every kind wait for the signature of somebody who did not write
 * them, and the sample of what needed none. */
#ifndef SCENARIO_REVIEW_REVIEW_H
#define SCENARIO_REVIEW_REVIEW_H
#include "base/json.h"
#include "http/route.h"
#include "store/draft.h"

#define HANDLER(name)                                                                              \
    enum tb_code name(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)

HANDLER(review_list); /* queue.c */
HANDLER(review_show);
HANDLER(review_take);
HANDLER(review_sign); /* act.c */
HANDLER(review_sign_all);
HANDLER(review_return);
HANDLER(review_withdraw);
HANDLER(review_hand);
HANDLER(review_edit);    /* edit.c */
HANDLER(review_samples); /* sample.c */
HANDLER(review_sampled);

#undef HANDLER

/* publish.c: signs d and makes it public, whatever its kind; one transaction. */
enum tb_code review_publish(struct talk *t, const struct draft *d, struct tb_err *e) MUST_USE;
/* What follows from a return, by kind: a citizen's question goes to a clerk, an order back to work.
 */
enum tb_code review_returned(struct talk *t, const struct draft *d, struct str reason,
                             struct tb_err *e) MUST_USE;

/* queue.c: the list form of a draft; inside an open object. */
void review_item(struct json *j, const struct draft *d);
/* The whole draft of this receipt, for the desk. */
enum tb_code review_whole(struct talk *t, struct json *j, struct str receipt,
                          struct tb_err *e) MUST_USE;

/* evidence.c: sentence by sentence with its state, the clauses, what the AI left out, similar
 * signed answers. */
enum tb_code review_content(struct talk *t, struct json *j, const struct draft *d,
                            struct tb_err *e) MUST_USE;

/* tick.c: promises are given and kept: what is late or whose reviewer is gone moves on. Called by
 * the caretaker with its own talk. */
enum tb_code review_tick(struct talk *t, struct tb_err *e) MUST_USE;

#endif
