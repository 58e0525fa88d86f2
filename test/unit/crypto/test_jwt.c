#include "crypto/jwt.h"

#include "tb_test.h"

static struct arena mem;

static void bytes_become_text_and_back_in_one_form_only(void)
{
    struct str s;

    CHECK_STR(base64url(&mem, STR("\x03\xec\xff\xe0\xc1")), "A-z_4ME"); /* RFC 7515 C */
    CHECK(base64url_read(&mem, STR("A-z_4ME"), &s));
    CHECK(str_eq(s, STR("\x03\xec\xff\xe0\xc1")));
    CHECK(base64url_read(&mem, STR(""), &s));
    CHECK_INT(s.n, 0);
    CHECK(!base64url_read(&mem, STR("A-z_4MF"), &s)); /* bits that stand for nothing */
    CHECK(!base64url_read(&mem, STR("A"), &s));
    CHECK(!base64url_read(&mem, STR("A+/="), &s));
}

/* RFC 7636 Appendix B. */
static void the_example_of_pkce_comes_out(void)
{
    CHECK_STR(pkce_challenge(&mem, STR("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")),
              "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

#define KEY                                                                                        \
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","                                                \
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","                                       \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}"
#define TOKEN                                                                                      \
    "eyJhbGciOiJFUzI1NiJ9."                                                                        \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl" \
    "fQ."                                                                                          \
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"

static const char *why(struct str token, struct str keys, const char *issuer)
{
    static struct tb_err e;
    struct jwt_expect x = { str_z(issuer), STR("tongban"), STR("n"), 1300819000 };
    const struct json_value *claims;

    e = (struct tb_err)TB_ERR_INIT;
    CHECK_INT(jwt_check(&mem, token, keys, &x, &claims, &e), TB_UNAUTHORISED);
    return e.log;
}

/* RFC 7515 A.3: its signature holds, so what is missing is an audience; one that does not hold is
 * found before any claim is read. */
static void the_example_of_the_standard_is_signed_and_is_not_for_us(void)
{
    struct str t = STR(TOKEN);
    char *bent = arena_z(&mem, t);

    CHECK_STR(str_z(why(t, STR(KEY), "joe")), "id_token=aud");
    CHECK_STR(str_z(why(t, STR(KEY), "jane")), "id_token=iss");
    bent[60]++;
    CHECK_STR(str_z(why(str_z(bent), STR(KEY), "joe")), "id_token=signature");
    CHECK_STR(str_z(why(t, STR("{\"keys\":[]}"), "joe")), "id_token=signature");
    CHECK_STR(str_z(why(t, STR("not json"), "joe")), "id_token=signature");
    CHECK_STR(str_z(why(STR("a.b"), STR(KEY), "joe")), "id_token=form");
    arena_release(&mem);
}

static const struct tb_test tests[] = {
    TEST(bytes_become_text_and_back_in_one_form_only),
    TEST(the_example_of_pkce_comes_out),
    TEST(the_example_of_the_standard_is_signed_and_is_not_for_us),
};
TEST_MAIN(tests)
