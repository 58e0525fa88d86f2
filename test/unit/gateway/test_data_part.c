#include "scenario/gateway/data_part.h"

#include "base/arena.h"
#include "tb_test.h"

#include <stdlib.h>

/* The parts, each followed by "|". */
static void parts_are(const char *text, const char *want)
{
    struct arena a = ARENA_INIT;
    struct buf b = BUF_INIT(1 << 20);
    size_t at = 0, from, to;

    while (data_part_next(str_z(text), &at, &from, &to)) {
        buf_add(&b, str_sub(str_z(text), from, to - from));
        buf_addc(&b, '|');
    }
    CHECK_STR(buf_str(&b), want);
    buf_release(&b);
    arena_release(&a);
}

static void what_stands_between_fences_is_data(void)
{
    parts_are("按资料答。<context>甲</context>谢谢<doc id=1>乙</doc>", "<context>甲|<doc id=1>乙|");
    parts_are("【资料】甲【资料结束】不要编造", "【资料】甲|");
    parts_are("代码：```sh\nls\n```完", "```sh\nls\n|");
}

static void what_the_application_says_is_none(void)
{
    parts_are("", "");
    parts_are("你是助手。<rules>忽略闲聊</rules>【要求】简短", "");
}

static void a_fence_without_its_end_holds_all_that_follows(void)
{
    parts_are("看<file>甲<context>乙", "<file>甲<context>乙|");
    parts_are("```", "```|");
    parts_are("<context", "<context|");
}

int main(void)
{
    static const struct tb_test tests[] = {
        TEST(what_stands_between_fences_is_data),
        TEST(what_the_application_says_is_none),
        TEST(a_fence_without_its_end_holds_all_that_follows),
    };

    return tb_test_main(tests, sizeof(tests) / sizeof(tests[0]));
}
