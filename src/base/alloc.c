#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *p, size_t n)
{
    if (!p) {
        fprintf(stderr, "tongban: out of memory (%zu bytes)\n", n);
        abort();
    }
    return p;
}

void *tb_alloc(size_t n)
{
    return must(malloc(n ? n : 1), n);
}

void *tb_zalloc(size_t n)
{
    return must(calloc(1, n ? n : 1), n);
}

void *tb_realloc(void *p, size_t n)
{
    return must(realloc(p, n ? n : 1), n);
}

void *tb_dup(const void *p, size_t n)
{
    void *q = tb_alloc(n);

    if (n)
        memcpy(q, p, n);
    return q;
}

void tb_free(void *p)
{
    free(p);
}
