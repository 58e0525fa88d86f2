#include "text/segment.h"

#include "base/alloc.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ubrk.h>

/* A breaker is costly to open and not thread-safe: one per thread. */
static pthread_key_t breaker_key;
static pthread_once_t breaker_once = PTHREAD_ONCE_INIT;

static void breaker_close(void *b)
{
    ubrk_close(b);
}

static void make_key(void)
{
    pthread_key_create(&breaker_key, breaker_close);
}

static UBreakIterator *breaker(void)
{
    UBreakIterator *b;
    UErrorCode bad = U_ZERO_ERROR;

    pthread_once(&breaker_once, make_key);
    b = pthread_getspecific(breaker_key);
    if (b)
        return b;
    b = ubrk_open(UBRK_WORD, "zh", NULL, 0, &bad);
    if (U_FAILURE(bad))
        return NULL;
    pthread_setspecific(breaker_key, b);
    return b;
}

void segment_starts(struct units u, uint8_t *starts)
{
    UBreakIterator *b = breaker();
    UErrorCode bad = U_ZERO_ERROR;

    memset(starts, b ? 0 : 1, u.n);
    if (!b || u.n == 0 || u.n > INT32_MAX)
        return;
    ubrk_setText(b, (const UChar *)u.c, (int32_t)u.n, &bad);
    if (U_FAILURE(bad)) {
        memset(starts, 1, u.n);
        return;
    }
    for (int32_t at = ubrk_first(b); at != UBRK_DONE; at = ubrk_next(b))
        if ((size_t)at < u.n)
            starts[at] = 1;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Sorted pairs of neighbouring characters that mean something; returns how many. */
static size_t pairs(struct units u, uint32_t *out)
{
    size_t n = 0;
    uint16_t last = 0;

    for (size_t i = 0; i < u.n; i++) {
        if (!unit_is_han(u.c[i]) && !unit_is_word(u.c[i]))
            continue;
        out[n++] = (uint32_t)last << 16 | u.c[i];
        last = u.c[i];
    }
    qsort(out, n, sizeof *out, by_value);
    return n;
}

double segment_alike(struct units a, struct units b)
{
    uint32_t *x = tb_alloc((a.n + b.n) * sizeof *x), *y = x + a.n;
    size_t n = pairs(a, x), m = pairs(b, y), i = 0, j = 0, same = 0;

    while (i < n && j < m) {
        same += x[i] == y[j];
        if (x[i] <= y[j])
            j += x[i] == y[j], i++;
        else
            j++;
    }
    tb_free(x);
    return n + m ? 2.0 * (double)same / (double)(n + m) : 0;
}
