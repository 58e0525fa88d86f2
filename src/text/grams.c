#include "text/grams.h"

#include <stdlib.h>

struct pieces {
    struct arena *mem;
    uint32_t *key;
    size_t n, cap;
};

static uint32_t key_of(const uint16_t *c, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < n; i++)
        h = (h ^ c[i]) * 0x100000001b3u;
    h ^= h >> 29;
    h *= 0xbf58476d1ce4e5b9u;
    return (uint32_t)(h >> 32);
}

static void add(struct pieces *p, const uint16_t *c, size_t n)
{
    p->key = arena_grow(p->mem, p->key, p->n, &p->cap, sizeof(*p->key));
    p->key[p->n++] = key_of(c, n);
}

/* A word from i to end: alone unless it is a single sign, and with the character behind it. */
static void add_word(struct pieces *p, struct units u, size_t i, size_t end)
{
    if (end - i > 1)
        add(p, u.c + i, end - i);
    if (end < u.n && unit_is_han(u.c[end]))
        add(p, u.c + i, end - i + 1);
}

static void collect(struct pieces *p, struct units u)
{
    for (size_t i = 0; i < u.n;) {
        size_t end = i;

        while (end < u.n && unit_is_word(u.c[end]))
            end++;
        if (end > i) {
            add_word(p, u, i, end);
            i = end;
            continue;
        }
        if (i + 1 < u.n && unit_is_han(u.c[i]) && unit_is_han(u.c[i + 1])) {
            add(p, u.c + i, 2);
            if (i + 2 < u.n && unit_is_han(u.c[i + 2]))
                add(p, u.c + i, 3);
        }
        i++;
    }
}

static int by_key(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

size_t grams_of(struct arena *a, struct units u, size_t max_units, struct gram **out)
{
    struct pieces p = { .mem = a };
    size_t n = 0;

    if (u.n > max_units)
        u.n = max_units;
    collect(&p, u);
    if (p.n)
        qsort(p.key, p.n, sizeof(*p.key), by_key);
    *out = ARENA_ARRAY(a, struct gram, p.n ? p.n : 1);
    for (size_t i = 0; i < p.n; i++) {
        if (n && (*out)[n - 1].key == p.key[i])
            (*out)[n - 1].count++;
        else
            (*out)[n++] = (struct gram){ p.key[i], 1 };
    }
    return n;
}
