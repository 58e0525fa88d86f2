/* 办理时限: working days as the State Council arranged them, weekends only where a year is missing.
 */
#include "scenario/hotline/workdays.h"

#include "base/date.h"
#include "base/fs.h"
#include "base/share.h"
#include "tb_temp.h"
#include "tb_test.h"

static struct arena mem;

static struct workdays *shipped(void)
{
    struct tb_err e = TB_ERR_INIT;
    struct workdays *w;

    CHECK_INT(workdays_load(share_dir(&mem), &w, &e), TB_OK);
    return w;
}

static int64_t ms(int y, int m, int d, int hour)
{
    return (day_of(y, m, d) * (int64_t)24 + hour - 8) * 3600 * 1000;
}

static void holidays_are_off_and_moved_weekends_are_work(void)
{
    struct workdays *w = shipped();

    CHECK(!workdays_is(w, day_of(2026, 10, 1)));
    CHECK(workdays_is(w, day_of(2026, 10, 8)));
    CHECK(workdays_is(w, day_of(2026, 10, 10))); /* a Saturday */
    CHECK(!workdays_is(w, day_of(2026, 10, 11)));
    CHECK(!workdays_is(w, day_of(2026, 2, 16)));
    CHECK(workdays_is(w, day_of(2026, 2, 14))); /* a Saturday */
    CHECK(!workdays_is(w, day_of(2026, 11, 22)));
    CHECK(workdays_is(w, day_of(2026, 11, 23)));
    workdays_free(w);
}

static void five_days_over_the_national_holiday_end_after_it(void)
{
    struct workdays *w = shipped();

    /* Wednesday 2026-09-30; off 1 to 7; work 8, 9, Saturday 10, 12, 13 */
    CHECK_INT(workdays_after(w, day_of(2026, 9, 30), 5), day_of(2026, 10, 13));
    CHECK_INT(workdays_after(w, day_of(2026, 10, 1), 0), day_of(2026, 10, 8));
    workdays_free(w);
}

static void a_missing_year_counts_weekends_and_says_so(void)
{
    struct workdays *w = shipped();

    CHECK(!workdays_knows(w, 2099));
    CHECK(!workdays_is(w, day_of(2099, 10, 3))); /* a Saturday */
    CHECK(workdays_is(w, day_of(2099, 10, 1)));
    CHECK(str_has(workdays_warning(w, &mem, ms(2099, 3, 1, 9)), STR("没有2099年的节假日安排")));
    CHECK_STR(workdays_warning(w, &mem, ms(2026, 3, 1, 9)), "");
    workdays_free(w);
}

static void a_deadline_follows_urgency_then_kind(void)
{
    struct workdays *w = shipped();
    int64_t at = ms(2026, 11, 23, 10); /* a Monday */
    struct deadline d = workdays_deadline(w, ORDER_COMPLAINT, 0, at, 0);

    CHECK_INT(d.accept_by, ms(2026, 11, 24, 18));
    CHECK_INT(d.due_at, ms(2026, 11, 30, 18));
    d = workdays_deadline(w, ORDER_INQUIRY, 0, at, 0);
    CHECK_INT(d.due_at, ms(2026, 11, 26, 18));
    d = workdays_deadline(w, ORDER_INQUIRY, 3, at, 0);
    CHECK_INT(d.accept_by, at + 3600 * 1000);
    CHECK_INT(d.due_at, at + 24 * 3600 * 1000);
    d = workdays_deadline(w, ORDER_COMPLAINT, 0, at, 2); /* as the triage says */
    CHECK_INT(d.due_at, ms(2026, 11, 25, 18));
    workdays_free(w);
}

static void refused(const char *name, const char *text, const char *why)
{
    char *dir = tb_temp_dir(&mem), *rules = fs_join(&mem, dir, "rules");
    static const char *const files[] = { "holidays.yaml", "order_deadlines.yaml" };
    struct tb_err e = TB_ERR_INIT;
    struct workdays *w;
    struct str whole;

    CHECK_INT(fs_mkdirs(rules, 0700, &e), TB_OK);
    for (size_t i = 0; i < 2; i++) {
        CHECK_INT(fs_read(&mem, fs_join(&mem, fs_join(&mem, share_dir(&mem), "rules"), files[i]),
                          1 << 20, &whole, &e),
                  TB_OK);
        if (strcmp(files[i], name) == 0)
            whole = str_z(text);
        CHECK_INT(fs_write(fs_join(&mem, rules, files[i]), whole, 0600, &e), TB_OK);
    }
    CHECK_INT(workdays_load(dir, &w, &e), TB_INVALID);
    CHECK(str_has(str_z(e.say), str_z(why)));
    if (!str_has(str_z(e.say), str_z(why)))
        printf("# %s\n", e.say);
    CHECK(str_has(str_z(e.say), str_z(name)));
}

static void a_table_that_makes_no_sense_is_refused_with_its_line(void)
{
    refused("holidays.yaml", "- year: 2026\n", "没有写放假日期");
    refused("holidays.yaml", "- year: 26\n  off: [{from: 2026-01-01, to: 2026-01-02}]\n", "四位");
    refused("holidays.yaml", "- year: 2026\n  off:\n    - {from: 2026-01-03, to: 2026-01-01}\n",
            "早于开始");
    refused("holidays.yaml", "- year: 2026\n  off:\n    - {from: 2025-01-03, to: 2026-01-01}\n",
            "不在这一年");
    refused("holidays.yaml", "- year: 2026\n  on: 3\n", "不认识的字段");
    refused("order_deadlines.yaml", "- {urgency: 3, accept_days: 1, answer_days: 3}\n", "最后一行");
    refused("order_deadlines.yaml", "- {accept_days: 1}\n", "各写一个时限");
    refused("order_deadlines.yaml", "- {kind: rumour, accept_days: 1, answer_days: 2}\n",
            "没有这种诉求类型");
}

static const struct tb_test tests[] = {
    TEST(holidays_are_off_and_moved_weekends_are_work),
    TEST(five_days_over_the_national_holiday_end_after_it),
    TEST(a_missing_year_counts_weekends_and_says_so),
    TEST(a_deadline_follows_urgency_then_kind),
    TEST(a_table_that_makes_no_sense_is_refused_with_its_line),
};

int main(void)
{
    int bad = tb_test_main(tests, sizeof(tests) / sizeof(tests[0]));

    arena_release(&mem);
    return bad;
}
