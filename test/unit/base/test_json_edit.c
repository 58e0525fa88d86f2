#include "base/json_edit.h"
#include "tb_test.h"

static struct str changed(struct arena *a, struct json_edit *d)
{
    struct buf b = BUF_INIT(1 << 20);

    json_edit_write(d, &b);
    return arena_buf(a, &b);
}

static void what_is_not_changed_keeps_its_text(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct json_edit *d;
    struct str in = STR("{\"seed\":12345678901234567890123,\"t\":0.10,\"x\":[1e400,null,true],"
                        "\"m\":\"政策\",\"o\":{}}");

    CHECK(json_edit_read(&a, in, &d, &e) == TB_OK);
    CHECK(str_eq(changed(&a, d), in));
    json_spot_put_str(d, json_edit_root(d), "m", STR("a\"b"));
    json_spot_put_bool(d, json_spot_put_obj(d, json_edit_root(d), "o"), "u", true);
    json_spot_drop(json_edit_root(d), "seed");
    CHECK(str_eqz(changed(&a, d), "{\"t\":0.10,\"x\":[1e400,null,true],\"m\":\"a\\\"b\","
                                  "\"o\":{\"u\":true}}"));
    arena_release(&a);
}

static void arrays_and_objects_are_walked(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct json_edit *d;
    struct json_spot_walk w;
    struct json_spot *v;
    struct str key;
    int n = 0;

    CHECK(json_edit_read(&a, STR("{\"a\":[\"x\",\"y\",\"z\"],\"b\":7,\"c\":{}}"), &d, &e) == TB_OK);
    w = json_spot_walk(json_spot_get(json_edit_root(d), "a"));
    while ((v = json_spot_step(&w, NULL)))
        CHECK(json_spot_text(v).p[0] == 'x' + n++);
    CHECK(n == 3);
    w = json_spot_walk(json_edit_root(d));
    for (n = 0; json_spot_step(&w, &key); n++)
        CHECK(key.p[0] == 'a' + n);
    CHECK(n == 3);
    CHECK(json_spot_int(json_edit_root(d), "b", -1) == 7);
    CHECK(json_spot_int(json_edit_root(d), "z", -1) == -1);
    CHECK(json_spot_num(json_edit_root(d), "b", -1) > 6.5);
    w = json_spot_walk(json_spot_get(json_edit_root(d), "c"));
    CHECK(!json_spot_step(&w, &key));
    CHECK(!json_spot_doubled(json_edit_root(d)));
    arena_release(&a);
}

static void broken_text_is_refused_and_doubled_keys_are_seen(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct json_edit *d;

    CHECK(json_edit_read(&a, STR("{\"a\":"), &d, &e) == TB_INVALID);
    CHECK(json_edit_read(&a, STR("{\"a\":\"\xff\"}"), &d, &e) == TB_INVALID);
    CHECK(json_edit_read(&a, STR("{\"n\":1,\"m\":2,\"n\":3}"), &d, &e) == TB_OK);
    CHECK(json_spot_doubled(json_edit_root(d)));
    arena_release(&a);
}

static const struct tb_test tests[] = {
    TEST(what_is_not_changed_keeps_its_text),
    TEST(arrays_and_objects_are_walked),
    TEST(broken_text_is_refused_and_doubled_keys_are_seen),
};
TEST_MAIN(tests)
