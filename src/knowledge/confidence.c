#include "knowledge/confidence.h"

#include <math.h>
#include <stdlib.h>

enum { TOP = 6, NEAR = 10 };

enum feature { SCORE, ABOVE_REST, ONE_DOCUMENT, DOCUMENTS, NEARER_THAN_REST, COVER, FEATURES };

/* Fitted by bench/confidence.py on the sample city's standard questions (120 of them, none of
 * demo/questions.yaml), with embeddings and with words alone. */
static const double WORDS_ALONE[FEATURES + 1] = { -0.1122, 1.0287, -1.6913, -5.1476,
                                                  0,       0.8827, 2.2884 };
static const double WITH_EMBEDDINGS[FEATURES + 1] = { 3.1813,  0.0585,  -1.1462, -4.3291,
                                                      17.5003, -0.9602, -2.8249 };

static double rest_of(const struct confidence_hit *h, size_t from, size_t to)
{
    double sum = 0;

    for (size_t i = from; i < to; i++)
        sum += h[i].score;
    return to > from ? sum / (double)(to - from) : 0;
}

/* Share of the best hits' weight that falls to the document with most of it. */
static double one_document(const struct confidence_hit *h, size_t n)
{
    double all = 0, most = 0;

    for (size_t i = 0; i < n; i++) {
        double mine = 0;

        for (size_t k = 0; k < n; k++)
            if (h[k].document == h[i].document)
                mine += exp((h[k].score - h[0].score) / 8.0);
        most = mine > most ? mine : most;
        all += exp((h[i].score - h[0].score) / 8.0);
    }
    return all > 0 ? most / all : 0;
}

static double documents(const struct confidence_hit *h, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        size_t k = 0;

        while (k < i && h[k].document != h[i].document)
            k++;
        count += k == i;
    }
    return (double)count / (double)n;
}

static int falling(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;

    return (a < b) - (a > b);
}

/* How much nearer in meaning the nearest is than the tenth to fortieth. */
static double nearer_than_rest(struct arena *a, const struct confidence_hit *h, size_t n)
{
    double *c = ARENA_ARRAY(a, double, n), sum = 0;
    size_t to = n < 40 ? n : 40;

    for (size_t i = 0; i < n; i++)
        c[i] = h[i].cosine;
    qsort(c, n, sizeof(*c), falling);
    if (to <= NEAR)
        return 0;
    for (size_t i = NEAR; i < to; i++)
        sum += c[i];
    return c[0] - sum / (double)(to - NEAR);
}

double confidence_of(struct arena *a, const struct confidence_hit *h, size_t n, bool embedded)
{
    const double *w = embedded ? WITH_EMBEDDINGS : WORDS_ALONE;
    double f[FEATURES] = { 0 }, z = w[FEATURES];

    if (n < TOP)
        return 0;
    if (n > CONFIDENCE_HITS)
        n = CONFIDENCE_HITS;
    f[SCORE] = h[0].score / 100.0;
    f[ABOVE_REST] = (h[0].score - rest_of(h, 5, n < 50 ? n : 50)) / 20.0;
    f[ONE_DOCUMENT] = one_document(h, n < NEAR ? n : NEAR);
    f[DOCUMENTS] = documents(h, TOP);
    f[NEARER_THAN_REST] = embedded ? nearer_than_rest(a, h, n) : 0;
    f[COVER] = fmax(h[0].cover, fmax(h[1].cover, h[2].cover));
    for (int i = 0; i < FEATURES; i++)
        z += w[i] * f[i];
    return 1.0 / (1.0 + exp(-z));
}
