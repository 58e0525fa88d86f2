/* What a policy says about itself, and how it is cut into passages. */
#include "knowledge/label.h"

#include "extract/read.h"
#include "knowledge/clean.h"
#include "tb_test.h"

static struct arena mem;
static struct policy_text text;

static struct label label_of_name(struct str bytes, const char *name)
{
    struct buf json = BUF_INIT(1 << 20);
    struct tb_err e = TB_ERR_INIT;
    struct reading r;
    struct label l;

    CHECK_INT(extract_read(&mem, bytes, &r, &e), TB_OK);
    extract_write(&r, &json);
    CHECK_INT(clean_read(&mem, arena_buf(&mem, &json), &text, &e), TB_OK);
    label_read(&mem, &text, str_z(name), &l);
    return l;
}

static struct label label_of(const char *z)
{
    return label_of_name(str_z(z), "f.md");
}

static bool doubts(const struct label *l, enum label_what w)
{
    for (size_t i = 0; i < l->note_n; i++)
        if (l->notes[i].what == w && l->notes[i].doubt)
            return true;
    return false;
}

#define NUMBER "发文字号：测民规〔2026〕1号\n"
#define MAKER "印发机关：测试市民政局\n成文日期：2026年1月5日\n\n"
#define HEAD "# 测试市补贴办法\n\n" NUMBER MAKER
#define BODY "第一条 为了测试，制定本办法。\n\n第二条 每人每月100元。\n\n"

/* Effective and last day of a text whose last article says this. */
static void in_force(const char *clause, int32_t from, int32_t to)
{
    struct label l = label_of(arena_printf(&mem, "%s%s第三条 %s\n", HEAD, BODY, clause).p);

    CHECK_INT(l.effective_from, from);
    CHECK_INT(l.expires_on, to);
    if (l.effective_from != from || l.expires_on != to)
        printf("# %s\n", clause);
}

static void the_day_it_takes_effect_is_read_in_every_official_form(void)
{
    in_force("本办法自2026年7月1日起施行。", day_of(2026, 7, 1), DAY_NONE);
    in_force("本办法自二〇二六年七月一日起施行。", day_of(2026, 7, 1), DAY_NONE);
    in_force("本办法于2026年7月1日起实施。", day_of(2026, 7, 1), DAY_NONE);
    in_force("本办法自公布之日起施行。", day_of(2026, 1, 5), DAY_NONE);
    in_force("本办法自发布之日起30日后施行。", day_of(2026, 2, 4), DAY_NONE);
    in_force("本办法自2026 年 7 月 1 日起正式施行。", day_of(2026, 7, 1), DAY_NONE);
}

static void a_term_of_years_ends_the_day_before_its_anniversary(void)
{
    in_force("本办法自2024年7月1日起施行，有效期五年。", day_of(2024, 7, 1), day_of(2029, 6, 30));
    in_force("本办法自印发之日起施行，有效期5年。", day_of(2026, 1, 5), day_of(2031, 1, 4));
    in_force("本办法自2024年2月29日起施行，有效期1年。", day_of(2024, 2, 29), day_of(2025, 2, 27));
    in_force("本办法自2026年1月1日起施行，有效期为三年。", day_of(2026, 1, 1),
             day_of(2028, 12, 31));
    in_force("本办法自2026年1月1日起试行，试行期两年。", day_of(2026, 1, 1), day_of(2027, 12, 31));
    in_force("本办法自2026年1月1日起施行，有效期至2027年6月30日。", day_of(2026, 1, 1),
             day_of(2027, 6, 30));
    in_force("本办法自2026年1月1日起施行，至2026年12月31日止。", day_of(2026, 1, 1),
             day_of(2026, 12, 31));
}

static void the_term_of_a_card_is_not_the_term_of_the_policy(void)
{
    in_force("居住证有效期一年。本办法自2026年2月1日起施行。", day_of(2026, 2, 1), DAY_NONE);
    in_force("《老办法》自2001年1月1日起施行。本办法自2026年2月1日起施行。", day_of(2026, 2, 1),
             DAY_NONE);
}

static void the_day_of_printing_stands_in_the_colophon(void)
{
    struct label l = label_of(
        HEAD BODY "第三条 本办法自印发之日起施行。\n\n测试市民政局办公室 2026年1月9日印发\n");

    CHECK_INT(l.effective_from, day_of(2026, 1, 9));
}

static void the_header_and_the_text_must_agree(void)
{
    struct label l =
        label_of("# 测试市补贴办法\n\n发文字号：测民规〔2026〕1号\n印发机关：测试市民政局\n"
                 "成文日期：2026年1月5日\n施行日期：2026年8月1日\n\n" BODY
                 "第三条 本办法自2026年7月1日起施行。\n");

    CHECK_INT(l.effective_from, day_of(2026, 8, 1));
    CHECK(doubts(&l, LABEL_EFFECTIVE));
    l = label_of(HEAD BODY);
    CHECK_INT(l.effective_from, day_of(2026, 1, 5));
    CHECK(doubts(&l, LABEL_EFFECTIVE));
}

static void what_is_repealed_is_read_with_its_number(void)
{
    struct label l = label_of(
        HEAD BODY
        "第三条 本办法自2026年7月1日起施行。根据《上位法》，《测试市补贴办法》"
        "（测民规[2020]3号）、《关于印发〈另一个办法〉的通知》（测府〔2019〕8号）同时废止。\n");

    CHECK_INT(l.repeal_n, 2);
    CHECK_STR(l.repeals[0].title, "测试市补贴办法");
    CHECK_STR(l.repeals[0].document_number, "测民规〔2020〕3号");
    CHECK_STR(l.repeals[1].title, "关于印发〈另一个办法〉的通知");
    CHECK_STR(l.repeals[1].document_number, "测府〔2019〕8号");
    CHECK(!label_doubtful(&l));
}

static void a_title_that_speaks_of_repealing_repeals_nothing(void)
{
    struct label l = label_of("# 某某条例\n\n（2003年5月27日国务院令第378号公布　根据2011年1月8日"
                              "《国务院关于废止和修改部分行政法规的决定》修订）\n\n" BODY);

    CHECK_INT(l.repeal_n, 0);
}

static void a_partial_repeal_is_left_to_a_person(void)
{
    struct label l = label_of(
        HEAD BODY
        "第三条 本办法自2026年7月1日起施行，《旧办法》（测民规〔2020〕3号）第五条同时废止。\n");

    CHECK_INT(l.repeal_n, 0);
    CHECK(doubts(&l, LABEL_REPEALS));
}

static void a_notice_gives_the_name_of_what_it_carries(void)
{
    struct label l =
        label_of("测试市民政局 测试市财政局关于印发《测试市补贴办法》的通知\n测民规〔2026〕1号\n"
                 "各区民政局：\n请执行。\n测试市民政局 测试市财政局\n2026年1月5日\n"
                 "测试市补贴办法\n第一条 甲。\n第二条 本办法自2026年2月1日起施行。\n");

    CHECK_STR(l.title, "测试市补贴办法");
    CHECK_STR(l.document_number, "测民规〔2026〕1号");
    CHECK_STR(l.issuing_body, "测试市民政局、测试市财政局");
    CHECK_INT(l.issued_on, day_of(2026, 1, 5));
    CHECK_INT(l.effective_from, day_of(2026, 2, 1));
    CHECK(!label_doubtful(&l));
}

static void a_decree_is_its_number_and_names_its_maker(void)
{
    struct label l = label_of(
        "广州市人民政府令\n第179号\n《广州市老年人优待办法》已经通过，现予公布。\n市 长：某某\n"
        "2021年1月29日\n广州市老年人优待办法\n第一条 甲。\n第二条 本办法自2021年5月1日起施行。\n");

    CHECK_STR(l.document_number, "广州市人民政府令第179号");
    CHECK_STR(l.issuing_body, "广州市人民政府");
    CHECK_INT(l.issued_on, day_of(2021, 1, 29));
}

static void a_statute_needs_no_number_and_names_its_congress(void)
{
    struct label l =
        label_of("# 浙江省某某条例\n\n2016年9月29日 浙江省第十二届人民代表大会常务委员会"
                 "第三十三次会议通过\n\n第一条 甲。\n\n第二条 本条例自2016年12月1日起施行。\n");

    CHECK_STR(l.issuing_body, "浙江省人民代表大会常务委员会");
    CHECK_INT(l.issued_on, day_of(2016, 9, 29));
    CHECK(!label_doubtful(&l));
    l = label_of(
        "# 某某法\n\n（2020年5月28日第十三届全国人民代表大会第三次会议通过）\n\n第一条 甲。\n\n"
        "第二条 本法自2021年1月1日起施行。\n");
    CHECK_STR(l.issuing_body, "全国人民代表大会");
    CHECK_INT(l.effective_from, day_of(2021, 1, 1));
}

static void numbers_and_titles_have_one_form(void)
{
    CHECK_STR(label_number_tidy(&mem, STR("穗府办规 [２０２４] 13 号")), "穗府办规〔2024〕13号");
    CHECK_STR(label_title_key(&mem, STR("《测试市 补贴办法（试行）》")), "测试市补贴办法");
    CHECK_STR(label_title_key(&mem, STR("某局关于印发《测试市补贴办法》的通知")), "测试市补贴办法");
    CHECK_STR(label_title_key(&mem, STR("某局关于印发测试市补贴办法的通知")), "测试市补贴办法");
}

static void without_a_title_the_file_name_serves_and_is_doubted(void)
{
    struct label l =
        label_of_name(STR("就是一段没有标题的话，讲了些事情。\n"), "文件夹/某某说明.txt");

    CHECK_STR(l.title, "某某说明");
    CHECK(doubts(&l, LABEL_TITLE));
}

/* ---- passages ---- */

static const struct clean_passage *passage(const char *clause)
{
    for (size_t i = 0; i < text.passage_n; i++)
        if (str_eqz(text.passages[i].clause, clause))
            return &text.passages[i];
    printf("# no passage %s\n", clause);
    return NULL;
}

static void passage_is(const char *clause, const char *heading, const char *begins)
{
    const struct clean_passage *p = passage(clause);

    CHECK(p != NULL);
    if (!p)
        return;
    CHECK_STR(p->heading, heading);
    CHECK(str_starts(str_sub(text.plain, p->begin, p->end - p->begin), str_z(begins)));
}

static struct str repeated(const char *z, int n)
{
    struct buf b = BUF_INIT(1 << 20);

    while (n-- > 0)
        buf_addz(&b, z);
    return arena_buf(&mem, &b);
}

static void a_long_article_is_cut_at_its_paragraphs_and_items(void)
{
    struct str filler = repeated("补贴资金按月发放到本人社会保障卡账户，", 10);

    label_of(
        arena_printf(
            &mem,
            HEAD
            "## 第二章 标准\n\n第一条 甲，%.*s。\n有下列情形之一的，停发：\n（一）死亡的，%.*s；\n"
            "（二）迁出的，%.*s。\n第三款，%.*s。\n\n第二条 短。\n",
            STR_FMT(filler), STR_FMT(filler), STR_FMT(filler), STR_FMT(filler))
            .p);
    passage_is("第一条第一款", "第二章 标准", "第一条 甲，");
    passage_is("第一条第二款（一）", "第二章 标准 / 有下列情形之一的，停发", "（一）死亡的，");
    passage_is("第一条第二款（二）", "第二章 标准 / 有下列情形之一的，停发", "（二）迁出的，");
    passage_is("第一条第三款", "第二章 标准", "第三款，");
    passage_is("第二条", "第二章 标准", "第二条 短。");
    for (size_t i = 0; i < text.passage_n; i++)
        CHECK(text.passages[i].end - text.passages[i].begin < 3 * 500);
}

static void a_short_article_is_one_passage_with_all_its_items(void)
{
    label_of(HEAD "第一条 标准：\n（一）甲100元；\n（二）乙200元。\n\n第二条 完。\n");
    passage_is("第一条", "", "第一条 标准：\n（一）甲100元；\n（二）乙200元。");
}

static void sections_are_cited_by_their_numbers(void)
{
    struct str filler = repeated("请各单位按照规定办理，", 12);

    label_of(
        arena_printf(
            &mem,
            "# "
            "关于某事的通知\n\n测民发〔2026〕8号\n\n各单位：\n\n一、补贴对象\n（一）甲类，%.*s。\n"
            "1.小项一，%.*s。\n2.小项二，%.*s。\n（二）乙类。\n二、补贴标准\n每月100元。\n",
            STR_FMT(filler), STR_FMT(filler), STR_FMT(filler))
            .p);
    passage_is("一（一）", "一、补贴对象", "（一）甲类，");
    passage_is("一（二）", "一、补贴对象", "（二）乙类。");
    passage_is("二", "", "二、补贴标准\n每月100元。");
}

static void a_row_is_cited_by_article_table_and_row_and_found_by_its_columns(void)
{
    label_of(HEAD "第一条 标准见下表：\n\n| 年龄 | 每月 |\n| --- | --- |\n| 80岁 | 100元 |\n| 90岁 "
                  "| 300元 |\n\n"
                  "第二条 完。\n");
    passage_is("第一条表1第1行", "第一条 标准见下表 / 年龄 | 每月", "80岁 | 100元");
    passage_is("第一条表1第2行", "第一条 标准见下表 / 年龄 | 每月", "90岁 | 300元");
}

/* ---- what a child that was taken over might say ---- */

static void answers_that_no_child_would_give_are_refused(void)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{\"format\":2}",
        "{\"format\":1,\"plain\":\"abc\",\"parts\":[]}",
        "{\"format\":1,\"plain\":\"abc\",\"parts\":[{\"kind\":\"article\",\"begin\":0,\"end\":9}]}",
        "{\"format\":1,\"plain\":\"abc\",\"parts\":[{\"kind\":\"article\",\"begin\":-1,\"end\":2}]"
        "}",
        "{\"format\":1,\"plain\":\"abc\",\"parts\":[{\"kind\":\"exec\",\"begin\":0,\"end\":2}]}",
        "{\"format\":1,\"plain\":\"一二\",\"parts\":[{\"kind\":\"article\",\"begin\":0,\"end\":2}]"
        "}",
        "{\"format\":1,\"plain\":\"abc\",\"parts\":[{\"kind\":\"item\",\"begin\":1,\"end\":2},"
        "{\"kind\":\"item\",\"begin\":0,\"end\":1}]}",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct tb_err e = TB_ERR_INIT;
        struct policy_text p;

        CHECK_INT(clean_read(&mem, str_z(bad[i]), &p, &e), TB_INVALID);
    }
}

static const struct tb_test tests[] = {
    TEST(the_day_it_takes_effect_is_read_in_every_official_form),
    TEST(a_term_of_years_ends_the_day_before_its_anniversary),
    TEST(the_term_of_a_card_is_not_the_term_of_the_policy),
    TEST(the_day_of_printing_stands_in_the_colophon),
    TEST(the_header_and_the_text_must_agree),
    TEST(what_is_repealed_is_read_with_its_number),
    TEST(a_title_that_speaks_of_repealing_repeals_nothing),
    TEST(a_partial_repeal_is_left_to_a_person),
    TEST(a_notice_gives_the_name_of_what_it_carries),
    TEST(a_decree_is_its_number_and_names_its_maker),
    TEST(a_statute_needs_no_number_and_names_its_congress),
    TEST(numbers_and_titles_have_one_form),
    TEST(without_a_title_the_file_name_serves_and_is_doubted),
    TEST(a_long_article_is_cut_at_its_paragraphs_and_items),
    TEST(a_short_article_is_one_passage_with_all_its_items),
    TEST(sections_are_cited_by_their_numbers),
    TEST(a_row_is_cited_by_article_table_and_row_and_found_by_its_columns),
    TEST(answers_that_no_child_would_give_are_refused),
};

int main(void)
{
    extract_warm_up();
    return tb_test_main(tests, sizeof(tests) / sizeof(tests[0]));
}
