#include "base/alloc.h"
#include "scenario/hotline/hot_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_UNITS = 600,    /* of a text that are looked at: what it is about is said early */
    KEPT = 96,           /* most telling pieces of a message */
    COMMON = 12,         /* a piece in more than one of so many messages tells nothing */
    FEW = 60,            /* but so many are never too many */
    POSTINGS_MAX = 3000, /* nor one in more messages than this: keeps a big city fast */
    EDGES_MIN = 64,      /* nearest of each: fewer the more messages there are */
    EDGES_MAX = 600,
    EDGES_ALL = 12000000,
};
static const double title_share = 1.0, text_share = 0.8, least = 0.06, idf_rare = 4.0;
static const double far_share = 0.3, far_days = 60.0, elsewhere = 0.2;

struct weighed {
    uint32_t gram;
    float w;
};
struct vector {
    struct weighed *v;
    size_t n;
};

static void counted_make(struct hot_counted *c, size_t want)
{
    size_t size = 1024;

    while (size < want * 2)
        size *= 2;
    *c = (struct hot_counted){ tb_zalloc(size * sizeof(uint32_t)),
                               tb_zalloc(size * sizeof(uint32_t)), size - 1, 0 };
}

static void counted_drop(struct hot_counted *c)
{
    tb_free(c->key);
    tb_free(c->df);
}

static size_t slot(const struct hot_counted *c, uint32_t key)
{
    size_t i = (key * 2654435761u) & c->mask;

    while (c->df[i] && c->key[i] != key)
        i = (i + 1) & c->mask;
    return i;
}

static void counted_grow(struct hot_counted *c)
{
    struct hot_counted more;

    counted_make(&more, c->mask + 1);
    for (size_t i = 0; i <= c->mask; i++)
        if (c->df[i]) {
            size_t k = slot(&more, c->key[i]);

            more.key[k] = c->key[i];
            more.df[k] = c->df[i];
        }
    more.used = c->used;
    counted_drop(c);
    *c = more;
}

static void count(struct hot_counted *c, uint32_t key)
{
    size_t i;

    if (c->used * 2 > c->mask)
        counted_grow(c);
    i = slot(c, key);
    if (!c->df[i]) {
        c->key[i] = key;
        c->used++;
    }
    c->df[i]++;
}

/* Where the source knows the place, its name in the title does not count as what is said: that two
 * live in one house does not make their troubles one. */
static struct units said(struct arena *a, struct str text, struct str place)
{
    struct buf b = BUF_INIT(1 << 20);
    size_t at;

    if (!place.n)
        return normal_units(a, text);
    while ((at = str_find(text, place)) != SIZE_MAX) {
        buf_add(&b, str_sub(text, 0, at));
        buf_addz(&b, " ");
        text = str_from(text, at + place.n);
    }
    buf_add(&b, text);
    return normal_units(a, arena_buf(a, &b));
}

static void count_message(struct hot_counted *c, const struct hot_message *m)
{
    struct arena a = ARENA_INIT;
    struct gram *t, *x;
    size_t tn = grams_of(&a, said(&a, m->title, m->place), TEXT_UNITS, &t),
           xn = grams_of(&a, normal_units(&a, m->text), TEXT_UNITS, &x);

    for (size_t i = 0, k = 0; i < tn || k < xn;) {
        uint32_t key = k == xn || (i < tn && t[i].key < x[k].key) ? t[i].key : x[k].key;

        count(c, key);
        i += i < tn && t[i].key == key;
        k += k < xn && x[k].key == key;
    }
    arena_release(&a);
}

static double telling(const struct hot_counted *c, uint32_t key, size_t n, uint32_t *at)
{
    size_t i = slot(c, key);
    double df = c->df[i];

    *at = (uint32_t)i;
    if (df < 2 || df * COMMON > (double)n + FEW * COMMON || df > POSTINGS_MAX)
        return 0;
    return log(((double)n + 1) / fmax(df, idf_rare));
}

/* One side of a message (title or text) as a unit vector times share, appended to v. */
static size_t side(struct arena *a, const struct hot_counted *c, struct units s, double share,
                   size_t total, struct weighed *v)
{
    struct gram *g;
    size_t n = grams_of(a, s, TEXT_UNITS, &g), k = 0;
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t at;
        double w = telling(c, g[i].key, total, &at) * (1 + log(g[i].count));

        if (w > 0) {
            v[k++] = (struct weighed){ at, (float)w };
            sum += w * w;
        }
    }
    for (size_t i = 0; i < k; i++)
        v[i].w = (float)(v[i].w * share / sqrt(sum));
    return k;
}

static int by_gram(const void *a, const void *b)
{
    const struct weighed *x = a, *y = b;

    return (x->gram > y->gram) - (x->gram < y->gram);
}

static int heaviest(const void *a, const void *b)
{
    const struct weighed *x = a, *y = b;

    return x->w > y->w ? -1 : x->w < y->w ? 1 : by_gram(a, b);
}

static size_t add_up(struct weighed *v, size_t n)
{
    size_t k = 0;

    qsort(v, n, sizeof(*v), by_gram);
    for (size_t i = 0; i < n; i++) {
        if (k && v[k - 1].gram == v[i].gram)
            v[k - 1].w += v[i].w;
        else
            v[k++] = v[i];
    }
    return k;
}

static void weigh(struct arena *a, const struct hot_counted *c, const struct hot_message *m,
                  size_t total, struct vector *out)
{
    struct arena tmp = ARENA_INIT;
    struct weighed *v = ARENA_ARRAY(&tmp, struct weighed, 8 * TEXT_UNITS);
    size_t n = side(&tmp, c, said(&tmp, m->title, m->place), title_share, total, v);
    double sum = 0;

    n += side(&tmp, c, normal_units(&tmp, m->text), text_share, total, v + n);
    n = add_up(v, n);
    qsort(v, n, sizeof(*v), heaviest);
    n = n < KEPT ? n : KEPT;
    for (size_t i = 0; i < n; i++)
        sum += v[i].w * v[i].w;
    for (size_t i = 0; i < n; i++)
        v[i].w = (float)(v[i].w / sqrt(sum));
    out->n = n;
    out->v = ARENA_ARRAY(a, struct weighed, n ? n : 1);
    memcpy(out->v, v, n * sizeof(*v));
    arena_release(&tmp);
}

/* -- who holds a piece -- */

struct held {
    uint32_t *start; /* by slot of counted, +1 */
    struct hot_edge *by;
};

static void hold(struct arena *a, const struct hot_counted *c, const struct vector *v, size_t n,
                 struct held *h)
{
    size_t slots = c->mask + 1, total = 0;
    uint32_t *at;

    h->start = ARENA_ARRAY(a, uint32_t, slots + 1);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < v[i].n; k++, total++)
            h->start[v[i].v[k].gram + 1]++;
    for (size_t i = 0; i < slots; i++)
        h->start[i + 1] += h->start[i];
    h->by = ARENA_ARRAY(a, struct hot_edge, total ? total : 1);
    at = tb_dup(h->start, (slots + 1) * sizeof(*at));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < v[i].n; k++)
            h->by[at[v[i].v[k].gram]++] = (struct hot_edge){ (uint32_t)i, v[i].v[k].w };
    tb_free(at);
}

static double apart(const struct hot_message *a, const struct hot_message *b)
{
    double days = fabs((double)(a->at - b->at)) / (24 * 3600 * 1000.0);

    if (a->place.n && b->place.n && !str_eq(a->place, b->place))
        return elsewhere * (1 - far_share + far_share * exp(-days / far_days));
    return 1 - far_share + far_share * exp(-days / far_days);
}

static int nearest(const void *a, const void *b)
{
    const struct hot_edge *x = a, *y = b;

    return x->near > y->near ? -1 : x->near < y->near ? 1 : (x->to > y->to) - (x->to < y->to);
}

static int by_number(const void *a, const void *b)
{
    const struct hot_edge *x = a, *y = b;

    return (x->to > y->to) - (x->to < y->to);
}

struct seeker {
    float *sum;
    uint32_t *seen;
    size_t n, most;
    struct hot_edge *found;
};

static size_t seek(struct seeker *s, const struct vector *v, const struct held *h,
                   const struct hot_message *const *m, size_t i)
{
    size_t n = 0;

    s->n = 0;
    for (size_t k = 0; k < v->n; k++)
        for (uint32_t p = h->start[v->v[k].gram]; p < h->start[v->v[k].gram + 1]; p++) {
            uint32_t to = h->by[p].to;

            if (s->sum[to] == 0)
                s->seen[s->n++] = to;
            s->sum[to] += v->v[k].w * h->by[p].near;
        }
    for (size_t k = 0; k < s->n; k++) {
        uint32_t to = s->seen[k];
        double near = s->sum[to];

        s->sum[to] = 0;
        if (to != i && near >= least && (near *= apart(m[i], m[to])) >= least)
            s->found[n++] = (struct hot_edge){ to, (float)near };
    }
    qsort(s->found, n, sizeof(*s->found), nearest);
    return n < s->most ? n : s->most;
}

void hot_near_find(struct arena *a, const struct hot_message *const *m, size_t n,
                   struct hot_near *out)
{
    struct arena tmp = ARENA_INIT;
    struct hot_counted *c = &out->counted;
    struct vector *v = ARENA_ARRAY(&tmp, struct vector, n ? n : 1);
    struct held h;
    struct seeker s = { .sum = ARENA_ARRAY(&tmp, float, n + 1),
                        .seen = ARENA_ARRAY(&tmp, uint32_t, n + 1),
                        .found = ARENA_ARRAY(&tmp, struct hot_edge, n + 1) };

    s.most = n ? EDGES_ALL / n : 0;
    s.most = s.most < EDGES_MIN ? EDGES_MIN : s.most > EDGES_MAX ? EDGES_MAX : s.most;
    out->all = n;
    counted_make(c, 1 << 16);
    for (size_t i = 0; i < n; i++)
        count_message(c, m[i]);
    for (size_t i = 0; i < n; i++)
        weigh(&tmp, c, m[i], n, &v[i]);
    hold(&tmp, c, v, n, &h);
    out->edge = ARENA_ARRAY(a, struct hot_edge *, n + 1);
    out->n = ARENA_ARRAY(a, uint32_t, n + 1);
    for (size_t i = 0; i < n; i++) {
        size_t k = seek(&s, &v[i], &h, m, i);

        out->n[i] = (uint32_t)k;
        out->edge[i] = ARENA_ARRAY(a, struct hot_edge, k ? k : 1);
        qsort(s.found, k, sizeof(*s.found), by_number);
        memcpy(out->edge[i], s.found, k * sizeof(*s.found));
    }
    arena_release(&tmp);
}

double hot_telling(const struct hot_near *near, uint32_t key)
{
    uint32_t at;

    return telling(&near->counted, key, near->all, &at);
}

void hot_near_release(struct hot_near *near)
{
    counted_drop(&near->counted);
}
