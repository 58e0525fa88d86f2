/* LambdaMART: gradient-boosted regression trees on pairwise gradients weighted by what a swap would
 * change in NDCG (Burges 2010), with histograms, leaf-wise growth, sampled features and questions
 * (as LightGBM does it, and with its usual settings). */
#include "knowledge/ranker_int.h"

#include "base/alloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BINS = 64, TREES = 250, LEAF_MIN = 50, TRUNCATE = 15, NEGATIVES = 200 };
static const float RATE = 0.05F, QUESTIONS_SHARE = 0.7F, FEATURES_SHARE = 0.5F;
static const double LAMBDA = 5.0;

struct bin {
    double g, h;
    uint32_t n;
};
struct leaf {
    uint32_t from, n; /* in order[] */
    double g, h;
    struct bin hist[RANK_FEATURES][BINS];
    double gain; /* of the best split; <= 0: none */
    int feature, bin;
    uint16_t node;
};
struct grow {
    size_t rows, questions;
    uint32_t *first; /* of each question's rows; questions + 1 */
    uint8_t *bins;   /* feature-major */
    uint8_t *right;
    float edge[RANK_FEATURES][BINS]; /* upper value of each bin */
    int bins_of[RANK_FEATURES];
    const float **f; /* features of each row */
    float *score, *g, *h;
    uint8_t *drawn; /* rows of the questions in this tree */
    uint32_t *order, *aside;
    bool use[RANK_FEATURES];
    struct leaf *leaf; /* TREE_LEAVES */
    uint64_t dice;
};

static float roll(struct grow *w)
{
    w->dice = w->dice * 6364136223846793005U + 1442695040888963407U;
    return (float)(w->dice >> 40) / 16777216.0F;
}

float tree_value(const struct tree *t, const float *f)
{
    size_t i = 0;

    while (i < t->n && t->v[i].feature >= 0)
        i = t->v[i].left + (size_t)(f[t->v[i].feature] > t->v[i].value);
    return i < t->n ? t->v[i].value : 0;
}

/* -- rows and bins -- */

static int float_order(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

static uint8_t bin_of(const struct grow *w, int j, float v)
{
    int lo = 0, hi = w->bins_of[j] - 1;

    while (lo < hi) {
        int mid = (lo + hi) / 2;

        if (v <= w->edge[j][mid])
            hi = mid;
        else
            lo = mid + 1;
    }
    return (uint8_t)lo;
}

static void make_bins(struct grow *w, int j, float *sorted)
{
    int n = 0;

    for (size_t i = 0; i < w->rows; i++)
        sorted[i] = w->f[i][j];
    qsort(sorted, w->rows, sizeof *sorted, float_order);
    for (int b = 1; b <= BINS; b++) {
        float v = sorted[w->rows * (size_t)b / BINS - 1];

        if (n == 0 || v > w->edge[j][n - 1])
            w->edge[j][n++] = v;
    }
    w->bins_of[j] = n;
    for (size_t i = 0; i < w->rows; i++)
        w->bins[(size_t)j * w->rows + i] = bin_of(w, j, w->f[i][j]);
}

/* The answers and the best of the rest: lists come sorted by the plain formula. */
static size_t pick_rows(const struct ranker_question *q, size_t from, struct grow *w)
{
    size_t at = from, taken = 0;

    for (size_t i = 0; i < q->list.n; i++) {
        if (!q->right[i] && taken >= NEGATIVES)
            continue;
        taken += !q->right[i];
        if (w->f) {
            w->f[at] = q->list.v[i].f;
            w->right[at] = q->right[i];
        }
        at++;
    }
    return at;
}

static void lay_rows(const struct ranker_question *q, size_t n, struct grow *w)
{
    float *sorted;

    for (size_t i = 0; i < n; i++)
        w->rows = pick_rows(q + i, w->rows, w);
    w->questions = n;
    w->f = tb_alloc(w->rows * sizeof *w->f);
    w->right = tb_alloc(w->rows);
    w->first = tb_alloc((n + 1) * sizeof *w->first);
    w->first[0] = 0;
    for (size_t i = 0; i < n; i++)
        w->first[i + 1] = (uint32_t)pick_rows(q + i, w->first[i], w);
    w->bins = tb_alloc(w->rows * RANK_FEATURES);
    sorted = tb_alloc(w->rows * sizeof *sorted);
    for (int j = 0; j < RANK_FEATURES; j++)
        make_bins(w, j, sorted);
    tb_free(sorted);
    w->score = tb_zalloc(3 * w->rows * sizeof *w->score);
    w->g = w->score + w->rows;
    w->h = w->g + w->rows;
    w->drawn = tb_alloc(w->rows);
    w->order = tb_alloc(2 * w->rows * sizeof *w->order);
    w->aside = w->order + w->rows;
    w->leaf = tb_alloc(TREE_LEAVES * sizeof *w->leaf);
}

static void drop_rows(struct grow *w)
{
    tb_free(w->f);
    tb_free(w->right);
    tb_free(w->first);
    tb_free(w->bins);
    tb_free(w->score);
    tb_free(w->drawn);
    tb_free(w->order);
    tb_free(w->leaf);
}

/* -- gradients -- */

struct ranked {
    float score;
    uint32_t row;
};

static int ranked_order(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

static double discount(size_t place)
{
    return 1.0 / log2(2.0 + (double)place);
}

static double pair_gradient(struct grow *w, const struct ranked *r, size_t i, size_t j, double top)
{
    size_t high = w->right[r[i].row] ? i : j, low = high == i ? j : i;
    double apart = (double)r[high].score - (double)r[low].score;
    double swap = fabs(discount(i) - discount(j)) / top / (0.01 + fabs(apart));
    double p = 1.0 / (1.0 + exp(apart)), g = p * swap, h = p * (1.0 - p) * swap;

    w->g[r[high].row] -= (float)g;
    w->g[r[low].row] += (float)g;
    w->h[r[high].row] += (float)h;
    w->h[r[low].row] += (float)h;
    return 2 * g;
}

static void question_gradients(struct grow *w, uint32_t from, uint32_t end, struct ranked *r)
{
    size_t n = end - from, answers = 0;
    double top = 0, sum = 0;

    for (uint32_t i = from; i < end; i++) {
        r[i - from] = (struct ranked){ w->score[i], i };
        answers += w->right[i];
        w->g[i] = w->h[i] = 0;
    }
    for (size_t i = 0; i < answers && i < TRUNCATE; i++)
        top += discount(i);
    qsort(r, n, sizeof *r, ranked_order);
    for (size_t i = 0; i < n && i < TRUNCATE; i++)
        for (size_t j = i + 1; j < n; j++)
            if (w->right[r[i].row] != w->right[r[j].row])
                sum += pair_gradient(w, r, i, j, top);
    for (uint32_t i = from; sum > 0 && i < end; i++) {
        w->g[i] *= (float)(log2(1.0 + sum) / sum);
        w->h[i] *= (float)(log2(1.0 + sum) / sum);
    }
}

/* -- one tree -- */

static void fill_hist(const struct grow *w, struct leaf *l)
{
    memset(l->hist, 0, sizeof l->hist);
    l->g = l->h = 0;
    for (uint32_t k = l->from; k < l->from + l->n; k++) {
        l->g += (double)w->g[w->order[k]];
        l->h += (double)w->h[w->order[k]];
    }
    for (int j = 0; j < RANK_FEATURES; j++) {
        const uint8_t *bins = w->bins + (size_t)j * w->rows;

        if (!w->use[j])
            continue;
        for (uint32_t k = l->from; k < l->from + l->n; k++) {
            uint32_t row = w->order[k];
            struct bin *b = &l->hist[j][bins[row]];

            b->g += (double)w->g[row];
            b->h += (double)w->h[row];
            b->n++;
        }
    }
}

static double worth(double g, double h)
{
    return g * g / (h + LAMBDA);
}

static void find_split(const struct grow *w, struct leaf *l)
{
    l->gain = 0;
    for (int j = 0; j < RANK_FEATURES; j++) {
        double g = 0, h = 0;
        uint32_t n = 0;

        for (int b = 0; w->use[j] && b + 1 < w->bins_of[j]; b++) {
            double gain;

            g += l->hist[j][b].g;
            h += l->hist[j][b].h;
            n += l->hist[j][b].n;
            if (n < LEAF_MIN || l->n - n < LEAF_MIN)
                continue;
            gain = worth(g, h) + worth(l->g - g, l->h - h) - worth(l->g, l->h);
            if (gain > l->gain + 1e-9) {
                l->gain = gain;
                l->feature = j;
                l->bin = b;
            }
        }
    }
}

/* The larger child's histogram is what the smaller one leaves of the parent's. */
static void share_hist(const struct grow *w, struct leaf *parent, struct leaf *a, struct leaf *b)
{
    struct leaf *small = a->n < b->n ? a : b, *large = small == a ? b : a;
    struct leaf *copy = tb_dup(parent, sizeof *parent);

    fill_hist(w, small);
    large->g = copy->g - small->g;
    large->h = copy->h - small->h;
    for (int j = 0; j < RANK_FEATURES; j++) {
        for (int b2 = 0; b2 < BINS; b2++) {
            large->hist[j][b2].g = copy->hist[j][b2].g - small->hist[j][b2].g;
            large->hist[j][b2].h = copy->hist[j][b2].h - small->hist[j][b2].h;
            large->hist[j][b2].n = copy->hist[j][b2].n - small->hist[j][b2].n;
        }
    }
    tb_free(copy);
}

static uint32_t partition(struct grow *w, const struct leaf *l)
{
    const uint8_t *bins = w->bins + (size_t)l->feature * w->rows;
    uint32_t left = 0, right = 0;

    for (uint32_t k = l->from; k < l->from + l->n; k++) {
        uint32_t row = w->order[k];

        if (bins[row] <= l->bin)
            w->order[l->from + left++] = row;
        else
            w->aside[right++] = row;
    }
    memcpy(w->order + l->from + left, w->aside, right * sizeof *w->aside);
    return left;
}

static void split(struct grow *w, struct tree *t, struct leaf *l, struct leaf *fresh)
{
    struct tree_node *node = t->v + l->node;
    uint32_t left = partition(w, l);

    node->feature = (int16_t)l->feature;
    node->value = w->edge[l->feature][l->bin];
    node->left = t->n;
    fresh->from = l->from + left;
    fresh->n = l->n - left;
    l->n = left;
    l->node = t->n++;
    fresh->node = t->n++;
    share_hist(w, l, l, fresh);
    find_split(w, l);
    find_split(w, fresh);
}

static void grow_tree(struct grow *w, struct tree *t)
{
    size_t leaves = 1;

    t->n = 1;
    w->leaf[0] = (struct leaf){ .from = 0, .node = 0 };
    for (size_t i = 0; i < w->rows; i++)
        if (w->drawn[i])
            w->order[w->leaf[0].n++] = (uint32_t)i;
    fill_hist(w, w->leaf);
    find_split(w, w->leaf);
    while (leaves < TREE_LEAVES) {
        size_t best = 0;

        for (size_t i = 1; i < leaves; i++)
            if (w->leaf[i].gain > w->leaf[best].gain)
                best = i;
        if (w->leaf[best].gain <= 0)
            break;
        split(w, t, w->leaf + best, w->leaf + leaves);
        leaves++;
    }
    for (size_t i = 0; i < leaves; i++)
        t->v[w->leaf[i].node] =
            (struct tree_node){ -1, 0, (float)(-w->leaf[i].g / (w->leaf[i].h + LAMBDA)) * RATE };
}

static void draw(struct grow *w)
{
    for (int j = 0; j < RANK_FEATURES; j++)
        w->use[j] = w->bins_of[j] > 1 && roll(w) < FEATURES_SHARE;
    for (size_t i = 0; i < w->questions; i++)
        memset(w->drawn + w->first[i], roll(w) < QUESTIONS_SHARE, w->first[i + 1] - w->first[i]);
}

void forest_fit(const struct ranker_question *q, size_t n, struct forest *out)
{
    struct grow w = { .dice = 20261121 };
    struct ranked *r;

    lay_rows(q, n, &w);
    r = tb_alloc(w.rows * sizeof *r);
    out->v = tb_zalloc(TREES * sizeof *out->v);
    out->n = TREES;
    for (size_t t = 0; t < TREES; t++) {
        draw(&w);
        for (size_t i = 0; i < n; i++)
            if (w.drawn[w.first[i]])
                question_gradients(&w, w.first[i], w.first[i + 1], r);
        grow_tree(&w, out->v + t);
        for (size_t i = 0; i < w.rows; i++)
            w.score[i] += tree_value(out->v + t, w.f[i]);
    }
    tb_free(r);
    drop_rows(&w);
}
