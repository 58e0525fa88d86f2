/* 审签规则: which questions wait for a signature, what an edit makes of its maker, and that a
 * broken table names its line. */
#include "review/sign_rules.h"

#include "base/fs.h"
#include "base/share.h"
#include "tb_temp.h"
#include "tb_test.h"

static struct arena mem;

static struct sign_rules shipped(void)
{
    struct tb_err e = TB_ERR_INIT;
    struct sign_rules r = { 0 };

    CHECK_INT(sign_rules_load(&mem, share_dir(&mem), &r, &e), TB_OK);
    return r;
}

static const char *scene(const struct sign_rules *r, const char *question)
{
    const struct sensitive *s = sign_rules_scene(r, &mem, str_z(question));

    return s ? arena_z(&mem, s->name) : "";
}

static void approvals_and_interpretations_wait_and_ordinary_questions_do_not(void)
{
    struct sign_rules r = shipped();

    CHECK_STR(str_z(scene(&r, "我这个低保能批吗")), "审批结论");
    CHECK_STR(str_z(scene(&r, "我这个低保 能 批 吗")), "审批结论");
    CHECK_STR(str_z(scene(&r, "這條規定怎麼理解")), "政策解释");
    CHECK_STR(str_z(scene(&r, "征地补偿怎么算")), "征收补偿");
    CHECK_STR(str_z(scene(&r, "我妈82了每个月能领多少钱")), "");
    CHECK_STR(str_z(scene(&r, "落户要什么条件")), "");
    CHECK_STR(str_z(scene(&r, "申请低保多久批下来，几天批下来吗")), "");
}

static void a_change_of_words_is_a_correction_a_change_of_numbers_is_writing(void)
{
    struct sign_rules r = shipped();
    struct str was =
        STR("年满80周岁的老人每人每月100元，到户籍所在地的便民服务中心办理，带身份证和社保卡。");

    CHECK(!sign_rules_authored(&r, &mem, was,
                               STR("年满80周岁的老人每人每月100元，请到户籍所在地的便民服务中心办理"
                                   "，带好身份证和社保卡。")));
    CHECK(sign_rules_authored(
        &r, &mem, was,
        STR("年满80周岁的老人每人每月300元，到户籍所在地的便民服务中心办理，带身份证和社保卡。")));
    CHECK(sign_rules_authored(
        &r, &mem, was, STR("年满80周岁的老人到户籍所在地的便民服务中心办理，带身份证和社保卡。")));
    CHECK(sign_rules_authored(&r, &mem, was, STR("年满80周岁的老人每人每月100元。")));
}

static void the_riskier_the_more_are_looked_at(void)
{
    struct sign_rules r = shipped();

    CHECK(sign_rules_sampled(&r, 90) >= sign_rules_sampled(&r, 40));
    CHECK(sign_rules_sampled(&r, 40) >= sign_rules_sampled(&r, 0));
    CHECK(sign_rules_sampled(&r, 0) > 0);
}

static void broken(const char *text, const char *line, const char *why)
{
    char *dir = tb_temp_dir(&mem);
    struct tb_err e = TB_ERR_INIT;
    struct sign_rules r;

    CHECK_INT(fs_mkdirs(fs_join(&mem, dir, "rules"), 0700, &e), TB_OK);
    CHECK_INT(fs_write(fs_join(&mem, dir, "rules/review.yaml"), str_z(text), 0600, &e), TB_OK);
    CHECK_INT(sign_rules_load(&mem, dir, &r, &e), TB_INVALID);
    CHECK(strstr(e.say, line) && strstr(e.say, why));
    if (!strstr(e.say, line) || !strstr(e.say, why))
        printf("# %s\n", e.say);
}

#define HEAD "version: 1\npromise: {answer: 1, again: 1}\nedit_most: 30\n"
#define TAIL "sample: [{from: 0, of: 5}]\n"

static void what_is_wrong_is_said_with_its_line(void)
{
    struct tb_err e = TB_ERR_INIT;
    struct sign_rules r;

    broken(HEAD "colour: red\n" TAIL, "第 4 行", "没有这一项");
    broken(HEAD "sensitive: [{name: 甲, words: [乙], why: 丙, risk: 5}]\n" TAIL, "第 4 行",
           "两个字");
    broken(HEAD "sensitive: [{name: 甲, words: [某词], why: 丙, risk: 500}]\n" TAIL, "第 4 行",
           "范围");
    broken(HEAD "sample: [{from: 0, of: 5}, {from: 50, of: 6}]\n", "第 4 行", "从高到低");
    broken("version: 1\npromise: {answer: 0, again: 1}\n" TAIL, "第 2 行", "范围");
    CHECK_INT(sign_rules_load(&mem, "/nowhere", &r, &e), TB_NOT_FOUND);
}

static const struct tb_test tests[] = {
    TEST(approvals_and_interpretations_wait_and_ordinary_questions_do_not),
    TEST(a_change_of_words_is_a_correction_a_change_of_numbers_is_writing),
    TEST(the_riskier_the_more_are_looked_at),
    TEST(what_is_wrong_is_said_with_its_line),
};

int main(void)
{
    int code = tb_test_main(tests, sizeof(tests) / sizeof(tests[0]));

    arena_release(&mem);
    return code;
}
