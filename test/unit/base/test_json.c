#include "base/json.h"

#include "base/date.h"

#include "tb_test.h"

static void what_is_written_is_read_back(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct buf b = BUF_INIT(4096);
    struct json j = JSON_INIT(&b);
    const struct json_value *v;

    json_obj(&j);
    json_kstr(&j, "名", STR("引号\"反斜\\换行\n\x01"));
    json_karr(&j, "a");
    json_int(&j, -3);
    json_real(&j, 0.5);
    json_bool(&j, true);
    json_null(&j);
    json_end(&j);
    json_end(&j);
    CHECK_INT(json_read(&a, buf_str(&b), &v, &e), TB_OK);
    CHECK_STR(json_get_str(v, "名"), "引号\"反斜\\换行\n\x01");
    CHECK_INT(json_i64(json_at(json_get(v, "a"), 0), 0), -3);
    CHECK_INT(json_len(json_get(v, "a")), 4);
    buf_release(&b);
    arena_release(&a);
}

static void broken_utf8_never_leaves(void)
{
    struct buf b = BUF_INIT(4096);
    struct json j = JSON_INIT(&b);

    json_str(&j, str_of("a\xe4\xbd", 3));
    CHECK_STR(buf_str(&b), "\"a\xef\xbf\xbd\xef\xbf\xbd\"");
    buf_release(&b);
}

static void nonsense_and_bombs_are_refused(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    const struct json_value *v;
    struct buf b = BUF_INIT(100000);

    CHECK_INT(json_read(&a, STR("{\"a\":}"), &v, &e), TB_INVALID);
    CHECK_INT(json_read(&a, STR("{\"a\":\"\xff\"}"), &v, &e), TB_INVALID);
    for (int i = 0; i < 1000; i++)
        buf_addc(&b, '[');
    CHECK_INT(json_read(&a, buf_str(&b), &v, &e), TB_INVALID);
    buf_release(&b);
    arena_release(&a);
}

static void a_walk_gives_every_element_once(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    const struct json_value *v, *x;
    struct json_walk w;
    int64_t sum = 0;

    CHECK_INT(json_read(&a, STR("[1,[9,9],{\"k\":[8]},4]"), &v, &e), TB_OK);
    w = json_walk(v);
    for (size_t n = 0; (x = json_step(&w)) != NULL; n++)
        sum = sum * 10 + (json_is_arr(x) ? 2 : json_is_obj(x) ? 3 : json_i64(x, 0));
    CHECK_INT(sum, 1234);
    w = json_walk(NULL);
    CHECK(json_step(&w) == NULL);
    CHECK_INT(json_read(&a, STR("[]"), &v, &e), TB_OK);
    w = json_walk(v);
    CHECK(json_step(&w) == NULL);
    arena_release(&a);
}

static void days_and_times_are_written_one_way_and_days_read_back(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct buf b = BUF_INIT(1000);
    struct json j = JSON_INIT(&b);
    const struct json_value *v;
    int32_t day = 7;

    json_obj(&j);
    json_kday(&j, "d", day_of(2026, 11, 22));
    json_kday(&j, "none", DAY_NONE);
    json_ktime(&j, "t", 1795276800000);
    json_ktime(&j, "never", 0);
    json_kstr(&j, "empty", STR(""));
    json_kint(&j, "number", 5);
    json_kstr(&j, "no_day", STR("2026-02-30"));
    json_end(&j);
    CHECK_STR(buf_str(&b),
              "{\"d\":\"2026-11-22\",\"none\":null,\"t\":\"2026-11-22T00:00:00.000+08:00\","
              "\"never\":null,\"empty\":\"\",\"number\":5,\"no_day\":\"2026-02-30\"}");
    CHECK_INT(json_read(&a, buf_str(&b), &v, &e), TB_OK);
    CHECK_INT(json_get_day(v, "absent", &day, &e), TB_OK);
    CHECK_INT(day, 7);
    CHECK_INT(json_get_day(v, "d", &day, &e), TB_OK);
    CHECK_INT(day, day_of(2026, 11, 22));
    CHECK_INT(json_get_day(v, "none", &day, &e), TB_OK);
    CHECK_INT(day, DAY_NONE);
    day = 7;
    CHECK_INT(json_get_day(v, "empty", &day, &e), TB_OK);
    CHECK_INT(day, DAY_NONE);
    CHECK_INT(json_get_day(v, "number", &day, &e), TB_INVALID);
    tb_err_clear(&e);
    CHECK_INT(json_get_day(v, "no_day", &day, &e), TB_INVALID);
    CHECK(str_has(str_z(e.say), STR("2026-11-21")));
    buf_release(&b);
    arena_release(&a);
}

static const struct tb_test tests[] = {
    TEST(days_and_times_are_written_one_way_and_days_read_back),
    TEST(a_walk_gives_every_element_once),
    TEST(what_is_written_is_read_back),
    TEST(broken_utf8_never_leaves),
    TEST(nonsense_and_bombs_are_refused),
};
TEST_MAIN(tests)
