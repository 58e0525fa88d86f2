/* Who may do what, and proof that nobody does it alone: rules of access, 双人控制, purposes of
 * reading, departments as a tree, what is kept of the trail. One file per page. */
#ifndef ACCESS_ACCESS_H
#define ACCESS_ACCESS_H
#include "http/route.h"

extern const struct route access_routes[];

#define ACCESS_HANDLER(name)                                                                       \
    enum tb_code name(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)

ACCESS_HANDLER(rules_show);
ACCESS_HANDLER(rules_change);
ACCESS_HANDLER(approvals_list);
ACCESS_HANDLER(approvals_ask);
ACCESS_HANDLER(approvals_confirm);
ACCESS_HANDLER(approvals_refuse);
ACCESS_HANDLER(purpose_show);
ACCESS_HANDLER(purpose_say);
ACCESS_HANDLER(departments_tree);
ACCESS_HANDLER(departments_move);
ACCESS_HANDLER(keeping_show);
ACCESS_HANDLER(keeping_hold);
ACCESS_HANDLER(figures_show);
ACCESS_HANDLER(personal_list);
ACCESS_HANDLER(personal_ask);
ACCESS_HANDLER(personal_show);
ACCESS_HANDLER(personal_carry);

#endif
