#include "crypto/token.h"

#include "tb_test.h"

static void no_two_tokens_are_the_same(void)
{
    char seen[200][TOKEN_TEXT];

    for (size_t i = 0; i < 200; i++) {
        token_new(world_real(), seen[i]);
        CHECK(token_shaped(str_z(seen[i])));
        for (size_t k = 0; k < i; k++)
            CHECK(strcmp(seen[i], seen[k]) != 0);
    }
}

static void only_the_shape_of_a_token_is_taken_for_one(void)
{
    CHECK(!token_shaped(STR_NONE));
    CHECK(!token_shaped(STR("short")));
    CHECK(!token_shaped(STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n")));
    CHECK(token_shaped(STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-")));
}

static void a_code_read_aloud_has_no_mistakable_letters(void)
{
    char code[401];

    token_code(world_real(), code, 400);
    CHECK_INT(strlen(code), 400);
    CHECK_INT(strspn(code, "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"), 400);
}

static const struct tb_test tests[] = {
    TEST(no_two_tokens_are_the_same),
    TEST(only_the_shape_of_a_token_is_taken_for_one),
    TEST(a_code_read_aloud_has_no_mistakable_letters),
};
TEST_MAIN(tests)
