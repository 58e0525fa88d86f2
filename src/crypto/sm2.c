#include "crypto/sm2.h"

#include "crypto/hex.h"

#include <assert.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

/* The identifier that GM/T 0009-2012 gives where none was agreed on. */
static const char id[] = "1234567812345678";
enum { SIGNATURE_MAX = 80 };

static void must(int ok)
{
    if (ok != 1) {
        fprintf(stderr, "tongban: SM2 failed\n");
        abort();
    }
}

static EVP_PKEY *key_of(const struct sm2 *k)
{
    return (EVP_PKEY *)(uintptr_t)k;
}

struct sm2 *sm2_new(void)
{
    EVP_PKEY *k = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");

    must(k != NULL);
    return (struct sm2 *)k;
}

void sm2_free(struct sm2 *k)
{
    EVP_PKEY_free(key_of(k));
}

enum tb_code sm2_read(struct str pem, struct sm2 **out, struct tb_err *e)
{
    BIO *b = BIO_new_mem_buf(pem.p ? pem.p : "", (int)pem.n);
    EVP_PKEY *k;

    must(b != NULL);
    k = str_has(pem, STR("PRIVATE KEY")) ? PEM_read_bio_PrivateKey(b, NULL, NULL, NULL)
                                         : PEM_read_bio_PUBKEY(b, NULL, NULL, NULL);
    BIO_free(b);
    ERR_clear_error();
    if (k && !EVP_PKEY_is_a(k, "SM2")) {
        EVP_PKEY_free(k);
        k = NULL;
    }
    *out = (struct sm2 *)k;
    if (!k)
        return tb_fail(e, TB_CORRUPT, "密钥文件已损坏，请从备份恢复", "not an SM2 key, %zu bytes",
                       pem.n);
    return TB_OK;
}

static struct str taken(BIO *b, struct arena *a)
{
    char *p = NULL;
    long n = BIO_get_mem_data(b, &p);
    struct str s = arena_str(a, str_of(p, (size_t)n));

    BIO_free(b);
    return s;
}

struct str sm2_private_pem(const struct sm2 *k, struct arena *a)
{
    BIO *b = BIO_new(BIO_s_secmem());

    must(b && PEM_write_bio_PrivateKey(b, key_of(k), NULL, NULL, 0, NULL, NULL));
    return taken(b, a);
}

struct str sm2_public_pem(const struct sm2 *k, struct arena *a)
{
    BIO *b = BIO_new(BIO_s_mem());

    must(b && PEM_write_bio_PUBKEY(b, key_of(k)));
    return taken(b, a);
}

/* A digest context bound to the key and the identifier. */
static EVP_MD_CTX *context(const struct sm2 *k, EVP_PKEY_CTX **pk)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();

    *pk = EVP_PKEY_CTX_new_from_pkey(NULL, key_of(k), NULL);
    must(c && *pk);
    must(EVP_PKEY_CTX_set1_id(*pk, id, sizeof(id) - 1));
    EVP_MD_CTX_set_pkey_ctx(c, *pk);
    return c;
}

static void context_free(EVP_MD_CTX *c, EVP_PKEY_CTX *pk)
{
    EVP_MD_CTX_free(c);
    EVP_PKEY_CTX_free(pk);
}

struct str sm2_sign(const struct sm2 *k, struct arena *a, struct str data)
{
    unsigned char sig[SIGNATURE_MAX];
    size_t n = sizeof(sig);
    char *hex = arena_alloc(a, 2 * SIGNATURE_MAX + 1);
    EVP_PKEY_CTX *pk;
    EVP_MD_CTX *c = context(k, &pk);

    must(EVP_DigestSignInit(c, NULL, EVP_sm3(), NULL, key_of(k)));
    must(EVP_DigestSign(c, sig, &n, (const unsigned char *)data.p, data.n));
    context_free(c, pk);
    hex_of(sig, n, hex);
    return str_of(hex, 2 * n);
}

bool sm2_verify(const struct sm2 *k, struct str data, struct str signature_hex)
{
    unsigned char sig[SIGNATURE_MAX];
    size_t n = signature_hex.n / 2;
    EVP_PKEY_CTX *pk;
    EVP_MD_CTX *c;
    int ok;

    if (n > sizeof(sig) || !hex_read(signature_hex, sig, n))
        return false;
    c = context(k, &pk);
    must(EVP_DigestVerifyInit(c, NULL, EVP_sm3(), NULL, key_of(k)));
    ok = EVP_DigestVerify(c, sig, n, (const unsigned char *)data.p, data.n);
    context_free(c, pk);
    ERR_clear_error();
    return ok == 1;
}

bool sm2_verify_any(const struct sm2_keys *k, struct str data, struct str signature_hex)
{
    for (size_t i = 0; i < k->n; i++)
        if (sm2_verify(k->v[i], data, signature_hex))
            return true;
    return false;
}

enum tb_code sm2_read_all(struct str pem, struct sm2_keys *out, struct tb_err *e)
{
    const struct str end = STR("-----END PUBLIC KEY-----");
    size_t at;

    *out = (struct sm2_keys){ .n = 0 };
    while (out->n < SM2_KEYS_MAX && (at = str_find(pem, end)) != SIZE_MAX) {
        struct sm2 *k;

        if (sm2_read(str_sub(pem, 0, at + end.n), &k, e)) {
            sm2_keys_free(out);
            return e->code;
        }
        out->v[out->n++] = k;
        pem = str_from(pem, at + end.n);
    }
    return out->n
               ? TB_OK
               : tb_fail(e, TB_INVALID, "文件里没有公钥，应为 keys/trail.pub.pem", "no public key");
}

void sm2_keys_free(struct sm2_keys *k)
{
    for (size_t i = 0; i < k->n; i++)
        sm2_free((struct sm2 *)(uintptr_t)k->v[i]);
    k->n = 0;
}
