#include "knowledge/rank.h"

#include "knowledge/index_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const float SINGLES_WEIGHT = 0.6F, COSINE_WEIGHT = 130.0F;

/* The question laid out for scanning texts: which of its characters, which of its pairs. */
struct scan {
    const struct query *q;
    uint8_t single[256]; /* by low byte of a character: an index + 1 into q->single, or 0 */
    uint16_t pair[1024]; /* open addressing: an index + 1 into q->want, or 0 */
};
struct counts {
    uint16_t single[QUERY_UNITS_MAX];
    uint16_t pair[2 * QUERY_UNITS_MAX];
};

static size_t pair_slot(uint32_t key)
{
    return (key * 0x9e3779b1U) >> 22;
}

static void scan_make(const struct query *q, struct scan *s)
{
    memset(s, 0, sizeof *s);
    s->q = q;
    for (size_t k = q->singles < 254 ? q->singles : 254; k-- > 0;)
        s->single[q->single[k].c & 255] = (uint8_t)(k + 1);
    for (size_t i = 0; i < q->n; i++) {
        size_t at = pair_slot(q->want[i].key);

        while (s->pair[at])
            at = (at + 1) & 1023;
        s->pair[at] = (uint16_t)(i + 1);
    }
}

static size_t find_single(const struct scan *s, uint16_t c)
{
    size_t k = s->single[c & 255];

    if (!k)
        return SIZE_MAX;
    for (k--; k < s->q->singles; k++)
        if (s->q->single[k].c == c)
            return k;
    return SIZE_MAX;
}

static size_t find_pair(const struct scan *s, uint32_t key)
{
    for (size_t at = pair_slot(key); s->pair[at]; at = (at + 1) & 1023)
        if (s->q->want[s->pair[at] - 1].key == key)
            return s->pair[at] - 1U;
    return SIZE_MAX;
}

/* Words and numbers are rare: they go the long way. */
static void count_words(const struct scan *s, struct units u, struct counts *c)
{
    uint32_t keys[256];

    for (size_t i = 0; i < u.n; i++) {
        size_t j = i, n;

        while (j < u.n && j - i < 200 && (unit_is_word(u.c[j]) || u.c[j] == '.'))
            j++;
        if (j == i)
            continue;
        n = index_keys((struct units){ u.c + i, j - i }, keys);
        for (size_t k = 0; k < n; k++) {
            size_t p = find_pair(s, keys[k]);

            if (p != SIZE_MAX)
                c->pair[p]++;
        }
        i = j;
    }
}

static void count_text(const struct scan *s, struct units u, struct counts *c)
{
    bool before = false, word = false;

    for (size_t i = 0; i < u.n; i++) {
        size_t k = find_single(s, u.c[i]);

        word |= u.c[i] < 0x2000 && unit_is_word(u.c[i]);
        if (k != SIZE_MAX && before) {
            size_t p = find_pair(s, index_pair(u.c[i - 1], u.c[i]));

            if (p != SIZE_MAX)
                c->pair[p]++;
        }
        if (k != SIZE_MAX)
            c->single[k]++;
        before = k != SIZE_MAX;
    }
    if (word)
        count_words(s, u, c);
}

static void judge(const struct scan *s, const struct index *x, struct rank_hit *h)
{
    struct counts c = { 0 };
    const struct query *q = s->q;
    uint32_t norm = x->docs[h->doc].norm;
    float pairs = 0, singles = 0, cover = 0;

    count_text(s, index_text(x, h->doc), &c);
    count_text(s, index_heading(x, h->doc), &c);
    for (size_t i = 0; i < q->n; i++)
        cover += c.pair[i] ? q->want[i].weight : 0;
    count_text(s, index_title(x, x->docs[h->doc].group), &c);
    for (size_t i = 0; i < q->n; i++)
        pairs += c.pair[i] ? q->want[i].weight * 2.2F * index_ratio(c.pair[i], norm) : 0;
    for (size_t k = 0; k < q->singles; k++)
        singles += c.single[k] ? q->single[k].weight * 2.2F * index_ratio(c.single[k], norm) : 0;
    h->f[RANK_PAIRS] = pairs;
    h->f[RANK_SINGLES] = singles;
    h->f[RANK_COVER] = q->mass > 0 ? cover / q->mass : 0;
    h->score = pairs + SINGLES_WEIGHT * singles + COSINE_WEIGHT * h->f[RANK_COSINE];
}

/* -- candidates -- */

struct pool {
    struct rank_hit *v;
    size_t n;
};

static int by_place(const void *a, const void *b)
{
    const struct rank_hit *x = a, *y = b;

    if (x->part != y->part)
        return x->part < y->part ? -1 : 1;
    return (x->doc > y->doc) - (x->doc < y->doc);
}

static int by_score(const void *a, const void *b)
{
    const struct rank_hit *x = a, *y = b;

    return x->score != y->score ? (x->score < y->score ? 1 : -1) : by_place(a, b);
}

static struct index_filter filter_of(const struct rank_source *s, const struct rank_ask *ask)
{
    return (struct index_filter){ s->state, ask->day, ask->mode, ask->internal_too };
}

static void pool_lexical(struct arena *a, const struct rank_source *s, size_t parts,
                         const struct rank_ask *ask, struct pool *p)
{
    struct index_top top = { .v = arena_alloc(a, ask->pool * sizeof *top.v), .k = ask->pool };

    for (size_t i = 0; i < parts; i++) {
        struct index_filter f = filter_of(s + i, ask);

        index_search(s[i].x, (uint32_t)i, ask->query->want, ask->query->n, &f, &top);
    }
    for (size_t i = 0; i < top.n; i++)
        p->v[p->n++] = (struct rank_hit){ .part = top.v[i].part, .doc = top.v[i].doc };
}

static void pool_vectors(struct arena *a, const struct rank_source *s, uint32_t part,
                         const struct rank_ask *ask, struct pool *p)
{
    struct index_filter f = filter_of(s, ask);
    size_t docs = s->x->head->docs, n;
    struct embed_hit *best = arena_alloc(a, ask->pool * sizeof *best);
    uint8_t *live = NULL;

    if (s->state || s->has) {
        live = arena_alloc(a, docs);
        for (uint32_t d = 0; d < docs; d++)
            live[d] = (!s->has || s->has[d]) && index_allowed(&f, d);
    }
    n = embed_scan(ask->vector, s->vectors, s->scales, docs, live, best, ask->pool);
    for (size_t i = 0; i < n; i++)
        p->v[p->n++] = (struct rank_hit){ .part = part, .doc = best[i].i };
}

static void unique(struct pool *p)
{
    size_t n = 0;

    qsort(p->v, p->n, sizeof *p->v, by_place);
    for (size_t i = 0; i < p->n; i++)
        if (i == 0 || by_place(p->v + i, p->v + n - 1) != 0)
            p->v[n++] = p->v[i];
    p->n = n;
}

static float cosine(const struct embedding *q, const int8_t *v, float scale)
{
    int32_t dot = 0;

    for (int i = 0; i < EMBED_DIM; i++)
        dot += q->v[i] * v[i];
    return (float)dot * q->scale * scale;
}

struct rank_hit *rank_run(struct arena *a, const struct rank_source *s, size_t parts,
                          const struct rank_ask *ask, size_t *n)
{
    struct pool p = { arena_alloc(a, (1 + parts) * ask->pool * sizeof *p.v), 0 };
    struct scan scan;

    pool_lexical(a, s, parts, ask, &p);
    for (size_t i = 0; ask->vector && i < parts; i++)
        if (s[i].vectors)
            pool_vectors(a, s + i, (uint32_t)i, ask, &p);
    unique(&p);
    scan_make(ask->query, &scan);
    for (size_t i = 0; i < p.n; i++) {
        struct rank_hit *h = p.v + i;
        const struct rank_source *from = s + h->part;

        if (ask->vector && from->vectors && (!from->has || from->has[h->doc]))
            h->f[RANK_COSINE] = cosine(ask->vector, from->vectors + (size_t)h->doc * EMBED_DIM,
                                       from->scales[h->doc]);
        judge(&scan, from->x, h);
    }
    qsort(p.v, p.n, sizeof *p.v, by_score);
    *n = p.n < ask->limit ? p.n : ask->limit;
    return p.v;
}
