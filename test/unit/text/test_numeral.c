#include "../../../src/text/numeral.c"

#include "tb_test.h"

static double value(const char *z, size_t *taken)
{
    double v = -1;

    *taken = numeral_read(str_z(z), &v);
    return v;
}

#define READS(text, want, bytes)                                                                   \
    do {                                                                                           \
        size_t tb_n;                                                                               \
        double tb_v = value(text, &tb_n);                                                          \
        if (tb_v - (want) > 1e-6 || (want)-tb_v > 1e-6 || tb_n != (bytes)) {                       \
            printf("# %s -> %g, %zu bytes\n", text, tb_v, tb_n);                                   \
            CHECK(0);                                                                              \
        }                                                                                          \
    } while (0)

static void figures_of_every_width_are_read(void)
{
    READS("100元", 100, 3u);
    READS("3,000元", 3000, 5u);
    READS("1,234,567", 1234567, 9u);
    READS("3,5", 3, 1u);
    READS("2,30000", 2, 1u);
    READS("12.5万元", 125000, 7u);
    READS("２０００元", 2000, 12u);
    READS("1.", 1, 1u);
    READS("5千万", 50000000, 7u);
    READS("1亿2000万元", 120000000, 11u);
    READS("3万500元", 30500, 7u);
    READS("3万5人", 30000, 4u);
    READS("5千克", 5, 1u);
    READS("0", 0, 1u);
}

static void chinese_numbers_are_read(void)
{
    READS("三十万元", 300000, 9u);
    READS("十五日", 15, 6u);
    READS("一百二十三", 123, 15u);
    READS("一百零五", 105, 12u);
    READS("一百五", 150, 9u);
    READS("三万五", 35000, 9u);
    READS("一万二千三百四十五", 12345, 27u);
    READS("两千元", 2000, 6u);
    READS("二〇二五年", 2025, 12u);
    READS("三亿五千万", 350000000, 15u);
    READS("三万亿", 3e12, 9u);
    READS("零点五", 0.5, 9u);
    READS("三点五万", 35000, 12u);
    READS("壹仟贰佰元整", 1200, 12u);
    READS("十", 10, 3u);
    READS("一般", 1, 3u);
}

static void percentages_and_fractions_are_parts_of_one(void)
{
    READS("百分之三十", 0.3, 15u);
    READS("30%", 0.3, 3u);
    READS("0.5‰", 0.0005, 6u);
    READS("１２．５％", 0.125, 15u);
    READS("三分之一", 1.0 / 3, 12u);
    READS("万分之五", 0.0005, 12u);
    READS("百分之八十五点五", 0.855, 24u);
}

static void what_is_no_number_takes_nothing(void)
{
    size_t n;

    value("", &n);
    CHECK_INT(n, 0);
    value("万一", &n);
    CHECK_INT(n, 0);
    value("元", &n);
    CHECK_INT(n, 0);
    value("\xe4\xb8", &n);
    CHECK_INT(n, 0);
    value(",000", &n);
    CHECK_INT(n, 0);
}

static int32_t day_in(const char *z)
{
    int32_t d = DAY_NONE;

    return date_read(str_z(z), &d) ? d : DAY_NONE;
}

static void dates_of_every_form_are_the_same_day(void)
{
    int32_t want = day_of(2025, 7, 1);

    CHECK_INT(day_in("2025年7月1日起"), want);
    CHECK_INT(day_in("2025 年 7 月 1 日"), want);
    CHECK_INT(day_in("二〇二五年七月一日"), want);
    CHECK_INT(day_in("二○二五年七月一日"), want);
    CHECK_INT(day_in("２０２５年７月１日"), want);
    CHECK_INT(day_in("2025-07-01 10:00"), want);
    CHECK_INT(day_in("2025.7.1"), want);
    CHECK_INT(day_in("2025/7/1"), want);
    CHECK_INT(day_in("2025年7月1号"), want);
    CHECK_INT(day_in("二〇一九年十二月三十一日"), day_of(2019, 12, 31));
    CHECK_INT(day_in("二〇一九年十月二十日"), day_of(2019, 10, 20));
}

static void days_that_do_not_exist_are_no_dates(void)
{
    CHECK_INT(day_in("2025年2月30日"), DAY_NONE);
    CHECK_INT(day_in("2025年13月1日"), DAY_NONE);
    CHECK_INT(day_in("2025-07-011"), DAY_NONE);
    CHECK_INT(day_in("12025年7月1日"), DAY_NONE);
    CHECK_INT(day_in("2025年7月"), DAY_NONE);
    CHECK_INT(day_in("2025-07/01"), DAY_NONE);
}

static void a_date_is_found_inside_a_sentence(void)
{
    struct str s = STR("本办法（穗民规〔2024〕3号）自二〇二五年七月一日起施行，2030年6月30日止。");
    size_t begin = 0, end = 0;
    int32_t day = 0;

    CHECK(date_find(s, 0, &begin, &end, &day));
    CHECK_INT(day, day_of(2025, 7, 1));
    CHECK_STR(str_sub(s, begin, end - begin), "二〇二五年七月一日");
    CHECK(date_find(s, end, &begin, &end, &day));
    CHECK_INT(day, day_of(2030, 6, 30));
    CHECK(!date_find(s, end, &begin, &end, &day));
}

static const struct tb_test tests[] = {
    TEST(figures_of_every_width_are_read),
    TEST(chinese_numbers_are_read),
    TEST(percentages_and_fractions_are_parts_of_one),
    TEST(what_is_no_number_takes_nothing),
    TEST(dates_of_every_form_are_the_same_day),
    TEST(days_that_do_not_exist_are_no_dates),
    TEST(a_date_is_found_inside_a_sentence),
};
TEST_MAIN(tests)
