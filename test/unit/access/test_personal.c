#include "scenario/access/personal.h"

#include "base/fs.h"
#include "crypto/keyring.h"
#include "scenario/access/personal_int.h"
#include "store/work_order.h"
#include "tb_store.h"
#include "tb_temp.h"

#define GONE "〔已应本人请求删除〕"
static struct keyring *ring;
static struct services at;
static struct talk t;

static void begin(void)
{
    tb_store_begin();
    CHECK_INT(keyring_make(fs_join(&mem, tb_temp_dir(&mem), "keys"), world_real(), &ring, &err),
              TB_OK);
    at = (struct services){ .keys = ring };
    t = (struct talk){ .at = &at, .db = db, .world = &now };
    t.actor.role = ROLE_SYSTEM;
}

static struct work_order order(void)
{
    struct work_order o = { .title = STR("路灯不亮"),
                            .text = STR("我是〔姓名1〕，小区门口路灯不亮，请回电〔手机1〕"),
                            .asker = STR("{\"name\":\"王小明\",\"phone\":\"139 1234 5678\"}"),
                            .source = STR("page"),
                            .device = STR("d1"),
                            .x = -1,
                            .y = -1 };
    bool again;

    work_order_asker_key(&t, 0, STR("13912345678"), &o.asker_key);
    CHECK_INT(work_order_add(&t, &o, &again, &err), TB_OK);
    return o;
}

static size_t count(const char *value, struct personal_found **out)
{
    struct personal_subject who = { .value = str_z(value) };
    size_t n = 0;

    CHECK_INT(personal_find(&t, &who, out, &n, &err), TB_OK);
    return n;
}

static bool asked_by(const char *phone)
{
    struct work_order *all;
    struct str key;
    size_t n = 0;

    work_order_asker_key(&t, 0, str_z(phone), &key);
    CHECK_INT(work_order_mine(&t, key, &all, &n, &err), TB_OK);
    return n == 1;
}

/* A table that nobody thought of fails here, with its name. */
static void every_table_of_the_schema_is_searched_or_known_to_hold_nobody(void)
{
    struct rows *r;
    bool more;
    int n = 0;

    CHECK_INT(db_ask(db, &mem,
                     SQL("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE "
                         "'sqlite_%' AND name <> 'migration'"),
                     NO_ARGS, &r, &err),
              TB_OK);
    while (!rows_next(r, &more, &err) && more) {
        if (!personal_knows(rows_str(r, 0)))
            CHECK_STR(rows_str(r, 0), "a table of scenario/access/personal.c");
        n++;
    }
    CHECK(n > 40);
}

static void who_asked_the_hotline_is_found_corrected_and_erased(void)
{
    struct work_order o = order(), after;
    struct personal_found *all;
    int64_t done;
    struct str json;

    CHECK_INT(count("13912345678", &all), 1);
    CHECK_STR(str_z(personal_table_name(all[0].table)), "work_order");
    CHECK_INT(count("王小明", &all), 1);
    CHECK_INT(count("13912345678", &all), 1);
    CHECK_INT(personal_correct(&t, all, 1, STR("13912345678"), STR("13700001111"), &done, &err),
              TB_OK);
    CHECK_INT(done, 1);
    CHECK(asked_by("13700001111"));
    CHECK(!asked_by("13912345678"));
    CHECK_INT(count("13912345678", &all), 0);
    CHECK_INT(count("13700001111", &all), 1);
    CHECK_INT(db_run(db, SQL("DROP TRIGGER work_order_signed"), NO_ARGS, &err), TB_OK);
    CHECK_INT(db_run(db, SQL("UPDATE work_order SET reply = '王小明，灯修好了'"), NO_ARGS, &err),
              TB_OK);
    CHECK_INT(db_run(db,
                     SQL("CREATE TRIGGER t BEFORE UPDATE OF reply ON work_order WHEN NEW.reply <> "
                         "OLD.reply AND NEW.reply <> '' BEGIN SELECT RAISE(ABORT, 'x'); END"),
                     NO_ARGS, &err),
              TB_OK);
    CHECK_INT(personal_erase(&t, all, 1, STR("13700001111"), &done, &err), TB_OK);
    CHECK_INT(done, 1);
    CHECK_INT(work_order_read(&t, o.receipt, &after, &err), TB_OK);
    CHECK_STR(after.text, GONE);
    CHECK_STR(after.reply, "");
    CHECK_INT(work_order_asker(&t, &after, &json, &err), TB_OK);
    CHECK_INT(json.n, 0);
    CHECK(!asked_by("13700001111"));
    CHECK_INT(count("王小明", &all), 0);
}

static void run_sql(struct sql q)
{
    CHECK_INT(db_run(db, q, NO_ARGS, &err), TB_OK);
}

/* Staff write down what people say: of that only the value goes, in whatever grouping it stands. */
static void of_what_staff_wrote_only_the_value_is_taken_out(void)
{
    struct personal_found *all;
    struct rows *r;
    int64_t done;
    bool more;
    size_t n;

    run_sql(SQL("INSERT INTO department(id, name, short) VALUES('d', 'd', 'd')"));
    run_sql(SQL("INSERT INTO staff(login, name, role, department_id, title, password, created_at, "
                "password_at) "
                "VALUES('li.lei', '李雷', 'clerk', 'd', '', '', 1, 1)"));
    run_sql(SQL("INSERT INTO incident(number, rule, title, severity, owner_role, opened_at, "
                "last_at) VALUES('I20261122-00001', 'r', '电话13912345678被反复查询', 'high', "
                "'security_officer', 1, 1)"));
    run_sql(SQL("INSERT INTO incident_event(incident_id, at, kind, text) VALUES(1, 1, 'note', "
                "'已致电 139-1234 5678，又打了１３９１２３４５６７８，本人无恙')"));
    n = count("13912345678", &all);
    CHECK_INT(n, 2); /* the incident is evidence and stays; its time line loses the number */
    CHECK_INT(personal_erase(&t, all, n, STR("13912345678"), &done, &err), TB_OK);
    CHECK_INT(done, 1);
    CHECK_INT(db_ask(db, &mem, SQL("SELECT text FROM incident_event"), NO_ARGS, &r, &err), TB_OK);
    CHECK_INT(rows_next(r, &more, &err), TB_OK);
    CHECK_STR(rows_str(r, 0), "已致电 " GONE "，又打了" GONE "，本人无恙");
    rows_close(r);
    n = count("李雷", &all);
    CHECK_INT(n, 1);
    CHECK(!all[0].may_erase);
    CHECK_INT(personal_erase(&t, all, n, STR("李雷"), &done, &err), TB_OK);
    CHECK_INT(done, 0);
}

static void a_number_is_replaced_only_where_it_stands_whole(void)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "", "" },
        { "打13912345678。", "打X。" },
        { "139 1234 5678", "X" },
        { "13912345677", "13912345677" },
        { "1391234567", "1391234567" },
        { "139a12345678", "139a12345678" },
        { "13912345678 13912345678", "X X" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        CHECK_STR(personal_replace(&mem, str_z(cases[i].text), STR("139-1234-5678"), STR("X")),
                  cases[i].want);
    CHECK_STR(personal_replace(&mem, STR("王明和王明明"), STR("王明"), STR("甲")), "甲和甲明");
}

static void end(void)
{
    arena_release(&t.mem);
    keyring_free(ring);
    tb_store_end();
}

static const struct tb_test tests[] = {
    TEST(every_table_of_the_schema_is_searched_or_known_to_hold_nobody),
    TEST(who_asked_the_hotline_is_found_corrected_and_erased),
    TEST(of_what_staff_wrote_only_the_value_is_taken_out),
    TEST(a_number_is_replaced_only_where_it_stands_whole),
};

int main(void)
{
    return tb_test_around(tests, sizeof(tests) / sizeof(tests[0]), begin, end);
}
