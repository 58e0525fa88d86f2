#include "scenario/hotline/phrase_set.h"

#include <string.h>

struct phrase {
    const uint16_t *c;
    uint32_t n, list, next; /* next of the same beginning, 1 + place; 0: none */
    bool not ;
};
struct phrase_set {
    struct arena *a;
    struct phrase *v;
    size_t n, cap, mask;
    uint32_t *first; /* by beginning, 1 + place; 0: none */
};

struct phrase_set *phrase_set_new(struct arena *a)
{
    struct phrase_set *p = ARENA_NEW(a, struct phrase_set);

    p->a = a;
    return p;
}

bool phrase_set_add(struct phrase_set *p, uint32_t list, struct str words, bool not )
{
    while (words.p) {
        struct units u = normal_units(p->a, str_trim(str_cut(&words, STR("、"))));

        if (!u.n || u.n > PHRASE_CHARS)
            return false;
        p->v = arena_grow(p->a, p->v, p->n, &p->cap, sizeof(*p->v));
        p->v[p->n++] = (struct phrase){ u.c, (uint32_t)u.n, list, 0, not };
    }
    return true;
}

static size_t place(const struct phrase_set *p, uint16_t c)
{
    return (c * 0x9E3779B1U >> 16) & p->mask;
}

void phrase_set_ready(struct phrase_set *p)
{
    p->mask = 1023;
    p->first = ARENA_ARRAY(p->a, uint32_t, p->mask + 1);
    for (size_t i = 0; i < p->n; i++) {
        uint32_t *first = &p->first[place(p, p->v[i].c[0])];

        p->v[i].next = *first;
        *first = (uint32_t)i + 1;
    }
}

struct finding {
    struct phrase_hit *nots;
    size_t n, not_n;
};

static void take(struct finding *f, const struct phrase *w, size_t at, struct phrase_hit *out)
{
    struct phrase_hit hit = { w->list, at, w->n };

    if (w->not &&f->not_n < PHRASE_HITS)
        f->nots[f->not_n++] = hit;
    else if (!w->not &&f->n < PHRASE_HITS)
        out[f->n++] = hit;
}

static bool taken_back(const struct finding *f, const struct phrase_hit *h)
{
    for (size_t i = 0; i < f->not_n; i++)
        if (f->nots[i].list == h->list && f->nots[i].at <= h->at &&
            f->nots[i].at + f->nots[i].n >= h->at + h->n)
            return true;
    return false;
}

size_t phrase_set_find(const struct phrase_set *p, struct arena *a, struct units text,
                       struct phrase_hit out[PHRASE_HITS])
{
    struct finding f = { arena_alloc(a, PHRASE_HITS * sizeof(*f.nots)), 0, 0 };
    size_t kept = 0;

    for (size_t i = 0; i < text.n; i++)
        for (uint32_t k = p->first[place(p, text.c[i])]; k; k = p->v[k - 1].next) {
            const struct phrase *w = &p->v[k - 1];

            if (w->n <= text.n - i && memcmp(w->c, text.c + i, w->n * sizeof(*w->c)) == 0)
                take(&f, w, i, out);
        }
    for (size_t i = 0; i < f.n; i++)
        if (!taken_back(&f, &out[i]))
            out[kept++] = out[i];
    return kept;
}
