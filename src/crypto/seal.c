#include "crypto/seal.h"

#include "crypto/hex.h"
#include "crypto/sm3.h"
#include "crypto/sm4.h"

#include <string.h>

enum { FORM = 1, HEAD = 1 + SM4_BYTES };

/* Two independent keys out of one. */
static void halves(const unsigned char key[KEY_BYTES], unsigned char enc[KEY_BYTES],
                   unsigned char mac[KEY_BYTES])
{
    struct str k = str_of((const char *)key, KEY_BYTES);

    sm3_hmac(k, STR("encrypt"), enc);
    sm3_hmac(k, STR("authenticate"), mac);
}

/* Lengths go in first, so that no two (place, value) pairs give the same bytes. */
static void mac_of(const unsigned char key[KEY_BYTES], struct str place, struct str head_and_text,
                   unsigned char out[SM3_BYTES])
{
    struct buf b = BUF_INIT(place.n + head_and_text.n + 64);

    buf_addf(&b, "%zu:%zu:", place.n, head_and_text.n);
    buf_add(&b, place);
    buf_add(&b, head_and_text);
    sm3_hmac(str_of((const char *)key, KEY_BYTES), buf_str(&b), out);
    buf_release(&b);
}

struct str seal_make_by(const unsigned char key[KEY_BYTES], const struct world *w, struct arena *a,
                        struct str place, struct str plain)
{
    unsigned char enc[KEY_BYTES], mac[KEY_BYTES];
    unsigned char *out = arena_alloc(a, plain.n + SEAL_EXTRA);

    halves(key, enc, mac);
    out[0] = FORM;
    world_random(w, out + 1, SM4_BYTES);
    sm4_ctr(enc, out + 1, plain, out + HEAD);
    mac_of(mac, place, str_of((char *)out, HEAD + plain.n), out + HEAD + plain.n);
    explicit_bzero(enc, sizeof(enc));
    explicit_bzero(mac, sizeof(mac));
    return str_of((char *)out, plain.n + SEAL_EXTRA);
}

enum tb_code seal_open_by(const unsigned char key[KEY_BYTES], struct arena *a, struct str place,
                          struct str sealed, struct str *plain, struct tb_err *e)
{
    unsigned char enc[KEY_BYTES], mac[KEY_BYTES], want[SM3_BYTES], *out;
    const unsigned char *in = (const unsigned char *)sealed.p;
    size_t n = sealed.n - SEAL_EXTRA;
    bool ok = sealed.n >= SEAL_EXTRA && in[0] == FORM;

    if (ok) {
        halves(key, enc, mac);
        mac_of(mac, place, str_of(sealed.p, HEAD + n), want);
        ok = secret_eq(str_of((char *)want, SM3_BYTES), str_of(sealed.p + HEAD + n, SM3_BYTES));
    }
    if (!ok)
        return tb_fail(e, TB_CORRUPT, "加密保存的内容无法解开：密钥不符，或者内容被改动过",
                       "sealed=%zu bytes place=%.*s", sealed.n, STR_FMT(str_sub(place, 0, 80)));
    out = arena_alloc(a, n + 1);
    sm4_ctr(enc, in + 1, str_of(sealed.p + HEAD, n), out);
    out[n] = 0;
    *plain = str_of((char *)out, n);
    explicit_bzero(enc, sizeof(enc));
    explicit_bzero(mac, sizeof(mac));
    return TB_OK;
}

struct str seal_make(const struct keyring *k, const struct world *w, struct arena *a,
                     struct str place, struct str plain)
{
    unsigned char key[KEY_BYTES];
    struct str s;

    keyring_key(k, "seal", key);
    s = seal_make_by(key, w, a, place, plain);
    explicit_bzero(key, sizeof(key));
    return s;
}

/* The newest master first; one that a rotation replaced opens what it once sealed. */
enum tb_code seal_open(const struct keyring *k, struct arena *a, struct str place,
                       struct str sealed, struct str *plain, struct tb_err *e)
{
    unsigned char key[KEY_BYTES];
    enum tb_code c = TB_CORRUPT;

    for (size_t age = 0; c == TB_CORRUPT && keyring_key_of(k, age, "seal", key); age++)
        c = seal_open_by(key, a, place, sealed, plain, e);
    explicit_bzero(key, sizeof(key));
    if (!c)
        tb_err_clear(e);
    return c;
}

enum tb_code seal_renew(const struct keyring *k, const struct world *w, struct arena *a,
                        struct str place, struct str sealed, struct str *out, bool *changed,
                        struct tb_err *e)
{
    unsigned char key[KEY_BYTES];
    struct tb_err why = TB_ERR_INIT;
    struct str plain;

    *out = sealed;
    *changed = false;
    keyring_key(k, "seal", key);
    if (seal_open_by(key, a, place, sealed, &plain, &why)) {
        if (seal_open(k, a, place, sealed, &plain, e))
            return e->code;
        *out = seal_make_by(key, w, a, place, plain);
        *changed = true;
    }
    explicit_bzero(key, sizeof(key));
    return TB_OK;
}
