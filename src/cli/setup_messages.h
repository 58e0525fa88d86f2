/* The messages of a city folder (messages.yaml and places.yaml) as work orders with their history:
 * the older ones answered and closed, the newest on somebody's desk. Only into a database that has
 * no work order yet, so that invented ones never stand among real ones. */
#ifndef CLI_SETUP_MESSAGES_H
#define CLI_SETUP_MESSAGES_H
#include "cli/cli.h"
#include "domain/talk.h"

/* *added: 0 where the folder has no messages.yaml or there are orders already. In a transaction of
 * its own. */
enum tb_code setup_messages(struct cli *c, struct talk *t, const char *city, int64_t *added,
                            struct tb_err *e) MUST_USE;

#endif
