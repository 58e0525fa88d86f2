#include "knowledge/rank_int.h"

#include "text/segment.h"

#include <stdlib.h>
#include <string.h>

const struct rank_weights rank_weights_laws = { 0.6F, 300.0F, 6.0F };
static const double SAME_CLAUSE = 0.7; /* likeness of two versions of one clause */

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

void rank_sort(struct rank_list *l)
{
    if (l->n)
        qsort(l->v, l->n, sizeof *l->v, by_score);
}

/* -- candidates -- */

static struct index_filter filter_of(const struct rank_source *s, const struct rank_ask *ask)
{
    return (struct index_filter){ s->state, ask->day, ask->mode, ask->internal_too, ask->owners };
}

static void pool_lexical(struct arena *a, const struct rank_source *s, size_t parts,
                         const struct rank_ask *ask, struct rank_list *p)
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
                         const struct rank_ask *ask, struct rank_list *p)
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

static void unique(struct rank_list *p)
{
    size_t n = 0;

    if (p->n)
        qsort(p->v, p->n, sizeof *p->v, by_place);
    for (size_t i = 0; i < p->n; i++)
        if (i == 0 || by_place(p->v + i, p->v + n - 1) != 0)
            p->v[n++] = p->v[i];
    p->n = n;
}

/* -- features -- */

static float cosine(const struct rank_source *s, const struct embedding *q, uint32_t doc)
{
    const int8_t *v = s->vectors + (size_t)doc * EMBED_DIM;
    int32_t dot = 0;

    if (doc >= s->x->head->docs || (s->has && !s->has[doc]))
        return 0;
    for (int i = 0; i < EMBED_DIM; i++)
        dot += q->v[i] * v[i];
    return (float)dot * q->scale * s->scales[doc];
}

static uint64_t key_of(uint64_t base, struct units u)
{
    return (base + 1) * 0x9e3779b97f4a7c15U ^
           str_hash(str_of((const char *)u.c, u.n * sizeof *u.c));
}

void rank_place(const struct index *x, struct rank_hit *h)
{
    h->policy = (uint64_t)x->groups[x->docs[h->doc].group].document_id;
    h->chapter = key_of(h->policy, index_heading(x, h->doc));
    h->clause = key_of(h->policy, index_text(x, h->doc));
}

/* A clause confirmed a moment ago has no vector yet. Taken for as near as its words say (good hits
 * lie between 0.6 and 0.75), it is found at once and takes no place from what is nearer. */
static const float GUESSED = 0.45F, GUESSED_BY_COVER = 0.3F;

static bool has_vector(const struct rank_source *s, uint32_t doc)
{
    return s->vectors && (!s->has || s->has[doc]);
}

static void set_features(const struct rank_scan *scan, const struct rank_source *s,
                         const struct rank_ask *ask, struct rank_hit *h)
{
    const struct index *x = s->x;

    rank_place(x, h);
    if (ask->vector && s->vectors) {
        float before = h->doc ? cosine(s, ask->vector, h->doc - 1) : 0;
        float after = cosine(s, ask->vector, h->doc + 1);

        h->f[RANK_COSINE] = cosine(s, ask->vector, h->doc);
        h->f[RANK_NEXT_COSINE] = before > after ? before : after;
    }
    h->f[RANK_AUTHORITY] = s->authority ? s->authority[x->docs[h->doc].group] : 0;
    rank_judge(scan, x, h);
    if (ask->vector && !has_vector(s, h->doc))
        h->f[RANK_COSINE] = GUESSED + GUESSED_BY_COVER * h->f[RANK_COVER];
    h->score = h->f[RANK_PAIRS] + ask->weights->singles * h->f[RANK_SINGLES] +
               ask->weights->cosine * h->f[RANK_COSINE] +
               ask->weights->authority * h->f[RANK_AUTHORITY];
}

struct rank_list rank_run(struct arena *a, const struct rank_source *s, size_t parts,
                          const struct rank_ask *ask)
{
    struct rank_list p = { arena_alloc(a, (1 + parts) * ask->pool * sizeof *p.v), 0 };
    struct rank_scan *scan = arena_alloc(a, sizeof *scan);

    pool_lexical(a, s, parts, ask, &p);
    for (size_t i = 0; ask->vector && i < parts; i++)
        if (s[i].vectors)
            pool_vectors(a, s + i, (uint32_t)i, ask, &p);
    unique(&p);
    rank_scan_make(ask->query, scan);
    for (size_t i = 0; i < p.n; i++)
        set_features(scan, s + p.v[i].part, ask, p.v + i);
    rank_compare(a, &p);
    rank_sort(&p);
    return p;
}

/* -- one version of a clause -- */

static bool same_clause(const struct rank_source *s, const struct rank_hit *a,
                        const struct rank_hit *b)
{
    if (a->policy != b->policy)
        return false;
    if (a->clause == b->clause)
        return true;
    return s[a->part].x->docs[a->doc].group != s[b->part].x->docs[b->doc].group &&
           segment_alike(index_text(s[a->part].x, a->doc), index_text(s[b->part].x, b->doc)) >
               SAME_CLAUSE;
}

void rank_one_version(struct rank_list *l, const struct rank_source *s, size_t depth)
{
    size_t kept = 0;

    for (size_t i = 0; i < l->n; i++) {
        bool again = false;

        for (size_t k = 0; k < kept && k < depth && kept < depth && !again; k++)
            again = same_clause(s, l->v + k, l->v + i);
        if (!again)
            l->v[kept++] = l->v[i];
    }
    l->n = kept;
}
