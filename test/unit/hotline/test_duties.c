#include "scenario/hotline/duties.h"
#include "scenario/hotline/lessons.h"

#include "base/fs.h"
#include "base/share.h"
#include "base/yaml.h"
#include "tb_test.h"

static const char good[] = "common:\n  税务、国税: 发票、纳税\n"
                           "departments:\n"
                           "  - id: chengguan\n    name: 城管局\n    duties:\n"
                           "      - {does: 管路灯, words: 路灯不亮、灯杆}\n"
                           "      - {does: 管垃圾}\n"
                           "  - id: shuiwu\n    name: 水务局\n    duties:\n"
                           "      - {does: 管供水, words: 停水}\n";

static void clauses_know_their_department_and_line(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct duties d = { .n = 0 };

    CHECK_INT(duties_read(&a, str_z(good), "d.yaml", &d, &e), TB_OK);
    CHECK_INT(d.department_n, 2);
    CHECK_INT(d.n, 3);
    CHECK_INT(d.v[2].department, 1);
    CHECK_INT(d.v[2].line, 12);
    CHECK_STR(d.v[0].words, "路灯不亮、灯杆");
    CHECK_INT(duties_find(&d, STR("shuiwu")), 1);
    CHECK(duties_find(&d, STR("nobody")) == SIZE_MAX);
    CHECK(duties_common_fits(&d.common[0], STR("某市国税局")));
    CHECK(!duties_common_fits(&d.common[0], STR("某市水务局")));
    arena_release(&a);
}

static void a_senseless_list_is_refused_with_its_line(void)
{
    static const struct {
        const char *yaml, *says;
    } bad[] = {
        { "departments: []\n", "departments" },
        { "departments:\n  - id: a\n    duties: [{does: x}]\n", "2" },
        { "departments:\n  - id: a\n    name: 甲\n", "duties" },
        { "departments:\n  - {id: a, name: 甲, duties: [{does: x}]}\n  - {id: a, name: 乙, duties: "
          "[{does: x}]}\n",
          "第 3 行" },
        { "departments:\n  - {id: a, name: 甲, duties: [{does: x, word: y}]}\n", "不认识" },
        { "departments:\n  - {id: a, name: 甲, duties: [{words: y}]}\n", "does" },
        { "common: {税务: [a]}\ndepartments:\n  - {id: a, name: 甲, duties: [{does: x}]}\n",
          "顿号" },
    };
    struct arena a = ARENA_INIT;
    struct duties d;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct tb_err e = TB_ERR_INIT;

        CHECK_INT(duties_read(&a, str_z(bad[i].yaml), "d.yaml", &d, &e), TB_INVALID);
        CHECK(str_has(str_z(e.say), STR("d.yaml")) && str_has(str_z(e.say), str_z(bad[i].says)));
    }
    arena_release(&a);
}

/* Every department of the sample city is on the list, and none besides. */
static void the_list_that_ships_is_the_sample_citys(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct duties d = { .n = 0 };
    const struct yaml *list;
    struct yaml *city = NULL;

    CHECK_INT(duties_load(&a, fs_join(&a, share_dir(&a), "rules/duties.yaml"), &d, &e), TB_OK);
    CHECK_INT(yaml_load(&a, fs_join(&a, share_dir(&a), "demo/city.yaml"), &city, &e), TB_OK);
    list = yaml_get(city, "departments");
    CHECK_INT(d.department_n, yaml_len(list));
    for (size_t i = 0; i < yaml_len(list); i++) {
        size_t at = duties_find(&d, yaml_str(list->items[i], "id"));

        CHECK(at != SIZE_MAX && str_eq(d.departments[at].name, yaml_str(list->items[i], "name")));
    }
    arena_release(&a);
}

static void every_word_is_a_lesson_of_its_department(void)
{
    struct arena a = ARENA_INIT;
    struct lessons l = { .a = &a };
    struct tb_err e = TB_ERR_INIT;
    struct str names[2] = { STR("区国税局"), STR("区水务局") };
    struct duties d = { .n = 0 };

    CHECK_INT(duties_read(&a, str_z(good), "d.yaml", &d, &e), TB_OK);
    lessons_add_duties(&l, &d);
    CHECK_INT(l.n, 6); /* three clauses, three words */
    CHECK(l.v[5].prior && l.v[5].label == 1);
    CHECK_STR(l.v[5].title, "停水");
    l.n = 0;
    lessons_add_common(&l, &d, names, 2);
    CHECK_INT(l.n, 4); /* two names, two words of the first */
    CHECK_STR(l.v[2].title, "纳税");
    CHECK_INT(l.v[3].label, 1);
    arena_release(&a);
}

static const struct tb_test tests[] = {
    TEST(clauses_know_their_department_and_line),
    TEST(a_senseless_list_is_refused_with_its_line),
    TEST(the_list_that_ships_is_the_sample_citys),
    TEST(every_word_is_a_lesson_of_its_department),
};

TEST_MAIN(tests)
