#include "learn/model_int.h"

#include <math.h>
#include <string.h>

uint32_t learn_row(const struct learn_table *t, uint32_t hash)
{
    size_t at = hash & t->mask;

    while (t->slots[at].hash && t->slots[at].hash != hash)
        at = (at + 1) & t->mask;
    return t->slots[at].hash ? t->slots[at].row : 0;
}

static float log_count(uint32_t n)
{
    static const float known[8] = { 0,          1,          1.6931472F, 2.0986123F,
                                    2.3862944F, 2.6094379F, 2.7917595F, 2.9459101F };

    return n < 8 ? known[n] : 1 + logf((float)n);
}

/* The terms a field added, brought to length `to`. */
static void scale(struct learn_term *v, size_t n, float to)
{
    double sum = 0;
    float by;

    for (size_t i = 0; i < n; i++)
        sum += (double)v[i].v * (double)v[i].v;
    by = sum > 0 ? to / (float)sqrt(sum) : 0;
    for (size_t i = 0; i < n; i++)
        v[i].v *= by;
}

struct learn_vector learn_vector_of(const struct learn_table *t, struct arena *a,
                                    const struct message *m)
{
    struct features f = features_of(a, m, t->run);

    return learn_vector_from(t, a, &f);
}

struct learn_vector learn_vector_from(const struct learn_table *t, struct arena *a,
                                      const struct features *f)
{
    struct learn_vector x = { arena_alloc(a, (f->n + 1) * sizeof(*x.v)), 0 };

    x.v[x.n++] = (struct learn_term){ LEARN_BIAS, 1 };
    for (size_t k = 0, i = 0; k < FEATURE_FIELDS; k++) {
        size_t from = x.n;

        for (; i < f->end[k]; i++) {
            uint32_t row = learn_row(t, f->v[i].hash);

            if (row)
                x.v[x.n++] = (struct learn_term){ row, log_count(f->v[i].count) * t->idf[row] };
        }
        scale(x.v + from, x.n - from, k == FEATURE_TITLE ? t->title : 1);
    }
    return x;
}

void learn_scores(const float *weights, size_t labels, const struct learn_vector *x, float *z)
{
    memset(z, 0, labels * sizeof(*z));
    for (size_t i = 0; i < x->n; i++) {
        const float *w = weights + (size_t)x->v[i].row * labels;
        float v = x->v[i].v;

        for (size_t k = 0; k < labels; k++)
            z[k] += v * w[k];
    }
}

void learn_chances(float *z, size_t n, double sharpness)
{
    double most = -INFINITY, sum = 0;

    for (size_t k = 0; k < n; k++)
        most = (double)z[k] > most ? (double)z[k] : most;
    for (size_t k = 0; k < n; k++) {
        z[k] = (float)exp(((double)z[k] - most) * sharpness);
        sum += (double)z[k];
    }
    for (size_t k = 0; k < n; k++)
        z[k] = (float)((double)z[k] / sum);
}
