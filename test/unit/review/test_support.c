#include "review/support.h"

#include "review/facts.h"

#include "tb_test.h"

static const struct passage old_age = {
    .id = 1,
    .title = { "明川市高龄津贴发放办法", 33 },
    .document_number = { "明民规〔2024〕3号", 23 },
    .issuing_body = { "明川市民政局", 18 },
    .clause = { "第五条", 9 },
};
static struct passage list[3];

static struct passage with(const char *clause, const char *text)
{
    struct passage p = old_age;

    p.clause = str_z(clause);
    p.text = str_z(text);
    return p;
}

static struct support checked(struct arena *a, const char *sentence, const char *question)
{
    struct passage_list l = { list, 3 };
    struct support s;

    list[0] = with("第五条", "高龄津贴按下列标准发放：\n（一）80周岁至89周岁的，每人每月100元；\n（"
                             "二）90周岁至99周岁的，每人每月"
                             "300元；\n（三）100周岁以上的，每人每月1000元。");
    list[1] = with("第七条",
                   "申请高龄津贴，可以到户籍所在地乡镇（街道）便民服务中心办理，并提供下列材料：\n"
                   "（一）申请人居民身份证；"
                   "\n（二）本人社会保障卡。\n能够通过数据共享取得的材料，不再要求申请人提交。");
    list[2] = with(
        "第十二条",
        "高龄津贴不计入低保家庭收入。高龄津贴咨询由市民政局养老服务窗口受理，电话0920-2210111。");
    support_check(a, str_z(sentence), &l, str_z(question), &s);
    return s;
}

static void state_is(const char *sentence, enum support_state want, int citation)
{
    struct arena a = ARENA_INIT;
    struct support s = checked(&a, sentence, "我妈82了每个月能领多少钱");

    if (s.state != want)
        printf("# %s: %s cover %.2f missing %.*s\n", sentence, support_name(s.state), s.cover,
               STR_FMT(s.missing));
    CHECK_INT(s.state, want);
    CHECK_INT(s.citations[0], citation);
    arena_release(&a);
}

static void what_the_clause_says_is_carried(void)
{
    state_is("80周岁至89周岁的老人，每人每月发放100元高龄津贴。", SUPPORT_YES, 0);
    state_is("80至89周岁每人每月100元，90至99周岁每人每月300元。", SUPPORT_YES, 0);
    state_is("办理需要带申请人居民身份证和本人社会保障卡。", SUPPORT_YES, 1);
    state_is("可以到户籍所在地的便民服务中心申请。", SUPPORT_YES, 1);
    state_is("咨询电话是0920-2210111。", SUPPORT_YES, 2);
}

static void a_wrong_number_is_never_carried(void)
{
    state_is("80周岁至89周岁的，每人每月200元。", SUPPORT_FACT, -1);
    state_is("咨询电话0920-2210112。", SUPPORT_FACT, -1);
    state_is("自2025年1月1日起，80周岁至89周岁的每人每月100元。", SUPPORT_FACT, -1);
    state_is("可以到明川市人社局办理高龄津贴。", SUPPORT_FACT, -1);
}

static void facts_of_two_items_are_not_joined(void)
{
    state_is("90周岁的老人每人每月100元。", SUPPORT_MIXED, -1);
}

static void the_opposite_is_not_carried(void)
{
    state_is("高龄津贴计入低保家庭收入。", SUPPORT_NEGATION, -1);
    state_is("申请高龄津贴不需要提供申请人居民身份证。", SUPPORT_NEGATION, -1);
}

static void another_document_is_not_cited(void)
{
    state_is("根据《明川市养老服务条例》，80周岁至89周岁的每人每月100元。", SUPPORT_TITLE, -1);
    state_is("按照第九条，80周岁至89周岁的每人每月100元。", SUPPORT_TITLE, -1);
}

static void invention_and_echo_are_withheld(void)
{
    state_is("老人还可以免费乘坐公交车和进入公园。", SUPPORT_WORDS, -1);
    state_is("您妈82了。", SUPPORT_FACT, -1);
    state_is("！", SUPPORT_EMPTY, -1);
}

static void the_same_fact_in_other_figures(void)
{
    struct arena a = ARENA_INIT;
    struct fact_list x = facts_of(&a, STR("补贴三十万元，自二〇二四年七月一日起15个工作日内"));
    struct fact_list y = facts_of(&a, STR("补贴30万元，自2024年7月1日起十五个工作日内"));

    CHECK_INT(x.n, 3);
    CHECK_INT(y.n, 3);
    for (size_t i = 0; i < x.n && i < y.n; i++)
        CHECK(fact_same(&x.v[i], &y.v[i]));
    arena_release(&a);
}

static void days_are_not_yuan(void)
{
    struct arena a = ARENA_INIT;
    struct fact_list x = facts_of(&a, STR("30日")), y = facts_of(&a, STR("30元"));

    CHECK(x.n == 1 && y.n == 1 && !fact_same(&x.v[0], &y.v[0]));
    arena_release(&a);
}

static const struct tb_test tests[] = {
    TEST(what_the_clause_says_is_carried),   TEST(a_wrong_number_is_never_carried),
    TEST(facts_of_two_items_are_not_joined), TEST(the_opposite_is_not_carried),
    TEST(another_document_is_not_cited),     TEST(invention_and_echo_are_withheld),
    TEST(the_same_fact_in_other_figures),    TEST(days_are_not_yuan),
};
TEST_MAIN(tests)
