#include "knowledge/query_sound.h"

#include "base/utf8.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

/* Longer ones have words enough that are right. */
enum { LONG = 60, SOUNDS = 1024, MENDED_MAX = 6, FIRST = 0x4E00, END = 0xA000 };
/* How much another character counts: it fits on both sides; on the only side there is; on one of
 * two. */
static const float BOTH = 0.8F, ONLY = 0.6F, EITHER = 0.3F;

/* All characters by sound, made once. */
static uint16_t by_sound[END - FIRST];
static uint16_t begins[SOUNDS + 1];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_sounds(void)
{
    uint16_t at[SOUNDS + 1];

    for (uint32_t c = FIRST; c < END; c++)
        if (unit_sound((uint16_t)c) < SOUNDS)
            begins[unit_sound((uint16_t)c) + 1]++;
    for (size_t s = 0; s < SOUNDS; s++)
        begins[s + 1] = (uint16_t)(begins[s + 1] + begins[s]);
    memcpy(at, begins, sizeof at);
    for (uint32_t c = FIRST; c < END; c++)
        if (unit_sound((uint16_t)c) < SOUNDS)
            by_sound[at[unit_sound((uint16_t)c)]++] = (uint16_t)c;
}

struct hearing {
    const struct index *const *parts;
    size_t nparts;
    uint64_t docs, usual; /* a pair in so many is not there by chance */
    const uint8_t *asks;
    struct query *q;
    uint16_t *heard;       /* the question's characters, as mended so far */
    const uint8_t *starts; /* where words begin */
    size_t wants, singles; /* added */
};
struct better { /* a character that may have been meant */
    uint16_t c;
    uint64_t df; /* of the pairs that it makes */
    float factor;
};

/* Too common to be written for another. */
static bool is_small_word(uint16_t c)
{
    static const char small[] = "是得在给有就都也还到把被让用会能要不没人个几上下大小多来去从和";
    char z[4];

    return str_has(str_z(small), str_of(z, utf8_put(z, c)));
}

static uint64_t df_of(const struct hearing *h, uint32_t key)
{
    uint64_t df = 0;

    for (size_t i = 0; i < h->nparts; i++)
        df += index_df(h->parts[i], key);
    return df;
}

static uint64_t single_df(const struct hearing *h, uint16_t c)
{
    uint64_t df = 0;

    for (size_t i = 0; i < h->nparts; i++)
        df += index_single_df(h->parts[i], c);
    return df;
}

static float idf(const struct hearing *h, uint64_t df)
{
    double n = (double)h->docs, d = (double)df;

    return d > n ? 0 : (float)log(1.0 + (n - d + 0.5) / (d + 0.5));
}

/* What stands at i as heard so far, 0 where a word only asks or nothing Chinese stands. */
static uint16_t heard_at(const struct hearing *h, size_t i)
{
    return i < h->q->u.n && !h->asks[i] && unit_is_han(h->heard[i]) ? h->heard[i] : 0;
}

static void try_one(const struct hearing *h, uint16_t before, uint16_t c, uint16_t after,
                    struct better *best)
{
    uint64_t l = before ? df_of(h, index_pair(before, c)) : 0;
    uint64_t r = after ? df_of(h, index_pair(c, after)) : 0;
    struct better b = { c, l + r, EITHER };

    if (before && after && l && r)
        b.factor = BOTH;
    else if (!before || !after)
        b.factor = ONLY;
    if (b.df < h->usual)
        return;
    if (b.factor > best->factor || (b.factor >= best->factor && b.df > best->df))
        *best = b;
}

static struct better best_for(const struct hearing *h, size_t i, uint16_t before, uint16_t after)
{
    uint16_t c = h->heard[i], sound = unit_sound(c);
    struct better best = { 0 };

    if (sound == 0 || sound >= SOUNDS)
        return best;
    for (size_t k = begins[sound]; k < begins[sound + 1]; k++)
        if (by_sound[k] != c && single_df(h, by_sound[k]))
            try_one(h, before, by_sound[k], after, &best);
    return best;
}

static void add_pair(struct hearing *h, uint32_t key, float factor)
{
    struct query *q = h->q;
    uint64_t df = df_of(h, key);

    for (size_t i = 0; i < q->n; i++)
        if (q->want[i].key == key)
            return;
    if (!df || h->wants == QUERY_SOUND_WANTS)
        return;
    q->want[q->n++] = (struct index_want){ key, factor * idf(h, df) };
    h->wants++;
}

static void add_single(struct hearing *h, uint16_t c, float factor)
{
    struct query *q = h->q;

    for (size_t i = 0; i < q->singles; i++)
        if (q->single[i].c == c)
            return;
    if (h->singles == QUERY_SOUND_WANTS)
        return;
    q->single[q->singles++] = (struct query_single){ c, factor * idf(h, single_df(h, c)) };
    h->singles++;
}

/* A place where a character may be wrong. */
struct place {
    bool done;
    uint16_t before, after;     /* neighbours; 0: none */
    bool odd_before, odd_after; /* the pair with it occurs nowhere */
    struct better b;
};

static bool is_odd(const struct place *p)
{
    return !p->done && (p->odd_before || p->odd_after);
}

/* Part of a word of two or more that the texts know: hardly wrong, though it may be (工商 for
 * 工伤).
 */
static bool in_known_word(const struct hearing *h, size_t i)
{
    const uint16_t *c = h->q->u.c;

    return (i && !h->starts[i] && df_of(h, index_pair(c[i - 1], c[i]))) ||
           (i + 1 < h->q->u.n && !h->starts[i + 1] && df_of(h, index_pair(c[i], c[i + 1])));
}

static void listen(const struct hearing *h, size_t i, struct place *p)
{
    uint16_t c = heard_at(h, i);

    *p = (struct place){ .before = i ? heard_at(h, i - 1) : 0, .after = heard_at(h, i + 1) };
    p->odd_before = c && p->before && !df_of(h, index_pair(p->before, c));
    p->odd_after = c && p->after && !df_of(h, index_pair(c, p->after));
    if (!is_odd(p))
        return;
    p->done = is_small_word(c);
    p->b = p->done ? (struct better){ 0 } : best_for(h, i, p->before, p->after);
    if (in_known_word(h, i))
        p->b.factor = p->b.factor >= BOTH ? EITHER : 0;
    p->done |= p->b.factor <= 0;
}

static size_t best_place(const struct place *p, size_t n)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++) {
        float mine = is_odd(p + i) ? p[i].b.factor : 0,
              its = is_odd(p + best) ? p[best].b.factor : 0;

        if (mine > its || (mine >= its && p[i].b.df > p[best].b.df))
            best = i;
    }
    return best;
}

/* After a character was mended: the one beside it is right where the two go together, else it is
 * listened to anew. */
static void listen_again(const struct hearing *h, size_t i, uint32_t pair, struct place *p)
{
    if (p->done)
        return;
    if (df_of(h, pair))
        p->done = true;
    else
        listen(h, i, p);
}

static bool mend(struct hearing *h, struct place *p, size_t n)
{
    size_t i = best_place(p, n);
    struct place *k = p + i;

    if (!is_odd(k) || !k->b.c)
        return false;
    k->done = true;
    h->heard[i] = k->b.c;
    add_single(h, k->b.c, k->b.factor);
    if (k->before) {
        add_pair(h, index_pair(k->before, k->b.c), k->b.factor);
        listen_again(h, i - 1, index_pair(k->before, k->b.c), k - 1);
    }
    if (k->after) {
        add_pair(h, index_pair(k->b.c, k->after), k->b.factor);
        listen_again(h, i + 1, index_pair(k->b.c, k->after), k + 1);
    }
    return true;
}

void query_sound(struct arena *a, const struct index *const *parts, size_t nparts, struct query *q)
{
    struct hearing h = {
        .parts = parts, .nparts = nparts, .asks = q->asks, .starts = q->starts, .q = q
    };
    struct place place[LONG];
    int mended = 0;

    if (q->u.n == 0 || q->u.n > LONG)
        return;
    pthread_once(&once, make_sounds);
    for (size_t i = 0; i < nparts; i++)
        h.docs += parts[i]->head->docs;
    h.usual = 4 + h.docs / 500;
    h.heard = arena_alloc(a, q->u.n * sizeof *h.heard);
    memcpy(h.heard, q->u.c, q->u.n * sizeof *h.heard);
    for (size_t i = 0; i < q->u.n; i++)
        listen(&h, i, place + i);
    while (mended < MENDED_MAX && mend(&h, place, q->u.n))
        mended++;
}
