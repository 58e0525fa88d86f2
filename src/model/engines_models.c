#include "model/engines_int.h"

/* ---- what callers may name ---- */

struct listing {
    struct engines *g;
    struct arena *a;
    struct engines_model *items;
    size_t n, cap;
    int64_t now;
};

static struct engines_model *listed(struct listing *l, struct str id, enum engine_role role)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->items[i].role == role && str_eq(l->items[i].id, id))
            return &l->items[i];
    return NULL;
}

static void list_model(struct listing *l, struct str id, int i)
{
    const struct catalogue_engine *c = l->g->now->conf[i];
    struct engines_model *m = listed(l, id, c->role);

    if (!id.n)
        return;
    if (!m) {
        l->items = arena_grow(l->a, l->items, l->n, &l->cap, sizeof(*l->items));
        m = &l->items[l->n++];
        *m = (struct engines_model){ .id = arena_str(l->a, id),
                                     .owner = arena_str(l->a, c->name),
                                     .role = c->role };
    }
    if (c->context > m->context)
        m->context = c->context;
    m->ready |= engine_stage_of(l->g, i, l->now) == ENGINE_READY;
}

/* An alias or a route is as ready as what it leads to. */
static void list_name(struct listing *l, struct str name, struct str to)
{
    static const enum engine_role roles[] = { ENGINE_CHAT, ENGINE_EMBEDDING, ENGINE_RERANK,
                                              ENGINE_SPEECH };

    for (size_t r = 0; r < sizeof(roles) / sizeof(roles[0]); r++) {
        const struct engines_model *m = listed(l, to, roles[r]);
        struct engines_model copy;

        if (!m || listed(l, name, roles[r]))
            continue;
        copy = *m;
        copy.id = arena_str(l->a, name);
        l->items = arena_grow(l->a, l->items, l->n, &l->cap, sizeof(*l->items));
        l->items[l->n++] = copy;
    }
}

size_t engines_models_list(struct engines *g, struct arena *a, struct engines_model **out)
{
    struct listing l = { .g = g, .a = a, .now = world_mono_us(g->world) };
    const struct catalogue *all = &g->now->all;

    for (size_t k = 0; k < g->now->n; k++) {
        int i = (int)g->now->order[k];
        const struct catalogue_engine *c = g->now->conf[i];

        if (i == g->child_index)
            list_model(&l, str_z(g->child_view.model), i);
        for (size_t m = 0; i != g->child_index && m < c->model_n; m++)
            list_model(&l, c->models[m].name, i);
    }
    for (size_t i = 0; i < all->route_n; i++)
        for (size_t r = 0; r < all->routes[i].rule_n; r++)
            for (size_t t = 0; t < all->routes[i].rules[r].to.n; t++)
                list_name(&l, all->routes[i].name, all->routes[i].rules[r].to.items[t]);
    for (size_t i = 0; i < all->alias_n; i++)
        list_name(&l, all->aliases[i].name, all->aliases[i].to);
    *out = l.items;
    return l.n;
}

size_t engines_models(struct engines *g, struct arena *a, struct engines_model **out)
{
    size_t n;

    pthread_mutex_lock(&g->lock);
    engines_look(g, world_mono_us(g->world));
    n = engines_models_list(g, a, out);
    pthread_mutex_unlock(&g->lock);
    return n;
}
