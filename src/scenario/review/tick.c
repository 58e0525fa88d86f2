/* Promised times are kept by passing on what is late. */
#include "review/sign_rules.h"
#include "scenario/review/review.h"

enum tb_code review_tick(struct talk *t, struct tb_err *e)
{
    struct sign_rules r;
    int64_t moved;

    if (sign_rules_load(&t->mem, t->at->share_dir, &r, e))
        return e->code;
    return draft_escalate(t, r.promise_again, &moved, e);
}
