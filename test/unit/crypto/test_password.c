#include "crypto/password.h"

#include "tb_test.h"

static void only_the_right_password_matches(void)
{
    char one[PASSWORD_ENCODED], two[PASSWORD_ENCODED];

    password_hash(world_real(), STR("春风又绿江南岸 2026"), one);
    password_hash(world_real(), STR("春风又绿江南岸 2026"), two);
    CHECK(strncmp(one, "$argon2id$v=19$m=19456,t=2,p=1$", 31) == 0);
    CHECK(strcmp(one, two) != 0);
    CHECK(password_matches(STR("春风又绿江南岸 2026"), one));
    CHECK(!password_matches(STR("春风又绿江南岸 2025"), one));
    CHECK(!password_matches(STR_NONE, one));
}

/* The least of three: what the machine does besides only adds. */
static int64_t time_of_a_wrong_one(const char *encoded)
{
    const struct world *w = world_real();
    int64_t least = INT64_MAX;

    for (int i = 0; i < 3; i++) {
        int64_t began = world_mono_us(w), took;

        CHECK(!password_matches(STR("wrong"), encoded));
        took = world_mono_us(w) - began;
        least = took < least ? took : least;
    }
    return least;
}

static void an_unknown_login_takes_as_long_and_never_matches(void)
{
    char encoded[PASSWORD_ENCODED];
    int64_t known;

    password_hash(world_real(), STR("Vx7-pineapple"), encoded);
    known = time_of_a_wrong_one(encoded);
    CHECK(time_of_a_wrong_one(NULL) * 10 >
          known); /* a short cut would be thousands of times faster */
    CHECK(!password_matches(STR_NONE, "not a hash"));
}

static void known_weak_passwords_are_refused(void)
{
    static const char *const weak[] = {
        "Admin@123456",  "P@ssw0rd2024!", "Password123!",  "Aa1234567890", "Qwer1234!@",
        "1qaz@WSX3edc",  "Huawei@12345",  "Abc@12345678",  "tongban@2026", "Zwfw@2020!!",
        "Root@1234567",  "Test12345!",    "Qwertyuiop1!",  "1q2w3e4r5tQ!", "Woaini1314!",
        "Aa!Aa!Aa!Aa!",  "1234567890Aa!", "Passw0rd@2025", "ADMIN12345!a", "!QAZ2wsx#EDC",
        "Changeme123!",  "Asdf@1234567",  "System@12345",  "Gov@20261121", "Welcome@2026",
        "abcdefghijA1!", "88888888Aa!",   "Mima@123456",   "Guest#12345",  "Weblogic@123",
    };
    struct tb_err e = TB_ERR_INIT;

    for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++) {
        if (password_policy(str_z(weak[i]), STR("li.wei"), &e) == TB_OK)
            printf("# taken: %s\n", weak[i]);
        CHECK_INT(password_policy(str_z(weak[i]), STR("li.wei"), &e), TB_INVALID);
    }
}

static void a_password_nobody_guesses_is_taken(void)
{
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(password_policy(STR("Rk7-mistletoe"), STR("li.wei"), &e), TB_OK);
    CHECK_INT(password_policy(STR("窗外有两棵枣树，另一棵也是枣树不会错的吧"), STR("li.wei"), &e),
              TB_OK);
    CHECK_INT(password_policy(STR("correct horse battery staple"), STR("li.wei"), &e), TB_OK);
    for (int i = 0; i < 200; i++) {
        char first[PASSWORD_FIRST];

        password_first(world_real(), first);
        CHECK_INT(strlen(first), 14);
        CHECK_INT(password_policy(str_z(first), STR("li.wei"), &e), TB_OK);
    }
}

static void short_plain_and_named_passwords_are_refused(void)
{
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(password_policy(STR("Rk7-misle"), STR("li"), &e), TB_INVALID);
    CHECK_INT(password_policy(STR("rkmistletoe"), STR("li"), &e), TB_INVALID);
    CHECK_INT(password_policy(STR("Rk7-LI.WEI-x"), STR("li.wei"), &e), TB_INVALID);
    CHECK_INT(password_policy(str_of("Rk7-mis\xfftletoe", 13), STR("li"), &e), TB_INVALID);
}

static const struct tb_test tests[] = {
    TEST(only_the_right_password_matches),
    TEST(an_unknown_login_takes_as_long_and_never_matches),
    TEST(known_weak_passwords_are_refused),
    TEST(a_password_nobody_guesses_is_taken),
    TEST(short_plain_and_named_passwords_are_refused),
};
TEST_MAIN(tests)
