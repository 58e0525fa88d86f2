#include "review/sentence.h"

#include "tb_test.h"

static void sentences_do_not_depend_on_the_pieces(void)
{
    const char *text = "1. 每月100元。[1]\n\n- **带身份证**；可以吗？尾巴";
    const char *want[] = { "每月100元。", "带身份证；", "可以吗？" };

    for (size_t step = 1; step < 9; step++) {
        struct arena a = ARENA_INIT;
        struct sentence_cutter c;
        struct str all = str_z(text), s;
        size_t n = 0;

        sentence_begin(&c);
        for (size_t at = 0; at < all.n; at += step) {
            /* whole characters are promised by the engine's client; bytes must not break it either
             */
            sentence_feed(&c, str_sub(all, at, step));
            while (sentence_next(&c, &a, &s)) {
                CHECK(n < 3);
                if (n < 3)
                    CHECK_STR(s, want[n]);
                n++;
            }
        }
        CHECK_INT(n, 3);
        CHECK_STR(sentence_rest(&c, &a), "尾巴");
        sentence_end(&c);
        arena_release(&a);
    }
}

static void a_sentence_without_end_is_cut_at_a_comma(void)
{
    struct arena a = ARENA_INIT;
    struct sentence_cutter c;
    struct str s;

    sentence_begin(&c);
    for (int i = 0; i < 200; i++)
        sentence_feed(&c, STR("没完没了，"));
    CHECK(sentence_next(&c, &a, &s));
    CHECK(s.n <= SENTENCE_MAX && str_ends(s, STR("，")));
    sentence_end(&c);
    arena_release(&a);
}

static const struct tb_test tests[] = {
    TEST(sentences_do_not_depend_on_the_pieces),
    TEST(a_sentence_without_end_is_cut_at_a_comma),
};
TEST_MAIN(tests)
