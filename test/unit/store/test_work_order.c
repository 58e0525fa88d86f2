/* 工单: every change by the table of steps, with the version that was read and its row in the
 * trail; what is personal is sealed; the lists begin with what presses most. */
#include "store/work_order_reply.h"

#include "crypto/keyring.h"
#include "store/audit.h"
#include "store/db_int.h"
#include "store/staff.h"
#include "tb_store.h"
#include "tb_temp.h"

static struct talk t;
static struct services at;

enum { GU = 1, DENG, TANG, XU }; /* seat, referee, the department's clerk and guardian */

static void person(const char *login, const char *name, enum role role, const char *department)
{
    struct staff s = { .login = str_z(login),
                       .name = str_z(name),
                       .role = role,
                       .department = str_z(department),
                       .title = STR(""),
                       .password = STR("x") };

    CHECK_INT(staff_add(db, &now, &s, &err), TB_OK);
}

static void begin(void)
{
    static struct keyring *keys;
    static struct arena kept;

    arena_release(&t.mem); /* of the test before */
    tb_store_begin();
    if (!keys)
        CHECK_INT(keyring_make(tb_temp_dir(&kept), &now, &keys, &err), TB_OK);
    at = (struct services){ .keys = keys };
    t = (struct talk){ .world = &now, .db = db, .at = &at };
    t.actor.role = ROLE_SYSTEM;
    CHECK_INT(db_script(db,
                        "INSERT INTO department(id, name, short, place) VALUES('shenpi', "
                        "'审批局', '审批', 1), ('zhujian', '住建局', '住建', 2);"
                        "INSERT INTO setting(name, value) VALUES('access.rules', "
                        "'{\"dual\":false}');",
                        &err),
              TB_OK);
    person("gu.min", "顾敏", ROLE_CLERK, "shenpi");
    person("deng.shaohua", "邓少华", ROLE_GUARDIAN, "shenpi");
    person("tang.jianye", "唐建业", ROLE_CLERK, "zhujian");
    person("xu.wenbo", "许文博", ROLE_GUARDIAN, "zhujian");
}

static void act(int64_t id)
{
    static const char *const names[] = { "", "顾敏", "邓少华", "唐建业", "许文博" };

    t.actor = (struct actor){ .id = id,
                              .name = str_z(names[id]),
                              .login = STR("x"),
                              .role = id == DENG || id == XU ? ROLE_GUARDIAN : ROLE_CLERK,
                              .department = id >= TANG ? STR("zhujian") : STR("shenpi") };
}

static struct work_order new_order(const char *key, int64_t urgency, int64_t due_at)
{
    struct work_order o = { .source = STR("page"),
                            .source_key = str_z(key),
                            .title = STR("路灯不亮"),
                            .text = STR("青溪路的路灯坏了，请打〔手机号1〕"),
                            .asker = STR("{\"name\":\"张三\"}"),
                            .personal = STR("[]"),
                            .urgency = urgency,
                            .due_at = due_at,
                            .x = -1,
                            .y = 40 };
    bool again = true;

    CHECK_INT(work_order_add(&t, &o, &again, &err), TB_OK);
    CHECK(!again);
    return o;
}

static enum tb_code step(struct work_order *o, const char *verb, unsigned who, const char *why)
{
    enum tb_code c = db_begin(db, &err);

    if (!c)
        c = work_order_move(&t, o, order_step_of(str_z(verb)), who, str_z(why), o->department,
                            &err);
    return db_end(db, c, &err);
}

static int64_t count(struct sql q)
{
    int64_t n = -1;

    CHECK_INT(db_ask_int(db, q, NO_ARGS, &n, NULL, &err), TB_OK);
    return n;
}

static struct draft waits;

static void propose(struct work_order *o, const char *reply)
{
    CHECK_INT(work_order_propose(&t, o, order_step_of(STR("reply")), ORDER_HANDLER, str_z(reply),
                                 STR("zhujian"), 0, STR("先签后发"), &waits, &err),
              TB_OK);
}

static enum tb_code sign(struct work_order *o, int64_t id)
{
    struct signer by;
    enum tb_code c;

    (void)o;
    act(id);
    by = signer_of(&t);
    c = db_begin(db, &err);
    return db_end(db, c ? c : work_order_sign(&t, &waits, &by, &err), &err);
}

static void an_order_goes_from_intake_to_close_and_leaves_every_step(void)
{
    struct work_order o, read;
    struct work_order_step *steps;
    size_t n;

    o = new_order("", 1, 1795000100000);
    CHECK_STR(str_sub(o.receipt, 0, 1), "W");
    act(GU);
    o.department = STR("zhujian");
    CHECK_INT(step(&o, "dispatch", ORDER_SEAT, ""), TB_OK);
    act(TANG);
    CHECK_INT(step(&o, "accept", ORDER_HANDLER, ""), TB_OK);
    CHECK_INT(step(&o, "start", ORDER_HANDLER, ""), TB_OK);
    propose(&o, "已修好。\n\n谢谢。 ");
    CHECK_INT(sign(&o, TANG), TB_FORBIDDEN); /* its author */
    CHECK_INT(sign(&o, DENG), TB_FORBIDDEN); /* of another department */
    CHECK_INT(sign(&o, XU), TB_OK);
    CHECK_INT(work_order_read(&t, o.receipt, &o, &err), TB_OK);
    act(GU);
    o.satisfaction = 5;
    CHECK_INT(step(&o, "visit", ORDER_SEAT, ""), TB_OK);
    CHECK_INT(step(&o, "close", ORDER_SEAT, ""), TB_OK);
    CHECK_INT(work_order_read(&t, o.receipt, &read, &err), TB_OK);
    CHECK_INT(read.state, ORDER_CLOSED);
    CHECK_INT(read.version, 8);
    CHECK_INT(read.satisfaction, 5);
    CHECK_INT(read.x, -1);
    CHECK_INT(read.y, 40);
    CHECK_STR(read.department_name, "住建局");
    CHECK_STR(read.reply, "已修好。\n谢谢。");
    CHECK_STR(read.replied_by, "许文博");
    CHECK(read.answered_at > 0 && read.closed_at > 0);
    CHECK_INT(work_order_steps(&t, o.id, &steps, &n, &err), TB_OK);
    CHECK_INT(n, 8);
    CHECK_STR(steps[0].verb, "intake");
    CHECK_STR(steps[1].verb, "dispatch");
    CHECK_STR(steps[1].before, "intake");
    CHECK_STR(steps[1].after, "dispatched");
    CHECK_STR(steps[1].actor_name, "顾敏");
    CHECK_STR(steps[1].department_name, "住建局");
    CHECK_INT(count(SQL("SELECT COUNT(*) FROM audit WHERE verb LIKE 'order.%'")), 7);
}

static void two_clerks_on_one_order_the_second_is_told_and_nothing_is_lost(void)
{
    struct work_order first, second;

    first = new_order("", 0, 0);
    CHECK_INT(work_order_read(&t, first.receipt, &second, &err), TB_OK);
    act(GU);
    first.department = STR("zhujian");
    CHECK_INT(step(&first, "dispatch", ORDER_SEAT, ""), TB_OK);
    second.urgency = 3;
    CHECK_INT(step(&second, "change", ORDER_SEAT, ""), TB_CONFLICT);
    CHECK(str_has(str_z(err.say), STR("刚被同事改过")));
    CHECK_INT(work_order_read(&t, first.receipt, &second, &err), TB_OK);
    CHECK_INT(second.state, ORDER_DISPATCHED);
    CHECK_INT(second.urgency, 0);
    CHECK_INT(count(SQL("SELECT COUNT(*) FROM work_order_step")), 2);
    CHECK_INT(count(SQL("SELECT COUNT(*) FROM audit WHERE verb = 'order.change'")), 0);
}

static void the_table_refuses_the_wrong_part_the_wrong_state_and_no_reason(void)
{
    struct work_order o;

    o = new_order("", 0, 0);
    act(TANG);
    CHECK_INT(step(&o, "dispatch", ORDER_HANDLER, ""), TB_FORBIDDEN);
    CHECK_INT(step(&o, "accept", ORDER_HANDLER, ""), TB_CONFLICT);
    act(GU);
    o.department = STR("zhujian");
    CHECK_INT(step(&o, "dispatch", ORDER_SEAT, ""), TB_OK);
    act(TANG);
    CHECK_INT(step(&o, "return", ORDER_HANDLER, ""), TB_INVALID);
    CHECK_INT(step(&o, "return", ORDER_HANDLER, "不属于本单位职责"), TB_OK);
    CHECK_INT(step(&o, "uphold", ORDER_HANDLER, "x"), TB_FORBIDDEN);
    act(DENG);
    CHECK_INT(step(&o, "uphold", ORDER_REFEREE, "三定方案第五条"), TB_OK);
    CHECK_INT(o.state, ORDER_ACCEPTED);
}

static void every_state_of_the_table_is_one_the_database_knows(void)
{
    for (const struct order_step *s = order_steps; s->verb; s++) {
        CHECK(s->from && s->who && s->trail && s->title);
        CHECK(order_step_of(str_z(s->verb)) == s); /* no verb twice */
        CHECK(str_starts(str_z(s->trail), STR("order.")));
    }
    for (enum order_state s = ORDER_INTAKE; s < ORDER_STATES; s++) {
        struct work_order o = new_order("", 0, 0);
        enum tb_code c =
            db_run(db, SQL("UPDATE work_order SET state = :s, merged_into = :m WHERE id = :id"),
                   ARGS(db_text("s", str_z(order_state_name(s))),
                        db_id("m", s == ORDER_MERGED ? 1 : 0), db_int("id", o.id)),
                   &err);

        /* 双岗制: no hand makes it answered */
        CHECK_INT(c, s == ORDER_ANSWERED ? TB_STORE : TB_OK);
    }
    CHECK_INT(count(SQL("SELECT COUNT(*) FROM work_order WHERE " WORK_ORDER_OPEN)), 7);
}

static void the_same_key_gives_the_same_order_again(void)
{
    struct work_order a = new_order("page:abc", 0, 0), b = { .source_key = STR("page:abc") };
    bool again = false;

    CHECK_INT(work_order_add(&t, &b, &again, &err), TB_OK);
    CHECK(again);
    CHECK(str_eq(a.receipt, b.receipt));
    CHECK_INT(count(SQL("SELECT COUNT(*) FROM work_order")), 1);
}

static void who_asked_is_sealed_and_the_number_is_found_without_being_kept(void)
{
    struct str plain, key, same, other;
    struct work_order o = new_order("", 0, 0), read;

    CHECK_INT(work_order_read(&t, o.receipt, &read, &err), TB_OK);
    CHECK(!str_has(read.asker, STR("张三")));
    CHECK_INT(work_order_asker(&t, &read, &plain, &err), TB_OK);
    CHECK_STR(plain, "{\"name\":\"张三\"}");
    read.receipt = STR("W20260101-00001"); /* moved to another row */
    CHECK_INT(work_order_asker(&t, &read, &plain, &err), TB_CORRUPT);
    CHECK(work_order_asker_key(&t, 0, STR("138 0013-8000"), &key));
    CHECK(work_order_asker_key(&t, 0, STR("+86 13800138000"), &same));
    CHECK(work_order_asker_key(&t, 0, STR("13800138001"), &other));
    CHECK(key.n == 32 && str_eq(key, same) && !str_eq(key, other));
    CHECK(!work_order_asker_key(&t, 1, STR("13800138000"), &other)); /* no older master */
    CHECK(work_order_asker_key(&t, 0, STR("没有号码"), &other));
    CHECK_STR(other, "");
}

static void the_list_begins_with_what_presses_most_and_goes_on_where_it_stopped(void)
{
    struct work_order_filter f = { .size = 2 };
    struct work_order *got;
    int64_t total;
    size_t n;
    bool more;

    (void)new_order("a", 0, 1795000300000);
    (void)new_order("b", 0, 1795000200000);
    (void)new_order("c", 3, 1795000900000);
    (void)new_order("d", 0, 1795000200000);
    CHECK_INT(work_order_list(&t, &f, &got, &n, &more, &err), TB_OK);
    CHECK(n == 2 && more);
    CHECK_INT(got[0].id, 3);
    CHECK_INT(got[1].id, 2);
    f.after_line = work_order_line(got[1].urgency, got[1].due_at, got[1].created_at);
    f.after_id = got[1].id;
    CHECK_INT(work_order_list(&t, &f, &got, &n, &more, &err), TB_OK);
    CHECK(n == 2 && !more);
    CHECK_INT(got[0].id, 4);
    CHECK_INT(got[1].id, 1);
    CHECK_INT(work_order_count(&t, &f, &total, &err), TB_OK);
    CHECK_INT(total, 4);
}

static void each_filter_gives_its_rows_and_its_count(void)
{
    const struct {
        struct work_order_filter f;
        int64_t want;
    } tries[] = {
        { { .state = STR("intake") }, 2 },
        { { .state = STR("dispatched") }, 1 },
        { { .state = STR("all") }, 3 },
        { { .department = STR("zhujian") }, 1 },
        { { .department = STR("zhujian"), .state = STR("all") }, 1 },
        { { .department = STR("zhujian"), .state = STR("dispatched") }, 1 },
        { { .helper = STR("shenpi") }, 1 },
        { { .words = STR("路灯") }, 3 },
        { { .words = STR("%") }, 0 },
        { { .late_before = 1795000250000 }, 1 },
        { { .class1 = STR("城乡建设") }, 0 },
    };
    struct work_order o;

    (void)new_order("a", 0, 1795000300000);
    (void)new_order("b", 0, 1795000200000);
    o = new_order("c", 0, 0);
    act(GU);
    o.department = STR("zhujian");
    CHECK_INT(work_order_add_helper(&t, &o, STR("shenpi"), &err), TB_OK);
    CHECK_INT(work_order_add_helper(&t, &o, STR("shenpi"), &err), TB_OK); /* once */
    CHECK_STR(o.helpers, "[\"shenpi\"]");
    CHECK_INT(step(&o, "dispatch", ORDER_SEAT, ""), TB_OK);
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        struct work_order_filter f = tries[i].f;
        struct work_order *got;
        int64_t total;
        size_t n;
        bool more;

        f.size = 10;
        CHECK_INT(work_order_list(&t, &f, &got, &n, &more, &err), TB_OK);
        CHECK_INT(work_order_count(&t, &f, &total, &err), TB_OK);
        CHECK_INT(n, tries[i].want);
        CHECK_INT(total, tries[i].want);
    }
}

static void merged_orders_are_found_from_the_one_they_follow(void)
{
    struct work_order a = new_order("a", 0, 0), b = new_order("b", 0, 0), *got;
    size_t n;

    act(GU);
    b.merged_into = a.id;
    CHECK_INT(step(&b, "merge", ORDER_SEAT, ""), TB_OK);
    CHECK_INT(work_order_merged(&t, a.id, &got, &n, &err), TB_OK);
    CHECK_INT(n, 1);
    CHECK(str_eq(got[0].receipt, b.receipt));
    CHECK(str_eq(got[0].merged_into_receipt, a.receipt));
}

static void my_orders_are_those_of_the_device_or_of_the_number(void)
{
    struct work_order o = {
        .source = STR("page"), .device = STR("dev"), .title = STR("一"), .asker_key = STR("k1")
    };
    struct work_order *got;
    bool again;
    size_t n;

    CHECK_INT(work_order_add(&t, &o, &again, &err), TB_OK);
    (void)new_order("", 0, 0);
    t.actor = (struct actor){ .role = ROLE_CITIZEN, .device = STR("dev") };
    CHECK_INT(work_order_mine(&t, STR(""), &got, &n, &err), TB_OK);
    CHECK_INT(n, 1);
    CHECK_INT(work_order_mine(&t, STR("k1"), &got, &n, &err), TB_OK);
    CHECK_INT(n, 1);
    CHECK_INT(work_order_mine(&t, STR("k2"), &got, &n, &err), TB_OK);
    CHECK_INT(n, 0);
    t.actor.device = STR("");
    CHECK_INT(work_order_mine(&t, STR(""), &got, &n, &err), TB_OK);
    CHECK_INT(n, 0);
}

static const struct tb_test tests[] = {
    TEST(an_order_goes_from_intake_to_close_and_leaves_every_step),
    TEST(two_clerks_on_one_order_the_second_is_told_and_nothing_is_lost),
    TEST(the_table_refuses_the_wrong_part_the_wrong_state_and_no_reason),
    TEST(every_state_of_the_table_is_one_the_database_knows),
    TEST(the_same_key_gives_the_same_order_again),
    TEST(who_asked_is_sealed_and_the_number_is_found_without_being_kept),
    TEST(the_list_begins_with_what_presses_most_and_goes_on_where_it_stopped),
    TEST(each_filter_gives_its_rows_and_its_count),
    TEST(merged_orders_are_found_from_the_one_they_follow),
    TEST(my_orders_are_those_of_the_device_or_of_the_number),
};
STORE_TEST_MAIN(tests, begin)
