#include "../../../src/scenario/hotline/places.c"

#include "base/share.h"
#include "tb_temp.h"
#include "tb_test.h"

static struct arena mem;
static struct places *city(void)
{
    struct tb_err e = TB_ERR_INIT;
    struct places *p = NULL;

    CHECK_INT(places_load(&mem, fs_join(&mem, share_dir(&mem), "demo/places.yaml"), &p, &e), TB_OK);
    return p;
}

static void every_place_of_the_city_is_on_its_map_and_in_its_street(void)
{
    struct places *p = city();

    CHECK(p->n > 200);
    CHECK_INT(p->outline_n, 4);
    for (size_t i = 0; i < p->n; i++) {
        const struct place *x = &p->all[i];

        CHECK(x->x >= 0 && x->x <= p->width && x->y >= 0 && x->y <= p->height);
        CHECK(x->district.n && str_starts(x->code, STR("9901")));
        CHECK((x->level > PLACE_DISTRICT) == (x->street.n > 0));
        CHECK((x->level > PLACE_ROAD) == (x->community.n > 0));
        CHECK((x->level == PLACE_SPOT) == (x->kind.n > 0));
    }
    arena_release(&mem);
}

static void the_most_exact_place_named_is_found(void)
{
    struct places *p = city();

    CHECK_STR(places_find(p, STR("我住在东屏区西山街道西山社区，西山小区的路灯坏了"))->name,
              "西山小区");
    CHECK_STR(places_find(p, STR("青溪区河东路坑坑洼洼"))->street, "青溪街道");
    CHECK_STR(places_find(p, STR("云陂县的政策"))->code, "990121");
    CHECK(!places_find(p, STR("我想问养老金")));
    CHECK(!places_find(p, STR("")));
    arena_release(&mem);
}

static void a_name_that_stands_twice_is_told_apart_by_its_district(void)
{
    static const char text[] =
        "map: {width: 10, height: 10}\ndistricts:\n"
        "  - {code: \"1\", name: 甲区, outline: [[0, 0], [1, 1]], streets: [{code: \"11\", name: "
        "一街道, at: [1, 1], communities: [{code: \"111\", name: 幸福社区, at: [1, 1], places: "
        "[{name: 幸福小区, kind: 小区}]}]}]}\n"
        "  - {code: \"2\", name: 乙区, outline: [[5, 5], [6, 6]], streets: [{code: \"21\", name: "
        "二街道, at: [5, 5], communities: [{code: \"211\", name: 安康社区, at: [5, 6], places: "
        "[{name: 幸福小区, kind: 小区}]}]}]}\n";
    struct tb_err e = TB_ERR_INIT;
    struct places *p;
    char *file = fs_join(&mem, tb_temp_dir(&mem), "p.yaml");

    CHECK_INT(fs_write(file, str_z(text), 0600, &e), TB_OK);
    CHECK_INT(places_load(&mem, file, &p, &e), TB_OK);
    CHECK_STR(places_find(p, STR("乙区幸福小区漏水"))->community, "安康社区");
    CHECK_STR(places_find(p, STR("幸福小区漏水"))->community, "幸福社区");
    CHECK_INT(places_find(p, STR("二街道幸福小区漏水"))->y, 6);
    arena_release(&mem);
}

static void a_broken_table_is_refused_with_its_line(void)
{
    static const char *const bad[] = {
        "districts: []\n",
        "map: {width: 10, height: 10}\n",
        "map: {width: 10, height: 10}\ndistricts:\n  - {name: 甲区, outline: [[0, 0], [1, 1]]}\n",
        "map: {width: 10, height: 10}\ndistricts:\n"
        "  - {code: \"1\", name: 甲区, outline: [[0, 0], [1, 99999]]}\n",
        "map: {width: 10, height: 10}\ndistricts:\n"
        "  - {code: \"1\", name: 甲区, outline: [[0, 0], [1]]}\n",
        "map: {width: 10, height: 10}\ndistricts:\n  - {code: \"1\", name: 甲区, outline: [[0, 0], "
        "[1, 1]], streets: [{name: 一街道, at: [1, 1]}]}\n",
    };
    struct places *p;
    char *file = fs_join(&mem, tb_temp_dir(&mem), "p.yaml");

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct tb_err e = TB_ERR_INIT;

        CHECK_INT(fs_write(file, str_z(bad[i]), 0600, &e), TB_OK);
        CHECK_INT(places_load(&mem, file, &p, &e), TB_INVALID);
        CHECK(str_has(str_z(e.say), STR("p.yaml")) && str_has(str_z(e.say), STR("行")));
    }
    {
        struct tb_err e = TB_ERR_INIT;

        CHECK_INT(places_load(&mem, "/nowhere/places.yaml", &p, &e), TB_NOT_FOUND);
    }
    arena_release(&mem);
}

static const struct tb_test tests[] = {
    TEST(every_place_of_the_city_is_on_its_map_and_in_its_street),
    TEST(the_most_exact_place_named_is_found),
    TEST(a_name_that_stands_twice_is_told_apart_by_its_district),
    TEST(a_broken_table_is_refused_with_its_line),
};
TEST_MAIN(tests)
