#include "review/range.h"

#include "tb_test.h"

static void holds(const char *range, const char *number, bool want)
{
    struct arena a = ARENA_INIT;
    struct fact_list facts = facts_of(&a, str_z(range)), asked = facts_of(&a, str_z(number));

    if (range_holds_any(str_z(range), &facts, &asked) != want)
        printf("# %s / %s\n", range, number);
    CHECK_INT(range_holds_any(str_z(range), &facts, &asked), want);
    arena_release(&a);
}

static void a_range_holds_its_ends(void)
{
    holds("80周岁至89周岁的，每人每月100元", "我妈82了", true);
    holds("80周岁至89周岁的，每人每月100元", "八十岁", true);
    holds("80周岁至89周岁的，每人每月100元", "89岁", true);
    holds("80周岁至89周岁的，每人每月100元", "90岁", false);
    holds("80周岁以上不满90周岁的", "90岁", false);
    holds("80周岁以上不满90周岁的", "89岁", true);
}

static void a_range_may_leave_its_end_out(void)
{
    holds("累计缴费满5年不足10年的，最长为18个月", "交了七年", true);
    holds("累计缴费满5年不足10年的，最长为18个月", "交了十年", false);
    holds("累计缴费10年以上的，最长为24个月", "交了十年", true);
    holds("累计缴费10年以上的，最长为24个月", "交了七年", false);
}

static void one_side_may_be_open(void)
{
    holds("使用面积在60平方米以下的小餐饮店", "四十来平的小面馆", true);
    holds("使用面积在60平方米以下的小餐饮店", "80平方米", false);
    holds("100周岁以上的，每人每月1000元", "满了一百岁", true);
}

static void other_units_do_not_count(void)
{
    holds("50元以上100元以下", "82岁", false);
    holds("每人每月100元", "82岁", false);
}

static const struct tb_test tests[] = {
    TEST(a_range_holds_its_ends),
    TEST(a_range_may_leave_its_end_out),
    TEST(one_side_may_be_open),
    TEST(other_units_do_not_count),
};
TEST_MAIN(tests)
