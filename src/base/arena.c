#include "base/arena.h"

#include "base/alloc.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Small at first: many arenas hold a few lines, and the allocator keeps small blocks at hand. */
enum { FIRST = 960, BLOCK = 16 * 1024 };

struct arena_block {
    struct arena_block *below;
    size_t used, cap;
    _Alignas(16) char mem[];
};

/* What malloc keeps at hand ends at 1 KB; blocks of the usual sizes above it are kept here, for each
 * thread its own. Not under a sanitizer, which wants to see every end of a life. */
#if defined(__SANITIZE_ADDRESS__)
enum { SPARE = 0 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { SPARE = 0 };
#else
enum { SPARE = 8 };
#endif
#else
enum { SPARE = 8 };
#endif
enum { SIZES = 3 };
static const size_t sizes[SIZES] = { FIRST * 4, FIRST * 16, BLOCK };
struct spare {
    struct arena_block *of[SIZES];
    int n[SIZES];
};
static pthread_key_t own;
static pthread_once_t own_once = PTHREAD_ONCE_INIT;
static _Thread_local struct spare *spare;

static void free_spare(void *p)
{
    struct spare *s = p;

    for (int i = 0; i < SIZES; i++)
        while (s->of[i]) {
            struct arena_block *b = s->of[i];

            s->of[i] = b->below;
            tb_free(b);
        }
    tb_free(s);
    spare = NULL;
}

static void make_own(void)
{
    if (pthread_key_create(&own, free_spare) != 0)
        abort();
}

/* Where blocks of this size rest; -1: nowhere. */
static int size_of(size_t cap)
{
    for (int i = 0; i < SIZES; i++)
        if (sizes[i] == cap)
            return SPARE ? i : -1;
    return -1;
}

static struct arena_block *block_get(size_t cap)
{
    int i = size_of(cap);
    struct arena_block *b = i >= 0 && spare ? spare->of[i] : NULL;

    if (b) {
        spare->of[i] = b->below;
        spare->n[i]--;
        return b;
    }
    b = tb_alloc(sizeof(*b) + cap);
    b->cap = cap;
    return b;
}

static void block_free(struct arena_block *b)
{
    int i = size_of(b->cap);

    if (i >= 0 && !spare) {
        pthread_once(&own_once, make_own);
        spare = tb_zalloc(sizeof(*spare));
        if (pthread_setspecific(own, spare) != 0)
            abort();
    }
    if (i < 0 || spare->n[i] == SPARE) {
        tb_free(b);
        return;
    }
    b->below = spare->of[i];
    spare->of[i] = b;
    spare->n[i]++;
}

struct arena_later {
    struct arena_later *below;
    void (*close)(void *);
    void *what;
};

void *arena_alloc(struct arena *a, size_t n)
{
    struct arena_block *b = a->top;
    size_t need = (n + 15) & ~(size_t)15;
    void *p;

    if (!b || need > b->cap - b->used) {
        size_t next = !b ? FIRST : b->cap * 4 < BLOCK ? b->cap * 4 : BLOCK;
        size_t cap = need > next ? need : next;

        b = block_get(cap);
        b->used = 0;
        b->below = a->top;
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
        block_free(b);
    }
}
