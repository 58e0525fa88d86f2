#include "guard/word_check.h"

#include "base/buf.h"
#include "base/fs.h"
#include "base/share.h"
#include "base/utf8.h"
#include "tb_test.h"

static bool finds(const struct forbid *f, const char *text)
{
    struct forbid_hit h;

    return forbid_find(f, FORBID_IN, str_z(text), &h);
}

static void words_of_ordinary_text_are_found_and_taken_out_with_what_they_hid(void)
{
    struct forbid_list l = { .way = FORBID_IN,
                             .words = STR("政府\n政府机关\n黑曜石\r\n\n书记\n单") };
    struct word_check *k = word_check_new(&l);
    struct arena a = ARENA_INIT;
    const struct word_hit *hits;
    size_t n = 0, rounds = 0;

    do {
        word_check_text(k, STR("市政府机关的书记和县政府、区政府的书记"));
        rounds++;
    } while (word_check_round(k));
    hits = word_check_hits(k, &n);
    CHECK_INT((int64_t)n, 3);
    CHECK_STR(hits[0].word, "政府");
    CHECK_INT(hits[0].texts, 3);
    CHECK(str_has(hits[0].sample, STR("市政府")));
    CHECK_STR(str_trim(word_check_clean(k, &a)), "黑曜石\n\n\n单");
    CHECK(rounds >= 3);
    word_check_free(k);
    arena_release(&a);
}

static void a_list_joins_the_table_and_says_where_its_word_stands(void)
{
    struct forbid_list lists[] = {
        { .risk = 5, .way = FORBID_IN, .words = STR("黑曜石行动\n甲\n重复词语") },
        { .risk = 7, .way = FORBID_OUT, .words = STR("重复词语\n绿松石计划") },
    };
    struct tb_err e = TB_ERR_INIT;
    struct forbid_hit h;
    struct forbid *f = NULL;

    CHECK_INT(forbid_make(STR("version: 1\nforbidden:\n  - {kind: A.1 h, way: both, words: "
                              "[枪支买卖], fine: [枪支买卖怎么处罚]}\n"),
                          "t", lists, 2, false, &f, &e),
              TB_OK);
    CHECK(forbid_find(f, FORBID_IN, STR("来搞黑 曜石行動"), &h));
    CHECK_INT(h.list, 0);
    CHECK_INT(h.line, 1);
    CHECK_INT(h.risk, 5);
    CHECK(forbid_find(f, FORBID_OUT, STR("绿松石计划"), &h));
    CHECK_INT(h.line, 2);
    CHECK(!finds(f, "绿松石计划"));
    CHECK(!finds(f, "甲乙丙丁"));
    CHECK(finds(f, "枪支买卖") && !finds(f, "枪支买卖怎么处罚"));
    CHECK(forbid_find(f, FORBID_IN, STR("重复词语"), &h) && h.list == 0);
    forbid_free(f);
}

static void by_sound_what_sounds_the_same_is_the_same(void)
{
    struct forbid_list l = { .way = FORBID_IN, .words = STR("办假证件\n迷药"), .sound = true };
    struct tb_err e = TB_ERR_INIT;
    struct forbid *f = NULL;

    CHECK_INT(forbid_make(STR(""), "", &l, 1, true, &f, &e), TB_OK);
    CHECK(finds(f, "专业扮佳正件"));
    CHECK(finds(f, "办假证件"));
    CHECK(!finds(f, "办理证件"));
    CHECK(!finds(f, "米要")); /* too short a word to be taken by its sound */
    forbid_free(f);
}

static void characters_are_split_where_the_table_says_how(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct str out;

    CHECK_INT(word_split(&a, fs_join(&a, share_dir(&a), "rules/split_characters.yaml"),
                         STR("枪支弹药\n大米"), &out, &e),
              TB_OK);
    CHECK_STR(out, "枪支弹药\n大米\n木仓支弓单艹约");
    arena_release(&a);
}

static void a_large_list_is_searched_as_every_word_alone_would_be(void)
{
    struct arena a = ARENA_INIT;
    struct buf b = BUF_INIT(4 << 20);
    struct forbid_list l = { .way = FORBID_IN };
    struct tb_err e = TB_ERR_INIT;
    struct forbid *f = NULL;
    uint32_t seed = 7;

    for (int i = 0; i < 30000; i++) {
        for (int k = 0; k < 3 + i % 3; k++) {
            char p[4];

            seed = seed * 1664525U + 1013904223U;
            buf_add(&b, str_of(p, utf8_put(p, 0x4e00 + (seed >> 8) % 4000)));
        }
        buf_addc(&b, '\n');
    }
    l.words = buf_str(&b);
    CHECK_INT(forbid_make(STR(""), "", &l, 1, false, &f, &e), TB_OK);
    for (struct str rest = l.words; rest.p;) {
        struct str word = str_cut(&rest, STR("\n"));
        struct forbid_hit h;

        if (word.n && !forbid_find(f, FORBID_IN, arena_printf(&a, "。%.*s，好", STR_FMT(word)), &h))
            CHECK_STR(word, "found");
    }
    forbid_free(f);
    buf_release(&b);
    arena_release(&a);
}

static const struct tb_test tests[] = {
    TEST(words_of_ordinary_text_are_found_and_taken_out_with_what_they_hid),
    TEST(a_list_joins_the_table_and_says_where_its_word_stands),
    TEST(by_sound_what_sounds_the_same_is_the_same),
    TEST(characters_are_split_where_the_table_says_how),
    TEST(a_large_list_is_searched_as_every_word_alone_would_be),
};
int main(void)
{
    return tb_test_main(tests, sizeof(tests) / sizeof(tests[0]));
}
