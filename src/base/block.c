#include "base/block.h"

#include "base/alloc.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ADDRESS_SANITIZER
#endif
#ifdef ADDRESS_SANITIZER
enum { KEPT = 0 };
#else
enum { KEPT = 16 };
#endif

enum { SIZES = 4 };
static const size_t sizes[SIZES] = { BLOCK_LEAST, 2 * 1024, 4 * 1024, BLOCK_MOST };

struct idle { /* a block that nobody uses begins with this */
    struct idle *next;
};
struct shelf { /* of one thread */
    struct idle *first[SIZES];
    int n[SIZES];
};
static pthread_key_t own;
static pthread_once_t own_once = PTHREAD_ONCE_INIT;
static _Thread_local struct shelf *shelf;

static void clear(void *p)
{
    struct shelf *s = p;

    shelf = NULL;
    for (int i = 0; i < SIZES; i++)
        while (s->first[i]) {
            struct idle *b = s->first[i];

            s->first[i] = b->next;
            tb_free(b);
        }
    tb_free(s);
}

static void make_own(void)
{
    if (pthread_key_create(&own, clear) != 0)
        abort();
}

static struct shelf *shelf_make(void)
{
    pthread_once(&own_once, make_own);
    shelf = tb_zalloc(sizeof(*shelf));
    if (pthread_setspecific(own, shelf) != 0)
        abort();
    return shelf;
}

static int size_for(size_t n)
{
    int i = 0;

    while (i < SIZES && sizes[i] < n)
        i++;
    return i;
}

void *block_take(size_t *n)
{
    int i = size_for(*n);
    struct idle *b = i < SIZES && shelf ? shelf->first[i] : NULL;

    if (i < SIZES)
        *n = sizes[i];
    if (!b)
        return tb_alloc(*n);
    shelf->first[i] = b->next;
    shelf->n[i]--;
    return b;
}

void block_give(void *p, size_t n)
{
    int i = size_for(n);
    struct shelf *s = shelf ? shelf : shelf_make();
    struct idle *b = p;

    if (i == SIZES || s->n[i] >= KEPT) {
        tb_free(p);
        return;
    }
    b->next = s->first[i];
    s->first[i] = b;
    s->n[i]++;
}

void *block_zalloc(size_t n)
{
    return memset(block_take(&(size_t){ n }), 0, n);
}

void block_drop(void *p, size_t n)
{
    if (!p)
        return;
    block_give(p, n); /* n and what it was rounded up to are of one size */
}
