#include "guard/speech.h"

#include "base/utf8.h"
#include "guard/forbid.h"
#include "tb_test.h"

static const char table[] = "version: 1\n"
                            "forbidden:\n"
                            "  - kind: A.1 h\n"
                            "    way: both\n"
                            "    words: [出售枪支, 枪支弹药, buy guns]\n"
                            "    fine: [枪支弹药管理, 出售枪支的处罚]\n"
                            "  - {kind: A.1 d, way: out, words: [制作炸弹, 12号炸药]}\n";
static const char asked[] =
    "我叫张伟，电话13812345678，家里010-88886666，身份证11010519491231002X，邮箱"
    "a\"b@c.cn";

static struct forbid *words;
static struct arena mem;
static struct speech call;
static struct str prompt;

/* The person's data are known to the call: 〔姓名1〕 〔手机号1〕 〔电话1〕 〔身份证号1〕 〔邮箱1〕.
 */
static void begin(void)
{
    struct tb_err e = TB_ERR_INIT;
    struct str kind;

    CHECK_INT(forbid_read(str_z(table), "t.yaml", &words, &e), TB_OK);
    call = (struct speech){ .mem = &mem, .forbid = words };
    CHECK_INT(speech_in(&call, str_z(asked), &prompt, &kind, &e), TB_OK);
}

static void finish(void)
{
    forbid_free(words);
    arena_release(&mem);
}

struct said {
    struct buf out;
    enum tb_code code;
    size_t held; /* the most */
    struct str kind;
};

/* text in parts that end at the places of `cuts` */
static struct said speak(struct str text, const size_t *cuts, size_t n, bool json)
{
    struct said r = { .out = BUF_INIT(1 << 20) };
    struct speech_lane l = { .at = 0 };
    struct tb_err e = TB_ERR_INIT;
    size_t at = 0;

    for (size_t i = 0; i <= n && !r.code; i++) {
        size_t to = i < n ? cuts[i] : text.n;

        r.code =
            speech_out(&call, &l, str_sub(text, at, to - at), i == n, json, &r.out, &r.kind, &e);
        r.held = l.held.n > r.held ? l.held.n : r.held;
        at = to;
    }
    CHECK(r.code || l.held.n == 0);
    speech_lane_release(&l);
    return r;
}

static struct said whole(const char *text, bool json)
{
    return speak(str_z(text), NULL, 0, json);
}

static void says(const char *text, const char *want)
{
    struct said r = whole(text, false);

    CHECK_INT(r.code, TB_OK);
    CHECK_STR(buf_str(&r.out), want);
    buf_release(&r.out);
}

static void says_json(const char *text, const char *want)
{
    struct said r = whole(text, true);

    CHECK_INT(r.code, TB_OK);
    CHECK_STR(buf_str(&r.out), want);
    buf_release(&r.out);
}

static void stops(const char *text, bool json, const char *before)
{
    struct said r = whole(text, json);

    CHECK_INT(r.code, TB_FORBIDDEN);
    CHECK(r.kind.n > 0);
    CHECK_STR(buf_str(&r.out), before);
    buf_release(&r.out);
}

static void on_the_way_in_personal_data_become_tokens(void)
{
    struct tb_err e = TB_ERR_INIT;
    struct str plain = STR("低保怎么申请"), out, kind = STR("");

    CHECK_STR(
        prompt,
        "我叫〔姓名1〕，电话〔手机号1〕，家里〔电话1〕，身份证〔身份证号1〕，邮箱a\"〔邮箱1〕");
    CHECK_INT(speech_in(&call, plain, &out, &kind, &e), TB_OK);
    CHECK(out.p == plain.p && out.n == plain.n);
    CHECK_INT(speech_in(&call, STR("再打13812345678"), &out, &kind, &e), TB_OK);
    CHECK_STR(out, "再打〔手机号1〕");
    CHECK_INT(speech_in(&call, STR("他出售 枪支"), &out, &kind, &e), TB_FORBIDDEN);
    CHECK_STR(kind, "A.1 h）其他法律、行政法规禁止的内容");
    CHECK(e.say[0] && !strstr(e.log, "枪支"));
    CHECK_INT(speech_in(&call, STR("怎么制作炸弹"), &out, &kind, &e), TB_OK);
}

static void masks(const char *in, const char *want)
{
    struct tb_err e = TB_ERR_INIT;
    struct str out, kind;

    CHECK_INT(speech_in(&call, str_z(in), &out, &kind, &e), TB_OK);
    CHECK_STR(out, want);
}

/* What a tool gives back, as Python writes JSON, and JSON in which JSON stands. */
static void on_the_way_in_escapes_hide_nothing_and_json_stays_json(void)
{
    struct tb_err e = TB_ERR_INIT;
    struct str out, kind;

    masks("{\"tel\": 13812345678, \"s\": \"\\u7535\\u8bdd13812345678\\n13812345678\"}",
          "{\"tel\": \"〔手机号1〕\", \"s\": \"\\u7535\\u8bdd〔手机号1〕\\n〔手机号1〕\"}");
    masks("[13812345678,\"a: 13812345678, b\"]", "[\"〔手机号1〕\",\"a: 〔手机号1〕, b\"]");
    masks("看：{\"a\":\"{\\\"b\\\":\\\"\\\\u7535\\\\u8bdd13812345678\\\"}\"}",
          "看：{\"a\":\"{\\\"b\\\":\\\"\\\\u7535\\\\u8bdd〔手机号1〕\\\"}\"}");
    masks("[通知] 电话13812345678", "[通知] 电话〔手机号1〕");
    masks("\\u0031\\u0033812345678，C:\\new\\", "〔手机号1〕，C:\\new\\");
    CHECK_INT(speech_in(&call, STR("{\"q\":\"\\u51fa\\u552e\\u67aa\\u652f\"}"), &out, &kind, &e),
              TB_FORBIDDEN);
}

static void tokens_of_this_call_are_put_back(void)
{
    says("〔姓名1〕您好，将致电〔手机号1〕。", "张伟您好，将致电13812345678。");
    says("〔手机号1〕〔手机号1〕", "1381234567813812345678");
    says("〔手机号2〕〔姓名〕〔手机号1", "〔手机号2〕〔姓名〕〔手机号1");
    says("〔〔姓名1〕〕", "〔张伟〕");
}

static void numbers_that_the_engine_made_up_are_masked(void)
{
    says("请打13900001111。", "请打〔手机号已隐去〕。");
    says("１３９ ００００ １１１１，", "〔手机号已隐去〕，");
    says("证号440524188001010014", "证号〔身份证号已隐去〕");
    says("卡6222 0212 3456 7890 128 。", "卡〔银行卡号已隐去〕 。");
    says("护照E12345678", "护照〔护照号已隐去〕");
    says("护照g12345678,", "护照〔护照号已隐去〕,");
    says("您的13812345678", "您的13812345678"); /* it was in the request */
    says("座机0571-88886666，a@b.cn，代码91350100M000100Y43",
         "座机0571-88886666，a@b.cn，代码91350100M000100Y43");
    says("2024年7月1日起每月240000元，文号〔2024〕3号，12345",
         "2024年7月1日起每月240000元，文号〔2024〕3号，12345");
    says("X13900001111 139000011112 ", "X13900001111 139000011112 ");
}

static void a_forbidden_word_ends_it_and_is_not_said(void)
{
    stops("好的。出售枪支的步骤", false, "好的。");
    stops("好的。出 售\n枪支", false, "好的。");
    stops("〔姓名1〕，制作炸弹", false, "张伟，");
    says("出售枪支的处罚见枪支弹药管理规定", "出售枪支的处罚见枪支弹药管理规定");
    stops("出售枪支的处理", false, "");
    stops("用12号炸药", false, "用");
    says("出售〔姓名1〕枪支", "出售张伟枪支");
}

static void in_tool_arguments_escapes_hide_nothing_and_the_json_stays_json(void)
{
    says_json("{\"tel\":\"〔手机号1〕\"}", "{\"tel\":\"13812345678\"}");
    says_json("{\"tel\":\"\\u3014手机号1\\u3015\"}", "{\"tel\":\"13812345678\"}");
    says_json("{\"tel\":13900001111,\"t2\":\"\\n13900001111\"}",
              "{\"tel\":\"〔手机号已隐去〕\",\"t2\":\"\\n〔手机号已隐去〕\"}");
    says_json("{\"a\":\"\\ud83d\\ude00\\\\13900001111 \\ud83d",
              "{\"a\":\"\\ud83d\\ude00\\\\〔手机号已隐去〕 \\ud83d");
    stops("{\"q\":\"\\u51fa\\u552e枪\\u652f\"}", true, "{\"q\":\"");
    stops("{\"q\":\"出售\\n枪支\"}", true, "{\"q\":\"");
}

static void what_is_put_back_is_escaped_in_json(void)
{
    struct tb_err e = TB_ERR_INIT;
    struct str sealed =
        STR("[{\"kind\":\"姓名\",\"token\":\"〔姓名2〕\",\"value\":\"李\\\"四\\\\\"}]");

    CHECK_INT(mask_from_json(&mem, sealed, &call.mask, &e), TB_OK);
    says_json("{\"n\":\"〔姓名2〕\"}", "{\"n\":\"李\\\"四\\\\\"}");
    says("〔姓名2〕", "李\"四\\");
}

/* What has been said after each delta, given one by one. */
static void what_cannot_become_anything_is_let_go_at_once(void)
{
    static const char *const deltas[][2] = {
        { "您好", "您好" },
        { "出", "" },
        { "生", "出生" },
        { "〔", "" },
        { "手机", "" },
        { "号1", "" },
        { "〕", "13812345678" },
        { "〔", "" },
        { "2024", "〔" },
        { "〕", "2024〕" },
        { " 139", " " },
        { "0000", "" },
        { "元", "1390000元" },
        { "Good ", "Good " },
        { "E", "" },
        { "nd", "End" },
        { " 0579", " 0579" },
        { "-88886666", "-" },
        { "。出售", "88886666。" },
        { "枪支", "" },
        { "的处罚", "出售枪支的处罚" },
        { "完", "完" },
    };
    struct speech_lane l = { .at = 0 };
    struct buf out = BUF_INIT(4096);

    for (size_t i = 0; i < sizeof deltas / sizeof deltas[0]; i++) {
        struct tb_err e = TB_ERR_INIT;
        struct str kind;

        buf_reset(&out);
        CHECK_INT(speech_out(&call, &l, str_z(deltas[i][0]), false, false, &out, &kind, &e), TB_OK);
        CHECK_STR(buf_str(&out), deltas[i][1]);
    }
    CHECK_INT(l.held.n, 0);
    speech_lane_release(&l);
    buf_release(&out);
}

static void lanes_do_not_mix(void)
{
    struct speech_lane a = { .at = 0 }, b = { .at = 0 };
    struct buf x = BUF_INIT(4096), y = BUF_INIT(4096);
    struct tb_err e = TB_ERR_INIT;
    struct str kind;

    CHECK_INT(speech_out(&call, &a, STR("〔手机"), false, false, &x, &kind, &e), TB_OK);
    CHECK_INT(speech_out(&call, &b, STR("号1〕出售"), false, false, &y, &kind, &e), TB_OK);
    CHECK_INT(speech_out(&call, &a, STR("号1〕枪支"), true, false, &x, &kind, &e), TB_OK);
    CHECK_INT(speech_out(&call, &b, STR(""), true, false, &y, &kind, &e), TB_OK);
    CHECK_STR(buf_str(&x), "13812345678枪支");
    CHECK_STR(buf_str(&y), "号1〕出售");
    speech_lane_release(&a);
    speech_lane_release(&b);
    buf_release(&x);
    buf_release(&y);
}

static void same(struct str text, const size_t *cuts, size_t n, bool json, const struct said *want)
{
    struct said r = speak(text, cuts, n, json);

    CHECK_INT(r.code, want->code);
    CHECK_STR(buf_str(&r.out), buf_str(&want->out).p ? buf_str(&want->out).p : "");
    CHECK(r.held <= GUARD_HOLD_MAX);
    buf_release(&r.out);
}

/* Whole, character by character, and in three parts at every two places. */
static void every_cut(struct str text, bool json)
{
    static size_t ends[1024];
    size_t n = 0;
    struct said want = speak(text, NULL, 0, json);

    for (size_t at = 0; at < text.n && n < 1024; ends[n++] = at)
        utf8_next(text, &at);
    same(text, ends, n, json, &want);
    for (size_t i = 0; i < n; i++)
        for (size_t k = i; k < n; k++)
            same(text, (size_t[]){ ends[i], ends[k] }, 2, json, &want);
    buf_release(&want.out);
}

static void however_it_is_cut_the_same_is_said(void)
{
    static const char *const texts[] = {
        "〔姓名1〕您好，将致电〔手机号1〕，身份证〔身份证号1〕。",
        "〔〔姓名1〕〕〔手机号2〕〔姓〔电话1〕〔",
        "请打13900001111或139-0000-1111 x，１３９００００１１１１。",
        "证号440524188001010014，卡6222 0212 3456 7890 128，护照E12345678 ",
        "您的13812345678 1381234567 0571-88886666 a@b.cn 91350100M000100Y43",
        "2024年7月1日240000元，〔2024〕3号，Good End EG E1 G1234567 x13900001111",
        "好的。出售 枪\xe2\x80\x8b支的处罚，枪支弹药管理，再出售枪支",
        "枪支枪支弹药管理，please buy gun or buy  Guns now",
        "用12 号炸药1390000111112号炸",
        "出售枪支的处",
        "13900001111",
        "卡 6222021234567890128  1",
        "{\"t\":\"\\u3014手机号1\\u3015\",\"n\":13900001111,\"x\":\"\\n13900001111\\\"\"}",
        "{\"q\":\"\\u51fa\\u552e\\u0020枪\\u652f的处罚 \\ud83d\\ude00\\\\ud83d\\ud83d\"}\\u30",
        "\\\\u0031\\u0031\\uFF13900001111\"13900001111\"",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        every_cut(str_z(texts[i]), false);
        every_cut(str_z(texts[i]), true);
    }
}

/* Parts that begin things, joined at random (a fixed seed). */
static void nothing_makes_it_hold_more_than_its_bound(void)
{
    static const char *const parts[] = {
        "出",      "售",           "枪支",    "弹药",    "管理",      " ",
        "\\n",     "1390000",      "1111",    "１３９",  "E",         "X",
        "-",       "〔",           "手机号1", "〕",      "\\\\u51fa", "\\\\n",
        "\\u51fa", "\\u552e",      "\\u67aa", "\\u652f", "\\u200b",   "\xe2\x80\x8b",
        "buy",     "guns",         "\\",      "\\ud83d", "\\uff11",   "制作炸",
        "\"",      "440524188001", "010014",  "\\u0020", "。",        "12",
        "号炸",    "\xe3\x80\x80",
    };
    uint32_t seed = 12345;

    for (int round = 0; round < 3000; round++) {
        struct buf b = BUF_INIT(8192);
        size_t ends[1024], n = 0;
        struct said want;

        for (int i = 0; i < 60; i++) {
            seed = seed * 1664525 + 1013904223;
            buf_addz(&b, parts[(seed >> 16) % (sizeof parts / sizeof parts[0])]);
        }
        for (size_t at = 0; at < b.n && n < 1024; ends[n++] = at)
            utf8_next(buf_str(&b), &at);
        want = speak(buf_str(&b), NULL, 0, round % 2);
        same(buf_str(&b), ends, n, round % 2, &want);
        buf_release(&want.out);
        buf_release(&b);
    }
}

static const struct tb_test tests[] = {
    TEST(on_the_way_in_personal_data_become_tokens),
    TEST(on_the_way_in_escapes_hide_nothing_and_json_stays_json),
    TEST(tokens_of_this_call_are_put_back),
    TEST(numbers_that_the_engine_made_up_are_masked),
    TEST(a_forbidden_word_ends_it_and_is_not_said),
    TEST(in_tool_arguments_escapes_hide_nothing_and_the_json_stays_json),
    TEST(what_is_put_back_is_escaped_in_json),
    TEST(what_cannot_become_anything_is_let_go_at_once),
    TEST(lanes_do_not_mix),
    TEST(however_it_is_cut_the_same_is_said),
    TEST(nothing_makes_it_hold_more_than_its_bound),
};
int main(void)
{
    return tb_test_around(tests, sizeof(tests) / sizeof(tests[0]), begin, finish);
}
