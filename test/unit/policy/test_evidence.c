#include "scenario/policy/evidence.h"

#include "scenario/policy/wording.h"
#include "tb_test.h"

static struct passage clause(int64_t id, double score, const char *text)
{
    struct passage p = { .id = id, .version_id = 1, .score = score };

    p.title = STR("明川市高龄津贴发放办法");
    p.heading = STR("");
    p.text = str_z(text);
    return p;
}

static int64_t first(struct passage *two, const char *question)
{
    struct arena a = ARENA_INIT;
    struct passage_list l = { two, 2 };
    int64_t id;

    evidence_order(&a, &l, str_z(question), 2);
    id = l.items[0].id;
    arena_release(&a);
    return id;
}

static void who_asks_how_much_gets_an_amount_first(void)
{
    struct passage two[] = { clause(1, 104, "申请津贴应当提供居民身份证。"),
                             clause(2, 100, "符合条件的，每人每月100元。") };

    CHECK_INT(first(two, "津贴一个月多少钱"), 2);
}

static void words_decide_when_nothing_special_is_asked(void)
{
    struct passage two[] = { clause(1, 104, "申请津贴应当提供居民身份证。"),
                             clause(2, 100, "符合条件的，每人每月100元。") };

    CHECK_INT(first(two, "申请津贴带什么材料"), 1);
}

static void the_persons_own_age_finds_its_range(void)
{
    struct passage two[] = { clause(1, 104, "90周岁至99周岁的，每人每月300元。"),
                             clause(2, 100, "80周岁至89周岁的，每人每月100元。") };

    CHECK_INT(first(two, "我妈82了每月能领多少"), 2);
}

static void why_a_document_was_made_comes_last(void)
{
    struct passage two[] = { clause(1, 106, "为弘扬敬老风尚，结合本市实际，制定本办法。"),
                             clause(2, 100, "高龄津贴按月发放。") };

    CHECK_INT(first(two, "高龄津贴怎么发"), 2);
}

static struct str quoted(struct arena *a, const char *text, const char *question)
{
    struct passage p = clause(1, 100, text);

    return evidence_quote(a, &p, str_z(question));
}

static void a_quote_is_the_line_that_answers(void)
{
    struct arena a = ARENA_INIT;
    const char *text = "第五条 高龄津贴按下列标准发放：\n（一）80周岁至89周岁的，每人每月100元；\n"
                       "（二）90周岁至99周岁的，每人每月300元。";

    CHECK_STR(quoted(&a, text, "我奶奶93了每月多少钱"),
              "高龄津贴按下列标准发放：（二）90周岁至99周岁的，每人每月300元");
    CHECK_STR(quoted(&a, text, "高龄津贴按什么标准发放"),
              "高龄津贴按下列标准发放：（一）80周岁至89周岁的，每人每月100元；"
              "（二）90周岁至99周岁的，每人每月300元。");
    arena_release(&a);
}

static void a_table_row_is_said_with_its_columns(void)
{
    struct arena a = ARENA_INIT;
    struct passage p = clause(1, 100, "普通轮椅 | 1000元 | 3年");
    struct passage_list l = { &p, 1 };

    p.heading = STR("第三条 最高补贴额和使用年限为 / 辅助器具 | 最高补贴额 | 使用年限");
    CHECK_STR(evidence_spoken(&a, &l).items[0].text,
              "辅助器具：普通轮椅，最高补贴额：1000元，使用年限：3年");
    p.heading = STR("第三条");
    CHECK_STR(evidence_spoken(&a, &l).items[0].text, "普通轮椅 | 1000元 | 3年");
    arena_release(&a);
}

static void a_prompt_keeps_its_budget(void)
{
    struct arena a = ARENA_INIT;
    struct passage p =
        clause(1, 100,
               "第五条 高龄津贴按下列标准发放：\n（一）80周岁至89周岁的，每人每月100元；\n"
               "（二）90周岁至99周岁的，每人每月300元；\n（三）100周岁以上的，每人每月1000元。");
    struct passage_list l = { &p, 1 };

    CHECK_STR(evidence_prompt(&a, &l, STR("奶奶93了"), 45),
              "[1]《明川市高龄津贴发放办法》：第五条 "
              "高龄津贴按下列标准发放：（二）90周岁至99周岁的，每人每月300元。");
    arena_release(&a);
}

static void a_sentence_reads_plainly(void)
{
    CHECK_STR(
        wording_plain(STR("根据《明川市临时救助实施办法》第九条的规定，先行救助不超过2000元。")),
        "先行救助不超过2000元。");
    CHECK_STR(wording_plain(STR("根据《甲办法》第五条第二款（一），每例4000元。")), "每例4000元。");
    CHECK_STR(wording_plain(STR("第十条 每例4000元，一次付清。")), "每例4000元，一次付清。");
    CHECK_STR(wording_plain(STR("根据《甲办法》和《乙办法》，每例4000元。")),
              "根据《甲办法》和《乙办法》，每例4000元。");
    CHECK_STR(wording_plain(STR("第五条。")), "第五条。");
    CHECK_STR(wording_plain(STR("可以到窗口办理。")), "可以到窗口办理。");
}

static const struct tb_test tests[] = {
    TEST(who_asks_how_much_gets_an_amount_first),
    TEST(words_decide_when_nothing_special_is_asked),
    TEST(the_persons_own_age_finds_its_range),
    TEST(why_a_document_was_made_comes_last),
    TEST(a_quote_is_the_line_that_answers),
    TEST(a_table_row_is_said_with_its_columns),
    TEST(a_prompt_keeps_its_budget),
    TEST(a_sentence_reads_plainly),
};
TEST_MAIN(tests)
