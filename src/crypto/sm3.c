#include "crypto/sm3.h"

#include "crypto/hex.h"

#include <gcrypt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SM3_BLOCK = 64 };

static void must(bool ok)
{
    if (!ok) {
        fprintf(stderr, "tongban: SM3 failed\n");
        abort(); /* only out of memory or a library without SM3 comes here */
    }
}

/* Not OpenSSL's: libgcrypt takes three quarters of its time where there are AVX and BMI2, and uses
 * the SM3 instructions of processors that have them. Each call of the gateway is hashed twice. */
static void ready(void)
{
    must(gcry_check_version(NULL) != NULL);
    if (!gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P)) { /* else another library has begun */
        gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
        gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    }
    must(gcry_md_test_algo(GCRY_MD_SM3) == 0);
}

/* States at rest, for each thread its own: making one costs as much as hashing a short text. */
enum { SPARE = 64 };
struct spare {
    gcry_md_hd_t of[SPARE];
    int n;
};
static pthread_key_t own;
static pthread_once_t own_once = PTHREAD_ONCE_INIT;
static _Thread_local struct spare *spare;

static void let_go(void *p)
{
    struct spare *s = p;

    spare = NULL;
    while (s->n)
        gcry_md_close(s->of[--s->n]);
    free(s);
}

static void make_own(void)
{
    ready();
    must(pthread_key_create(&own, let_go) == 0);
}

static struct spare *spare_of_thread(void)
{
    if (spare)
        return spare;
    pthread_once(&own_once, make_own);
    spare = calloc(1, sizeof(*spare));
    must(spare != NULL && pthread_setspecific(own, spare) == 0);
    return spare;
}

void sm3_begin(struct sm3 *s)
{
    struct spare *all = spare_of_thread();
    gcry_md_hd_t h = all->n ? all->of[--all->n] : NULL;

    if (h)
        gcry_md_reset(h);
    else
        must(gcry_md_open(&h, GCRY_MD_SM3, 0) == 0);
    s->state = h;
}

void sm3_add(struct sm3 *s, struct str data)
{
    if (data.n)
        gcry_md_write(s->state, data.p, data.n);
}

void sm3_end(struct sm3 *s, unsigned char out[SM3_BYTES])
{
    struct spare *all = spare_of_thread();
    gcry_md_hd_t h = s->state;
    const unsigned char *d = gcry_md_read(h, GCRY_MD_SM3);

    must(d != NULL);
    memcpy(out, d, SM3_BYTES);
    if (all->n < SPARE)
        all->of[all->n++] = h;
    else
        gcry_md_close(h);
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
