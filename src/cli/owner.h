/* What the commands that change accounts and data share: a talk in the name of who sits at the
 * machine ("cli:root"), as it stands in the trail. */
#ifndef CLI_OWNER_H
#define CLI_OWNER_H
#include "cli/rooms.h"

void owner_talk(struct cli *c, const struct rooms_opened *r, struct talk *t);
/* The arguments after the options: exactly n of them, else TB_INVALID with how. */
enum tb_code owner_words(struct cli *c, int n, const char *how, struct tb_err *e) MUST_USE;

#endif
