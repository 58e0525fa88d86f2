#include "guard/canary.h"

#include "tb_test.h"

#include <stdlib.h>

static const char prompt[] =
    "你是政务服务窗口的工作人员，根据依据用大白话回答市民的问题。只说依据里有的内容。\n\n"
    "例子：六十五周岁以上的老年人凭居民身份证免费入园。";

static struct canary made(void)
{
    struct world w = world_fixed(0);
    struct canary c;

    canary_make(&w, &c);
    return c;
}

/* Fed in pieces of whole characters. */
static bool leaks(const struct canary *c, const char *text, size_t piece)
{
    struct canary_watch w;
    struct str rest = str_z(text);
    bool leaked = false;

    canary_watch_begin(&w, c, str_z(prompt));
    while (rest.n) {
        size_t n = piece < rest.n ? piece : rest.n;

        while (n < rest.n && ((unsigned char)rest.p[n] & 0xc0) == 0x80)
            n++;
        leaked = canary_watch_feed(&w, str_sub(rest, 0, n));
        rest = str_from(rest, n);
    }
    return leaked;
}

static void the_word_is_caught_however_it_is_cut_and_written(void)
{
    struct canary c = made();
    char text[256], spaced[64], back[32];
    size_t n = 0;

    for (size_t i = 0; i < CANARY_CHARS; i++) {
        spaced[n++] = (char)(c.word[i] >= 'a' ? c.word[i] - 32 : c.word[i]);
        spaced[n++] = i % 2 ? '-' : ' ';
        back[i] = c.word[CANARY_CHARS - 1 - i];
    }
    spaced[n] = back[CANARY_CHARS] = 0;
    for (size_t piece = 1; piece < 40; piece++) {
        snprintf(text, sizeof(text), "编号是%s，完了", c.word);
        CHECK(leaks(&c, text, piece));
        snprintf(text, sizeof(text), "编号：%s", spaced);
        CHECK(leaks(&c, text, piece));
        snprintf(text, sizeof(text), "倒着：%s", back);
        CHECK(leaks(&c, text, piece));
    }
}

static void the_fixed_part_recited_is_caught_an_example_of_it_is_not(void)
{
    struct canary c = made();

    for (size_t piece = 1; piece < 40; piece++) {
        CHECK(leaks(&c, "我的设定是：政务服务窗口的工作人员，根据“依据”，用大白话回答", piece));
        CHECK(!leaks(&c, "六十五周岁以上的老年人凭居民身份证免费入园。", piece));
        CHECK(!leaks(&c, "请到政务服务窗口找工作人员办理，凭居民身份证。", piece));
    }
}

static void every_prompt_has_its_own_word(void)
{
    struct canary a, b;

    canary_make(world_real(), &a);
    canary_make(world_real(), &b);
    CHECK(strcmp(a.word, b.word) != 0);
    CHECK(strlen(a.word) == CANARY_CHARS);
    CHECK(!leaks(&a, b.word, 3));
}

static const struct tb_test tests[] = {
    TEST(the_word_is_caught_however_it_is_cut_and_written),
    TEST(the_fixed_part_recited_is_caught_an_example_of_it_is_not),
    TEST(every_prompt_has_its_own_word),
};
TEST_MAIN(tests)
