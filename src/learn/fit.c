#include "learn/train_int.h"

#include "base/alloc.h"

#include <math.h>
#include <string.h>

enum { PASSES = 200, PASSES_LEAST = 4, FEW = 5000, LOOKS = 1000000 };

void learn_fit_begin(struct learn_fit *f)
{
    size_t used = 0;

    f->mem = (struct arena)ARENA_INIT;
    f->kept = tb_zalloc((f->n + 1) * sizeof(*f->kept));
    for (size_t i = 0; i < f->n && used < f->o->memory; i++) {
        struct arena a = ARENA_INIT;
        struct message m;
        struct learn_vector x;

        if (f->v[i].label == LEARN_UNLABELLED)
            continue;
        m = message_of(&a, f->v[i].title, f->v[i].text, LEARN_CHARS);
        x = learn_vector_of(&f->table, &a, &m);
        f->kept[i] = (struct learn_vector){ arena_alloc(&f->mem, x.n * sizeof(*x.v)), x.n };
        memcpy(f->kept[i].v, x.v, x.n * sizeof(*x.v));
        used += x.n * sizeof(*x.v);
        arena_release(&a);
    }
}

void learn_fit_end(struct learn_fit *f)
{
    arena_release(&f->mem);
    tb_free(f->kept);
}

struct learn_vector learn_fit_vector(const struct learn_fit *f, size_t i, struct arena *scratch)
{
    struct message m;

    if (f->kept[i].v)
        return f->kept[i];
    m = message_of(scratch, f->v[i].title, f->v[i].text, LEARN_CHARS);
    return learn_vector_of(&f->table, scratch, &m);
}

struct machine {
    const struct learn_fit *f;
    float *weights, *alphas;   /* alphas: for each example and label */
    float *z, *step;           /* of one example */
    float share[LEARN_LABELS]; /* an error's weight for each label */
};

/* Rare labels weigh as much as common ones together. */
static void weigh_labels(struct machine *m, const uint8_t *fold, int without)
{
    size_t count[LEARN_LABELS] = { 0 }, all = 0, met = 0;

    for (size_t i = 0; i < m->f->n; i++)
        if (m->f->v[i].label != LEARN_UNLABELLED && !m->f->v[i].prior && fold[i] != without) {
            met += count[m->f->v[i].label]++ == 0;
            all++;
        }
    for (size_t k = 0; k < m->f->labels; k++) {
        double even = met ? (double)all / (double)met : 1;
        double w = m->f->o->balanced && count[k] ? even / (double)count[k] : 1;

        m->share[k] = (float)(w > 10 ? 10 : w);
    }
}

/* One example against every label's machine; how far the worst was from its optimum. */
static float turn(struct machine *m, size_t i, const struct learn_vector *x)
{
    const struct learn_example *ex = &m->f->v[i];
    size_t labels = m->f->labels;
    float *alpha = m->alphas + i * labels, far = 0, length = 0, moved = 0;
    float cost = m->f->o->cost * ex->weight * (ex->prior ? 1 : m->share[ex->label]);
    float ridge = 1 / (2 * cost);

    learn_scores(m->weights, labels, x, m->z);
    for (size_t t = 0; t < x->n; t++)
        length += x->v[t].v * x->v[t].v;
    for (size_t k = 0; k < labels; k++) {
        float y = ex->label == k ? 1.0F : -1.0F, g = y * m->z[k] - 1 + alpha[k] * ridge, next;

        if (alpha[k] <= 0 && g > 0)
            g = 0;
        far = fabsf(g) > far ? fabsf(g) : far;
        next = alpha[k] - g / (length + ridge);
        next = next > 0 ? next : 0;
        m->step[k] = (next - alpha[k]) * y;
        moved = fabsf(m->step[k]) > moved ? fabsf(m->step[k]) : moved;
        alpha[k] = next;
    }
    for (size_t t = 0; t < x->n && moved > 1e-7F; t++) {
        float *w = m->weights + (size_t)x->v[t].row * labels;

        for (size_t k = 0; k < labels; k++)
            w[k] += m->step[k] * x->v[t].v;
    }
    return far;
}

static void shuffle(uint32_t *order, size_t n, uint64_t *seed)
{
    for (size_t i = n; i > 1; i--) {
        uint32_t kept = order[i - 1];
        size_t k;

        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        k = (size_t)(*seed % i);
        order[i - 1] = order[k];
        order[k] = kept;
    }
}

static float pass(struct machine *m, const uint32_t *order, size_t n)
{
    float worst = 0;

    for (size_t i = 0; i < n; i++) {
        struct arena a = ARENA_INIT;
        struct learn_vector x = learn_fit_vector(m->f, order[i], &a);
        float far = turn(m, order[i], &x);

        worst = far > worst ? far : worst;
        arena_release(&a);
    }
    return worst;
}

/* Many examples say the same many times over: each is looked at less often. */
static unsigned passes_for(size_t n)
{
    unsigned passes = n > FEW ? (unsigned)(LOOKS / n) : PASSES;

    return passes > PASSES_LEAST ? passes : PASSES_LEAST;
}

void learn_fit_run(const struct learn_fit *f, const uint8_t *fold, int without, float *weights)
{
    struct machine m = { .f = f, .weights = weights };
    uint32_t *order = tb_alloc((f->n + 1) * sizeof(*order));
    uint64_t seed = 88172645463325252U;
    size_t n = 0;
    unsigned passes;

    m.alphas = tb_zalloc((f->n * f->labels + 1) * sizeof(float));
    m.z = tb_zalloc(f->labels * sizeof(float));
    m.step = tb_zalloc(f->labels * sizeof(float));
    memset(weights, 0, f->rows * f->labels * sizeof(float));
    weigh_labels(&m, fold, without);
    for (size_t i = 0; i < f->n; i++)
        if (f->v[i].label != LEARN_UNLABELLED && fold[i] != without)
            order[n++] = (uint32_t)i;
    passes = passes_for(n);
    for (unsigned p = 0; p < passes; p++) {
        shuffle(order, n, &seed);
        if (pass(&m, order, n) < 0.02F)
            break;
    }
    tb_free(order);
    tb_free(m.alphas);
    tb_free(m.z);
    tb_free(m.step);
}
