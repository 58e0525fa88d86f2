#include "scenario/hotline/classes.h"

#include "base/fs.h"
#include "base/share.h"
#include "tb_test.h"

static enum tb_code read_yaml(struct arena *a, const char *yaml, struct classes *c,
                              struct tb_err *e)
{
    tb_err_clear(e);
    return classes_read(a, str_z(yaml), "t.yaml", c, e);
}

static void a_table_is_read_with_its_levels_and_lines(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct classes c;

    CHECK_INT(read_yaml(&a,
                        "classes:\n  城建:\n    照明:\n      路灯: 不亮、坏了\n      灯杆: 歪了\n"
                        "  民政:\n    救助:\n      低保: 低保户\n",
                        &c, &e),
              TB_OK);
    CHECK_INT(c.n, 3);
    CHECK_INT(c.name_n, 2);
    CHECK_STR(c.names[1], "民政");
    CHECK_STR(c.v[0].l1, "城建");
    CHECK_STR(c.v[1].l2, "照明");
    CHECK_STR(c.v[1].l3, "灯杆");
    CHECK_STR(c.v[0].words, "不亮、坏了");
    CHECK_INT(c.v[1].line, 5);
    arena_release(&a);
}

static void a_senseless_table_is_refused_with_its_line(void)
{
    static const char *const bad[] = { "other: 1\n",
                                       "classes: []\n",
                                       "classes:\n  城建: 词\n",
                                       "classes:\n  城建:\n    照明: 词\n",
                                       "classes:\n  城建:\n    照明:\n      路灯: [a]\n",
                                       "classes: {}\n" };
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct classes c;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK_INT(read_yaml(&a, bad[i], &c, &e), TB_INVALID);
    CHECK_INT(read_yaml(&a, bad[4], &c, &e), TB_INVALID);
    CHECK(str_has(str_z(e.say), STR("t.yaml")) && str_has(str_z(e.say), STR("4")));
    arena_release(&a);
}

static void another_citys_lines_are_read(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct classes c;

    CHECK_INT(
        classes_read_lines(
            &a, STR("{\"l1\":\"甲\",\"l2\":\"乙\",\"l3\":\"丙\"}\n\n{\"l1\":\"甲\"}\n"), &c, &e),
        TB_OK);
    CHECK_INT(c.n, 2);
    CHECK_INT(c.name_n, 1);
    CHECK_STR(c.v[0].l3, "丙");
    CHECK_INT(classes_read_lines(&a, STR("{\"l2\":\"乙\"}"), &c, &e), TB_INVALID);
    arena_release(&a);
}

static void the_table_that_ships_is_whole(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct classes c = { .n = 0 };

    CHECK_INT(classes_load(&a, fs_join(&a, share_dir(&a), "rules/hotline_classes.yaml"), &c, &e),
              TB_OK);
    CHECK(c.name_n >= 15 && c.n > 200);
    for (size_t i = 0; i < c.n; i++)
        for (size_t k = 0; k < i; k++)
            CHECK(!(str_eq(c.v[i].l3, c.v[k].l3) && str_eq(c.v[i].l2, c.v[k].l2) &&
                    str_eq(c.v[i].l1, c.v[k].l1)));
    arena_release(&a);
}

static const struct tb_test tests[] = {
    TEST(a_table_is_read_with_its_levels_and_lines),
    TEST(a_senseless_table_is_refused_with_its_line),
    TEST(another_citys_lines_are_read),
    TEST(the_table_that_ships_is_whole),
};

TEST_MAIN(tests)
