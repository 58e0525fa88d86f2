#include "../../../src/scenario/hotline/sample.c"

#include "base/share.h"
#include "tb_temp.h"
#include "tb_test.h"

static struct arena mem;
static const int32_t today = 20779; /* 2026-11-22 */

static struct sample_message *make(uint64_t seed, size_t count, size_t *n)
{
    struct sample_wish wish = { .today = today, .seed = seed, .count = count };
    struct sample_message *all = NULL;
    struct tb_err e = TB_ERR_INIT;
    struct places *p;

    CHECK_INT(sample_make(&mem, fs_join(&mem, share_dir(&mem), "demo"), &wish, &p, &all, n, &e),
              TB_OK);
    return all;
}

static void the_city_has_three_thousand_messages_in_ninety_days(void)
{
    size_t n, in_event = 0;
    struct sample_message *all = make(1, 0, &n);

    CHECK_INT(n, 3000);
    for (size_t i = 0; i < n; i++) {
        const struct sample_message *x = &all[i];

        CHECK(day_from_ms(x->at) > today - 90 && day_from_ms(x->at) <= today);
        CHECK(i == 0 || all[i - 1].at <= x->at);
        CHECK(x->title.n && x->text.n > 30 && x->wanted.n && x->reply.n);
        CHECK(!str_has(x->text, STR("{")) && !str_has(x->title, STR("{")));
        CHECK(str_starts(x->phone, STR("0920-8")));
        CHECK(x->place && x->place->level == PLACE_SPOT && x->department.n);
        in_event += x->event.n > 0;
    }
    CHECK_INT(in_event, 669);
    arena_release(&mem);
}

static void the_same_seed_gives_the_same_city_and_another_seed_another(void)
{
    size_t n, m, o, differ = 0;
    struct sample_message *a = make(1, 500, &n), *b = make(1, 500, &m), *c = make(2, 500, &o);

    CHECK(n == 500 && m == 500 && o == 500);
    for (size_t i = 0; i < n; i++) {
        CHECK(str_eq(a[i].text, b[i].text) && a[i].at == b[i].at);
        differ += !str_eq(a[i].text, c[i].text);
    }
    CHECK(differ > 400);
    arena_release(&mem);
}

static void an_event_grows_and_fades(void)
{
    size_t n, day[90] = { 0 }, most = 0;
    struct sample_message *all = make(1, 0, &n);

    for (size_t i = 0; i < n; i++)
        if (str_eqz(all[i].event, "flood"))
            day[89 - (today - day_from_ms(all[i].at))]++;
    for (size_t i = 0; i < 90; i++)
        most = day[i] > day[most] ? i : most;
    CHECK_INT(most, 25); /* start -68, the fifth day */
    CHECK_INT(day[21], 3);
    CHECK_INT(day[20], 0);
    arena_release(&mem);
}

static void templates_that_make_no_sense_are_refused_with_their_line(void)
{
    static const char places[] =
        "map: {width: 10, height: 10}\ndistricts:\n"
        "  - {code: \"1\", name: 甲区, outline: [[0, 0], [1, 1]], streets: [{code: \"11\", name: "
        "一街道, at: [1, 1], communities: [{code: \"111\", name: 幸福社区, at: [1, 1], places: "
        "[{name: 幸福小区, kind: 小区}]}]}]}\n";
    static const char *const bad[] = {
        "days: 0\ncount: 3\n",
        "days: 9\ncount: 0\n",
        "days: 9\ncount: 3\nmatters: []\n",
        "days: 9\ncount: 3\nmatters:\n  - {id: a, weight: 0}\n",
        "days: 9\ncount: 3\nmatters:\n  - {id: a, weight: 1, at: [医院]}\n",
        "days: 9\ncount: 3\nmatters:\n  - {id: a, weight: 1, at: [小区]}\nevents:\n  - {id: e}\n",
        ("days: 9\ncount: 3\nmatters:\n  - {id: a, weight: 1, at: [小区]}\nevents:\n"
         "  - {id: e, start: -3, curve: [1], at: [无此处], matters: [{id: b, weight: 1}]}\n"),
    };
    char *dir = tb_temp_dir(&mem);
    struct sample_wish wish = { .today = today };
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(fs_write(fs_join(&mem, dir, "places.yaml"), str_z(places), 0600, &e), TB_OK);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct sample_message *all;
        struct places *p;
        size_t n;

        tb_err_clear(&e);
        CHECK_INT(fs_write(fs_join(&mem, dir, "messages.yaml"), str_z(bad[i]), 0600, &e), TB_OK);
        CHECK_INT(sample_make(&mem, dir, &wish, &p, &all, &n, &e), TB_INVALID);
        CHECK(str_has(str_z(e.say), STR("messages.yaml")));
    }
    arena_release(&mem);
}

static const struct tb_test tests[] = {
    TEST(the_city_has_three_thousand_messages_in_ninety_days),
    TEST(the_same_seed_gives_the_same_city_and_another_seed_another),
    TEST(an_event_grows_and_fades),
    TEST(templates_that_make_no_sense_are_refused_with_their_line),
};
TEST_MAIN(tests)
