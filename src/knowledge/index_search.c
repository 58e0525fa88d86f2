/* MaxScore over windows of documents. In each window the terms that together cannot lift a
 * document above the worst of the best k are looked up only for documents that the others found. */
#include "knowledge/index_int.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

struct cursor {
    uint32_t first, blocks, block; /* block: the one decoded or to be decoded next */
    uint32_t n, at;                /* decoded documents, the next one not yet passed */
    uint32_t scale;
    uint32_t bound; /* in this window */
    bool decoded;
    uint32_t doc[INDEX_BLOCK], tf[INDEX_BLOCK];
};

struct run {
    const struct index *x;
    const struct index_filter *filter;
    struct index_top *top;
    struct cursor *cursors;
    struct cursor **order; /* by bound, ascending */
    uint32_t *upto;        /* upto[i]: sum of the bounds of order[0..i] */
    size_t n;
    uint32_t part;
    uint32_t score[INDEX_WINDOW];
    uint64_t touched[INDEX_WINDOW / 64];
};

static uint32_t scale_of(float weight)
{
    float s = weight * 2.2F * (float)INDEX_ONE; /* 2.2: BM25's K1 + 1 */

    return s <= 0 ? 0 : s > 8e6F ? 8000000 : (uint32_t)s;
}

static uint32_t share(const struct index *x, uint32_t scale, uint32_t doc, uint32_t tf)
{
    return (uint32_t)((float)scale * index_ratio(tf, x->docs[doc].norm));
}

static bool seen(const struct index_filter *f, uint8_t level)
{
    if (level <= INDEX_INTERNAL)
        return level == INDEX_PUBLIC || f->internal_too;
    return f->owners && f->owners[level];
}

bool index_allowed(const struct index_filter *f, uint32_t doc)
{
    const struct index_state *s;
    bool in_force;

    if (!f->state)
        return true;
    s = f->state + doc;
    if (!s->live || !seen(f, s->level))
        return false;
    in_force = s->from <= f->day && f->day <= s->to;
    return f->mode == INDEX_ANY || (f->mode == INDEX_IN_FORCE) == in_force;
}

static bool worse(const struct index_hit *a, const struct index_hit *b)
{
    if (a->score != b->score)
        return a->score < b->score;
    return a->part != b->part ? a->part > b->part : a->doc > b->doc;
}

static void sift_down(struct index_hit *v, size_t n, size_t i)
{
    for (;;) {
        size_t low = i, l = 2 * i + 1;

        if (l < n && worse(v + l, v + low))
            low = l;
        if (l + 1 < n && worse(v + l + 1, v + low))
            low = l + 1;
        if (low == i)
            return;
        struct index_hit t = v[i];

        v[i] = v[low];
        v[low] = t;
        i = low;
    }
}

static void sift_up(struct index_hit *v, size_t i)
{
    while (i && worse(v + i, v + (i - 1) / 2)) {
        struct index_hit t = v[i];

        v[i] = v[(i - 1) / 2];
        v[(i - 1) / 2] = t;
        i = (i - 1) / 2;
    }
}

/* What a document must exceed (by score alone: equal scores of later documents rank lower). */
static uint32_t threshold(const struct index_top *top)
{
    return top->n < top->k || top->v[0].score < top->floor ? top->floor : top->v[0].score;
}

static void offer(struct index_top *top, struct index_hit h)
{
    if (h.score <= threshold(top) || top->k == 0)
        return;
    if (top->n < top->k) {
        top->v[top->n++] = h;
        sift_up(top->v, top->n - 1);
        return;
    }
    top->v[0] = h;
    sift_down(top->v, top->n, 0);
}

static int best_first(const void *a, const void *b)
{
    return worse(a, b) ? 1 : -1;
}

void index_top_sort(struct index_top *top)
{
    if (top->n)
        qsort(top->v, top->n, sizeof *top->v, best_first);
}

static bool cursor_open(const struct index *x, const struct index_want *w, struct cursor *c)
{
    const struct index_term *t = index_find(x, w->key);

    if (!t || t->df == 0)
        return false;
    c->scale = scale_of(w->weight);
    c->block = 0;
    c->decoded = false;
    c->at = c->n = 0;
    if (t->df == 1) {
        if (t->at >= x->head->docs || t->tf == 0)
            return false;
        c->blocks = 0;
        c->decoded = true;
        c->n = 1;
        c->doc[0] = t->at;
        c->tf[0] = t->tf;
        return c->scale > 0;
    }
    c->first = t->at;
    c->blocks = (t->df - 1) / INDEX_BLOCK + 1;
    return c->scale > 0 && c->first <= x->head->blocks && c->blocks <= x->head->blocks - c->first;
}

static void decode(const struct index *x, struct cursor *c)
{
    uint32_t i = c->first + c->block;

    c->n = block_unpack(x, i, c->block ? x->blocks[i - 1].last : UINT32_MAX, c->doc, c->tf);
    c->at = 0;
    c->decoded = true;
}

/* To the first document >= doc; false at the end. */
static bool advance(const struct index *x, struct cursor *c, uint32_t doc)
{
    for (;;) {
        if (c->decoded) {
            while (c->at < c->n && c->doc[c->at] < doc)
                c->at++;
            if (c->at < c->n)
                return true;
            c->block++;
            c->decoded = false;
        }
        while (c->block < c->blocks && x->blocks[c->first + c->block].last < doc)
            c->block++;
        if (c->block >= c->blocks)
            return false;
        decode(x, c);
    }
}

static uint32_t bound_of(const struct cursor *c, uint8_t most)
{
    return (uint32_t)((float)c->scale * ((float)most / 255.0F)) + 1;
}

/* The most the term can add to a document in [from, end). */
static uint32_t window_bound(const struct index *x, const struct cursor *c, uint32_t from,
                             uint32_t end)
{
    uint8_t most = 0;

    if (c->blocks == 0)
        return c->at < c->n && c->doc[0] >= from && c->doc[0] < end
                   ? share(x, c->scale, c->doc[0], c->tf[0])
                   : 0;
    for (uint32_t b = c->block; b < c->blocks; b++) {
        const struct index_block *k = x->blocks + c->first + b;

        if (k->last < from)
            continue;
        if (b && x->blocks[c->first + b - 1].last >= end - 1)
            break;
        most = k->most > most ? k->most : most;
    }
    return most ? bound_of(c, most) : 0;
}

/* Orders the cursors by bound; returns how many have one, at the end of order. */
static size_t order_cursors(struct run *r, uint32_t from, uint32_t end)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++) {
        struct cursor *c = r->cursors + i;
        size_t k;

        c->bound = window_bound(r->x, c, from, end);
        if (!c->bound)
            continue;
        for (k = n++; k > 0 && r->order[k - 1]->bound > c->bound; k--)
            r->order[k] = r->order[k - 1];
        r->order[k] = c;
    }
    for (size_t i = 0; i < n; i++)
        r->upto[i] = r->order[i]->bound + (i ? r->upto[i - 1] : 0);
    return n;
}

/* Adds all of one term's documents in the window. */
static void scatter(struct run *r, struct cursor *c, uint32_t from, uint32_t end)
{
    if (!advance(r->x, c, from))
        return;
    while (c->doc[c->at] < end) {
        uint32_t i = c->doc[c->at] - from;

        r->score[i] += share(r->x, c->scale, c->doc[c->at], c->tf[c->at]);
        r->touched[i / 64] |= UINT64_C(1) << (i % 64);
        if (++c->at == c->n && !advance(r->x, c, c->doc[c->n - 1] + 1))
            return;
    }
}

/* Finishes one document that the essential terms found. */
static void judge(struct run *r, uint32_t doc, uint32_t score, size_t rest)
{
    if (!index_allowed(r->filter, doc))
        return;
    for (size_t i = rest; i-- > 0;) {
        struct cursor *c = r->order[i];

        if (score + r->upto[i] <= threshold(r->top))
            return;
        if (advance(r->x, c, doc) && c->doc[c->at] == doc)
            score += share(r->x, c->scale, doc, c->tf[c->at]);
    }
    offer(r->top, (struct index_hit){ score, r->part, doc });
}

static void window(struct run *r, uint32_t from, uint32_t end)
{
    size_t n = order_cursors(r, from, end), rest = 0;

    while (rest < n && r->upto[rest] <= threshold(r->top))
        rest++;
    if (rest == n)
        return;
    for (size_t i = rest; i < n; i++)
        scatter(r, r->order[i], from, end);
    for (uint32_t w = 0; w < INDEX_WINDOW / 64; w++) {
        for (uint64_t bits = r->touched[w]; bits; bits &= bits - 1) {
            uint32_t i = w * 64 + (uint32_t)__builtin_ctzll(bits);
            uint32_t score = r->score[i];

            r->score[i] = 0;
            judge(r, from + i, score, rest);
        }
        r->touched[w] = 0;
    }
}

void index_search(const struct index *x, uint32_t part, const struct index_want *want, size_t n,
                  const struct index_filter *f, struct index_top *top)
{
    struct run *r = tb_zalloc(sizeof *r);

    n = n > INDEX_TERMS_MAX ? INDEX_TERMS_MAX : n;
    *r = (struct run){ .x = x, .filter = f, .top = top, .part = part };
    r->cursors = tb_alloc(n * sizeof *r->cursors);
    r->order = tb_alloc(n * sizeof(struct cursor *));
    r->upto = tb_alloc(n * sizeof(uint32_t));
    for (size_t i = 0; i < n; i++)
        r->n += cursor_open(x, want + i, r->cursors + r->n);
    for (uint32_t from = 0; from < x->head->docs; from += INDEX_WINDOW) {
        uint32_t left = x->head->docs - from;

        window(r, from, from + (left < INDEX_WINDOW ? left : INDEX_WINDOW));
        if (left <= INDEX_WINDOW)
            break;
    }
    tb_free(r->upto);
    tb_free(r->order);
    tb_free(r->cursors);
    tb_free(r);
}

uint32_t index_score(const struct index *x, uint32_t doc, const struct index_want *want, size_t n)
{
    struct cursor *c = tb_alloc(sizeof *c);
    uint32_t score = 0;

    for (size_t i = 0; i < n && i < INDEX_TERMS_MAX; i++)
        if (cursor_open(x, want + i, c) && advance(x, c, doc) && c->doc[c->at] == doc)
            score += share(x, c->scale, doc, c->tf[c->at]);
    tb_free(c);
    return score;
}
