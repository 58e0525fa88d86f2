#include "scenario/employee/watch.h"

#include "base/date.h"
#include "scenario/employee/mailing.h"
#include "scenario/employee/phases.h"
#include "scenario/employee/rules.h"

#include <stdlib.h>

/* Whoever asks for it, what happens is the program's doing. */
static struct actor of_the_system(void)
{
    return (struct actor){ .role = ROLE_SYSTEM,
                           .login = STR("system"),
                           .name = STR("系统"),
                           .department = STR(""),
                           .device = STR(""),
                           .address = STR("local") };
}

enum tb_code employee_watch_now(struct talk *t, struct alert_memory *m, int64_t *n,
                                struct tb_err *e)
{
    struct actor asked = t->actor;
    bool witnessed = t->witnessed;
    int64_t fell = 0;
    enum tb_code c = TB_OK;

    *n = 0;
    t->actor = of_the_system();
    if (t->at->employees)
        c = phases_call_back(t, &fell, e) || alerts_look(t, rules_alerts(t->at->employees), m, n, e)
                ? e->code
                : TB_OK;
    t->actor = asked;
    t->witnessed = witnessed; /* who asked has a row of their own */
    *n += fell;
    return c;
}

enum tb_code employee_watch_tell(struct talk *t, struct tb_err *e)
{
    if (!t->at->employees)
        return TB_OK;
    return alerts_tell(t, rules_alerts(t->at->employees), getenv("TONGBAN_WEBHOOK_SECRET"), e) ||
                   mailing_tell(t, e)
               ? e->code
               : TB_OK;
}

enum tb_code employee_watch_look(struct employee_watch *w, const struct services *at, struct db *d,
                                 const struct world *world, struct tb_err *e)
{
    struct talk t = { .at = at, .db = d, .world = world };
    int64_t n, now = world_now_ms(world);
    enum tb_code c;

    if (now < w->next)
        return TB_OK;
    w->next = now + WATCH_EVERY_MS;
    t.as_of = day_today(world);
    t.actor = of_the_system();
    c = employee_watch_now(&t, &w->memory, &n, e) || employee_watch_tell(&t, e) ? e->code : TB_OK;
    arena_release(&t.mem);
    return c;
}
