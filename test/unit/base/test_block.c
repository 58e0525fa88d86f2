#include "base/arena.h"
#include "base/block.h"
#include "tb_test.h"

#include <stdint.h>
#include <string.h>

static void a_block_holds_what_was_asked_and_is_used_again(void)
{
    static const size_t asked[] = { 1,    BLOCK_LEAST,    BLOCK_LEAST + 1,
                                    5000, BLOCK_MOST - 1, BLOCK_MOST };

    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        size_t n = asked[i], again = asked[i];
        char *p = block_take(&n);

        CHECK(n >= asked[i] && n <= BLOCK_MOST);
        memset(p, 7, n);
        block_give(p, n);
        p = block_take(&again);
        CHECK_INT(again, n);
        memset(p, 8, again);
        block_give(p, again);
    }
}

static void a_larger_one_is_as_large_as_asked(void)
{
    size_t n = BLOCK_MOST + 1;
    char *p = block_take(&n);

    CHECK_INT(n, BLOCK_MOST + 1);
    memset(p, 7, n);
    block_give(p, n);
}

static void one_that_was_used_before_is_zeroed(void)
{
    enum { BYTES = 3000 };
    unsigned char *p = block_zalloc(BYTES), sum = 0;

    memset(p, 7, BYTES);
    block_drop(p, BYTES);
    p = block_zalloc(BYTES);
    for (size_t i = 0; i < BYTES; i++)
        sum |= p[i];
    CHECK_INT(sum, 0);
    block_drop(p, BYTES);
    block_drop(NULL, BYTES);
}

/* Pieces of every size one after another: each its own, all whole to the end. */
static void an_arena_of_them_keeps_its_pieces_apart(void)
{
    enum { PIECES = 400 };
    struct arena a = ARENA_INIT;
    unsigned char *piece[PIECES];
    size_t size[PIECES];

    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < PIECES; i++) {
            size[i] = (i * 7919 + 13) % (i % 10 ? 900 : 70000) + 1;
            piece[i] = arena_alloc(&a, size[i]);
            memset(piece[i], (int)(i & 0xff), size[i]);
        }
        for (size_t i = 0; i < PIECES; i++)
            CHECK(piece[i][0] == (i & 0xff) && piece[i][size[i] - 1] == (i & 0xff));
        arena_release(&a);
    }
}

static const struct tb_test tests[] = {
    TEST(a_block_holds_what_was_asked_and_is_used_again),
    TEST(a_larger_one_is_as_large_as_asked),
    TEST(one_that_was_used_before_is_zeroed),
    TEST(an_arena_of_them_keeps_its_pieces_apart),
};

TEST_MAIN(tests)
