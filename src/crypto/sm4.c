#include "crypto/sm4.h"

#include <assert.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static EVP_CIPHER *algorithm;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    algorithm = EVP_CIPHER_fetch(NULL, "SM4-CTR", NULL); /* once: by name each time is slow */
}

void sm4_ctr(const unsigned char key[SM4_BYTES], const unsigned char counter[SM4_BYTES],
             struct str data, unsigned char *out)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n = 0, tail = 0, ok;

    pthread_once(&once, fetch);
    assert(data.n <= INT32_MAX);
    ok = c && algorithm && EVP_EncryptInit_ex2(c, algorithm, key, counter, NULL) == 1;
    if (ok && data.n)
        ok = EVP_EncryptUpdate(c, out, &n, (const unsigned char *)data.p, (int)data.n) == 1 &&
             EVP_EncryptFinal_ex(c, out + n, &tail) == 1;
    if (!ok || (size_t)(n + tail) != data.n) {
        fprintf(stderr, "tongban: SM4 failed\n");
        abort(); /* never let a value through that was not encrypted */
    }
    EVP_CIPHER_CTX_free(c);
}
