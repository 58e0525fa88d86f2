#include "learn/measure.h"

#include "base/alloc.h"

#include <math.h>
#include <stdlib.h>

enum { BINS = 10 };

static double macro_f1(const struct learn_answer *v, size_t n, size_t labels)
{
    size_t *right = tb_zalloc(labels * 3 * sizeof(*right)), *truth = right + labels;
    size_t *said = truth + labels, met = 0;
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        truth[v[i].truth]++;
        if (v[i].said < labels)
            said[v[i].said]++;
        right[v[i].truth] += v[i].said == v[i].truth;
    }
    for (size_t k = 0; k < labels; k++) {
        if (!truth[k] && !said[k])
            continue;
        met++;
        sum += 2 * (double)right[k] / (double)(truth[k] + said[k]);
    }
    tb_free(right);
    return met ? sum / (double)met : 0;
}

static double calibration_error(const struct learn_answer *v, size_t n)
{
    double sure[BINS] = { 0 }, right[BINS] = { 0 }, off = 0;

    for (size_t i = 0; i < n; i++) {
        int b = v[i].sure >= 1 ? BINS - 1 : v[i].sure <= 0 ? 0 : (int)(v[i].sure * BINS);

        sure[b] += v[i].sure;
        right[b] += v[i].said == v[i].truth;
    }
    for (int b = 0; b < BINS; b++)
        off += fabs(sure[b] - right[b]);
    return n ? off / (double)n : 0;
}

static int surest(const void *a, const void *b)
{
    const struct learn_answer *x = a, *y = b;

    if (x->sure != y->sure)
        return x->sure < y->sure ? 1 : -1;
    return (int)(y->said != y->truth) - (int)(x->said != x->truth); /* ties: the wrong first */
}

static double best_coverage(const struct learn_answer *v, size_t n)
{
    struct learn_answer *sorted = tb_dup(v, n * sizeof(*v));
    size_t right = 0, best = 0;

    qsort(sorted, n, sizeof(*sorted), surest);
    for (size_t i = 0; i < n; i++) {
        right += sorted[i].said == sorted[i].truth;
        if ((double)right >= 0.95 * (double)(i + 1))
            best = i + 1;
    }
    tb_free(sorted);
    return (double)best / (double)n;
}

void learn_measure(const struct learn_answer *v, size_t n, size_t labels, double certain,
                   struct learn_measure *out)
{
    size_t right = 0, sure = 0, both = 0;

    *out = (struct learn_measure){ .precision = 1 };
    if (!n)
        return;
    for (size_t i = 0; i < n; i++) {
        right += v[i].said == v[i].truth;
        sure += v[i].sure >= certain;
        both += v[i].sure >= certain && v[i].said == v[i].truth;
    }
    out->accuracy = (double)right / (double)n;
    out->macro_f1 = macro_f1(v, n, labels);
    out->calibration_error = calibration_error(v, n);
    out->coverage = (double)sure / (double)n;
    out->precision = sure ? (double)both / (double)sure : 1;
    out->best_coverage = best_coverage(v, n);
}
