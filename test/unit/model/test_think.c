#include "model/think.h"

#include "tb_test.h"

struct parts {
    struct buf text, reasoning;
};

static enum tb_code add_text(void *self, struct str s, struct tb_err *e)
{
    struct parts *p = self;

    (void)e;
    buf_add(&p->text, s);
    return TB_OK;
}

static void add_reasoning(void *self, struct str s)
{
    struct parts *p = self;

    buf_add(&p->reasoning, s);
}

/* The whole in pieces of n bytes. */
static void check_pieces(struct str all, size_t n, bool inside, const char *text,
                         const char *reasoning)
{
    struct parts p = { BUF_INIT(4096), BUF_INIT(4096) };
    struct model_sink sink = { &p, add_text, add_reasoning };
    struct tb_err e = TB_ERR_INIT;
    struct think t;

    think_init(&t, inside);
    for (size_t at = 0; at < all.n; at += n)
        CHECK_INT(think_feed(&t, str_sub(all, at, n), &sink, &e), TB_OK);
    CHECK_INT(think_end(&t, &sink, &e), TB_OK);
    CHECK_STR(buf_str(&p.text), text);
    CHECK_STR(buf_str(&p.reasoning), reasoning);
    think_release(&t);
    buf_release(&p.text);
    buf_release(&p.reasoning);
}

static void tags_are_found_however_they_are_cut(void)
{
    struct str all = STR("<think>要查<第五条>\n</think>\n\n 每月<100>元。<b");

    for (size_t n = 1; n <= all.n; n++)
        check_pieces(all, n, false, "每月<100>元。<b", "要查<第五条>\n");
}

static void an_answer_without_tags_is_left_as_it_is(void)
{
    struct str all = STR(" 满<80周岁，a < b，</thin k>。\n");

    for (size_t n = 1; n <= all.n; n++)
        check_pieces(all, n, false, " 满<80周岁，a < b，</thin k>。\n", "");
}

static void a_template_that_opens_the_tag_itself_is_understood(void)
{
    struct str all = STR("先想</think>答");

    for (size_t n = 1; n <= all.n; n++)
        check_pieces(all, n, true, "答", "先想");
}

static void reasoning_that_never_ends_is_no_answer(void)
{
    check_pieces(STR("<think>想来想去</thi"), 3, false, "", "想来想去</thi");
}

static const struct tb_test tests[] = {
    TEST(tags_are_found_however_they_are_cut),
    TEST(an_answer_without_tags_is_left_as_it_is),
    TEST(a_template_that_opens_the_tag_itself_is_understood),
    TEST(reasoning_that_never_ends_is_no_answer),
};
TEST_MAIN(tests)
