#include "review/pairs.h"

#include "base/utf8.h"

#include <stdlib.h>

static bool counts(uint32_t c)
{
    return (c >= 0x4e00 && c <= 0x9fff) || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

static int by_value(const void *x, const void *y)
{
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

    return (a > b) - (a < b);
}

/* Pairs made of function characters only say nothing about the matter. */
static bool empty_word(uint32_t c)
{
    struct str all =
        STR("的了在是和与或及并且也都就还又可以应当需要您你我他其该此这那有为由按照根据依据自");
    size_t at = 0;

    while (at < all.n)
        if (utf8_next(all, &at) == c)
            return true;
    return false;
}

struct pairs pairs_of(struct arena *a, struct str s)
{
    struct pairs p = { arena_alloc(a, (s.n + 1) * sizeof(uint64_t)), 0 };
    uint32_t last = 0;
    size_t at = 0, keep = 0;

    while (at < s.n) {
        uint32_t c = utf8_next(s, &at);

        if (!counts(c)) {
            last = 0;
            continue;
        }
        if (last && !(empty_word(last) && empty_word(c)))
            p.v[p.n++] = (uint64_t)last << 32 | c;
        last = c;
    }
    if (p.n)
        qsort(p.v, p.n, sizeof(*p.v), by_value);
    for (size_t i = 0; i < p.n; i++)
        if (i == 0 || p.v[i] != p.v[keep - 1])
            p.v[keep++] = p.v[i];
    p.n = keep;
    return p;
}

bool pairs_hold(const struct pairs *p, uint64_t v)
{
    return p->n && bsearch(&v, p->v, p->n, sizeof(v), by_value) != NULL;
}

size_t pairs_common(const struct pairs *x, const struct pairs *y, const struct pairs *except)
{
    size_t n = 0;

    for (size_t i = 0; i < x->n; i++)
        n += pairs_hold(y, x->v[i]) && !(except && pairs_hold(except, x->v[i]));
    return n;
}
