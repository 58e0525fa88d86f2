/* What counts as the same text. */
#include "base/utf8.h"
#include "text/normal.h"
#include "text/segment.h"

#include "tb_test.h"

static struct str again(struct arena *a, struct str s)
{
    return normal_utf8(a, normal_units(a, s));
}

static void width_case_and_script_do_not_matter(void)
{
    struct arena a = ARENA_INIT;

    CHECK_STR(normal_text(&a, STR("ＡＢＣ１２３　Ⅳ㎡")), "abc123 ivm2");
    CHECK_STR(normal_text(&a, STR("申請補貼，須攜帶戶口簿")), "申请补贴,须携带户口簿");
    CHECK_STR(again(&a, STR("ＡＢＣ１２３　Ⅳ㎡")), "abc123 ivm2");
    CHECK_STR(again(&a, STR("申請補貼，須攜帶戶口簿")), "申请补贴,须携带户口簿");
    CHECK_STR(again(&a, STR("㈠第\t一")), "(一)第 一");
    arena_release(&a);
}

static void what_is_simple_already_stays(void)
{
    struct arena a = ARENA_INIT;
    const char *z = "养老金〇七年《办法》第三条:每月80元;后里干面系";

    CHECK_STR(normal_text(&a, str_z(z)), z);
    CHECK_STR(again(&a, str_z(z)), z);
    arena_release(&a);
}

static void broken_text_is_taken_as_it_is(void)
{
    struct arena a = ARENA_INIT;
    struct units u = normal_units(&a, STR("社\xff保\xe4\xbd"));

    CHECK_INT(u.n, 5);
    CHECK_INT(u.c[1], 0xfffd);
    CHECK(utf8_valid(normal_text(&a, STR("社\xff保\xe4\xbd"))));
    CHECK_STR(normal_text(&a, STR("")), "");
    CHECK_INT(normal_units(&a, STR_NONE).n, 0);
    arena_release(&a);
}

static void rare_characters_stay_characters(void)
{
    struct arena a = ARENA_INIT;
    struct units u = normal_units(&a, STR("𠮷野家"));

    CHECK_INT(u.n, 3);
    CHECK(unit_is_han(u.c[0]));
    arena_release(&a);
}

static uint16_t sound_of(const char *z)
{
    struct arena a = ARENA_INIT;
    uint16_t s = unit_sound(normal_units(&a, str_z(z)).c[0]);

    arena_release(&a);
    return s;
}

static void what_sounds_alike_has_one_sound(void)
{
    CHECK(sound_of("保") && sound_of("保") == sound_of("宝"));
    CHECK(sound_of("是") == sound_of("四"));
    CHECK(sound_of("南") == sound_of("蓝"));
    CHECK(sound_of("英") == sound_of("因"));
    CHECK(sound_of("保") != sound_of("老"));
    CHECK_INT(sound_of("a"), 0);
}

static void words_begin_where_a_reader_would_say(void)
{
    struct arena a = ARENA_INIT;
    struct units u = normal_units(&a, STR("怎么办理养老保险abc 12"));
    uint8_t starts[32];

    segment_starts(u, starts);
    CHECK(starts[0] && !starts[1]);
    CHECK(starts[4] && !starts[5]);                /* 养老 */
    CHECK(starts[8] && !starts[9] && !starts[10]); /* abc */
    arena_release(&a);
}

static void likeness_is_one_for_the_same_and_nought_for_the_strange(void)
{
    struct arena a = ARENA_INIT;
    struct units x = normal_units(&a, STR("高龄津贴怎么申请？"));

    CHECK(segment_alike(x, normal_units(&a, STR("高齡津貼怎麼申請"))) > 0.999);
    CHECK(segment_alike(x, normal_units(&a, STR("公积金提取"))) < 0.001);
    CHECK(segment_alike(x, normal_units(&a, STR(""))) < 0.001);
    arena_release(&a);
}

static const struct tb_test tests[] = {
    TEST(width_case_and_script_do_not_matter),
    TEST(what_is_simple_already_stays),
    TEST(broken_text_is_taken_as_it_is),
    TEST(rare_characters_stay_characters),
    TEST(what_sounds_alike_has_one_sound),
    TEST(words_begin_where_a_reader_would_say),
    TEST(likeness_is_one_for_the_same_and_nought_for_the_strange),
};
TEST_MAIN(tests)
