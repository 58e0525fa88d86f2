#include "cli/owner.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

void owner_talk(struct cli *c, const struct rooms_opened *r, struct talk *t)
{
    struct passwd *p = getpwuid(getuid());

    rooms_talk(r, t, "");
    t->actor.login = p ? arena_printf(&c->mem, "cli:%s", p->pw_name)
                       : arena_printf(&c->mem, "cli:%u", (unsigned)getuid());
}

static enum tb_code dispatch(struct cli *c, const struct owner_verb *verbs, size_t n, void *self,
                             struct tb_err *e)
{
    const char *verb = c->argc > 0 ? c->argv[0] : "";
    struct buf say = BUF_INIT(400);

    for (size_t i = 0; i < n; i++)
        if (strcmp(verb, verbs[i].name) == 0)
            return verbs[i].run(self, e);
    buf_addz(&say, "要做什么？");
    for (size_t i = 0; i < n; i++) {
        buf_addz(&say, i == 0 ? "" : i + 1 < n ? "、" : " 或 ");
        buf_addz(&say, verbs[i].name);
    }
    return tb_fail_say(e, TB_INVALID, arena_buf(&c->mem, &say), STR("verb"));
}

enum tb_code owner_run(struct cli *c, unsigned rooms, const struct owner_verb *verbs, size_t n,
                       struct talk *t, void *self, struct tb_err *e)
{
    struct rooms_opened o;
    enum tb_code code = rooms_open(c, rooms, NULL, &o, e);

    if (code)
        return code;
    owner_talk(c, &o, t);
    code = dispatch(c, verbs, n, self, e);
    arena_release(&t->mem);
    rooms_shut(&o);
    return code;
}

enum tb_code owner_words(struct cli *c, int n, const char *how, struct tb_err *e)
{
    if (cli_no_more_options(c, e))
        return e->code;
    if (c->argc != n)
        return tb_fail_say(e, TB_INVALID, arena_printf(&c->mem, "用法：%s", how), STR("arguments"));
    return TB_OK;
}
