/* str, utf8, date, yaml: the small things everything stands on. */
#include "base/date.h"
#include "base/utf8.h"
#include "base/yaml.h"

#include "tb_test.h"

static void a_cut_visits_every_part(void)
{
    struct str rest = STR("一,二,,三");
    int n = 0;

    while (rest.p) {
        struct str part = str_cut(&rest, STR(","));

        CHECK(n != 1 || str_eq(part, STR("二")));
        n++;
    }
    CHECK_INT(n, 4);
}

static void full_width_blanks_are_trimmed(void)
{
    CHECK_STR(str_trim(STR("\xef\xbb\xbf　 \t文 字　\n")), "文 字");
    CHECK_STR(str_trim(STR("　")), "");
}

static void days_turn_back_into_dates(void)
{
    char t[16];
    int32_t d;

    CHECK_INT(day_of(1970, 1, 1), 0);
    CHECK_INT(day_of(2023, 2, 29), DAY_NONE);
    CHECK(day_parse(STR("2024-02-29"), &d));
    CHECK_STR(day_text(d, t), "2024-02-29");
    CHECK_STR(day_text(d + 1, t), "2024-03-01");
    CHECK(!day_parse(STR("2024-2-29"), &d));
}

static void the_city_day_turns_at_its_own_midnight(void)
{
    struct world w = world_fixed((int64_t)day_of(2026, 11, 20) * 86400000 + 16 * 3600000);
    char t[32];

    CHECK_INT(day_today(&w), day_of(2026, 11, 21));
    CHECK_STR(time_text(world_now_ms(&w), t), "2026-11-21T00:00:00.000+08:00");
}

static void gb18030_and_utf16_are_accepted(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct str out;

    CHECK_INT(utf8_from_any(&a, STR("\xd6\xd0\xb9\xfa"), &out, &e), TB_OK);
    CHECK_STR(out, "中国");
    CHECK_INT(utf8_from_any(&a, str_of("\xff\xfe\x2d\x4e\xfd\x56", 6), &out, &e), TB_OK);
    CHECK_STR(out, "中国");
    CHECK_INT(utf8_from_any(&a, str_of("\x2d\x4e\x31\x00\x0a\x00", 6), &out, &e), TB_OK);
    CHECK_STR(out, "中1\n");
    CHECK_INT(utf8_from_any(&a, str_of("\x81\x00\xff\x00\x00\x01", 6), &out, &e), TB_UNSUPPORTED);
    arena_release(&a);
}

static void overlong_and_surrogates_are_not_utf8(void)
{
    CHECK(utf8_valid(STR("汉字𠮷a")));
    CHECK(!utf8_valid(STR("\xc0\xaf")));
    CHECK(!utf8_valid(STR("\xed\xa0\x80")));
    CHECK(!utf8_valid(STR("\xe4\xbd")));
    CHECK_INT(utf8_floor(STR("汉字"), 4), 3);
}

static void yaml_says_file_and_line(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct yaml *y;

    CHECK_INT(yaml_read(&a, STR("a: 1\nb: [x, 'y']\n"), "t.yaml", &y, &e), TB_OK);
    CHECK_STR(yaml_get(y, "b")->items[1]->text, "y");
    CHECK_INT(yaml_get(y, "b")->line, 2);
    CHECK_INT(yaml_read(&a, STR("a: 1\na: 2\n"), "t.yaml", &y, &e), TB_INVALID);
    CHECK(str_has(str_z(e.say), STR("t.yaml 第 2 行")));
    CHECK_INT(yaml_read(&a, STR("a: &x 1\nb: *x\n"), "t.yaml", &y, &e), TB_INVALID);
    CHECK_INT(yaml_read(&a, STR(""), "t.yaml", &y, &e), TB_INVALID);
    arena_release(&a);
}

static void any_changed_byte_changes_the_sum(void)
{
    char text[100];

    memset(text, 'a', sizeof(text));
    for (size_t n = 0; n < sizeof(text); n++) {
        uint64_t sum = str_sum(str_of(text, n));

        CHECK(sum != str_sum(str_of(text, n + 1)));
        for (size_t i = 0; i < n; i++) {
            text[i] ^= 1;
            CHECK((uint32_t)sum != (uint32_t)str_sum(str_of(text, n)));
            text[i] ^= 1;
        }
        CHECK(sum == str_sum(str_of(text, n)));
    }
}

static void a_control_code_is_noticed_wherever_it_stands(void)
{
    static const char *const clean[] = { "", "办 ~ A", "\xc2\x80 is two bytes, both above" };

    for (size_t i = 0; i < sizeof(clean) / sizeof(clean[0]); i++)
        CHECK(!utf8_has_controls(str_z(clean[i])));
    for (size_t n = 1; n < 20; n++)
        for (size_t i = 0; i < n; i++)
            for (unsigned c = 0; c < 256; c++) {
                char text[20];

                memset(text, 'a', sizeof(text));
                text[i] = (char)c;
                CHECK_INT(utf8_has_controls(str_of(text, n)), c < 0x20 || c == 0x7f);
            }
}

static void a_number_is_read_whole_or_not_at_all(void)
{
    static const char *const none[] = {
        "", "-", "+", "1 ", " 1", "1a", "--1", "0x1", "9223372036854775808", "-9223372036854775809"
    };
    int64_t v = 0;

    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        CHECK(!str_i64(str_z(none[i]), &v));
    CHECK(str_i64(STR("9223372036854775807"), &v) && v == INT64_MAX);
    CHECK(str_i64(STR("-9223372036854775808"), &v) && v == INT64_MIN);
    CHECK(str_i64(STR("+007"), &v) && v == 7);
}

static const struct tb_test tests[] = {
    TEST(any_changed_byte_changes_the_sum),
    TEST(a_control_code_is_noticed_wherever_it_stands),
    TEST(a_number_is_read_whole_or_not_at_all),
    TEST(a_cut_visits_every_part),
    TEST(full_width_blanks_are_trimmed),
    TEST(days_turn_back_into_dates),
    TEST(the_city_day_turns_at_its_own_midnight),
    TEST(gb18030_and_utf16_are_accepted),
    TEST(overlong_and_surrogates_are_not_utf8),
    TEST(yaml_says_file_and_line),
};
TEST_MAIN(tests)
