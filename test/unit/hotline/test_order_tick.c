/* What the clock does to orders: it asks for what is due, so a clock that jumps over a deadline, or
 * a server that was off, does the same as one that walks; and each thing once. */
#include "crypto/keyring.h"
#include "scenario/hotline/hotline.h"
#include "store/db_int.h"
#include "store/work_order.h"
#include "tb_store.h"
#include "tb_temp.h"

static struct talk t;
static struct services at;
static const int64_t day_ms = 24LL * 3600 * 1000;

static void begin(void)
{
    static struct keyring *keys;
    static struct arena kept;

    arena_release(&t.mem);
    tb_store_begin();
    if (!keys)
        CHECK_INT(keyring_make(tb_temp_dir(&kept), &now, &keys, &err), TB_OK);
    at = (struct services){ .keys = keys };
    t = (struct talk){ .world = &now, .db = db, .at = &at };
    t.actor.role = ROLE_SYSTEM;
}

static struct work_order new_order(int64_t due_at)
{
    struct work_order o = { .source = STR("page"), .title = STR("一"), .due_at = due_at };
    bool again;

    CHECK_INT(work_order_add(&t, &o, &again, &err), TB_OK);
    return o;
}

static void look(struct work_order *o)
{
    CHECK_INT(order_tick(&t, &err), TB_OK);
    CHECK_INT(work_order_of_id(&t, o->id, o, &err), TB_OK);
}

static int64_t steps(const char *verb)
{
    int64_t n = -1;

    CHECK_INT(db_ask_int(db, SQL("SELECT COUNT(*) FROM work_order_step WHERE verb = :verb"),
                         ARGS(db_text("verb", str_z(verb))), &n, NULL, &err),
              TB_OK);
    return n;
}

static void a_clock_that_jumps_over_the_deadline_escalates_once(void)
{
    struct work_order o = new_order(now.fixed_ms + 3 * day_ms);

    look(&o);
    CHECK_INT(o.version, 1);
    now.fixed_ms += 40 * day_ms; /* over the reminder and the deadline at once */
    look(&o);
    CHECK_INT(o.escalated, 1);
    CHECK_INT(o.urgency, 1);
    look(&o);
    look(&o);
    CHECK_INT(steps("escalate"), 1);
    CHECK_INT(steps("remind"), 0);
}

static void a_reminder_comes_a_day_before_and_once_and_a_clock_put_back_does_nothing(void)
{
    struct work_order o = new_order(now.fixed_ms + 2 * day_ms);

    now.fixed_ms += day_ms + 1000;
    look(&o);
    look(&o);
    CHECK_INT(steps("remind"), 1);
    now.fixed_ms -= 30 * day_ms;
    look(&o);
    CHECK_INT(steps("remind"), 1);
    CHECK_INT(steps("escalate"), 0);
}

static void what_was_visited_and_stays_quiet_is_closed_after_a_week(void)
{
    struct work_order o = new_order(0);

    CHECK_INT(db_run(db, SQL("UPDATE work_order SET state = 'visited', updated_at = :now"),
                     ARGS(db_int("now", now.fixed_ms)), &err),
              TB_OK);
    now.fixed_ms += 6 * day_ms;
    look(&o);
    CHECK_INT(o.state, ORDER_VISITED);
    now.fixed_ms += 2 * day_ms;
    look(&o);
    CHECK_INT(o.state, ORDER_CLOSED);
    CHECK_INT(steps("close"), 1);
}

static const struct tb_test tests[] = {
    TEST(a_clock_that_jumps_over_the_deadline_escalates_once),
    TEST(a_reminder_comes_a_day_before_and_once_and_a_clock_put_back_does_nothing),
    TEST(what_was_visited_and_stays_quiet_is_closed_after_a_week),
};
STORE_TEST_MAIN(tests, begin)
