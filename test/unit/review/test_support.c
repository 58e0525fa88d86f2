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
    support_check(a, support_ground(a, &l, str_z(question)), str_z(sentence), &s);
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
    state_is("您妈82了。", SUPPORT_EMPTY, -1);
    state_is("第五条，第七条，第十二条。", SUPPORT_EMPTY, -1);
    state_is("您要申请高龄津贴吗？", SUPPORT_EMPTY, -1);
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

/* What one clause says to a question, whatever the words of the sentence. */
static void one_clause(const char *text, const char *question, const char *sentence,
                       enum support_state want)
{
    struct arena a = ARENA_INIT;
    struct passage p = with("第五条", text);
    struct passage_list l = { &p, 1 };
    struct support s;

    support_check(&a, support_ground(&a, &l, str_z(question)), str_z(sentence), &s);
    if (s.state != want)
        printf("# %s: %s cover %.2f\n", sentence, support_name(s.state), s.cover);
    CHECK_INT(s.state, want);
    arena_release(&a);
}

static void one_of_several_amounts_keeps_its_own_words(void)
{
    const char *travel = "考入全日制高等学校的家庭经济困难新生，给予一次性入学资助，省内院校录取的"
                         "每人500元，省外院校录取的每人1000元。";
    const char *asked = "闺女考到外省念大学，家里困难，听说给新生发一笔钱，有多少";

    one_clause(travel, asked, "闺女考到外省念大学，家里困难，听说给新生发一笔钱，有500元。",
               SUPPORT_MIXED);
    one_clause(travel, asked, "省外院校录取的每人1000元。", SUPPORT_YES);
    one_clause(travel, asked, "省外院校录取的每人500元。", SUPPORT_MIXED);
    one_clause(travel, asked, "省内院校录取的500元，省外院校录取的1000元。", SUPPORT_YES);
    one_clause(travel, asked, "省内院校录取的1000元，省外院校录取的500元。", SUPPORT_MIXED);
}

static void each_amount_of_a_line_has_its_own_condition(void)
{
    const char *line = "对年满80周岁的，每人每月50元，对年满90周岁的，每人每月100元。";

    one_clause(line, "一个月多少钱", "年满80周岁的每人每月50元。", SUPPORT_YES);
    one_clause(line, "一个月多少钱", "年满90周岁的每人每月100元。", SUPPORT_YES);
    one_clause(line, "一个月多少钱", "年满90周岁的每人每月50元。", SUPPORT_MIXED);
}

static void the_wrong_step_of_a_scale_is_withheld(void)
{
    const char *scale =
        "领取期限：\n（一）累计缴费满1年不足5年的，最长为12个月；\n（二）累计缴费满5年不"
        "足10年的，最长为18个月；\n（三）累计缴费10年以上的，最长为24个月。";
    const char *asked = "社保交了快七年，失业的钱最多能领多少个月";

    one_clause(scale, asked, "你累计缴费快，最多能领12个月。", SUPPORT_MIXED);
    one_clause(scale, asked, "累计缴费满5年不足10年的，最长领18个月。", SUPPORT_YES);
    one_clause(scale, asked, "最长可以领18个月。", SUPPORT_YES); /* seven years fall into it */
    one_clause(scale, asked, "最长可以领24个月。", SUPPORT_MIXED);
}

static void days_and_places_in_other_words(void)
{
    one_clause("住院伙食补助标准为每人每日40元。", "住院吃饭一天给补几多", "住院伙食一天补助40元。",
               SUPPORT_YES);
    one_clause("免费刻制首套印章，费用由同级财政承担。", "新开公司刻那几个戳子要自家掏钱吗",
               "新开公司刻首套印章的费用由同级财政承担。", SUPPORT_YES);
    one_clause("错过集中报名的，于8月20日、21日办理补报名；报名于每年6月10日至6月20日办理。",
               "报名的日子搞忘了", "可以于8月20日、21日办理补报名。", SUPPORT_YES);
}

static void an_amount_that_stands_alone_needs_no_words(void)
{
    one_clause("死亡的，向其遗属一次性发放丧葬补助金1600元。", "安葬费几多钱",
               "安葬费一次性发放1600元。", SUPPORT_YES);
}

static void the_question_again_is_no_answer(void)
{
    one_clause("骨灰撒海、撒散，不保留骨灰的，每例4000元。",
               "老人走了想把骨灰撒到海里头，不立碑，政府还给钱不",
               "老人走了想把骨灰撒到海里头，不立碑，政府还给钱。", SUPPORT_EMPTY);
}

static const struct tb_test tests[] = {
    TEST(one_of_several_amounts_keeps_its_own_words),
    TEST(each_amount_of_a_line_has_its_own_condition),
    TEST(the_wrong_step_of_a_scale_is_withheld),
    TEST(days_and_places_in_other_words),
    TEST(an_amount_that_stands_alone_needs_no_words),
    TEST(the_question_again_is_no_answer),
    TEST(what_the_clause_says_is_carried),
    TEST(a_wrong_number_is_never_carried),
    TEST(facts_of_two_items_are_not_joined),
    TEST(the_opposite_is_not_carried),
    TEST(another_document_is_not_cited),
    TEST(invention_and_echo_are_withheld),
    TEST(the_same_fact_in_other_figures),
    TEST(days_are_not_yuan),
};
TEST_MAIN(tests)
