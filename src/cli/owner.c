#include "cli/owner.h"

#include <pwd.h>
#include <unistd.h>

void owner_talk(struct cli *c, const struct rooms_opened *r, struct talk *t)
{
    struct passwd *p = getpwuid(getuid());

    rooms_talk(r, t, "");
    t->actor.login = p ? arena_printf(&c->mem, "cli:%s", p->pw_name)
                       : arena_printf(&c->mem, "cli:%u", (unsigned)getuid());
}

enum tb_code owner_words(struct cli *c, int n, const char *how, struct tb_err *e)
{
    if (cli_no_more_options(c, e))
        return e->code;
    if (c->argc != n)
        return tb_fail_say(e, TB_INVALID, arena_printf(&c->mem, "用法：%s", how), STR("arguments"));
    return TB_OK;
}
