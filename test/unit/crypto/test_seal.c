#include "crypto/seal.h"

#include "base/fs.h"
#include "crypto/hex.h"
#include "crypto/sm4.h"
#include "tb_temp.h"
#include "tb_test.h"

#include <sys/stat.h>

/* GB/T 32907-2016 appendix A.1: encrypting the block is the key stream whose counter is it. */
static void the_example_of_the_standard_comes_out(void)
{
    unsigned char key[SM4_BYTES], block[SM4_BYTES], out[SM4_BYTES];
    char zero[SM4_BYTES] = { 0 }, hex[33];

    CHECK(hex_read(STR("0123456789abcdeffedcba9876543210"), key, SM4_BYTES));
    memcpy(block, key, SM4_BYTES);
    sm4_ctr(key, block, str_of(zero, SM4_BYTES), out);
    hex_of(out, SM4_BYTES, hex);
    CHECK_STR(str_z(hex), "681edf34d206965e86b3e94f536e4246");
}

static const unsigned char key[KEY_BYTES] = { 1, 2, 3 };

static void what_is_sealed_opens_again_and_only_in_its_place(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct str s = seal_make_by(key, world_real(), &a, STR("row/1"), STR("13800138000")), plain;

    CHECK_INT(s.n, 11 + SEAL_EXTRA);
    CHECK(!str_has(s, STR("138")));
    CHECK_INT(seal_open_by(key, &a, STR("row/1"), s, &plain, &e), TB_OK);
    CHECK_STR(plain, "13800138000");
    CHECK_INT(seal_open_by(key, &a, STR("row/2"), s, &plain, &e), TB_CORRUPT);
    arena_release(&a);
}

static void any_changed_byte_is_noticed(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct str s = seal_make_by(key, world_real(), &a, STR("x"), STR("张三")), plain;
    char *p = arena_z(&a, s);

    for (size_t i = 0; i < s.n; i++) {
        p[i] ^= 1;
        CHECK_INT(seal_open_by(key, &a, STR("x"), str_of(p, s.n), &plain, &e), TB_CORRUPT);
        p[i] ^= 1;
    }
    for (size_t n = 0; n < s.n; n++)
        CHECK_INT(seal_open_by(key, &a, STR("x"), str_of(p, n), &plain, &e), TB_CORRUPT);
    CHECK_INT(seal_open_by(key, &a, STR("x"), str_of(p, s.n), &plain, &e), TB_OK);
    arena_release(&a);
}

static void the_same_value_is_never_sealed_the_same_way_twice(void)
{
    struct arena a = ARENA_INIT;
    struct str one = seal_make_by(key, world_real(), &a, STR("x"), STR("y")),
               two = seal_make_by(key, world_real(), &a, STR("x"), STR("y"));

    CHECK(!str_eq(one, two));
    arena_release(&a);
}

static void keys_are_made_once_private_and_read_again(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    char *dir = fs_join(&a, tb_temp_dir(&a), "keys");
    struct keyring *k = NULL, *again = NULL;
    struct str sealed, plain, sig;
    struct stat st;

    CHECK_INT(keyring_open(dir, &k, &e), TB_NOT_FOUND);
    CHECK_INT(keyring_make(dir, world_real(), &k, &e), TB_OK);
    sealed = seal_make(k, world_real(), &a, STR("p"), STR("甲"));
    sig = sm2_sign(keyring_trail(k), &a, STR("head"));
    CHECK_INT(keyring_make(dir, world_real(), &again, &e), TB_OK);
    CHECK_INT(seal_open(again, &a, STR("p"), sealed, &plain, &e), TB_OK);
    CHECK_STR(plain, "甲");
    CHECK(sm2_verify(keyring_trail(again), STR("head"), sig));
    keyring_free(k);
    keyring_free(again);
    CHECK_INT(stat(fs_join(&a, dir, "master.key"), &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    CHECK_INT(stat(fs_join(&a, dir, "trail.key.pem"), &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    arena_release(&a);
}

static void keys_that_others_can_read_are_refused(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    char *dir = fs_join(&a, tb_temp_dir(&a), "keys");
    struct keyring *k = NULL;

    CHECK_INT(keyring_make(dir, world_real(), &k, &e), TB_OK);
    keyring_free(k);
    CHECK_INT(chmod(fs_join(&a, dir, "master.key"), 0644), 0);
    CHECK_INT(keyring_open(dir, &k, &e), TB_FORBIDDEN);
    CHECK(k == NULL);
    arena_release(&a);
}

static void what_an_older_master_sealed_opens_after_a_rotation_while_the_ring_is_in_use(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    char *dir = fs_join(&a, tb_temp_dir(&a), "keys"), mark[2][KEYRING_MARK];
    struct keyring *k = NULL, *fresh = NULL;
    struct str first, second, plain;
    const struct sm2 *was;
    bool changed;

    CHECK_INT(keyring_make(dir, world_real(), &k, &e), TB_OK);
    first = seal_make(k, world_real(), &a, STR("p"), STR("甲"));
    was = keyring_trail(k);
    CHECK(keyring_mark(k, 0, mark[0]));
    CHECK_INT(keyring_refresh(k, &changed, &e), TB_OK);
    CHECK(!changed);
    for (int i = 0; i < 3; i++)
        CHECK_INT(keyring_rotate(dir, world_real(), &e), TB_OK);
    CHECK_INT(keyring_refresh(k, &changed, &e), TB_OK);
    CHECK(changed);
    CHECK(keyring_trail(k) != was);
    CHECK_INT(keyring_trail_keys(k).n, 4);
    CHECK(keyring_mark(k, 3, mark[1]));
    CHECK_STR(str_z(mark[1]), mark[0]);
    CHECK(!keyring_mark(k, 4, mark[1]));
    second = seal_make(k, world_real(), &a, STR("p"), STR("乙"));
    CHECK_INT(keyring_open(dir, &fresh, &e), TB_OK);
    CHECK_INT(seal_open(fresh, &a, STR("p"), first, &plain, &e), TB_OK);
    CHECK_STR(plain, "甲");
    CHECK_INT(e.code, TB_OK);
    CHECK_INT(seal_open(fresh, &a, STR("p"), second, &plain, &e), TB_OK);
    CHECK_INT(seal_open(fresh, &a, STR("q"), first, &plain, &e), TB_CORRUPT);
    sm2_verify(was, STR("still"), STR("there")); /* lent keys stay until the ring goes */
    keyring_free(fresh);
    keyring_free(k);
    arena_release(&a);
}

static const struct tb_test tests[] = {
    TEST(the_example_of_the_standard_comes_out),
    TEST(what_is_sealed_opens_again_and_only_in_its_place),
    TEST(any_changed_byte_is_noticed),
    TEST(the_same_value_is_never_sealed_the_same_way_twice),
    TEST(keys_are_made_once_private_and_read_again),
    TEST(keys_that_others_can_read_are_refused),
    TEST(what_an_older_master_sealed_opens_after_a_rotation_while_the_ring_is_in_use),
};
TEST_MAIN(tests)
