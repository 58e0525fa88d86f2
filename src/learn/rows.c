#include "learn/train_int.h"

#include "base/alloc.h"

#include <math.h>
#include <string.h>

struct tally { /* hash 0: empty */
    uint32_t hash, n;
};
struct tallies {
    struct tally *v;
    size_t n, size; /* a power of two */
};
static const uint32_t title_bit = 1U << 31;

static struct tally *place(struct tallies *t, uint32_t hash)
{
    size_t at = hash & (t->size - 1);

    while (t->v[at].hash && t->v[at].hash != hash)
        at = (at + 1) & (t->size - 1);
    return &t->v[at];
}

static void widen(struct tallies *t)
{
    struct tallies more = { .n = t->n, .size = t->size ? t->size * 2 : 1 << 16 };

    more.v = tb_zalloc(more.size * sizeof(*more.v));
    for (size_t i = 0; i < t->size; i++)
        if (t->v[i].hash)
            *place(&more, t->v[i].hash) = t->v[i];
    tb_free(t->v);
    *t = more;
}

static void count(struct tallies *t, uint32_t hash, bool title)
{
    struct tally *p;

    if (t->n * 2 >= t->size)
        widen(t);
    p = place(t, hash);
    t->n += p->hash == 0;
    p->hash = hash;
    p->n = (p->n + 1) | (title ? title_bit : 0U);
}

static size_t count_all(struct tallies *t, const struct learn_example *v, size_t n, unsigned run,
                        bool priors)
{
    size_t texts = 0;

    for (size_t i = 0; i < n; i++) {
        struct arena a = ARENA_INIT;
        struct message m;
        struct features f;

        if (v[i].prior != priors)
            continue;
        m = message_of(&a, v[i].title, v[i].text, LEARN_CHARS);
        f = features_of(&a, &m, run);
        for (size_t k = 0; k < f.n; k++)
            count(t, f.v[k].hash, k >= f.end[FEATURE_ALL]);
        texts++;
        arena_release(&a);
    }
    return texts;
}

/* What is rarer says too little to be learnt; titles are short, a run there tells more. */
static uint32_t least(size_t texts, bool title)
{
    uint32_t least = texts < 20      ? 1
                     : texts < 1000  ? 2
                     : texts < 20000 ? 5
                                     : (uint32_t)(texts / 4000);

    return title && least > 2 ? (least < 5 ? 2 : (least + 4) / 5 + 1) : least;
}

static bool worth(const struct tally *p, size_t texts)
{
    return p->hash && (p->n & ~title_bit) >= least(texts, (p->n & title_bit) != 0);
}

void learn_rows_of(const struct learn_example *v, size_t n, unsigned run, struct learn_rows *out)
{
    struct tallies t = { .n = 0 };
    size_t texts;

    widen(&t);
    texts = count_all(&t, v, n, run, false);
    if (!texts) /* descriptions are all there is */
        texts = count_all(&t, v, n, run, true);
    *out = (struct learn_rows){ .rows = 1, .slot_n = 16 };
    for (size_t i = 0; i < t.size; i++)
        out->rows += worth(&t.v[i], texts);
    while (out->slot_n < out->rows * 2)
        out->slot_n *= 2;
    out->slots = tb_zalloc(out->slot_n * sizeof(*out->slots));
    out->idf = tb_zalloc(out->rows * sizeof(*out->idf));
    out->idf[LEARN_BIAS] = 1;
    for (size_t i = 0, row = 1; i < t.size; i++) {
        size_t at = t.v[i].hash & (out->slot_n - 1);

        if (!worth(&t.v[i], texts))
            continue;
        while (out->slots[at].hash)
            at = (at + 1) & (out->slot_n - 1);
        out->slots[at] = (struct learn_slot){ t.v[i].hash, (uint32_t)row };
        out->idf[row++] =
            (float)(1 + log((1 + (double)texts) / (1 + (double)(t.v[i].n & ~title_bit))));
    }
    tb_free(t.v);
}

void learn_rows_release(struct learn_rows *r)
{
    tb_free(r->slots);
    tb_free(r->idf);
}
