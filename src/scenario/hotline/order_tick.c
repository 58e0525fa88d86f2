/* What the clock does to orders, in the caretaker's rounds: a reminder before the deadline,
 * 逾期升级 after it, closing what was visited and stays quiet. A clock that jumps over a deadline
 * does the same as one that walks: what is due is asked for, not what became due just now. */
#include "scenario/hotline/order.h"

enum { ROUND = 200 };
static const int64_t day_ms = 24LL * 3600 * 1000, close_after_ms = 7LL * 24 * 3600 * 1000;

struct due {
    int64_t id;
    const char *verb;
};

static enum tb_code collect(struct talk *t, struct rows *r, const char *verb, struct due *out,
                            size_t *n, struct tb_err *e)
{
    bool more = true;

    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        if (*n < ROUND)
            out[(*n)++] = (struct due){ rows_int(r, 0), verb };
    }
    (void)t;
}

static enum tb_code find_due(struct talk *t, struct due *out, size_t *n, struct tb_err *e)
{
    int64_t now = world_now_ms(t->world);
    struct rows *r;

    *n = 0;
    if (db_ask(t->db, &t->mem,
               SQL("SELECT id FROM work_order WHERE " WORK_ORDER_OPEN " AND due_at > 0 AND due_at "
                   "< :now AND escalated = 0 ORDER BY due_at, id LIMIT 100"),
               ARGS(db_int("now", now)), &r, e) ||
        collect(t, r, "escalate", out, n, e) ||
        db_ask(t->db, &t->mem,
               SQL("SELECT id FROM work_order WHERE " WORK_ORDER_OPEN " AND due_at >= :now AND "
                   "due_at < :soon AND reminded_at = 0 ORDER BY due_at, id LIMIT 50"),
               ARGS(db_int("now", now), db_int("soon", now + day_ms)), &r, e) ||
        collect(t, r, "remind", out, n, e) ||
        db_ask(t->db, &t->mem,
               SQL("SELECT id FROM work_order WHERE state = 'visited' AND updated_at < :before "
                   "ORDER BY line, id LIMIT 50"),
               ARGS(db_int("before", now - close_after_ms)), &r, e))
        return e->code;
    return collect(t, r, "close", out, n, e);
}

static enum tb_code move(struct talk *t, const struct due *d, struct tb_err *e)
{
    struct work_order o;

    if (work_order_of_id(t, d->id, &o, e))
        return e->code;
    if (str_eqz(STR("escalate"), d->verb)) {
        o.escalated++;
        o.urgency = o.urgency < ORDER_URGENCIES - 1 ? o.urgency + 1 : o.urgency;
    }
    if (str_eqz(STR("remind"), d->verb))
        o.reminded_at = world_now_ms(t->world);
    return work_order_move(t, &o, order_step_of(str_z(d->verb)), ORDER_TIMER, STR(""), o.department,
                           e);
}

enum tb_code order_tick(struct talk *t, struct tb_err *e)
{
    struct due *due = ARENA_ARRAY(&t->mem, struct due, ROUND);
    size_t n;

    if (find_due(t, due, &n, e))
        return e->code;
    t->actor.name = STR("系统");
    for (size_t i = 0; i < n; i++) {
        struct tb_err why = TB_ERR_INIT;

        if (db_begin(t->db, e))
            return e->code;
        /* Somebody was faster: the next round looks again. */
        if (db_end(t->db, move(t, &due[i], &why), &why) && why.code != TB_CONFLICT)
            return tb_fail_say(e, why.code, str_z(why.say), str_z(why.log));
    }
    return TB_OK;
}
