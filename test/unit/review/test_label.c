/* Labels and watermarks: what is written is read back, whatever was done to the file meanwhile. */
#include "review/label.h"

#include "base/world.h"
#include "review/export.h"
#include "review/watermark.h"
#include "tb_test.h"

static struct arena mem;

static struct export_answer answer(void)
{
    static struct str said[2], from[1];

    said[0] = STR("每月 <100> 元，\"当月\" & 次月。");
    said[1] = STR("=带身份证。");
    from[0] = STR("《高龄津贴办法》第五条（明民规〔2024〕3号）");
    return (struct export_answer){ .city = STR("明川市政务服务"),
                                   .receipt = STR("Q20261122-00001"),
                                   .question = STR("高龄津贴多少钱"),
                                   .label = STR("AI 生成，依据已核对"),
                                   .sentences = said,
                                   .sentence_n = 2,
                                   .sources = from,
                                   .source_n = 1,
                                   .generated = true,
                                   .by = STR("周志远（zhou.zhiyuan）"),
                                   .at = 1795000000000 };
}

static void every_text_form_is_read_back(void)
{
    static const enum export_kind kinds[] = { EXPORT_JSON, EXPORT_HTML, EXPORT_CSV };
    struct export_answer x = answer();

    for (size_t i = 0; i < 3; i++) {
        struct tb_err e = TB_ERR_INIT;
        struct label_report r;
        struct str bytes;

        CHECK_INT(export_make(&mem, &x, kinds[i], &bytes, &e), TB_OK);
        label_look(&mem, bytes, NULL, &r);
        CHECK(r.explicit_mark && r.implicit && r.digest_known && r.digest_right);
        CHECK_STR(r.aigc.label, "1");
        CHECK_STR(r.aigc.produce_id, "Q20261122-00001");
        CHECK_INT(r.watermark_copies, 2);
        CHECK(str_starts(r.watermark, STR("周志远（zhou.zhiyuan）|2026-11-")));
    }
}

/* Ours and whole, ours and changed, not ours: by the signature, with the key of before a rotation
 * too. */
static void only_the_key_makes_a_label_that_is_ours(void)
{
    struct sm2 *ours = sm2_new(), *older = sm2_new(), *other = sm2_new();
    struct sm2_keys keys = { .v = { ours, older }, .n = 2 };
    const struct {
        const struct sm2 *key;
        const char *was, *now;
        enum label_origin origin;
        bool right;
    } cases[] = {
        { ours, "", "", LABEL_OURS, true },
        { older, "", "", LABEL_OURS, true },
        { other, "", "", LABEL_FOREIGN, true },
        { NULL, "", "", LABEL_UNSIGNED, true },
        { ours, "带身份证", "带户口本", LABEL_OURS, false },
        { ours, "Q20261122-00001", "Q20261122-00002", LABEL_FOREIGN, true },
        { ours, "明川市政务服务", "别处政务服务", LABEL_FOREIGN, true },
        { ours, "SM2:", "SM2:0", LABEL_FOREIGN, false },
        { ours, "SM2:", "SM3:", LABEL_UNSIGNED, false },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct export_answer x = answer();
        struct tb_err e = TB_ERR_INIT;
        struct label_report r;
        struct buf b = BUF_INIT(1 << 20);
        struct str bytes;

        x.key = cases[i].key;
        CHECK_INT(export_make(&mem, &x, EXPORT_HTML, &bytes, &e), TB_OK);
        while (bytes.p) {
            buf_add(&b, str_cut(&bytes, str_z(*cases[i].was ? cases[i].was : "\x01")));
            if (bytes.p)
                buf_addz(&b, cases[i].now);
        }
        label_look(&mem, buf_str(&b), &keys, &r);
        CHECK_INT(r.origin, cases[i].origin);
        CHECK(r.digest_right == cases[i].right);
        label_look(&mem, buf_str(&b), NULL, &r);
        CHECK(r.origin == LABEL_UNCHECKED || r.origin == LABEL_UNSIGNED);
        buf_release(&b);
    }
    sm2_free(ours);
    sm2_free(older);
    sm2_free(other);
}

static struct str changed(struct str s, const char *was, const char *now)
{
    size_t at = str_find(s, str_z(was));
    struct buf b = BUF_INIT(1 << 22);

    CHECK(at != SIZE_MAX);
    buf_add(&b, str_sub(s, 0, at));
    buf_addz(&b, now);
    buf_add(&b, str_from(s, at + strlen(was)));
    return arena_buf(&mem, &b);
}

/* Whatever is changed in the file, or added to it after the label, shows. */
static void a_pdf_is_signed_as_a_whole(void)
{
    struct sm2 *key = sm2_new();
    struct sm2_keys keys = { .v = { key }, .n = 1 };
    struct export_answer x = answer();
    struct tb_err e = TB_ERR_INIT;
    struct label_report r;
    struct str bytes;
    static const struct {
        const char *was, *now;
        enum label_origin origin;
    } cases[] = {
        { "/Type /Pages", "/Type /Pagos", LABEL_OURS },
        { "导出，编号", "导出，号码", LABEL_OURS },
        { "/Metadata", "/OpenAction", LABEL_OURS },
        { "%%EOF\n%tongban", "%%EOF\n \n%tongban", LABEL_OURS },
        { "明川市政务服务", "别处政务服务", LABEL_FOREIGN },
    };

    x.key = key;
    CHECK_INT(export_make(&mem, &x, EXPORT_PDF, &bytes, &e), TB_OK);
    label_look(&mem, bytes, &keys, &r);
    CHECK(r.explicit_mark && r.implicit && r.digest_right);
    CHECK_INT(r.origin, LABEL_OURS);
    CHECK_STR(r.aigc.produce_id, "Q20261122-00001");
    CHECK(str_starts(r.watermark, STR("周志远（zhou.zhiyuan）|2026-11-")));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        label_look(&mem, changed(bytes, cases[i].was, cases[i].now), &keys, &r);
        CHECK(!r.digest_right);
        CHECK_INT(r.origin, cases[i].origin);
    }
    label_look(&mem, arena_printf(&mem, "%.*s1 0 obj\n<<>>\nendobj\n", STR_FMT(bytes)), &keys, &r);
    CHECK(!r.digest_right);
    sm2_free(key);
}

static void what_nobody_generated_has_no_label(void)
{
    struct export_answer x = answer();
    struct tb_err e = TB_ERR_INIT;
    struct label_report r;
    struct str bytes;

    x.generated = false;
    x.label = STR("标准回答，经人工审核");
    CHECK_INT(export_make(&mem, &x, EXPORT_HTML, &bytes, &e), TB_OK);
    label_look(&mem, bytes, NULL, &r);
    CHECK(!r.explicit_mark && !r.implicit);
    CHECK_INT(r.watermark_copies, 2);
}

static void nothing_a_person_wrote_becomes_a_formula_or_a_tag(void)
{
    struct export_answer x = answer();
    struct tb_err e = TB_ERR_INIT;
    struct str bytes;

    x.question = STR("=HYPERLINK(\"http://x\")<script>");
    CHECK_INT(export_make(&mem, &x, EXPORT_CSV, &bytes, &e), TB_OK);
    CHECK(!str_has(bytes, STR(",\"=HYPER")));
    CHECK_INT(export_make(&mem, &x, EXPORT_HTML, &bytes, &e), TB_OK);
    CHECK(!str_has(bytes, STR("<script>")));
}

static void a_watermark_survives_its_neighbours_and_a_torn_one_is_noticed(void)
{
    struct str w = watermark_make(&mem, STR("彭一鸣|2026-11-22T09:00|Q1")), says;
    struct str text = arena_printf(&mem, "前文%.*s后文%.*s", STR_FMT(w), STR_FMT(w));
    bool broken;

    CHECK_INT(watermark_read(&mem, text, &says, &broken), 2);
    CHECK_STR(says, "彭一鸣|2026-11-22T09:00|Q1");
    CHECK(!broken);
    CHECK_INT(watermark_read(&mem, str_sub(w, 0, w.n - 30), &says, &broken), 0);
    CHECK(broken);
    CHECK_INT(watermark_read(&mem, STR("没有水印的文字"), &says, &broken), 0);
    CHECK(!broken);
    CHECK_INT(watermark_make(&mem, STR("")).n, 0);
}

static const struct tb_test tests[] = {
    TEST(every_text_form_is_read_back),
    TEST(only_the_key_makes_a_label_that_is_ours),
    TEST(a_pdf_is_signed_as_a_whole),
    TEST(what_nobody_generated_has_no_label),
    TEST(nothing_a_person_wrote_becomes_a_formula_or_a_tag),
    TEST(a_watermark_survives_its_neighbours_and_a_torn_one_is_noticed),
};

int main(void)
{
    int code = tb_test_main(tests, sizeof(tests) / sizeof(tests[0]));

    arena_release(&mem);
    return code;
}
