#include "base/arena.h"

#include "base/block.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Small at first: many arenas hold a few lines. */
enum { FIRST = BLOCK_LEAST };

struct arena_block {
    struct arena_block *below;
    size_t used, cap;
    _Alignas(16) char mem[];
};

struct arena_later {
    struct arena_later *below;
    void (*close)(void *);
    void *what;
};

static struct arena_block *block_on(struct arena_block *below, size_t need)
{
    size_t n = sizeof(struct arena_block) + need, next = below ? below->cap * 4 : FIRST;
    struct arena_block *b;

    next = next < BLOCK_MOST ? next : BLOCK_MOST;
    n = n > next ? n : next;
    b = block_take(&n);
    *b = (struct arena_block){ .below = below, .cap = n - sizeof(*b) };
    return b;
}

static void block_off(struct arena_block *b)
{
    block_give(b, sizeof(*b) + b->cap);
}

void *arena_alloc(struct arena *a, size_t n)
{
    struct arena_block *b = a->top;
    size_t need = (n + 15) & ~(size_t)15;
    void *p;

    if (!b || need > b->cap - b->used) {
        b = block_on(b, need);
        a->top = b;
    }
    p = b->mem + b->used;
    b->used += need;
    return p;
}

void *arena_zalloc(struct arena *a, size_t n)
{
    return memset(arena_alloc(a, n), 0, n);
}

char *arena_z(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.n + 1);

    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return p;
}

struct str arena_str(struct arena *a, struct str s)
{
    return (struct str){ arena_z(a, s), s.n };
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap, again;
    int n;
    char *p;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        n = 0;
    p = arena_alloc(a, (size_t)n + 1);
    p[0] = 0;
    vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return (struct str){ p, (size_t)n };
}

struct str arena_buf(struct arena *a, struct buf *b)
{
    struct str s = arena_str(a, buf_str(b));

    buf_release(b);
    return s;
}

void *arena_grow(struct arena *a, void *p, size_t n, size_t *cap, size_t size)
{
    void *q;

    if (n < *cap)
        return p;
    *cap = *cap ? *cap * 2 : 8;
    q = arena_alloc(a, *cap * size);
    if (n)
        memcpy(q, p, n * size);
    return q;
}

void arena_defer(struct arena *a, void (*close)(void *), void *what)
{
    struct arena_later *l = arena_alloc(a, sizeof(*l));

    l->close = close;
    l->what = what;
    l->below = a->later;
    a->later = l;
}

void arena_release(struct arena *a)
{
    while (a->later) {
        struct arena_later *l = a->later;

        a->later = l->below;
        l->close(l->what);
    }
    while (a->top) {
        struct arena_block *b = a->top;

        a->top = b->below;
        block_off(b);
    }
}
