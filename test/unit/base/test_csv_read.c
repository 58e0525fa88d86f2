/* Tables as spreadsheets write them, and as people bend them. */
#include "base/csv_read.h"

#include "tb_test.h"

static struct arena mem;

static void the_separator_is_the_one_the_first_line_has_most_of(void)
{
    static const char *const texts[] = { "a,b,c\n1,2,3", "a;b;c\n1;2;3", "a\tb\tc\r\n1\t2\t3\r\n" };
    struct str f[CSV_FIELDS_MAX];
    size_t n;

    for (size_t i = 0; i < 3; i++) {
        struct csv_reader r = csv_reader(&mem, str_z(texts[i]));

        CHECK(csv_next(&r, f, &n));
        CHECK_INT(n, 3);
        CHECK_STR(f[2], "c");
        CHECK(csv_next(&r, f, &n));
        CHECK_STR(f[0], "1");
        CHECK_STR(f[2], "3");
        CHECK(!csv_next(&r, f, &n));
    }
}

static void quotes_hold_separators_quotes_and_ends_of_lines(void)
{
    struct csv_reader r =
        csv_reader(&mem, STR("\xef\xbb\xbf\"头\",b\n\"一, \"\"二\"\"\n三\",x\nlast,\"open"));
    struct str f[CSV_FIELDS_MAX];
    size_t n;

    CHECK(csv_next(&r, f, &n));
    CHECK_STR(f[0], "头");
    CHECK(csv_next(&r, f, &n));
    CHECK_INT(r.line, 2);
    CHECK_STR(f[0], "一, \"二\"\n三");
    CHECK_STR(f[1], "x");
    CHECK(csv_next(&r, f, &n));
    CHECK_INT(r.line, 4);
    CHECK_STR(f[1], "open");
    CHECK(!csv_next(&r, f, &n));
}

static void empty_lines_and_too_many_fields_are_taken_as_they_come(void)
{
    struct buf b = BUF_INIT(4096);
    struct csv_reader r;
    struct str f[CSV_FIELDS_MAX];
    size_t n;

    for (int i = 0; i < 100; i++)
        buf_addz(&b, "x,");
    r = csv_reader(&mem, buf_str(&b));
    CHECK(csv_next(&r, f, &n));
    CHECK_INT(n, CSV_FIELDS_MAX);
    CHECK(!csv_next(&r, f, &n));
    buf_release(&b);
    r = csv_reader(&mem, STR("a,b\n\nc"));
    CHECK(csv_next(&r, f, &n) && n == 2);
    CHECK(csv_next(&r, f, &n) && n == 1 && f[0].n == 0);
    CHECK(csv_next(&r, f, &n) && n == 1);
    r = csv_reader(&mem, STR(""));
    CHECK(!csv_next(&r, f, &n));
    arena_release(&mem);
}

static const struct tb_test tests[] = {
    TEST(the_separator_is_the_one_the_first_line_has_most_of),
    TEST(quotes_hold_separators_quotes_and_ends_of_lines),
    TEST(empty_lines_and_too_many_fields_are_taken_as_they_come),
};
TEST_MAIN(tests)
