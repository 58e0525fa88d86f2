#include "crypto/sm3.h"

#include "base/alloc.h"
#include "crypto/hex.h"
#include "tb_test.h"

/* GB/T 32905-2016 appendix A.1 and A.2. */
static void the_examples_of_the_standard_come_out(void)
{
    char d[SM3_HEX];

    sm3_hex(STR("abc"), d);
    CHECK_STR(str_z(d), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    sm3_hex(STR("abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd"), d);
    CHECK_STR(str_z(d), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
}

static void pieces_give_the_digest_of_the_whole(void)
{
    char *text = tb_alloc(1000), whole[SM3_HEX], parts[SM3_HEX];

    memset(text, 'x', 1000);
    sm3_hex(str_of(text, 1000), whole);
    for (size_t cut = 0; cut <= 1000; cut += 37) {
        struct sm3 s;

        sm3_begin(&s);
        sm3_add(&s, str_of(text, cut));
        sm3_add(&s, STR_NONE);
        sm3_add(&s, str_of(text + cut, 1000 - cut));
        sm3_end_hex(&s, parts);
        CHECK_STR(str_z(parts), whole);
    }
    tb_free(text);
}

/* HMAC written out by its definition (RFC 2104) from the digest alone. */
static void the_keyed_digest_follows_its_definition(void)
{
    unsigned char inner[64 + 8], outer[64 + SM3_BYTES], want[SM3_BYTES], got[SM3_BYTES];

    memset(inner, 0x36, 64);
    memset(outer, 0x5c, 64);
    for (size_t i = 0; i < 3; i++) {
        inner[i] ^= (unsigned char)"key"[i];
        outer[i] ^= (unsigned char)"key"[i];
    }
    memcpy(inner + 64, "citizens", 8);
    sm3(str_of((char *)inner, sizeof(inner)), outer + 64);
    sm3(str_of((char *)outer, sizeof(outer)), want);
    sm3_hmac(STR("key"), STR("citizens"), got);
    CHECK(memcmp(got, want, sizeof(got)) == 0);
}

static void hex_reads_only_what_it_wrote(void)
{
    unsigned char b[2];
    char z[5];

    CHECK(hex_read(STR("fF09"), b, 2));
    hex_of(b, 2, z);
    CHECK_STR(str_z(z), "ff09");
    CHECK(!hex_read(STR("ff0"), b, 2));
    CHECK(!hex_read(STR("ff0g"), b, 2));
    CHECK(secret_eq(STR("abc"), STR("abc")));
    CHECK(!secret_eq(STR("abc"), STR("abd")));
    CHECK(!secret_eq(STR("abc"), STR("ab")));
}

static const struct tb_test tests[] = {
    TEST(the_examples_of_the_standard_come_out),
    TEST(pieces_give_the_digest_of_the_whole),
    TEST(the_keyed_digest_follows_its_definition),
    TEST(hex_reads_only_what_it_wrote),
};
TEST_MAIN(tests)
