#include "crypto/totp.h"

#include "tb_test.h"

/* RFC 6238 Appendix B, the SHA-1 column. */
static void the_examples_of_rfc_6238_come_out(void)
{
    static const struct {
        int64_t s;
        const char *code;
    } rows[] = {
        { 59, "94287082" },         { 1111111109, "07081804" }, { 1111111111, "14050471" },
        { 1234567890, "89005924" }, { 2000000000, "69279037" }, { 20000000000, "65353130" }
    };
    char got[9];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        totp_code(TOTP_SHA1, STR("12345678901234567890"), rows[i].s / 30, 8, got);
        CHECK_STR(str_z(got), rows[i].code);
    }
}

/* RFC 4226 Appendix D. */
static void the_examples_of_rfc_4226_come_out(void)
{
    static const char *const codes[] = { "755224", "287082", "359152", "969429", "338314",
                                         "254676", "287922", "162583", "399871", "520489" };
    char got[9];

    for (int i = 0; i < 10; i++) {
        totp_code(TOTP_SHA1, STR("12345678901234567890"), i, 6, got);
        CHECK_STR(str_z(got), codes[i]);
    }
    totp_code(TOTP_SM3, STR("12345678901234567890"), 1, 6, got);
    CHECK(strcmp(got, "287082") != 0);
}

static void a_code_is_good_for_a_step_each_way_and_only_once(void)
{
    const struct str secret = STR("12345678901234567890");
    int64_t step = 0, at = 1111111109000;
    char code[9];

    totp_code(TOTP_SHA1, secret, at / 30000, 6, code);
    CHECK(totp_match(TOTP_SHA1, secret, at, str_z(code), 0, &step));
    CHECK_INT(step, at / 30000);
    CHECK(!totp_match(TOTP_SHA1, secret, at, str_z(code), step, &step));
    CHECK(totp_match(TOTP_SHA1, secret, at - 30000, str_z(code), 0, &step));
    CHECK(totp_match(TOTP_SHA1, secret, at + 30000, str_z(code), 0, &step));
    CHECK(!totp_match(TOTP_SHA1, secret, at + 60000, str_z(code), 0, &step));
    CHECK(!totp_match(TOTP_SHA1, secret, at, STR(""), 0, &step));
    CHECK(!totp_match(TOTP_SHA1, secret, at, STR("000000"), 0, &step));
}

static void what_an_app_reads_is_escaped(void)
{
    struct arena a = ARENA_INIT;

    CHECK_STR(totp_base32(&a, STR("foobar")), "MZXW6YTBOI"); /* RFC 4648 10 */
    CHECK_STR(totp_base32(&a, STR("f")), "MY");
    CHECK_STR(totp_uri(&a, STR("明川"), STR("a b&c"), STR("f")),
              "otpauth://totp/%E6%98%8E%E5%B7%9D:a%20b%26c?secret=MY&issuer=%E6%98%8E%E5%B7%9D");
    arena_release(&a);
}

static const struct tb_test tests[] = {
    TEST(the_examples_of_rfc_6238_come_out),
    TEST(the_examples_of_rfc_4226_come_out),
    TEST(a_code_is_good_for_a_step_each_way_and_only_once),
    TEST(what_an_app_reads_is_escaped),
};
TEST_MAIN(tests)
