/* The words of the table as a tree of characters, and where they stand in a reading. */
#include "guard/inject_int.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

/* 65536 words of 48 characters have fewer nodes than 2^24. */
enum { TO_BITS = 24, TO_MOST = (1 << TO_BITS) - 1 };

static uint32_t slot_of(const struct inject_trie *t, uint32_t node, uint16_t c)
{
    uint32_t at = (node * 0x9e3779b1U ^ c * 0x85ebca6bU) & t->mask;

    while (t->edges[at] && t->edges[at] >> TO_BITS != ((uint64_t)node << 16 | c))
        at = (at + 1) & t->mask;
    return at;
}

uint32_t inject_trie_step(const struct inject_trie *t, uint32_t node, uint16_t c)
{
    return t->mask ? (uint32_t)(t->edges[slot_of(t, node, c)] & TO_MOST) : 0;
}

static void more_edges(struct arena *a, struct inject_trie *t)
{
    struct inject_trie wide = { .mask = t->mask ? t->mask * 2 + 1 : 4095 };

    if (t->mask && t->edge_n * 2 < t->mask)
        return;
    wide.edges = ARENA_ARRAY(a, uint64_t, wide.mask + 1);
    for (uint32_t i = 0; t->mask && i <= t->mask; i++) {
        uint64_t edge = t->edges[i];

        if (edge)
            wide.edges[slot_of(&wide, (uint32_t)(edge >> (TO_BITS + 16)),
                               (uint16_t)(edge >> TO_BITS))] = edge;
    }
    t->edges = wide.edges;
    t->mask = wide.mask;
}

static uint32_t add_node(struct arena *a, struct inject_trie *t)
{
    t->ends = arena_grow(a, t->ends, t->node_n, &t->node_cap, sizeof(*t->ends));
    t->ends[t->node_n] = 0;
    return (uint32_t)t->node_n++;
}

static uint32_t add_step(struct arena *a, struct inject_trie *t, uint32_t node, uint16_t c)
{
    uint32_t at;

    more_edges(a, t);
    at = slot_of(t, node, c);
    if (!t->edges[at]) {
        t->edges[at] = ((uint64_t)node << 16 | c) << TO_BITS | add_node(a, t);
        t->edge_n++;
    }
    return (uint32_t)(t->edges[at] & TO_MOST);
}

void inject_trie_settle(struct arena *a, struct inject_trie *t)
{
    uint64_t *edges;
    uint32_t *ends;
    struct inject_ending *endings;

    if (t->node_n == 0)
        return;
    edges = ARENA_ARRAY(a, uint64_t, t->mask + 1);
    ends = ARENA_ARRAY(a, uint32_t, t->node_n);
    endings = ARENA_ARRAY(a, struct inject_ending, t->ending_n);
    t->edges = memcpy(edges, t->edges, (t->mask + 1) * sizeof(*edges));
    t->ends = memcpy(ends, t->ends, t->node_n * sizeof(*ends));
    t->endings = memcpy(endings, t->endings, t->ending_n * sizeof(*endings));
}

void inject_trie_add(struct arena *a, struct inject_trie *t, const uint16_t *c, size_t n,
                     uint16_t group, bool loose)
{
    uint32_t node = 0, e;

    if (t->node_n == 0) {
        add_node(a, t); /* the root */
        t->endings = arena_grow(a, t->endings, 0, &t->ending_cap, sizeof(*t->endings));
        t->ending_n = 1; /* 0 is none */
    }
    t->begins[c[0]] = true;
    for (size_t i = 0; i < n; i++)
        node = add_step(a, t, node, c[i]);
    for (e = t->ends[node]; e; e = t->endings[e].next)
        if (t->endings[e].group == group) {
            t->endings[e].loose |= loose;
            return;
        }
    t->endings = arena_grow(a, t->endings, t->ending_n, &t->ending_cap, sizeof(*t->endings));
    t->endings[t->ending_n] =
        (struct inject_ending){ .group = group, .loose = loose, .next = t->ends[node] };
    t->ends[node] = t->ending_n++;
}

static void add_hit(struct inject_hits *h, uint16_t group, size_t from, size_t to)
{
    for (size_t i = h->n; i > 0 && h->v[i - 1].from == from; i--)
        if (h->v[i - 1].group == group) { /* the longest word of a group at a place */
            h->v[i - 1].to = (uint32_t)to;
            return;
        }
    if (h->n < h->max)
        h->v[h->n++] =
            (struct inject_hit){ .group = group, .from = (uint32_t)from, .to = (uint32_t)to };
}

/* A Latin word ends where it ends: "act as" is not in "fact assumed". */
static bool ends_well(const struct inject_reading *r, size_t to, bool loose)
{
    return loose || !(r->edge[to - 1] & EDGE_LATIN) || !(r->edge[to] & EDGE_LATIN) ||
           (r->edge[to] & EDGE_WORD);
}

static void words_at(const struct inject_trie *t, const struct inject_reading *r, size_t from,
                     size_t to, struct inject_hits *h)
{
    uint32_t node = 0;

    for (size_t i = from; i < to && (node = inject_trie_step(t, node, r->c[i])); i++)
        for (uint32_t e = t->ends[node]; e; e = t->endings[e].next)
            if (ends_well(r, i + 1, t->endings[e].loose))
                add_hit(h, t->endings[e].group, from, i + 1);
}

static bool mark_here(const struct inject_mark *m, struct str rest)
{
    if (rest.n < m->text.n)
        return false;
    for (size_t i = 0; i < m->text.n; i++) {
        char c = rest.p[i];

        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != m->text.p[i])
            return false;
    }
    return true;
}

static int by_place(const void *x, const void *y)
{
    const struct inject_hit *a = x, *b = y;

    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    return a->group - b->group;
}

/* Marks stand in the text itself; a hit takes no glyph. */
static void find_marks(const struct inject *x, const struct inject_reading *r, size_t from,
                       size_t to, struct inject_hits *h)
{
    size_t glyph = from, begin = from < r->n ? r->at[from] : r->text.n, before = h->n;
    size_t end = to < r->n ? r->at[to] : r->text.n;

    if (from == 0)
        begin = 0;
    for (size_t at = begin; at < end; at++) {
        if (!x->mark_begins[(unsigned char)r->text.p[at]])
            continue;
        while (glyph < to && r->at[glyph] < at)
            glyph++;
        for (size_t i = 0; i < x->mark_n; i++)
            if (mark_here(&x->marks[i], str_from(r->text, at)))
                add_hit(h, x->marks[i].group, glyph, glyph);
    }
    if (h->n > before)
        qsort(h->v, h->n, sizeof(*h->v), by_place);
}

void inject_find(const struct inject *x, struct arena *a, const struct inject_reading *r,
                 size_t from, size_t to, struct inject_hits *out)
{
    const struct inject_trie *t = r->way == INJECT_SOUND ? &x->sounds : &x->words;

    *out = (struct inject_hits){ .r = r, .max = (to - from) * 2 + 64 };
    if (out->max > INJECT_HITS)
        out->max = INJECT_HITS;
    out->v = arena_alloc(a, sizeof(*out->v) * out->max);
    for (size_t i = from; i < to; i++)
        if (t->begins[r->c[i]] && (!(r->edge[i] & EDGE_LATIN) || (r->edge[i] & EDGE_WORD)))
            words_at(t, r, i, to, out);
    if (r->way == INJECT_PLAIN)
        find_marks(x, r, from, to, out);
}
