/* The handlers that routes.c names. */
#ifndef SCENARIO_POLICY_HANDLERS_H
#define SCENARIO_POLICY_HANDLERS_H
#include "http/route.h"

#define HANDLER(name)                                                                              \
    enum tb_code name(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)

HANDLER(policy_ask); /* ask.c */
HANDLER(policy_exchange);
HANDLER(policy_conversation);
HANDLER(policy_feedback);
HANDLER(policy_export); /* export.c */
HANDLER(trail_export_one);
HANDLER(handoff_ask); /* handoff.c: the asker's side */
HANDLER(handoff_status);
HANDLER(handoff_own);
HANDLER(handoff_inbox); /* inbox.c: the clerk's side */
HANDLER(handoff_open);
HANDLER(handoff_take_one);
HANDLER(handoff_release_one);
HANDLER(handoff_answer);
HANDLER(trail_exchanges); /* exchanges.c: the auditor's side */
HANDLER(trail_exchange);
HANDLER(correct_answer); /* correct.c */
HANDLER(correct_all);
HANDLER(correct_sibling);
HANDLER(correct_export);
HANDLER(standard_all); /* standards.c */
HANDLER(standard_new);
HANDLER(standard_change);
HANDLER(standard_approve);
HANDLER(standard_stop);

#undef HANDLER
#endif
