#include "crypto/jwt.h"

#include "crypto/hex.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

enum { TOKEN_MOST = 16 * 1024, LEEWAY_S = 60, P256 = 32, KEYS_MOST = 64 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct str base64url(struct arena *a, struct str s)
{
    char *out = arena_alloc(a, s.n * 4 / 3 + 4);
    uint32_t held = 0;
    size_t n = 0;
    int bits = 0;

    for (size_t i = 0; i < s.n; i++) {
        held = held << 8 | (unsigned char)s.p[i];
        for (bits += 8; bits >= 6; bits -= 6)
            out[n++] = alphabet[held >> (bits - 6) & 63];
    }
    if (bits)
        out[n++] = alphabet[held << (6 - bits) & 63];
    return str_of(out, n);
}

bool base64url_read(struct arena *a, struct str text, struct str *bytes)
{
    char *out = arena_alloc(a, text.n * 3 / 4 + 2);
    uint32_t held = 0;
    size_t n = 0;
    int bits = 0;

    for (size_t i = 0; i < text.n; i++) {
        const char *at = text.p[i] ? strchr(alphabet, text.p[i]) : NULL;

        if (!at)
            return false;
        held = held << 6 | (uint32_t)(at - alphabet);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[n++] = (char)(held >> bits & 255);
        }
    }
    *bytes = str_of(out, n);
    return bits < 6 && (held & ((1u << bits) - 1)) == 0; /* one form only */
}

struct str pkce_challenge(struct arena *a, struct str verifier)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    if (EVP_Digest(verifier.p, verifier.n, digest, &n, EVP_sha256(), NULL) != 1)
        n = 0;
    return base64url(a, str_of((char *)digest, n));
}

/* -- keys -- */

static EVP_PKEY *made(const char *type, OSSL_PARAM *params)
{
    EVP_PKEY_CTX *c = params ? EVP_PKEY_CTX_new_from_name(NULL, type, NULL) : NULL;
    EVP_PKEY *k = NULL;

    if (c && EVP_PKEY_fromdata_init(c) == 1 &&
        EVP_PKEY_fromdata(c, &k, EVP_PKEY_PUBLIC_KEY, params) != 1)
        k = NULL;
    EVP_PKEY_CTX_free(c);
    OSSL_PARAM_free(params);
    return k;
}

static BIGNUM *number(struct arena *a, const struct json_value *jwk, const char *name)
{
    struct str bytes;

    if (!base64url_read(a, json_get_str(jwk, name), &bytes) || bytes.n < 1 || bytes.n > 1024)
        return NULL;
    return BN_bin2bn((const unsigned char *)bytes.p, (int)bytes.n, NULL);
}

static EVP_PKEY *rsa_key(struct arena *a, const struct json_value *jwk)
{
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    BIGNUM *n = number(a, jwk, "n"), *e = number(a, jwk, "e");
    EVP_PKEY *k = NULL;

    if (b && n && e && BN_num_bits(n) >= 2048 &&
        OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        k = made("RSA", OSSL_PARAM_BLD_to_param(b));
    BN_free(n);
    BN_free(e);
    OSSL_PARAM_BLD_free(b);
    return k;
}

static EVP_PKEY *ec_key(struct arena *a, const struct json_value *jwk)
{
    unsigned char point[1 + 2 * P256] = { 4 };
    OSSL_PARAM_BLD *b;
    EVP_PKEY *k = NULL;
    struct str x, y;

    if (!str_eqz(json_get_str(jwk, "crv"), "P-256") ||
        !base64url_read(a, json_get_str(jwk, "x"), &x) ||
        !base64url_read(a, json_get_str(jwk, "y"), &y) || x.n != P256 || y.n != P256)
        return NULL;
    memcpy(point + 1, x.p, P256);
    memcpy(point + 1 + P256, y.p, P256);
    b = OSSL_PARAM_BLD_new();
    if (b && OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)) == 1)
        k = made("EC", OSSL_PARAM_BLD_to_param(b));
    OSSL_PARAM_BLD_free(b);
    return k;
}

/* r and s side by side (RFC 7518 3.4) as DER, which OpenSSL reads. */
static struct str der_of(struct arena *a, struct str raw)
{
    ECDSA_SIG *s = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn((const unsigned char *)raw.p, P256, NULL),
           *t = BN_bin2bn((const unsigned char *)raw.p + P256, P256, NULL);
    unsigned char *out = NULL;
    struct str der = STR("");
    int n;

    if (s && r && t && ECDSA_SIG_set0(s, r, t) == 1) {
        n = i2d_ECDSA_SIG(s, &out);
        der = n > 0 ? arena_str(a, str_of((char *)out, (size_t)n)) : der;
        OPENSSL_free(out);
    } else {
        BN_free(r);
        BN_free(t);
    }
    ECDSA_SIG_free(s);
    return der;
}

static bool signed_by(EVP_PKEY *k, struct str text, struct str signature)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool ok = c && EVP_DigestVerifyInit(c, NULL, EVP_sha256(), NULL, k) == 1 &&
              EVP_DigestVerify(c, (const unsigned char *)signature.p, signature.n,
                               (const unsigned char *)text.p, text.n) == 1;

    EVP_MD_CTX_free(c);
    ERR_clear_error();
    return ok;
}

static bool holds_by(struct arena *a, const struct json_value *jwk, bool rsa, struct str text,
                     struct str signature)
{
    EVP_PKEY *k = rsa ? rsa_key(a, jwk) : ec_key(a, jwk);
    bool ok = k && signed_by(k, text, rsa ? signature : der_of(a, signature));

    EVP_PKEY_free(k);
    ERR_clear_error();
    return ok;
}

/* The keys of the token's kind, and of its name where both say one. */
static bool any_key(struct arena *a, struct str jwks, struct str alg, struct str kid,
                    struct str text, struct str signature)
{
    bool rsa = str_eqz(alg, "RS256"), ec = str_eqz(alg, "ES256");
    struct tb_err why = TB_ERR_INIT;
    const struct json_value *v, *keys;

    if ((!rsa && !ec) || (ec && signature.n != 2 * P256) || json_read(a, jwks, &v, &why))
        return false;
    keys = json_get(v, "keys");
    for (size_t i = 0; i < json_len(keys) && i < KEYS_MOST; i++) {
        const struct json_value *jwk = json_at(keys, i);
        struct str name = json_get_str(jwk, "kid"), use = json_get_str(jwk, "use");

        if (!str_eqz(json_get_str(jwk, "kty"), rsa ? "RSA" : "EC") ||
            (use.n && !str_eqz(use, "sig")) || (kid.n && name.n && !str_eq(kid, name)))
            continue;
        if (holds_by(a, jwk, rsa, text, signature))
            return true;
    }
    return false;
}

/* -- claims -- */

static bool audience_is(const struct json_value *claims, struct str who)
{
    const struct json_value *aud = json_get(claims, "aud"), *azp = json_get(claims, "azp");
    bool found = json_is_str(aud) && str_eq(json_text(aud), who);

    for (size_t i = 0; json_is_arr(aud) && i < json_len(aud); i++)
        found |= str_eq(json_text(json_at(aud, i)), who);
    if (json_is_arr(aud) && json_len(aud) > 1 && !azp)
        return false;
    return found && (!azp || str_eq(json_text(azp), who));
}

static const char *wrong(const struct json_value *c, const struct jwt_expect *x)
{
    struct str nonce = json_get_str(c, "nonce");

    if (!str_eq(json_get_str(c, "iss"), x->issuer))
        return "iss";
    if (!audience_is(c, x->audience))
        return "aud";
    if (json_get_int(c, "exp", 0) + LEEWAY_S <= x->now_s)
        return "exp";
    if (json_get_int(c, "iat", 0) > x->now_s + LEEWAY_S ||
        json_get_int(c, "nbf", 0) > x->now_s + LEEWAY_S)
        return "iat";
    if (!x->nonce.n || !secret_eq(nonce, x->nonce))
        return "nonce";
    return NULL;
}

static enum tb_code no(const char *what, struct tb_err *e)
{
    return tb_fail(e, TB_UNAUTHORISED, "统一认证返回的凭证不成立，请重新登录", "id_token=%s", what);
}

enum tb_code jwt_check(struct arena *a, struct str token, struct str jwks,
                       const struct jwt_expect *x, const struct json_value **claims,
                       struct tb_err *e)
{
    struct str rest = token, head = str_cut(&rest, STR(".")), body = str_cut(&rest, STR(".")), text,
               plain, signature;
    const struct json_value *h;
    struct tb_err why = TB_ERR_INIT;
    const char *bad;

    *claims = NULL;
    if (token.n > TOKEN_MOST || !head.n || !body.n || !rest.p || str_has(rest, STR(".")) ||
        !base64url_read(a, rest, &signature) || !base64url_read(a, head, &plain) ||
        json_read(a, plain, &h, &why))
        return no("form", e);
    text = str_of(token.p, head.n + 1 + body.n);
    if (json_get(h, "crit") ||
        !any_key(a, jwks, json_get_str(h, "alg"), json_get_str(h, "kid"), text, signature))
        return no("signature", e);
    if (!base64url_read(a, body, &plain) || json_read(a, plain, claims, &why))
        return no("claims", e);
    bad = wrong(*claims, x);
    return bad ? no(bad, e) : TB_OK;
}
