/* Words near one another make a pattern. */
#include "guard/inject_int.h"

enum { UNLESS_NEAR = 14 };

struct matching {
    const struct inject_hits *h;
    const struct inject_pattern *p;
    uint32_t from, to; /* glyphs of the match so far */
};

/* Characters and words between the end of one and the beginning of the other. */
static int64_t between(const struct inject_reading *r, uint32_t end, uint32_t from)
{
    if (from <= end)
        return 0;
    return (int64_t)r->place[from] - (int64_t)r->place[end ? end - 1 : 0] - 1;
}

static bool excused(const struct matching *m)
{
    const struct inject_reading *r = m->h->r;

    for (size_t i = 0; i < m->h->n && m->p->unless_n; i++) {
        const struct inject_hit *hit = &m->h->v[i];

        for (size_t k = 0; k < m->p->unless_n; k++)
            if (hit->group == m->p->unless[k] && between(r, hit->to, m->from) <= UNLESS_NEAR &&
                between(r, m->to, hit->from) <= UNLESS_NEAR)
                return true;
    }
    return false;
}

/* By sound many things are alike, so more of it must fit: four syllables in Latin letters, or the
 * whole with six. */
static bool sounds_enough(const struct matching *m)
{
    const struct inject_reading *r = m->h->r;
    uint32_t spoken = 0;

    for (uint32_t i = m->from; i < m->to; i++)
        spoken += (r->edge[i] & EDGE_SPOKEN) != 0;
    return r->way != INJECT_SOUND || spoken >= 4 || (spoken >= 2 && m->to - m->from >= 6);
}

static bool steps_from(struct matching *m, size_t step, size_t hit)
{
    const struct inject_hits *h = m->h;
    uint32_t end = h->v[hit].to;

    if (step == m->p->step_n) {
        m->to = end;
        return sounds_enough(m);
    }
    for (size_t i = hit + 1; i < h->n; i++) {
        if (between(h->r, end, h->v[i].from) > m->p->near)
            return false;
        if (h->v[i].group == m->p->steps[step] && h->v[i].from >= end && steps_from(m, step + 1, i))
            return true;
    }
    return false;
}

static void keep(struct inject_doubts *d, const struct matching *m)
{
    if (d->n < INJECT_DOUBTS)
        d->v[d->n++] = (struct inject_match){ m->p, m->from, m->to };
}

/* Hits of the first group are tried in turn; near keeps each try short. */
static bool fits(struct matching *m, struct inject_doubts *doubts)
{
    for (size_t i = 0; i < m->h->n; i++) {
        if (m->h->v[i].group != m->p->steps[0])
            continue;
        m->from = m->h->v[i].from;
        if (!steps_from(m, 1, i))
            continue;
        if (m->p->sure && !excused(m))
            return true;
        keep(doubts, m);
    }
    return false;
}

/* Whether every group it is made of stands in the text at all. */
static bool may_fit(const struct inject_pattern *p, const uint64_t there[INJECT_GROUP_WORDS])
{
    uint64_t missing = 0;

    for (size_t i = 0; i < INJECT_GROUP_WORDS; i++)
        missing |= p->needs[i] & ~there[i];
    return missing == 0;
}

bool inject_match(const struct inject *x, const struct inject_hits *h, struct inject_match *sure,
                  struct inject_doubts *doubts)
{
    uint64_t there[INJECT_GROUP_WORDS] = { 0 };

    for (size_t i = 0; i < h->n; i++)
        there[h->v[i].group / 64] |= 1ULL << h->v[i].group % 64;
    for (size_t i = 0; i < x->pattern_n && h->n; i++) {
        struct matching m = { .h = h, .p = &x->patterns[i] };

        if (!may_fit(m.p, there) || !fits(&m, doubts))
            continue;
        *sure = (struct inject_match){ m.p, m.from, m.to };
        return true;
    }
    return false;
}
