#include "scenario/employee/watch.h"

#include "base/date.h"
#include "scenario/employee/phases.h"

enum tb_code employee_watch_now(struct talk *t, int64_t *n, struct tb_err *e)
{
    return phases_call_back(t, n, e);
}

enum tb_code employee_watch_look(struct employee_watch *w, const struct services *at, struct db *d,
                                 const struct world *world, struct tb_err *e)
{
    struct talk t = { .at = at, .db = d, .world = world };
    int64_t n = 0, now = world_now_ms(world);
    enum tb_code c;

    if (now < w->next)
        return TB_OK;
    w->next = now + WATCH_EVERY_MS;
    t.as_of = day_today(world);
    t.actor = (struct actor){ .role = ROLE_SYSTEM,
                              .login = STR("system"),
                              .name = STR("系统"),
                              .department = STR(""),
                              .device = STR(""),
                              .address = STR("local") };
    c = employee_watch_now(&t, &n, e);
    arena_release(&t.mem);
    return c;
}
