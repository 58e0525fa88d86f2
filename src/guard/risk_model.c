#include "guard/risk_model_int.h"

#include "base/alloc.h"
#include "text/normal.h"

#include <math.h>
#include <string.h>

enum {
    BITS = 17,
    BUCKETS = 1 << BITS, /* of the judging weights */
    KIND_BITS = 14,
    KIND_BUCKETS = 1 << KIND_BITS, /* of the naming ones, a row of RISK_KINDS_ALL each */
    GRAM = 3,
    ROUNDS = 8,
    WINDOW = 48, /* characters of a long sentence looked at together */
    STRIDE = 24,
    LEAST_CHARS = 4 /* what is shorter asks for nothing */
};

struct risk_model {
    float bias, weights[BUCKETS];
    float kinds[KIND_BUCKETS][RISK_KINDS_ALL], kind_bias[RISK_KINDS_ALL];
    double least;
    size_t texts;
};

/* ---- runs of characters ---- */

static bool is_mark(uint16_t c)
{
    return !unit_is_han(c) && !unit_is_word(c);
}

static uint32_t mix(uint32_t h, uint32_t c)
{
    h = (h ^ c) * 0x9E3779B1U;
    return h ^ h >> 15;
}

/* Runs of two to GRAM characters, none across a mark; their count, at most GRAM for each. */
static size_t runs_of(const uint16_t *c, size_t n, uint32_t *out)
{
    size_t k = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t h = 0x811C9DC5U;

        for (size_t j = i; j < n && j < i + GRAM && !is_mark(c[j]); j++) {
            h = mix(h, c[j] + 1U);
            if (j > i)
                out[k++] = h;
        }
    }
    return k;
}

static double judge(const struct risk_model *m, const uint32_t *runs, size_t n)
{
    double z = 0;

    for (size_t i = 0; i < n; i++)
        z += (double)m->weights[runs[i] >> (32 - BITS)];
    return n ? (double)m->bias + z / sqrt((double)n) : -30;
}

static int name_kind(const struct risk_model *m, const uint32_t *runs, size_t n)
{
    double z[RISK_KINDS_ALL];
    int best = 0;

    for (int k = 0; k < RISK_KINDS_ALL; k++)
        z[k] = (double)m->kind_bias[k] * sqrt((double)n);
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < RISK_KINDS_ALL; k++)
            z[k] += (double)m->kinds[runs[i] >> (32 - KIND_BITS)][k];
    for (int k = 1; k < RISK_KINDS_ALL; k++)
        best = z[k] > z[best] ? k : best;
    return best;
}

/* ---- making ---- */

struct lesson {
    const uint32_t *runs;
    uint32_t n;
    int kind;
};

static double chance(double z)
{
    return 1 / (1 + exp(-z));
}

/* One step towards the truth; sums hold the squares of what was changed before (AdaGrad). */
static void learn(struct risk_model *m, float *sums, const struct lesson *l, double rate,
                  double weight)
{
    double z = judge(m, l->runs, l->n);
    double g = (chance(z) - (l->kind >= 0)) * weight, each = g / sqrt((double)l->n);

    if (fabs(g) < 1e-3)
        return;
    m->bias -= (float)(rate * 0.02 * g);
    for (size_t i = 0; i < l->n; i++) {
        uint32_t b = l->runs[i] >> (32 - BITS);

        sums[b] += (float)(each * each);
        m->weights[b] -= (float)(rate * each / (0.1 + sqrt((double)sums[b])));
    }
}

/* Counts, smoothed: how much more often a run stands in texts of the kind than in all. */
static void learn_kinds(struct risk_model *m, const struct lesson *l, size_t n)
{
    static const float smooth = 0.4F;
    float sums[RISK_KINDS_ALL] = { 0 }, all = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; l[i].kind >= 0 && k < l[i].n; k++) {
            m->kinds[l[i].runs[k] >> (32 - KIND_BITS)][l[i].kind]++;
            sums[l[i].kind]++;
            all++;
        }
    for (size_t b = 0; b < KIND_BUCKETS; b++) {
        float row = 0;

        for (int k = 0; k < RISK_KINDS_ALL; k++)
            row += m->kinds[b][k];
        for (int k = 0; k < RISK_KINDS_ALL; k++)
            m->kinds[b][k] = row > 0 ? logf((m->kinds[b][k] + smooth * sums[k] / all) /
                                            ((row + smooth) * (sums[k] + 1) / all))
                                     : 0;
    }
    for (int k = 0; k < RISK_KINDS_ALL; k++)
        m->kind_bias[k] = sums[k] > 0 ? 0 : -1000;
}

struct lessons {
    struct lesson *items;
    size_t n, cap;
};

static void add_lesson(struct arena *a, struct lessons *l, const uint16_t *c, size_t n, int kind)
{
    uint32_t *runs = ARENA_ARRAY(a, uint32_t, n * GRAM + 1);
    size_t k = runs_of(c, n, runs);

    if (!k)
        return;
    l->items = arena_grow(a, l->items, l->n, &l->cap, sizeof(*l->items));
    l->items[l->n++] = (struct lesson){ runs, (uint32_t)k, kind };
}

/* What is fine is also learnt as it will be looked at: long texts in windows, and short ones behind
 * one another, as people write. */
static void add_text(struct arena *a, struct lessons *l, struct units u, int kind)
{
    size_t at = 0;

    while (kind < 0 && u.n - at > WINDOW + STRIDE / 2) {
        add_lesson(a, l, u.c + at, WINDOW, kind);
        at += STRIDE;
    }
    add_lesson(a, l, u.c + at, u.n - at, kind);
}

static struct str two_of(struct arena *a, const struct risk_texts *t, size_t i)
{
    const struct risk_text *next = &t->items[(i * 31 + 7) % t->n];

    return next->kind < 0
               ? arena_printf(a, "%.*s，%.*s", STR_FMT(t->items[i].text), STR_FMT(next->text))
               : STR("");
}

static struct lessons lessons_of(struct arena *a, const struct risk_texts *t)
{
    struct lessons l = { .n = 0 };

    for (size_t i = 0; i < t->n; i++) {
        add_text(a, &l, normal_units(a, t->items[i].text), t->items[i].kind);
        if (t->items[i].kind < 0)
            add_text(a, &l, normal_units(a, two_of(a, t, i)), -1);
    }
    return l;
}

static void shuffle(struct lesson *l, size_t n, uint32_t *seed)
{
    for (size_t i = n; i > 1; i--) {
        struct lesson kept = l[i - 1];
        size_t k;

        *seed = *seed * 1664525U + 1013904223U;
        k = (*seed >> 4) % i;
        l[i - 1] = l[k];
        l[k] = kept;
    }
}

static void teach(struct risk_model *m, struct arena *a, const struct risk_texts *t)
{
    struct lessons all = lessons_of(a, t);
    struct lesson *l = all.items;
    float *sums = ARENA_ARRAY(a, float, BUCKETS);
    uint32_t seed = 20250654;
    size_t bad = 0;
    double heavier;

    for (size_t i = 0; i < all.n; i++)
        bad += l[i].kind >= 0;
    heavier = bad ? (double)(all.n - bad) / (double)bad : 1;
    for (int round = 0; round < ROUNDS; round++) {
        shuffle(l, all.n, &seed);
        for (size_t i = 0; i < all.n; i++)
            if (l[i].n)
                learn(m, sums, &l[i], 0.5, l[i].kind >= 0 ? sqrt(heavier) : 1 / sqrt(heavier));
    }
    learn_kinds(m, l, all.n);
}

enum tb_code risk_model_make(struct str yaml, const char *file, struct risk_model **out,
                             struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct risk_texts texts;
    struct risk_model *m;
    enum tb_code c = risk_texts_read(&a, yaml, file, &texts, e);

    if (!c) {
        m = tb_zalloc(sizeof(*m));
        m->least = texts.least;
        m->texts = texts.n;
        teach(m, &a, &texts);
        *out = m;
    }
    arena_release(&a);
    return c;
}

void risk_model_free(struct risk_model *m)
{
    tb_free(m);
}

size_t risk_model_texts(const struct risk_model *m)
{
    return m ? m->texts : 0;
}

double risk_model_least(const struct risk_model *m)
{
    return m ? m->least : 1;
}

/* ---- judging ---- */

/* Sums over what ends in the first i characters, so that a look at any part costs the same. */
struct upto {
    double pairs, triples; /* weights of the runs of two and of three that end there */
    uint32_t pair_n, triple_n, letters;
};

struct view { /* a text being judged */
    const struct risk_model *m;
    const uint16_t *c;
    struct upto *upto; /* n + 1 */
    double best, second;
    size_t from, to; /* of the worst */
    size_t looks;
};

static double weight_of(const struct risk_model *m, uint32_t run)
{
    return (double)m->weights[run >> (32 - BITS)];
}

static void sum_up(struct view *v, size_t n)
{
    uint32_t first = 0, second = 0; /* the hash of what begins one and two characters before */
    bool one = false, two = false;  /* and whether no mark stands between */

    v->upto[0] = (struct upto){ 0 };
    for (size_t i = 0; i < n; i++) {
        struct upto *next = &v->upto[i + 1];
        bool mark = is_mark(v->c[i]);

        *next = v->upto[i];
        next->letters += !mark && (v->c[i] < '0' || v->c[i] > '9');
        if (two && !mark) {
            next->triples += weight_of(v->m, mix(second, v->c[i] + 1U));
            next->triple_n++;
        }
        two = one && !mark;
        if (two) {
            second = mix(first, v->c[i] + 1U);
            next->pairs += weight_of(v->m, second);
            next->pair_n++;
        }
        one = !mark;
        first = mix(0x811C9DC5U, v->c[i] + 1U);
    }
}

/* What begins and ends within from..to; sums are kept by where a run ends. */
static double judge_part(const struct view *v, size_t from, size_t to)
{
    const struct upto *end = &v->upto[to];
    const struct upto *pair = &v->upto[from + 1 < to ? from + 1 : to];
    const struct upto *triple = &v->upto[from + 2 < to ? from + 2 : to];
    size_t n = end->pair_n - pair->pair_n + end->triple_n - triple->triple_n;
    double z = end->pairs - pair->pairs + end->triples - triple->triples;

    /* figures alone ask for nothing */
    if (end->letters - v->upto[from].letters < LEAST_CHARS || !n)
        return -30;
    return (double)v->m->bias + z / sqrt((double)n);
}

static void look(struct view *v, size_t from, size_t to)
{
    double z = judge_part(v, from, to);

    v->looks++;
    if (z <= v->best && z > v->second)
        v->second = z;
    if (z > v->best) {
        v->second = v->best;
        v->best = z;
        v->from = from;
        v->to = to;
    }
}

/* Who looks more often finds more by chance: one bad place among many must be worse to count, two
 * bear each other out. */
static double verdict(const struct view *v)
{
    double luck = log((double)(v->looks ? v->looks : 1));
    double alone = v->best - 0.8 * luck, both = (v->best + v->second) / 2 - 0.3 * luck;

    return alone > both ? alone : both;
}

static bool ends_sentence(uint16_t c)
{
    return c == 0x3002 || c == '!' || c == '?' || c == ';' || c == '\n' || c == '.';
}

static void look_at_sentence(struct view *v, size_t from, size_t to)
{
    if (to - from <= WINDOW + STRIDE / 2) {
        look(v, from, to);
        return;
    }
    for (size_t at = from; at < to; at += STRIDE) {
        look(v, at, at + WINDOW < to ? at + WINDOW : to);
        if (at + WINDOW >= to)
            break;
    }
}

static void look_at_all(struct view *v, size_t n)
{
    size_t from = 0;

    if (n <= WINDOW + STRIDE / 2)
        look(v, 0, n);
    for (size_t i = 0; i < n; i++)
        if (ends_sentence(v->c[i])) {
            look_at_sentence(v, from, i);
            from = i + 1;
        }
    look_at_sentence(v, from, n);
}

static int kind_of(const struct risk_model *m, struct arena *a, const uint16_t *c, size_t n)
{
    uint32_t *runs = ARENA_ARRAY(a, uint32_t, n * GRAM + 1);

    return name_kind(m, runs, runs_of(c, n, runs));
}

double risk_model_score(const struct risk_model *m, struct str text, int *kind)
{
    struct arena a = ARENA_INIT;
    struct units u;
    double z;
    struct view v = { .m = m, .best = -30, .second = -30 };

    if (!m)
        return 0;
    u = normal_units(&a, text);
    if (u.n > RISK_MODEL_CHARS) { /* the beginning and the end */
        uint16_t *both = ARENA_ARRAY(&a, uint16_t, RISK_MODEL_CHARS);

        memcpy(both, u.c, RISK_MODEL_CHARS / 2 * sizeof(*both));
        memcpy(both + RISK_MODEL_CHARS / 2, u.c + u.n - RISK_MODEL_CHARS / 2,
               RISK_MODEL_CHARS / 2 * sizeof(*both));
        u = (struct units){ both, RISK_MODEL_CHARS };
    }
    v.c = u.c;
    v.upto = arena_alloc(&a, (u.n + 1) * sizeof(*v.upto));
    sum_up(&v, u.n);
    look_at_all(&v, u.n);
    z = verdict(&v);
    if (chance(z) >= m->least)
        *kind = kind_of(m, &a, v.c + v.from, v.to - v.from);
    arena_release(&a);
    return chance(z);
}
