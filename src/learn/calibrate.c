#include "learn/train_int.h"

#include "base/alloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEWEST = 20 }; /* answers a threshold is set by, at least */
static const double wanted = 0.95, margin = 1.0;

static double loss(const struct learn_fit *f, const uint8_t *fold, const float *z, double sharpness)
{
    float *p = tb_alloc(f->labels * sizeof(*p));
    double sum = 0;

    for (size_t i = 0; i < f->n; i++) {
        if (fold[i] == LEARN_NOT_HELD)
            continue;
        memcpy(p, z + i * f->labels, f->labels * sizeof(*p));
        learn_chances(p, f->labels, sharpness);
        sum -= log((double)p[f->v[i].label] + 1e-9);
    }
    tb_free(p);
    return sum;
}

/* Golden section on the logarithm: the loss has one valley. */
double learn_sharpness(const struct learn_fit *f, const uint8_t *fold, const float *z)
{
    const double part = 0.6180339887;
    double from = log(0.1), to = log(50);

    for (int i = 0; i < 30; i++) {
        double left = to - part * (to - from), right = from + part * (to - from);

        if (loss(f, fold, z, exp(left)) < loss(f, fold, z, exp(right)))
            to = right;
        else
            from = left;
    }
    return exp((from + to) / 2);
}

struct answer {
    float sure;
    bool right;
};

static int surest(const void *a, const void *b)
{
    const struct answer *x = a, *y = b;

    return x->sure != y->sure ? (x->sure < y->sure ? 1 : -1)
                              : (int)x->right - (int)y->right; /* the wrong first */
}

/* Right ones among n at which `wanted` may be promised: the best of many thresholds is partly
 * luck, so it has to be better by a chance deviation. */
static double enough(double n)
{
    return wanted * n + margin * sqrt(n * wanted * (1 - wanted));
}

static double least_sure(struct answer *v, size_t n)
{
    double least = 1.01;
    size_t right = 0;

    if (n)
        qsort(v, n, sizeof(*v), surest);
    for (size_t i = 0; i < n; i++) {
        right += v[i].right;
        if (i + 1 >= FEWEST && (double)right >= enough((double)(i + 1)))
            least = (double)v[i].sure;
    }
    return least;
}

static struct learn_held best_of(const float *p, size_t n)
{
    struct learn_held h = { .known = true };

    for (uint32_t k = 1; k < n; k++)
        if (p[k] > p[h.best]) {
            h.second = h.best;
            h.best = k;
        } else if (h.second == h.best || p[k] > p[h.second]) {
            h.second = k;
        }
    h.sure = p[h.best];
    return h;
}

double learn_hold(const struct learn_fit *f, const uint8_t *fold, float *z, double sharpness,
                  struct learn_held *held)
{
    struct answer *v = tb_alloc((f->n + 1) * sizeof(*v));
    size_t n = 0;
    double least;

    for (size_t i = 0; i < f->n; i++) {
        struct learn_held h;

        if (held)
            held[i] = (struct learn_held){ 0 };
        if (fold[i] == LEARN_NOT_HELD)
            continue;
        learn_chances(z + i * f->labels, f->labels, sharpness);
        h = best_of(z + i * f->labels, f->labels);
        v[n++] = (struct answer){ h.sure, h.best == f->v[i].label };
        if (held)
            held[i] = h;
    }
    least = least_sure(v, n);
    tb_free(v);
    return least;
}
