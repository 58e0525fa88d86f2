/* A token and the keys it is checked by, both from outside: anything at all, and never accepted. */
#include "crypto/jwt.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str rest = str_of((const char *)data, n), token = str_cut(&rest, STR("\n"));
    struct jwt_expect x = { STR("https://sso"), STR("tongban"), STR("a-nonce-nobody-knows"), 1 };
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    const struct json_value *claims;

    if (jwt_check(&a, token, rest.p ? rest : STR(""), &x, &claims, &e) == TB_OK)
        abort();
    arena_release(&a);
    return 0;
}
