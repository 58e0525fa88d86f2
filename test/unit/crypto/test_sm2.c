#include "crypto/sm2.h"

#include "tb_test.h"

/* GB/T 32918.5-2017 appendix A.2: its public key as a PEM, its message, and its (r, s) as DER. */
static const char standard_public[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAECfnfMR5UIaFQ3X0WHkvFxnIXn60Y\n"
    "M/wHa7CP81bzUCDM6kkM4md1pS3G6nGMwapgCu0F+/NeCEpmMvYHLamtEw==\n"
    "-----END PUBLIC KEY-----\n";
static const char standard_signature[] =
    "3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";

static void the_signature_of_the_standard_verifies(void)
{
    struct tb_err e = TB_ERR_INIT;
    struct sm2 *k = NULL;

    CHECK_INT(sm2_read(str_z(standard_public), &k, &e), TB_OK);
    CHECK(sm2_verify(k, STR("message digest"), str_z(standard_signature)));
    CHECK(!sm2_verify(k, STR("message digesT"), str_z(standard_signature)));
    sm2_free(k);
}

static void what_the_private_half_signs_the_public_half_verifies(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct sm2 *own = sm2_new(), *other = sm2_new(), *public = NULL, *private = NULL;
    struct str sig;

    CHECK_INT(sm2_read(sm2_public_pem(own, &a), &public, &e), TB_OK);
    CHECK_INT(sm2_read(sm2_private_pem(own, &a), &private, &e), TB_OK);
    sig = sm2_sign(private, &a, STR("链头"));
    CHECK(sm2_verify(public, STR("链头"), sig));
    CHECK(!sm2_verify(other, STR("链头"), sig));
    CHECK(!sm2_verify(public, STR("链头 "), sig));
    CHECK(!sm2_verify(public, STR("链头"), str_sub(sig, 0, sig.n - 2)));
    CHECK(!sm2_verify(public, STR("链头"), STR("zz")));
    sm2_free(own);
    sm2_free(other);
    sm2_free(public);
    sm2_free(private);
    arena_release(&a);
}

static void what_is_no_key_is_refused(void)
{
    struct tb_err e = TB_ERR_INIT;
    struct sm2 *k = NULL;

    CHECK_INT(sm2_read(STR("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"), &k, &e),
              TB_CORRUPT);
    CHECK_INT(sm2_read(STR_NONE, &k, &e), TB_CORRUPT);
}

static const struct tb_test tests[] = {
    TEST(the_signature_of_the_standard_verifies),
    TEST(what_the_private_half_signs_the_public_half_verifies),
    TEST(what_is_no_key_is_refused),
};
TEST_MAIN(tests)
