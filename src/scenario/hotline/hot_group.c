/* Average linkage over a sparse graph: the two nearest groups become one until none are near
 * enough. Pairs that are not in the graph count as HOT_FAR. Ties go to the lower numbers, so that
 * the result is a function of the messages alone. */
#include "base/alloc.h"
#include "scenario/hotline/hot_int.h"

#include <string.h>

struct pair {
    float near;
    uint32_t a, b;
};
struct groups {
    struct hot_edge **edge; /* by group, sorted by number; tb_alloc'd */
    uint32_t *n, *size;
    bool *gone;
    struct pair *heap;
    size_t heap_n, heap_cap;
    float join;
};

static bool before(struct pair x, struct pair y)
{
    if (x.near != y.near)
        return x.near > y.near;
    return x.a != y.a ? x.a < y.a : x.b < y.b;
}

static void heap_add(struct groups *g, struct pair p)
{
    size_t i = g->heap_n++;

    if (g->heap_n > g->heap_cap) {
        g->heap_cap = g->heap_cap ? g->heap_cap * 2 : 1024;
        g->heap = tb_realloc(g->heap, g->heap_cap * sizeof(*g->heap));
    }
    for (; i && before(p, g->heap[(i - 1) / 2]); i = (i - 1) / 2)
        g->heap[i] = g->heap[(i - 1) / 2];
    g->heap[i] = p;
}

static struct pair heap_take(struct groups *g)
{
    struct pair top = g->heap[0], last = g->heap[--g->heap_n];
    size_t i = 0;

    for (size_t k; (k = 2 * i + 1) < g->heap_n; i = k) {
        if (k + 1 < g->heap_n && before(g->heap[k + 1], g->heap[k]))
            k++;
        if (!before(g->heap[k], last))
            break;
        g->heap[i] = g->heap[k];
    }
    g->heap[i] = last;
    return top;
}

/* Where `to` stands or would stand in the list of group i. */
static uint32_t place_of(const struct groups *g, uint32_t i, uint32_t to)
{
    uint32_t low = 0, high = g->n[i];

    while (low < high) {
        uint32_t mid = (low + high) / 2;

        if (g->edge[i][mid].to < to)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static float near_of(const struct groups *g, uint32_t i, uint32_t to)
{
    uint32_t p = place_of(g, i, to);

    return p < g->n[i] && g->edge[i][p].to == to ? g->edge[i][p].near : (float)HOT_FAR;
}

static void forget(struct groups *g, uint32_t i, uint32_t to)
{
    uint32_t p = place_of(g, i, to);

    if (p < g->n[i] && g->edge[i][p].to == to) {
        g->n[i]--;
        memmove(g->edge[i] + p, g->edge[i] + p + 1, (g->n[i] - p) * sizeof(**g->edge));
    }
}

/* Group i learns that `to` is so near; an entry for it may be there already. */
static void remember(struct groups *g, uint32_t i, uint32_t to, float near)
{
    uint32_t p = place_of(g, i, to);

    if (p == g->n[i] || g->edge[i][p].to != to) {
        g->edge[i] = tb_realloc(g->edge[i], (g->n[i] + 1) * sizeof(**g->edge));
        memmove(g->edge[i] + p + 1, g->edge[i] + p, (g->n[i] - p) * sizeof(**g->edge));
        g->n[i]++;
    }
    g->edge[i][p] = (struct hot_edge){ to, near };
}

/* b becomes part of a: a's nearness to every other is the mean over all pairs. */
static void unite(struct groups *g, uint32_t a, uint32_t b)
{
    float wa = (float)g->size[a], wb = (float)g->size[b], all = wa + wb;
    struct hot_edge *made = tb_alloc((g->n[a] + g->n[b] + 1) * sizeof(*made));
    uint32_t n = 0, i = 0, k = 0;

    while (i < g->n[a] || k < g->n[b]) {
        bool left = k == g->n[b] || (i < g->n[a] && g->edge[a][i].to <= g->edge[b][k].to);
        uint32_t to = left ? g->edge[a][i].to : g->edge[b][k].to;
        float x = (float)HOT_FAR, y = (float)HOT_FAR;

        if (i < g->n[a] && g->edge[a][i].to == to)
            x = g->edge[a][i++].near;
        if (k < g->n[b] && g->edge[b][k].to == to)
            y = g->edge[b][k++].near;
        if (to != a && to != b)
            made[n++] = (struct hot_edge){ to, (wa * x + wb * y) / all };
    }
    tb_free(g->edge[a]);
    tb_free(g->edge[b]);
    g->edge[b] = NULL;
    g->n[b] = 0;
    g->gone[b] = true;
    g->edge[a] = made;
    g->n[a] = n;
    g->size[a] += g->size[b];
    for (i = 0; i < n; i++) {
        uint32_t to = made[i].to;

        forget(g, to, b);
        remember(g, to, a, made[i].near);
        if (made[i].near >= g->join)
            heap_add(g, a < to ? (struct pair){ made[i].near, a, to }
                               : (struct pair){ made[i].near, to, a });
    }
}

static void begin(struct groups *g, const struct hot_near *near, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        g->size[i] = 1;
        g->n[i] = near->n[i];
        g->edge[i] = tb_dup(near->edge[i], near->n[i] * sizeof(**g->edge));
    }
    /* a list holds only the nearest of each: what one side knows the other must know too */
    for (size_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < near->n[i]; k++) {
            struct hot_edge e = near->edge[i][k];
            uint32_t back = place_of(g, e.to, (uint32_t)i);

            if (back == g->n[e.to] || g->edge[e.to][back].to != i)
                remember(g, e.to, (uint32_t)i, e.near);
        }
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < g->n[i]; k++)
            if (i < g->edge[i][k].to && g->edge[i][k].near >= g->join)
                heap_add(g, (struct pair){ g->edge[i][k].near, i, g->edge[i][k].to });
}

size_t hot_group(struct arena *a, const struct hot_near *near, size_t n, double join,
                 uint32_t *group)
{
    struct groups g = { .edge = ARENA_ARRAY(a, struct hot_edge *, n + 1),
                        .n = ARENA_ARRAY(a, uint32_t, n + 1),
                        .size = ARENA_ARRAY(a, uint32_t, n + 1),
                        .gone = ARENA_ARRAY(a, bool, n + 1),
                        .join = (float)join };
    uint32_t *into = ARENA_ARRAY(a, uint32_t, n + 1), *number = ARENA_ARRAY(a, uint32_t, n + 1);
    size_t made = 0;

    begin(&g, near, n);
    for (uint32_t i = 0; i < n; i++)
        into[i] = i;
    while (g.heap_n) {
        struct pair p = heap_take(&g);

        /* what the heap holds may be old news */
        if (g.gone[p.a] || g.gone[p.b] || near_of(&g, p.a, p.b) != p.near)
            continue;
        unite(&g, p.a, p.b);
        into[p.b] = p.a;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t root = i;

        while (into[root] != root)
            root = into[root];
        if (root == i)
            number[i] = (uint32_t)made++;
        group[i] =
            number[root]; /* a root is its group's lowest number: it has its number already */
    }
    for (size_t i = 0; i < n; i++)
        tb_free(g.edge[i]);
    tb_free(g.heap);
    return made;
}
