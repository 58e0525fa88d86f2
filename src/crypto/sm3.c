#include "crypto/sm3.h"

#include "crypto/hex.h"

#include <assert.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SM3_BLOCK = 64 };

static EVP_MD *algorithm;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Fetched once: looking it up by name costs more than hashing a trail row. */
static void fetch(void)
{
    algorithm = EVP_MD_fetch(NULL, "SM3", NULL);
    if (!algorithm) {
        fprintf(stderr, "tongban: this OpenSSL has no SM3\n");
        abort();
    }
}

static void must(int ok)
{
    if (ok != 1) {
        fprintf(stderr, "tongban: SM3 failed\n");
        abort(); /* only out of memory or a broken library comes here */
    }
}

/* States at rest, for each thread its own: making one costs as much as hashing a short text. */
enum { SPARE = 64 };
struct spare {
    EVP_MD_CTX *of[SPARE];
    int n;
};
static pthread_key_t own;
static pthread_once_t own_once = PTHREAD_ONCE_INIT;

static void let_go(void *spare)
{
    struct spare *s = spare;

    while (s->n)
        EVP_MD_CTX_free(s->of[--s->n]);
    free(s);
}

static void make_own(void)
{
    pthread_once(&once, fetch);
    must(pthread_key_create(&own, let_go) == 0);
}

static struct spare *spare_of_thread(void)
{
    struct spare *s;

    pthread_once(&own_once, make_own);
    s = pthread_getspecific(own);
    if (!s) {
        s = calloc(1, sizeof(*s));
        must(s != NULL && pthread_setspecific(own, s) == 0);
    }
    return s;
}

void sm3_begin(struct sm3 *s)
{
    struct spare *spare = spare_of_thread();
    EVP_MD_CTX *c = spare->n ? spare->of[--spare->n] : EVP_MD_CTX_new();

    must(c != NULL);
    must(EVP_DigestInit_ex2(c, algorithm, NULL));
    s->state = c;
}

void sm3_add(struct sm3 *s, struct str data)
{
    if (data.n)
        must(EVP_DigestUpdate(s->state, data.p, data.n));
}

void sm3_end(struct sm3 *s, unsigned char out[SM3_BYTES])
{
    struct spare *spare = spare_of_thread();
    unsigned n = 0;

    must(EVP_DigestFinal_ex(s->state, out, &n));
    assert(n == SM3_BYTES);
    if (spare->n < SPARE)
        spare->of[spare->n++] = s->state;
    else
        EVP_MD_CTX_free(s->state);
    s->state = NULL;
}

void sm3_end_hex(struct sm3 *s, char out[SM3_HEX])
{
    unsigned char d[SM3_BYTES];

    sm3_end(s, d);
    hex_of(d, sizeof(d), out);
}

void sm3(struct str data, unsigned char out[SM3_BYTES])
{
    struct sm3 s;

    sm3_begin(&s);
    sm3_add(&s, data);
    sm3_end(&s, out);
}

void sm3_hex(struct str data, char out[SM3_HEX])
{
    unsigned char d[SM3_BYTES];

    sm3(data, d);
    hex_of(d, sizeof(d), out);
}

/* RFC 2104 over SM3 by hand: OpenSSL's one-shot looks its parts up by name each time, which costs
 * more than hashing what we seal. */
void sm3_hmac(struct str key, struct str data, unsigned char out[SM3_BYTES])
{
    unsigned char inner[SM3_BLOCK] = { 0 }, outer[SM3_BLOCK];
    struct sm3 s;

    if (key.n > SM3_BLOCK)
        sm3(key, inner);
    else if (key.n)
        memcpy(inner, key.p, key.n);
    for (size_t i = 0; i < SM3_BLOCK; i++) {
        outer[i] = inner[i] ^ 0x5c;
        inner[i] ^= 0x36;
    }
    sm3_begin(&s);
    sm3_add(&s, str_of((const char *)inner, SM3_BLOCK));
    sm3_add(&s, data);
    sm3_end(&s, out);
    sm3_begin(&s);
    sm3_add(&s, str_of((const char *)outer, SM3_BLOCK));
    sm3_add(&s, str_of((const char *)out, SM3_BYTES));
    sm3_end(&s, out);
    explicit_bzero(inner, sizeof(inner));
    explicit_bzero(outer, sizeof(outer));
}
