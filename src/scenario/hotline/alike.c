#include "base/alloc.h"
#include "scenario/hotline/alike_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEPT = 28,       /* pieces of a message in the index */
    ASKED = 40,      /* pieces of a message that is looked for */
    VISITS = 150000, /* entries looked at in one search */
    COMPARED = 160,  /* pieces in a comparison in full */
    HASH_WIDE = 16   /* candidates at once: 65,536 */
};
static const double near_here = 0.08, near_unplaced = 0.4, near_kind = 0.3;

struct alike *alike_new(void)
{
    struct alike *x = tb_zalloc(sizeof(*x));

    alike_index_init(&x->i);
    pthread_rwlock_init(&x->lock, NULL);
    return x;
}

void alike_free(struct alike *x)
{
    if (!x)
        return;
    alike_index_release(&x->i);
    pthread_rwlock_destroy(&x->lock);
    tb_free(x);
}

static void count_pieces(struct alike_index *i, struct arena *a, struct str title, struct str text)
{
    struct gram *g, *h;
    size_t n = grams_of(a, normal_units(a, title), 600, &g),
           m = grams_of(a, normal_units(a, text), 600, &h);

    for (size_t k = 0, p = 0; k < n || p < m;) {
        uint32_t key = p == m || (k < n && g[k].key < h[p].key) ? g[k].key : h[p].key;

        i->seen[alike_slot(key)]++;
        k += k < n && g[k].key == key;
        p += p < m && h[p].key == key;
    }
}

void alike_add(struct alike *x, int64_t id, const struct alike_text *m)
{
    struct alike_index *i = &x->i;
    struct arena a = ARENA_INIT;
    struct alike_piece *v;
    size_t n;

    pthread_rwlock_wrlock(&x->lock);
    if (i->n < ALIKE_MESSAGES_MAX && (!i->n || id > i->id[i->n - 1])) {
        count_pieces(i, &a, m->title, m->text);
        n = alike_pieces(i, &a, m, true, KEPT, &v);
        for (size_t k = 0; k < n; k++)
            alike_index_put(i, alike_slot(v[k].key), (uint32_t)i->n,
                            (uint32_t)(v[k].w * (ALIKE_WEIGHTS - 1) + 0.5F));
        if (i->n == i->cap) {
            i->cap = i->cap ? i->cap + i->cap / 4 + 1 : 1024;
            i->id = tb_realloc(i->id, i->cap * sizeof(*i->id));
        }
        i->id[i->n++] = id;
    }
    pthread_rwlock_unlock(&x->lock);
    arena_release(&a);
}

static struct alike *unconst(const struct alike *x)
{
    return (struct alike *)(uintptr_t)x;
}

int64_t alike_last(const struct alike *x)
{
    int64_t id;

    pthread_rwlock_rdlock(&unconst(x)->lock);
    id = x->i.n ? x->i.id[x->i.n - 1] : 0;
    pthread_rwlock_unlock(&unconst(x)->lock);
    return id;
}

size_t alike_count(const struct alike *x)
{
    size_t n;

    pthread_rwlock_rdlock(&unconst(x)->lock);
    n = x->i.n;
    pthread_rwlock_unlock(&unconst(x)->lock);
    return n;
}

size_t alike_bytes(const struct alike *x)
{
    size_t n;

    pthread_rwlock_rdlock(&unconst(x)->lock);
    n = ALIKE_LISTS * (sizeof(*x->i.list) + sizeof(*x->i.seen)) +
        x->i.pool_cap * sizeof(*x->i.pool) + x->i.cap * sizeof(*x->i.id);
    pthread_rwlock_unlock(&unconst(x)->lock);
    return n;
}

/* -- search -- */

struct candidate {
    uint32_t no, used;
    float sum;
};
struct search {
    struct candidate *slot; /* open addressing, 1 << HASH_WIDE; used 0: free */
    uint32_t *touched;
    size_t n;
};

static void meet(struct search *s, uint32_t no, float w)
{
    uint32_t at = (no * 2654435761u) >> (32 - HASH_WIDE);

    while (s->slot[at].used && s->slot[at].no != no)
        at = (at + 1) & ((1u << HASH_WIDE) - 1);
    if (!s->slot[at].used) {
        if (s->n > (1u << HASH_WIDE) / 2)
            return; /* enough are known: rarer pieces came first */
        s->slot[at] = (struct candidate){ no, 1, 0 };
        s->touched[s->n++] = at;
    }
    s->slot[at].sum += w;
}

static int rarest(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return x[0] != y[0] ? (x[0] > y[0]) - (x[0] < y[0]) : (x[1] > y[1]) - (x[1] < y[1]);
}

static void visit(const struct alike_index *i, struct search *s, const struct alike_piece *v,
                  size_t n)
{
    uint32_t order[ASKED][2];
    size_t visited = 0;

    for (size_t k = 0; k < n; k++) {
        order[k][0] = i->list[alike_slot(v[k].key)].n;
        order[k][1] = (uint32_t)k;
    }
    qsort(order, n, sizeof(*order), rarest);
    for (size_t k = 0; k < n && visited < VISITS; k++) {
        const struct alike_piece *p = &v[order[k][1]];
        struct alike_walk w = alike_walk_begin(i, alike_slot(p->key));
        const uint32_t *run;
        size_t len;

        while (visited < VISITS && (len = alike_walk_next(&w, &run)) > 0) {
            for (size_t e = 0; e < len; e++)
                meet(s, run[e] >> ALIKE_WEIGHT_BITS,
                     p->w * (float)(run[e] & (ALIKE_WEIGHTS - 1)) / (ALIKE_WEIGHTS - 1));
            visited += len;
        }
    }
}

static int nearest(const void *a, const void *b)
{
    const struct alike_hit *x = a, *y = b;

    return x->near > y->near ? -1 : x->near < y->near ? 1 : (x->id < y->id) - (x->id > y->id);
}

/* Keeps the best max of what was met, by insertion: max is small. */
static size_t best(const struct alike_index *i, const struct search *s, int64_t but,
                   struct alike_hit *out, size_t max)
{
    size_t n = 0;

    for (size_t k = 0; k < s->n; k++) {
        const struct candidate *c = &s->slot[s->touched[k]];
        struct alike_hit h = { i->id[c->no], c->sum > 1 ? 1 : c->sum };
        size_t at = n;

        if (h.id == but || (n == max && nearest(&h, &out[n - 1]) >= 0))
            continue;
        if (n < max)
            n++;
        else
            at = n - 1;
        for (; at && nearest(&h, &out[at - 1]) < 0; at--)
            out[at] = out[at - 1];
        out[at] = h;
    }
    return n;
}

size_t alike_find(const struct alike *x, const struct alike_text *m, int64_t but,
                  struct alike_hit *out, size_t max)
{
    struct arena a = ARENA_INIT;
    struct search s = { .slot = ARENA_ARRAY(&a, struct candidate, 1 << HASH_WIDE),
                        .touched = ARENA_ARRAY(&a, uint32_t, 1 << HASH_WIDE) };
    struct alike_piece *v;
    size_t n = 0, k;

    pthread_rwlock_rdlock(&unconst(x)->lock);
    if (max && x->i.n) {
        k = alike_pieces(&x->i, &a, m, true, ASKED, &v);
        visit(&x->i, &s, v, k);
        n = best(&x->i, &s, but, out, max);
    }
    pthread_rwlock_unlock(&unconst(x)->lock);
    arena_release(&a);
    return n;
}

/* -- in full -- */

static int by_key(const void *a, const void *b)
{
    const struct alike_piece *x = a, *y = b;

    return (x->key > y->key) - (x->key < y->key);
}

/* How much of the shorter text's pieces stand in the other. */
static double copied(struct arena *a, struct str x, struct str y)
{
    struct gram *g, *h;
    size_t n = grams_of(a, normal_units(a, x), 4000, &g),
           m = grams_of(a, normal_units(a, y), 4000, &h), both = 0;

    for (size_t i = 0, k = 0; i < n && k < m;) {
        if (g[i].key == h[k].key) {
            both++;
            i++;
            k++;
        } else if (g[i].key < h[k].key) {
            i++;
        } else {
            k++;
        }
    }
    return n && m ? (double)both / (double)(n < m ? n : m) : 0;
}

/* Places that are known and differ are two matters, however alike the words. */
static enum alike_relation judge(const struct alike_verdict *v, struct str a, struct str b)
{
    bool known = a.n && b.n, here = known && str_eq(a, b);

    if (v->copy >= 0.9 && v->near >= 0.6 && (here || !known))
        return ALIKE_COPY;
    if (here ? v->near >= near_here : !known && v->near >= near_unplaced)
        return ALIKE_MATTER;
    return v->near >= near_kind ? ALIKE_KIND : ALIKE_OTHER;
}

void alike_compare(const struct alike *x, const struct alike_text *one,
                   const struct alike_text *other, struct alike_verdict *out)
{
    struct arena a = ARENA_INIT;
    struct alike_piece *v, *w;
    size_t n, m;

    pthread_rwlock_rdlock(&unconst(x)->lock);
    n = alike_pieces(&x->i, &a, one, false, COMPARED, &v);
    m = alike_pieces(&x->i, &a, other, false, COMPARED, &w);
    pthread_rwlock_unlock(&unconst(x)->lock);
    qsort(v, n, sizeof(*v), by_key);
    qsort(w, m, sizeof(*w), by_key);
    out->near = 0;
    for (size_t i = 0, k = 0; i < n && k < m;) {
        if (v[i].key == w[k].key)
            out->near += (double)v[i++].w * (double)w[k++].w;
        else if (v[i].key < w[k].key)
            i++;
        else
            k++;
    }
    out->near = out->near > 1 ? 1 : out->near;
    out->copy = copied(&a, one->text.n ? one->text : one->title,
                       other->text.n ? other->text : other->title);
    out->is = judge(out, one->place, other->place);
    arena_release(&a);
}
