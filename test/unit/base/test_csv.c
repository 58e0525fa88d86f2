#include "base/csv.h"

#include "tb_test.h"

static void shows(struct str in, const char *want)
{
    struct buf b = BUF_INIT(4096);
    struct csv c = csv_begin(&b);

    csv_str(&c, in);
    CHECK_STR(str_from(buf_str(&b), 3), want);
    buf_release(&b);
}

static void plain_text_stays_and_what_cuts_is_quoted(void)
{
    shows(STR("民政局"), "民政局");
    shows(STR(""), "");
    shows(STR("a,b"), "\"a,b\"");
    shows(STR("say \"x\""), "\"say \"\"x\"\"\"");
    shows(STR("two\r\nlines"), "\"two\r\nlines\"");
}

static void nothing_is_a_formula(void)
{
    shows(STR("=1+1"), "\"'=1+1\"");
    shows(STR("+86"), "\"'+86\"");
    shows(STR("-2"), "\"'-2\"");
    shows(STR("@SUM(A1)"), "\"'@SUM(A1)\"");
    shows(STR("\t=1"), "\"'\t=1\"");
    shows(STR("\r=1"), "\"'\r=1\"");
    shows(STR("＝1"), "\"'＝1\"");
    shows(STR("＠x"), "\"'＠x\"");
    shows(STR("a=1"), "a=1");
}

static void a_table_begins_with_the_mark_and_ends_its_rows(void)
{
    struct buf b = BUF_INIT(4096);
    struct csv c = csv_begin(&b);

    csv_str(&c, STR("部门"));
    csv_int(&c, -7);
    csv_micro(&c, 20003000);
    csv_row(&c);
    csv_micro(&c, -1);
    csv_micro(&c, 0);
    csv_row(&c);
    CHECK_STR(buf_str(&b), "\xef\xbb\xbf部门,-7,20.003000\r\n-0.000001,0.000000\r\n");
    buf_release(&b);
}

static void numbers_are_written_whole(void)
{
    static const int64_t numbers[] = { 0, 7, -1, 10, -999, INT64_MAX, INT64_MIN };
    struct buf b = BUF_INIT(4096);

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        buf_add_i64(&b, numbers[i]);
        buf_addc(&b, ' ');
    }
    CHECK_STR(buf_str(&b), "0 7 -1 10 -999 9223372036854775807 -9223372036854775808 ");
    buf_release(&b);
}

static const struct tb_test tests[] = {
    TEST(plain_text_stays_and_what_cuts_is_quoted),
    TEST(nothing_is_a_formula),
    TEST(numbers_are_written_whole),
    TEST(a_table_begins_with_the_mark_and_ends_its_rows),
};
TEST_MAIN(tests)
