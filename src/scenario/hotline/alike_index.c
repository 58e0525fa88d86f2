#include "base/alloc.h"
#include "scenario/hotline/alike_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_FIRST = 2, BLOCK_MAX = 256, TEXT_UNITS = 600, RARE = 4, FEW = 2000 };
static const double title_share = 1.0, text_share = 0.7, place_share = 1.3, common = 0.03;

void alike_index_init(struct alike_index *i)
{
    *i = (struct alike_index){ .list = tb_zalloc(ALIKE_LISTS * sizeof(*i->list)),
                               .seen = tb_zalloc(ALIKE_LISTS * sizeof(*i->seen)) };
}

void alike_index_release(struct alike_index *i)
{
    tb_free(i->list);
    tb_free(i->pool);
    tb_free(i->id);
    tb_free(i->seen);
}

/* How many entries stand before the block that holds entry n (1-based). Blocks hold 2, 2, 4, 8 …
 * 256, 256 … entries. */
static uint32_t before_block(uint32_t n)
{
    uint32_t at = BLOCK_FIRST;

    if (n <= BLOCK_FIRST)
        return 0;
    if (n > 2 * BLOCK_MAX)
        return (n - 1) / BLOCK_MAX * BLOCK_MAX;
    while (at * 2 < n)
        at *= 2;
    return at;
}

static uint32_t block_size(uint32_t before)
{
    return before < BLOCK_FIRST ? BLOCK_FIRST : before < BLOCK_MAX ? before : BLOCK_MAX;
}

void alike_index_put(struct alike_index *i, uint32_t slot, uint32_t no, uint32_t weight)
{
    struct alike_list *l = &i->list[slot];
    uint32_t before = before_block(l->n + 1);

    if (before == l->n) {
        size_t size = block_size(before) + 1;

        if (i->pool_n + size > i->pool_cap) {
            i->pool_cap = i->pool_cap ? i->pool_cap + i->pool_cap / 4 : 1 << 16;
            i->pool = tb_realloc(i->pool, i->pool_cap * sizeof(*i->pool));
        }
        i->pool[i->pool_n] = l->last;
        l->last = (uint32_t)i->pool_n;
        i->pool_n += size;
    }
    i->pool[l->last + 1 + l->n - before] = no << ALIKE_WEIGHT_BITS | weight;
    l->n++;
}

struct alike_walk alike_walk_begin(const struct alike_index *i, uint32_t slot)
{
    const struct alike_list *l = &i->list[slot];

    return (struct alike_walk){ i->pool, l->last, 0, l->n };
}

size_t alike_walk_next(struct alike_walk *w, const uint32_t **run)
{
    uint32_t before, n;

    if (!w->n)
        return 0;
    before = before_block(w->n);
    n = w->n - before;
    *run = w->pool + w->block + 1;
    w->block = w->pool[w->block];
    w->n = before;
    return n;
}

/* -- how telling pieces are -- */

static double telling(const struct alike_index *i, uint32_t key)
{
    double df = i->seen[alike_slot(key)], n = (double)i->n + 1;

    /* in a young index nothing is common yet */
    if (df > FEW && df > n * common)
        return 0;
    return log(1 + n / fmax(df, RARE));
}

static int by_key(const void *a, const void *b)
{
    const struct alike_piece *x = a, *y = b;

    return (x->key > y->key) - (x->key < y->key);
}

static int heaviest(const void *a, const void *b)
{
    const struct alike_piece *x = a, *y = b;

    return x->w > y->w ? -1 : x->w < y->w ? 1 : by_key(a, b);
}

static size_t side(const struct alike_index *i, struct arena *a, struct units u, double share,
                   struct alike_piece *v)
{
    struct gram *g;
    size_t n = grams_of(a, u, TEXT_UNITS, &g), k = 0;
    double sum = 0;

    for (size_t p = 0; p < n; p++) {
        double w = telling(i, g[p].key) * (1 + log(g[p].count));

        if (w > 0) {
            v[k++] = (struct alike_piece){ g[p].key, (float)w };
            sum += w * w;
        }
    }
    for (size_t p = 0; p < k; p++)
        v[p].w = (float)(v[p].w * share / sqrt(sum));
    return k;
}

/* The place is a piece of its own, and not of the words. */
static struct units words(struct arena *a, struct str s, struct str place)
{
    struct buf b = BUF_INIT(1 << 20);
    size_t at;

    if (!place.n)
        return normal_units(a, s);
    while ((at = str_find(s, place)) != SIZE_MAX) {
        buf_add(&b, str_sub(s, 0, at));
        buf_addz(&b, " ");
        s = str_from(s, at + place.n);
    }
    buf_add(&b, s);
    return normal_units(a, arena_buf(a, &b));
}

static uint32_t place_key(struct str place)
{
    return (uint32_t)(str_hash(place) >> 32) ^ 0x5bd1e995u;
}

size_t alike_pieces(const struct alike_index *i, struct arena *a, const struct alike_text *m,
                    bool with_place, size_t most, struct alike_piece **out)
{
    struct alike_piece *v = ARENA_ARRAY(a, struct alike_piece, 8 * TEXT_UNITS);
    size_t n = side(i, a, words(a, m->title, m->place), title_share, v), k = 0;
    double sum = 0;

    n += side(i, a, words(a, m->text, m->place), text_share, v + n);
    if (with_place && m->place.n)
        v[n++] = (struct alike_piece){ place_key(m->place), (float)place_share };
    qsort(v, n, sizeof(*v), by_key);
    for (size_t p = 0; p < n; p++) {
        if (k && v[k - 1].key == v[p].key)
            v[k - 1].w += v[p].w;
        else
            v[k++] = v[p];
    }
    qsort(v, k, sizeof(*v), heaviest);
    k = k < most ? k : most;
    for (size_t p = 0; p < k; p++)
        sum += v[p].w * v[p].w;
    for (size_t p = 0; p < k; p++)
        v[p].w = (float)(v[p].w / sqrt(sum));
    *out = v;
    return k;
}
