#include "../../../src/scenario/hotline/warn.c"

#include "base/fs.h"
#include "base/share.h"
#include "scenario/hotline/sample.h"
#include "tb_test.h"

static struct arena mem;
static struct hot_rules *rules;
static struct hot_message *m;
static size_t n;
static const int32_t today = 20779; /* 2026-11-22 */

static void begin(void)
{
    struct sample_wish wish = { .today = today, .seed = 1 };
    struct sample_message *all;
    struct places *p;
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(
        hot_rules_load(&mem, fs_join(&mem, share_dir(&mem), "rules/hotline_hot.yaml"), &rules, &e),
        TB_OK);
    CHECK_INT(sample_make(&mem, fs_join(&mem, share_dir(&mem), "demo"), &wish, &p, &all, &n, &e),
              TB_OK);
    m = ARENA_ARRAY(&mem, struct hot_message, n);
    for (size_t i = 0; i < n; i++)
        m[i] = (struct hot_message){ .id = (int64_t)i + 1,
                                     .user = all[i].phone,
                                     .title = all[i].title,
                                     .text = all[i].text,
                                     .at = all[i].at,
                                     .place = all[i].place->name };
}

static size_t warned(int32_t back, struct warning **w)
{
    size_t k;

    warn_find(&mem, rules, m, n, (int64_t)(today - back + 1) * day_ms - zone_ms - 1, w, &k);
    return k;
}

static void what_grows_is_warned_of_before_it_is_big(void)
{
    static const struct {
        int back, big; /* the day before today on which a warning must be out; its worst day */
        const char *word;
        size_t most; /* people in the warning: not many more can have written by then */
    } event[] = { { 66, 64, "积水", 50 }, { 31, 29, "青溪第二小学", 25 }, { 11, 8, "暖", 25 } };

    begin();
    for (size_t i = 0; i < sizeof(event) / sizeof(event[0]); i++) {
        struct warning *w;
        size_t k = warned(event[i].back, &w);

        CHECK_INT(k, 1);
        CHECK(event[i].back > event[i].big);
        if (k) {
            CHECK(str_has(w[0].issue.name, str_z(event[i].word)));
            CHECK(w[0].people >= 6 && w[0].people <= event[i].most);
            CHECK(w[0].expected < 3 && str_has(w[0].say, STR("小时内")));
        }
    }
    arena_release(&mem);
}

static void a_quiet_day_brings_no_warning(void)
{
    static const int back[] = { 73, 70, 55, 50, 45, 40, 37, 20, 17, 15 };
    size_t wrong = 0;

    begin();
    for (size_t i = 0; i < sizeof(back) / sizeof(back[0]); i++) {
        struct warning *w;

        wrong += warned(back[i], &w);
    }
    CHECK_INT(wrong, 0);
    arena_release(&mem);
}

static void monday_morning_is_no_alarm(void)
{
    struct hot_message all[7 * 24];
    struct warn_season s;
    size_t k = 0;
    /* Monday 2026-11-16 to Sunday: ten on a weekday, two on a day of rest, all at nine */
    int64_t monday = (int64_t)day_of(2026, 11, 16) * day_ms - zone_ms;

    for (int d = 0; d < 7; d++)
        for (int i = 0; i < (d < 5 ? 10 : 2); i++)
            all[k++] = (struct hot_message){ .at = monday + d * day_ms + 9 * hour_ms + i };
    warn_season_learn(all, k, &s);
    CHECK(s.weekday[0] > 3 * s.weekday[6]);
    CHECK(s.hour[9] > 20 * s.hour[3]);
    CHECK(warn_season_hours(&s, monday + 8 * hour_ms, monday + 12 * hour_ms) >
          10 * warn_season_hours(&s, monday + 13 * hour_ms, monday + 17 * hour_ms));
    {
        double whole = warn_season_hours(&s, monday, monday + 7 * day_ms),
               halves = warn_season_hours(&s, monday, monday + 30 * 60000) +
                        warn_season_hours(&s, monday + 30 * 60000, monday + 7 * day_ms);

        CHECK(whole > 167.9 && whole < 168.1);
        CHECK(halves - whole < 1e-9 && whole - halves < 1e-9);
    }
}

static void chance_is_the_tail_of_the_distribution(void)
{
    CHECK(warn_chance(0, 3, 1) > 0.999);
    CHECK(warn_chance(3, 3, 1) > 0.57 && warn_chance(3, 3, 1) < 0.58); /* 1 - e^-3(1+3+4.5) */
    CHECK(warn_chance(12, 3, 1) < 1e-4);
    CHECK(warn_chance(12, 3, 2) > warn_chance(12, 3, 1));
    CHECK(warn_chance(5, 0, 1) <= 0);
    CHECK(warn_chance(1000, 3, 1) >= 0);
}

static void without_messages_there_is_nothing_to_warn_of(void)
{
    struct warning *w;
    size_t k;

    begin();
    warn_find(&mem, rules, m, 0, 0, &w, &k);
    CHECK_INT(k, 0);
    warn_find(&mem, rules, m, n, 1, &w, &k);
    CHECK_INT(k, 0);
    arena_release(&mem);
}

static const struct tb_test tests[] = {
    TEST(what_grows_is_warned_of_before_it_is_big),
    TEST(a_quiet_day_brings_no_warning),
    TEST(monday_morning_is_no_alarm),
    TEST(chance_is_the_tail_of_the_distribution),
    TEST(without_messages_there_is_nothing_to_warn_of),
};
TEST_MAIN(tests)
