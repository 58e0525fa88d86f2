/* Files of every kind to text with structure: what is kept, what is dropped, what is refused. */
#include "extract/read.h"

#include "base/utf8.h"
#include "make_zip.h"
#include "tb_test.h"

static struct arena mem;
static struct tb_err err;

static struct reading ok(struct str bytes)
{
    struct reading r = { 0 };

    err = (struct tb_err)TB_ERR_INIT;
    CHECK_INT(extract_read(&mem, bytes, &r, &err), TB_OK);
    if (err.code)
        printf("# %s | %s\n", err.say, err.log);
    return r;
}

static void refused(struct str bytes, enum tb_code want, const char *says)
{
    struct reading r;

    err = (struct tb_err)TB_ERR_INIT;
    CHECK_INT(extract_read(&mem, bytes, &r, &err), want);
    CHECK(str_has(str_z(err.say), str_z(says)));
    if (!str_has(str_z(err.say), str_z(says)))
        printf("# said: %s\n", err.say);
}

static struct str text_of(const struct reading *r, size_t i)
{
    const struct part *p = &r->parts.items[i];

    return i < r->parts.n ? str_sub(r->parts.plain, p->begin, p->end - p->begin) : STR("(none)");
}

/* Part i is of this kind, with this label and text. */
static void part_is(const struct reading *r, size_t i, enum part_kind kind, const char *label,
                    const char *text)
{
    CHECK(i < r->parts.n);
    if (i >= r->parts.n)
        return;
    CHECK_STR(str_z(part_kind_name(r->parts.items[i].kind)), part_kind_name(kind));
    CHECK_STR(r->parts.items[i].label, label);
    CHECK_STR(text_of(r, i), text);
}

static void markdown_keeps_chapters_articles_paragraphs_items_and_rows(void)
{
    struct reading r =
        ok(STR("# 测试办法\n\n发文字号：测〔2026〕1号\n\n## 第一章 总则\n\n第一条 为了**测试**。\n"
               "第二款在此。\n（一）甲；\n（二）乙。\n\n| 项目 | 标准 |\n| --- | --- |\n"
               "| 居住证 | 10分 |\n\n第二条 见[附件](http://x/y)。\n"));

    CHECK_STR(str_z(r.kind), "markdown");
    part_is(&r, 0, PART_TITLE, "", "测试办法");
    part_is(&r, 1, PART_FRONT, "", "发文字号：测〔2026〕1号");
    part_is(&r, 2, PART_CHAPTER, "第一章", "第一章 总则");
    part_is(&r, 3, PART_ARTICLE, "第一条", "第一条 为了测试。");
    part_is(&r, 4, PART_PARAGRAPH, "", "第二款在此。");
    part_is(&r, 5, PART_ITEM, "（一）", "（一）甲；");
    part_is(&r, 7, PART_HEADER, "", "项目 | 标准");
    part_is(&r, 8, PART_ROW, "", "居住证 | 10分");
    part_is(&r, 9, PART_ARTICLE, "第二条", "第二条 见附件。");
}

static void a_reference_to_an_article_is_no_article(void)
{
    struct reading r =
        ok(STR("第一条 甲。\n第五条规定的情形除外。\n第二条以下情形除外。\n第三条 丙。\n"));

    part_is(&r, 1, PART_PARAGRAPH, "", "第五条规定的情形除外。");
    part_is(&r, 2, PART_ARTICLE, "第二条", "第二条以下情形除外。");
    part_is(&r, 3, PART_ARTICLE, "第三条", "第三条 丙。");
}

static void a_decimal_is_no_number_of_an_item(void)
{
    struct reading r =
        ok(STR("一、标准\n1.3人户家庭；\n2.2人户家庭；\n3.5万元以下的；\n二、其他\n1.5倍计算。\n"));

    part_is(&r, 1, PART_ITEM, "1", "1.3人户家庭；");
    part_is(&r, 2, PART_ITEM, "2", "2.2人户家庭；");
    part_is(&r, 3, PART_ITEM, "3", "3.5万元以下的；");
    part_is(&r, 5, PART_PARAGRAPH, "", "1.5倍计算。");
}

static void an_attached_document_and_an_annex_number_anew(void)
{
    struct reading r =
        ok(STR("# 测试局关于印发《测试办法》的通知\n\n各单位：\n请执行。\n测试局\n2026年1月1日\n"
               "测试办法\n第一条 甲。\n第二条 乙。\n附件1\n第一条 丙。\n"));

    part_is(&r, 3, PART_SIGN, "", "测试局");
    part_is(&r, 4, PART_SIGN, "", "2026年1月1日");
    part_is(&r, 5, PART_TITLE, "", "测试办法");
    part_is(&r, 6, PART_ARTICLE, "第一条", "第一条 甲。");
    part_is(&r, 8, PART_ANNEX, "附件1", "附件1");
    part_is(&r, 9, PART_ARTICLE, "第一条", "第一条 丙。");
}

static void hard_wrapped_lines_are_joined(void)
{
    struct buf b = BUF_INIT(100000);
    struct reading r;

    for (int i = 0; i < 12; i++)
        buf_addz(
            &b, "  本市户籍老年人年满八十周岁的每人每月发放高龄津贴一百元直接打入本人社会保障卡账\n"
                "户，不再另行申请。\n");
    r = ok(buf_str(&b));
    CHECK_INT(r.parts.n, 12);
    CHECK(str_ends(text_of(&r, 0), STR("账户，不再另行申请。")));
    buf_release(&b);
}

#define PAGE(body)                                                                                 \
    "<!DOCTYPE html><html><head><title>x - 网站</title><meta charset=gb2312>"                    \
    "<meta name=\"ArticleTitle\" content=\"测试办法\"></head><body>" body "</body></html>"

static void a_page_keeps_the_document_and_drops_what_is_around_it(void)
{
    struct reading r = ok(STR(PAGE(
        "<nav><a href=/>首页</a></nav><div class=\"crumb\">当前位置：首页 &gt; 政策，文件</div>"
        "<script>var a='第九条 假的';</script><style>p{}</style>"
        "<div id=\"zoomcon\"><p>第一条&nbsp; 为了测试，制定本办法。</p><p "
        "style=\"display:none\">藏的，字。</p>"
        "<p>第二条 每人每\n   月100元，<b>按月</b>发放。<br>另起一行，第二款。</p>"
        "<table><tr><th>项目</th><th>标准</th></tr><tr><td rowspan=2>甲</td><td>1元</td></tr>"
        "<tr><td>2元</td></tr></table></div>"
        "<div class=\"share\">分享到，微信</div><footer>版权所有，粤ICP备1号</footer>")));

    CHECK_STR(str_z(r.kind), "html");
    CHECK_STR(r.blocks.title, "测试办法");
    CHECK_INT(r.parts.n, 6);
    part_is(&r, 0, PART_ARTICLE, "第一条", "第一条 为了测试，制定本办法。");
    part_is(&r, 1, PART_ARTICLE, "第二条", "第二条 每人每月100元，按月发放。");
    part_is(&r, 2, PART_PARAGRAPH, "", "另起一行，第二款。");
    part_is(&r, 3, PART_HEADER, "", "项目 | 标准");
    part_is(&r, 4, PART_ROW, "", "甲 | 1元");
    part_is(&r, 5, PART_ROW, "", "甲 | 2元");
}

static void a_pages_own_facts_are_read(void)
{
    struct reading r = ok(STR(PAGE(
        "<table><tr><td>文　　号：</td><td>测〔2026〕1号</td></tr></table><ul><li>实施日期： "
        "2026年07月01日</li>"
        "</ul><div class=content><p>第一条 为了测试，制定本办法，很长很长很长很长。</p></div>")));
    size_t found = 0;

    for (size_t i = 0; i < r.blocks.fact_n; i++)
        found += (str_eqz(r.blocks.facts[i].name, "发文字号") &&
                  str_eqz(r.blocks.facts[i].value, "测〔2026〕1号")) ||
                 (str_eqz(r.blocks.facts[i].name, "施行日期") &&
                  str_eqz(r.blocks.facts[i].value, "2026年07月01日"));
    CHECK_INT(found, 2);
}

static const char numbering[] =
    "<w:numbering xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">"
    "<w:abstractNum w:abstractNumId=\"0\"><w:lvl w:ilvl=\"0\"><w:start w:val=\"1\"/>"
    "<w:numFmt w:val=\"chineseCountingThousand\"/><w:lvlText w:val=\"第%1条\"/></w:lvl>"
    "<w:lvl w:ilvl=\"1\"><w:start w:val=\"1\"/><w:numFmt w:val=\"chineseCounting\"/>"
    "<w:lvlText w:val=\"（%2）\"/></w:lvl></w:abstractNum>"
    "<w:num w:numId=\"7\"><w:abstractNumId w:val=\"0\"/></w:num></w:numbering>";

#define NUMBERED(level, text)                                                                      \
    "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"" level "\"/><w:numId w:val=\"7\"/></w:numPr></w:pPr>"   \
    "<w:r><w:t>" text "</w:t></w:r></w:p>"

static void word_numbers_its_articles_itself(void)
{
    struct reading r =
        ok(make_docx(&mem,
                     DOCX_P("测试办法") NUMBERED("0", "为了测试。") NUMBERED("0", "标准如下：")
                         NUMBERED("1", "甲；") NUMBERED("1", "乙。") NUMBERED("0", "施行。")
                             NUMBERED("1", "丙。"),
                     numbering, ""));

    CHECK_STR(str_z(r.kind), "docx");
    part_is(&r, 1, PART_ARTICLE, "第一条", "第一条 为了测试。");
    part_is(&r, 3, PART_ITEM, "（一）", "（一）甲；");
    part_is(&r, 4, PART_ITEM, "（二）", "（二）乙。");
    part_is(&r, 5, PART_ARTICLE, "第三条", "第三条 施行。");
    part_is(&r, 6, PART_ITEM, "（一）", "（一）丙。");
}

static void word_revisions_fields_and_doubled_drawings_are_read_as_shown(void)
{
    struct reading r =
        ok(make_docx(&mem,
                     "<w:p><w:del><w:r><w:delText>删去的</w:delText></w:r></"
                     "w:del><w:ins><w:r><w:t>加上的</w:t></w:r></w:ins>"
                     "<w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>文字</w:t></w:r></w:p>"
                     "<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>"
                     "文本框</w:t></w:r></w:p>"
                     "</w:txbxContent></mc:Choice><mc:Fallback><w:p><w:r><w:t>文本框</w:t></w:r></"
                     "w:p></mc:Fallback>"
                     "</mc:AlternateContent><w:t>框外</w:t></w:r></w:p>",
                     "", ""));

    CHECK_INT(r.parts.n, 3);
    CHECK_STR(text_of(&r, 0), "加上的文字");
    CHECK_STR(text_of(&r, 1), "文本框");
    CHECK_STR(text_of(&r, 2), "框外");
}

#define TC(props, text) "<w:tc><w:tcPr>" props "</w:tcPr>" DOCX_P(text) "</w:tc>"

static void word_tables_write_merged_values_out(void)
{
    struct reading r =
        ok(make_docx(&mem,
                     "<w:tbl><w:tr>" TC("", "类别") TC("", "等级")
                         TC("", "标准") "</w:tr><w:tr>" TC("<w:vMerge w:val=\"restart\"/>", "甲类")
                             TC("", "一级") TC("", "100元") "</w:tr><w:tr>" TC("<w:vMerge/>", "")
                                 TC("", "二级") TC("", "50元") "</w:tr></w:tbl>",
                     "", ""));

    part_is(&r, 0, PART_HEADER, "", "类别 | 等级 | 标准");
    part_is(&r, 1, PART_ROW, "", "甲类 | 一级 | 100元");
    part_is(&r, 2, PART_ROW, "", "甲类 | 二级 | 50元");
    CHECK_INT(r.parts.items[2].row, 2);
}

static void every_encoding_gives_the_same_text(void)
{
    static const char gb[] =
        "\xb5\xda\xd2\xbb\xcc\xf5 \xb2\xe2\xca\xd4\xa1\xa3"; /* 第一条 测试。 */
    static const char le[] = "\xff\xfe\x2c\x7b\x00\x4e\x61\x67\x20\x00\x4b\x6d\xd5\x8b\x02\x30";
    static const char be[] = "\x7b\x2c\x4e\x00\x67\x61\x00\x20\x6d\x4b\x8b\xd5\x30\x02\x00\x0a";
    const struct str all[] = { STR("第一条 测试。"), STR("\xef\xbb\xbf第一条 测试。"),
                               str_of(gb, sizeof(gb) - 1), str_of(le, sizeof(le) - 1),
                               str_of(be, sizeof(be) - 1) };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct reading r = ok(all[i]);

        part_is(&r, 0, PART_ARTICLE, "第一条", "第一条 测试。");
    }
}

static void a_kind_is_told_by_content_and_foreign_kinds_say_what_to_do(void)
{
    refused(STR(""), TB_INVALID, "空的");
    refused(STR("%PDF-1.5\n"), TB_UNSUPPORTED, "PDF");
    refused(STR("\x89PNG\r\n\x1a\n"), TB_UNSUPPORTED, "图片");
    refused(STR("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), TB_UNSUPPORTED, "DOCX");
    refused(STR("\x7f"
                "ELF\x02\x01\x01"),
            TB_UNSUPPORTED, "程序");
    refused(str_of("a\0b\0\0c\0\0\0d", 10), TB_UNSUPPORTED, "空字节");
    refused(STR("\x81\x81\xff\xff\xfe\x80 broken"), TB_UNSUPPORTED, "编码");
    refused(STR("<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 "
                "\"&lol;&lol;\">]><lolz>&lol2;</lolz>"),
            TB_UNSUPPORTED, "XML");
    refused(STR("===PAGE 1===\n\n———— …… ****\n"), TB_INVALID, "没有可读的文字");
    refused(STR("\x1f\x8b\x08\x00"), TB_UNSUPPORTED, "压缩包");
}

static void a_billion_laughs_expands_to_nothing(void)
{
    const struct zip_part parts[] = {
        { "word/document.xml",
          STR("<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"哈哈哈哈哈哈哈哈哈哈\">"
              "<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c "
              "\"&b;&b;&b;&b;&b;&b;&b;&b;\">"
              "<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">]><x>&d;</x>") },
    };

    refused(make_zip(&mem, parts, 1), TB_INVALID, "实体");
}

static void zip_bombs_are_refused_before_they_go_off(void)
{
    size_t n = 40 << 20;
    char *zeros = arena_zalloc(&mem, n);
    const struct zip_part ratio[] = { { "word/document.xml", str_of(zeros, n) } };
    struct str bytes = make_zip(&mem, ratio, 1);
    char *lying = arena_alloc(&mem, bytes.n);

    CHECK(bytes.n < 100000);
    refused(bytes, TB_TOO_LARGE, "压缩炸弹");
    /* the same file, its declared size rewritten to 1,000 bytes in both headers */
    memcpy(lying, bytes.p, bytes.n);
    for (size_t i = 0; i + 30 < bytes.n; i++) {
        if (memcmp(lying + i, "PK\x03\x04", 4) == 0)
            memcpy(lying + i + 22, "\xe8\x03\x00\x00", 4);
        if (memcmp(lying + i, "PK\x01\x02", 4) == 0)
            memcpy(lying + i + 24, "\xe8\x03\x00\x00", 4);
    }
    err = (struct tb_err)TB_ERR_INIT;
    {
        struct reading r;

        CHECK(extract_read(&mem, str_of(lying, bytes.n), &r, &err) != TB_OK);
        CHECK(err.say[0] != 0);
    }
}

static void names_that_lead_out_condemn_the_file(void)
{
    static const char *const names[] = { "../../etc/passwd", "/etc/passwd", "a/../../b", "a\\..\\b",
                                         "C:evil" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct zip_part parts[] = {
            { "word/document.xml", STR(DOCX_HEAD DOCX_P("第一条 甲。") DOCX_TAIL) },
            { names[i], STR("x") },
        };

        refused(make_zip(&mem, parts, 2), TB_INVALID, "指向外部");
    }
}

static void a_locked_word_file_asks_for_its_password_to_be_taken_off(void)
{
    const struct zip_part parts[] = {
        { "word/document.xml", STR(DOCX_HEAD DOCX_P("第一条 甲。") DOCX_TAIL) },
    };

    refused(make_zip_locked(&mem, parts, 1, "secret"), TB_UNSUPPORTED, "密码");
}

static void a_zip_that_is_no_word_file_says_so(void)
{
    const struct zip_part parts[] = { { "a.md", STR("# x") } };

    refused(make_zip(&mem, parts, 1), TB_UNSUPPORTED, "不是 Word");
}

static void too_deep_and_too_much_are_errors(void)
{
    struct buf b = BUF_INIT(64 << 20);

    buf_addz(&b, "<html><body>");
    for (int i = 0; i < 5000; i++)
        buf_addz(&b, "<div>");
    buf_addz(&b, "第一条 很深，很深。");
    refused(buf_str(&b), TB_INVALID, "嵌套太深");
    buf_reset(&b);
    for (int i = 0; i < 200001; i++)
        buf_addz(&b, "段\n");
    refused(buf_str(&b), TB_TOO_LARGE, "太多");
    buf_release(&b);
}

static void offsets_cover_the_text_in_order_and_cut_no_character(void)
{
    struct reading r =
        ok(STR("# 办法\n\n前言，说明。\n\n第一条 甲𠮷乙。\n\n| 一 | 二 |\n|--|--|\n| 三 | 四 |\n"));
    size_t at = 0;

    for (size_t i = 0; i < r.parts.n; i++) {
        CHECK(r.parts.items[i].begin >= at && r.parts.items[i].end >= r.parts.items[i].begin);
        CHECK(utf8_valid(text_of(&r, i)));
        at = r.parts.items[i].end + 1;
    }
    CHECK_INT(at, r.parts.plain.n);
}

static void a_sheet_gives_its_rows_with_shared_and_inline_strings(void)
{
    const struct zip_part parts[] = {
        { "xl/workbook.xml", STR("<workbook/>") },
        { "xl/sharedStrings.xml",
          STR("<sst><si><t>内容</t></si><si><r><t>路灯</t></r><r><t>坏了</t></r>"
              "<rPh><t>lu</t></rPh></si></sst>") },
        { "xl/worksheets/sheet1.xml",
          STR("<worksheet><sheetData><row><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"C1\" "
              "t=\"inlineStr\"><is><t>电话</t></is></c></row><row/><row><c r=\"A3\" "
              "t=\"s\"><v>1</v></c><c r=\"B3\"><f>1+1</f><v>2</v></c><c r=\"C3\" "
              "t=\"s\"><v>99</v></c></row></sheetData></worksheet>") },
    };
    struct tb_err e = TB_ERR_INIT;
    struct reading r;

    CHECK_INT(extract_read(&mem, make_zip(&mem, parts, 3), &r, &e), TB_OK);
    CHECK_STR(str_z(r.kind), "xlsx");
    CHECK_INT(r.blocks.n, 2);
    CHECK_INT(r.blocks.items[0].cell_n, 3);
    CHECK_STR(r.blocks.items[0].cells[2], "电话");
    CHECK_STR(r.blocks.items[1].cells[0], "路灯坏了");
    CHECK_STR(r.blocks.items[1].cells[1], "2");
    CHECK_STR(r.blocks.items[1].cells[2], "");
    refused(make_zip(&mem, parts, 1), TB_INVALID, "没有第一张工作表");
}

static const struct tb_test tests[] = {
    TEST(markdown_keeps_chapters_articles_paragraphs_items_and_rows),
    TEST(a_reference_to_an_article_is_no_article),
    TEST(a_decimal_is_no_number_of_an_item),
    TEST(an_attached_document_and_an_annex_number_anew),
    TEST(hard_wrapped_lines_are_joined),
    TEST(a_page_keeps_the_document_and_drops_what_is_around_it),
    TEST(a_pages_own_facts_are_read),
    TEST(word_numbers_its_articles_itself),
    TEST(word_revisions_fields_and_doubled_drawings_are_read_as_shown),
    TEST(word_tables_write_merged_values_out),
    TEST(every_encoding_gives_the_same_text),
    TEST(a_kind_is_told_by_content_and_foreign_kinds_say_what_to_do),
    TEST(a_billion_laughs_expands_to_nothing),
    TEST(zip_bombs_are_refused_before_they_go_off),
    TEST(names_that_lead_out_condemn_the_file),
    TEST(a_locked_word_file_asks_for_its_password_to_be_taken_off),
    TEST(a_zip_that_is_no_word_file_says_so),
    TEST(too_deep_and_too_much_are_errors),
    TEST(a_sheet_gives_its_rows_with_shared_and_inline_strings),
    TEST(offsets_cover_the_text_in_order_and_cut_no_character),
};

int main(void)
{
    extract_warm_up();
    return tb_test_main(tests, sizeof(tests) / sizeof(tests[0]));
}
