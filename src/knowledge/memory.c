#include "knowledge/memory.h"

#include "base/alloc.h"
#include "text/segment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LIKE_MAX = 30 }; /* questions that are looked at again */

struct place {
    uint64_t policy, chapter, clause;
};
struct past {
    struct units u; /* owned */
    struct embedding vector;
    bool embedded;
    struct place *gold; /* owned */
    size_t n;
    uint64_t matter;
};
/* How many questions each key answered; open addressing, key 0 free. */
struct tally {
    uint64_t *key;
    uint32_t *count;
    size_t n, cap;
};
struct memory {
    struct past *v;
    size_t n, cap;
    struct tally policy, chapter, clause;
};

struct memory *memory_new(void)
{
    return tb_zalloc(sizeof(struct memory));
}

static void tally_free(struct tally *t)
{
    tb_free(t->key);
    tb_free(t->count);
}

void memory_free(struct memory *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->n; i++) {
        tb_free((void *)(uintptr_t)m->v[i].u.c);
        tb_free(m->v[i].gold);
    }
    tb_free(m->v);
    tally_free(&m->policy);
    tally_free(&m->chapter);
    tally_free(&m->clause);
    tb_free(m);
}

size_t memory_count(const struct memory *m)
{
    return m->n;
}

static size_t tally_at(const struct tally *t, uint64_t key)
{
    size_t i = (size_t)(key * 0x9e3779b97f4a7c15U >> 20) & (t->cap - 1);

    while (t->key[i] && t->key[i] != key)
        i = (i + 1) & (t->cap - 1);
    return i;
}

static void tally_grow(struct tally *t)
{
    struct tally more = { .cap = t->cap ? t->cap * 2 : 256 };

    more.key = tb_zalloc(more.cap * sizeof *more.key);
    more.count = tb_zalloc(more.cap * sizeof *more.count);
    for (size_t i = 0; i < t->cap; i++) {
        if (t->key[i]) {
            size_t at = tally_at(&more, t->key[i]);

            more.key[at] = t->key[i];
            more.count[at] = t->count[i];
        }
    }
    more.n = t->n;
    tally_free(t);
    *t = more;
}

static void tally_add(struct tally *t, uint64_t key)
{
    size_t at;

    if (t->n * 2 >= t->cap)
        tally_grow(t);
    at = tally_at(t, key);
    t->n += t->key[at] == 0;
    t->key[at] = key;
    t->count[at]++;
}

static uint32_t tally_of(const struct tally *t, uint64_t key)
{
    return t->cap ? t->count[tally_at(t, key)] : 0;
}

static size_t offset_of(int level)
{
    return level == 0   ? offsetof(struct place, policy)
           : level == 1 ? offsetof(struct place, chapter)
                        : offsetof(struct place, clause);
}

static uint64_t key_of(const struct place *p, int level)
{
    uint64_t key;

    memcpy(&key, (const char *)p + offset_of(level), sizeof key);
    return key;
}

/* A question counts once for a policy, however many of its clauses answer. */
static bool first_of(const struct past *p, size_t i, int level)
{
    for (size_t k = 0; k < i; k++)
        if (key_of(p->gold + k, level) == key_of(p->gold + i, level))
            return false;
    return true;
}

void memory_add(struct memory *m, const struct memory_question *q, const struct rank_hit *gold,
                size_t n)
{
    struct tally *tallies[] = { &m->policy, &m->chapter, &m->clause };
    struct past p = { .u = { tb_dup(q->u.c, q->u.n * sizeof *q->u.c), q->u.n },
                      .n = n,
                      .matter = q->matter };

    p.gold = tb_zalloc(n * sizeof *p.gold);
    for (size_t i = 0; i < n; i++)
        p.gold[i] = (struct place){ gold[i].policy, gold[i].chapter, gold[i].clause };
    for (int level = 0; level < 3; level++)
        for (size_t i = 0; i < n; i++)
            if (first_of(&p, i, level))
                tally_add(tallies[level], key_of(p.gold + i, level));
    if (q->vector) {
        p.vector = *q->vector;
        p.embedded = true;
    }
    if (m->n == m->cap) {
        m->cap = m->cap ? m->cap * 2 : 64;
        m->v = tb_realloc(m->v, m->cap * sizeof *m->v);
    }
    m->v[m->n++] = p;
}

/* -- marking -- */

struct like {
    size_t i;
    float alike;
};
struct marking {
    const struct memory *m;
    const struct past **left_out;
    size_t left_outs;
    struct like like[LIKE_MAX]; /* descending */
    size_t n;
};

static bool is_left_out(const struct memory *m, size_t skip, size_t i)
{
    return skip < m->n && (i == skip || (m->v[skip].matter && m->v[i].matter == m->v[skip].matter));
}

static void leave_out(struct marking *k, size_t skip)
{
    size_t cap = 0;

    for (size_t i = 0; skip < k->m->n && i < k->m->n; i++) {
        if (!is_left_out(k->m, skip, i))
            continue;
        if (k->left_outs == cap) {
            cap = cap ? cap * 2 : 8;
            k->left_out = tb_realloc(k->left_out, cap * sizeof(struct past *));
        }
        k->left_out[k->left_outs++] = k->m->v + i;
    }
}

static float likeness(const struct past *p, const struct memory_question *q)
{
    int32_t dot = 0;

    if (!q->vector || !p->embedded)
        return (float)segment_alike(p->u, q->u);
    for (int i = 0; i < EMBED_DIM; i++)
        dot += p->vector.v[i] * q->vector->v[i];
    return (float)dot * p->vector.scale * q->vector->scale;
}

static void find_like(struct marking *k, const struct memory_question *q, size_t skip)
{
    for (size_t i = 0; i < k->m->n; i++) {
        float alike = is_left_out(k->m, skip, i) ? -1 : likeness(k->m->v + i, q);
        size_t at = k->n;

        if (alike <= 0 || (k->n == LIKE_MAX && alike <= k->like[LIKE_MAX - 1].alike))
            continue;
        if (k->n < LIKE_MAX)
            k->n++;
        else
            at--;
        for (; at > 0 && k->like[at - 1].alike < alike; at--)
            k->like[at] = k->like[at - 1];
        k->like[at] = (struct like){ i, alike };
    }
}

static bool answered_by(const struct past *p, uint64_t key, int level)
{
    for (size_t i = 0; i < p->n; i++)
        if (key_of(p->gold + i, level) == key)
            return true;
    return false;
}

static uint32_t seen(const struct marking *k, const struct tally *t, uint64_t key, int level)
{
    uint32_t n = tally_of(t, key);

    for (size_t i = 0; i < k->left_outs; i++)
        n -= answered_by(k->left_out[i], key, level);
    return n;
}

/* The nearness of past questions counts by how far it exceeds what any two questions share. */
static void near(const struct marking *k, struct rank_hit *h)
{
    float policy = 0, chapter = 0, clause = 0;

    for (size_t i = 0; i < k->n; i++) {
        const struct past *p = k->m->v + k->like[i].i;
        float over = k->like[i].alike - 0.4F, w = over > 0 ? over * over : 0;
        bool same_policy = false, same_chapter = false;

        for (size_t g = 0; g < p->n; g++) {
            same_policy |= p->gold[g].policy == h->policy;
            same_chapter |= p->gold[g].chapter == h->chapter;
            if (p->gold[g].clause == h->clause && k->like[i].alike > clause)
                clause = k->like[i].alike;
        }
        policy += same_policy ? w : 0;
        chapter += same_chapter ? w : 0;
    }
    h->f[RANK_NEAR_CLAUSE] = clause;
    h->f[RANK_NEAR_POLICY] = logf(policy + 0.01F);
    h->f[RANK_NEAR_CHAPTER] = logf(chapter + 0.01F);
}

void memory_mark(const struct memory *m, const struct memory_question *q, size_t skip,
                 struct rank_list *l)
{
    struct marking k = { .m = m };
    float all;

    leave_out(&k, skip);
    all = m->n - k.left_outs > 1 ? (float)(m->n - k.left_outs) : 1.0F;
    find_like(&k, q, skip);
    for (size_t i = 0; i < l->n; i++) {
        struct rank_hit *h = l->v + i;

        h->f[RANK_SEEN_POLICY] = logf(((float)seen(&k, &m->policy, h->policy, 0) + 0.3F) / all);
        h->f[RANK_SEEN_CHAPTER] = logf(((float)seen(&k, &m->chapter, h->chapter, 1) + 0.05F) / all);
        h->f[RANK_SEEN_CLAUSE] = log1pf((float)seen(&k, &m->clause, h->clause, 2));
        near(&k, h);
    }
    tb_free(k.left_out);
}
