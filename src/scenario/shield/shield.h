/* What the security officer keeps of the guard: the egress list and the lists of words; and what
 * the system admin watches: floods. */
#ifndef SHIELD_SHIELD_H
#define SHIELD_SHIELD_H
#include "http/route.h"

extern const struct route shield_routes[];

#define SHIELD_HANDLER(name)                                                                       \
    enum tb_code name(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)

SHIELD_HANDLER(egress_show); /* egress.c */
SHIELD_HANDLER(egress_make);
SHIELD_HANDLER(egress_stop);
SHIELD_HANDLER(flood_show); /* flood.c */
SHIELD_HANDLER(flood_change);
SHIELD_HANDLER(flood_undo);
SHIELD_HANDLER(words_show);   /* words.c */
SHIELD_HANDLER(words_import); /* words_import.c */
SHIELD_HANDLER(words_undo);
SHIELD_HANDLER(words_drop);

#endif
