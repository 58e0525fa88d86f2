#include "knowledge/ranker_int.h"

#include "base/alloc.h"

#include <math.h>
#include <string.h>

enum { STEPS = 300, TREES_FROM = 200 };

struct fit {
    const struct ranker_question *q;
    size_t n;
    struct ranker *r;
    double gradient[RANK_FEATURES];
};

static bool answerable(const struct ranker_question *q)
{
    for (size_t i = 0; i < q->list.n; i++)
        if (q->right[i])
            return true;
    return false;
}

static void measure(struct fit *f)
{
    double sum[RANK_FEATURES] = { 0 }, square[RANK_FEATURES] = { 0 }, n = 0;

    for (size_t i = 0; i < f->n; i++) {
        for (size_t k = 0; k < f->q[i].list.n; k++, n++) {
            for (int j = 0; j < RANK_FEATURES; j++) {
                double v = (double)f->q[i].list.v[k].f[j];

                sum[j] += v;
                square[j] += v * v;
            }
        }
    }
    for (int j = 0; j < RANK_FEATURES; j++) {
        double mean = n > 0 ? sum[j] / n : 0, var = n > 0 ? square[j] / n - mean * mean : 0;

        f->r->mean[j] = (float)mean;
        f->r->spread[j] = var > 1e-10 ? (float)sqrt(var) : 1.0F;
    }
}

static float linear(const struct ranker *r, const float *f)
{
    float s = 0;

    for (int j = 0; j < RANK_FEATURES; j++)
        s += r->weight[j] * (f[j] - r->mean[j]) / r->spread[j];
    return s;
}

/* d/dw of ln P(an answer is drawn first) for one question, by softmax over its candidates. */
static void question_gradient(struct fit *f, const struct ranker_question *q, float *score)
{
    double all = 0, right = 0;
    float most = -INFINITY;

    for (size_t i = 0; i < q->list.n; i++) {
        score[i] = linear(f->r, q->list.v[i].f);
        most = score[i] > most ? score[i] : most;
    }
    for (size_t i = 0; i < q->list.n; i++) {
        score[i] = expf(score[i] - most);
        all += (double)score[i];
        right += q->right[i] ? (double)score[i] : 0;
    }
    if (right <= 0)
        return;
    for (size_t i = 0; i < q->list.n; i++) {
        double p = (double)score[i], d = (q->right[i] ? p / right : 0) - p / all;

        for (int j = 0; j < RANK_FEATURES; j++)
            f->gradient[j] += d * (double)((q->list.v[i].f[j] - f->r->mean[j]) / f->r->spread[j]);
    }
}

/* Adam, a fixed number of steps, with a pull towards nought. */
static void climb(struct fit *f, size_t longest)
{
    double momentum[RANK_FEATURES] = { 0 }, square[RANK_FEATURES] = { 0 };
    float *score = tb_alloc((longest + 1) * sizeof *score);

    for (int step = 1; step <= STEPS; step++) {
        memset(f->gradient, 0, sizeof f->gradient);
        for (size_t i = 0; i < f->n; i++)
            question_gradient(f, f->q + i, score);
        for (int j = 0; j < RANK_FEATURES; j++) {
            double g = f->gradient[j] / (double)f->n - 0.002 * (double)f->r->weight[j];

            momentum[j] = 0.9 * momentum[j] + 0.1 * g;
            square[j] = 0.99 * square[j] + 0.01 * g * g;
            f->r->weight[j] += (float)(0.05 * momentum[j] / (1 - pow(0.9, step)) /
                                       (sqrt(square[j] / (1 - pow(0.99, step))) + 1e-8));
        }
    }
    tb_free(score);
}

struct ranker *ranker_fit(const struct ranker_question *q, size_t n)
{
    struct ranker *r = tb_zalloc(sizeof *r);
    struct ranker_question *with = tb_alloc((n + 1) * sizeof *with);
    struct fit f = { .q = with, .r = r };
    size_t longest = 0;

    for (int j = 0; j < RANK_FEATURES; j++)
        r->spread[j] = 1;
    for (size_t i = 0; i < n; i++) {
        if (!answerable(q + i))
            continue;
        with[f.n++] = q[i];
        longest = q[i].list.n > longest ? q[i].list.n : longest;
    }
    if (f.n) {
        measure(&f);
        climb(&f, longest);
    }
    if (f.n >= TREES_FROM)
        forest_fit(with, f.n, &r->forest);
    tb_free(with);
    return r;
}

void ranker_free(struct ranker *r)
{
    if (!r)
        return;
    tb_free(r->forest.v);
    tb_free(r);
}

/* Both parts on the same footing: by their spread over the candidates of this question. */
static float inverse_spread(const float *v, size_t n)
{
    double sum = 0, square = 0, var;

    for (size_t i = 0; i < n; i++) {
        sum += (double)v[i];
        square += (double)v[i] * (double)v[i];
    }
    var = n ? (square - sum * sum / (double)n) / (double)n : 0;
    return var > 1e-12 ? (float)(1.0 / sqrt(var)) : 0;
}

void ranker_apply(const struct ranker *r, struct rank_list *l)
{
    float *a = tb_zalloc((2 * l->n + 1) * sizeof *a), *b = a + l->n, ia, ib;

    for (size_t i = 0; i < l->n; i++) {
        a[i] = linear(r, l->v[i].f);
        for (size_t t = 0; t < r->forest.n; t++)
            b[i] += tree_value(r->forest.v + t, l->v[i].f);
    }
    ia = inverse_spread(a, l->n);
    ib = inverse_spread(b, l->n);
    for (size_t i = 0; i < l->n; i++)
        l->v[i].score = a[i] * ia + b[i] * ib;
    tb_free(a);
    rank_sort(l);
}
