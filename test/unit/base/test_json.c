#include "base/json.h"

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

static const struct tb_test tests[] = {
    TEST(a_walk_gives_every_element_once),
    TEST(what_is_written_is_read_back),
    TEST(broken_utf8_never_leaves),
    TEST(nonsense_and_bombs_are_refused),
};
TEST_MAIN(tests)
