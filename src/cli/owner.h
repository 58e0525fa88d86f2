/* What the commands that change accounts and data share: a talk in the name of who sits at the
 * machine ("cli:root"), as it stands in the trail. */
#ifndef CLI_OWNER_H
#define CLI_OWNER_H
#include "cli/rooms.h"

void owner_talk(struct cli *c, const struct rooms_opened *r, struct talk *t);
/* `tongban key add …`: a command of several verbs, each a row. */
struct owner_verb {
    const char *name;
    enum tb_code (*run)(void *self, struct tb_err *e);
};
/* Opens what `rooms` says (cli/rooms.h), makes *t (of self) the owner's talk, and runs the verb
 * that the arguments begin with. TB_INVALID names the verbs there are. */
enum tb_code owner_run(struct cli *c, unsigned rooms, const struct owner_verb *verbs, size_t n,
                       struct talk *t, void *self, struct tb_err *e) MUST_USE;
/* The arguments after the options: exactly n of them, else TB_INVALID with how. */
enum tb_code owner_words(struct cli *c, int n, const char *how, struct tb_err *e) MUST_USE;

#endif
