#include "model/engines_int.h"

#include <stdio.h>

/* ---- names ---- */

bool engine_serves(const struct engines *g, int i, enum engine_role role, struct str model)
{
    const struct catalogue_engine *c = g->now->conf[i];

    if (!c || c->role != role)
        return false;
    if (i == g->child_index)
        return str_eqz(model, g->child_view.model);
    for (size_t k = 0; k < c->model_n; k++)
        if (str_eq(c->models[k].name, model))
            return true;
    return false;
}

static bool add_tier(struct wish *w, uint64_t servers, struct str model)
{
    if (!servers)
        return false;
    if (w->n == TIERS_MAX) {
        w->tiers[TIERS_MAX - 1].servers |= servers;
    } else {
        w->tiers[w->n].servers = servers;
        w->tiers[w->n++].model = model;
    }
    w->all |= servers;
    return true;
}

/* A model, or where `engines` an engine, by its name. */
static bool wish_name(const struct engines *g, enum engine_role role, struct str name, bool engines,
                      struct wish *out)
{
    uint64_t servers = 0, named = 0;

    for (size_t k = 0; k < g->now->n; k++) {
        int i = (int)g->now->order[k];

        if (engine_serves(g, i, role, name))
            servers |= 1ull << i;
        else if (engines && str_eq(g->now->conf[i]->name, name) && g->now->conf[i]->role == role)
            named |= 1ull << i;
    }
    servers = add_tier(out, servers, name);
    return add_tier(out, named, STR_NONE) || servers;
}

/* No model named, and the file says nothing of it: in the order of the file, those that serve the
 * same model side by side; the embedded engine last. */
static bool wish_any(const struct engines *g, enum engine_role role, struct wish *out)
{
    for (size_t k = 0; k < g->now->n; k++) {
        int i = (int)g->now->order[k];
        const struct catalogue_engine *c = g->now->conf[i];

        if (c->role != role || out->all >> i & 1)
            continue;
        if (i == g->child_index || !c->models[0].name.n)
            add_tier(out, 1ull << i, STR_NONE);
        else
            wish_name(g, role, c->models[0].name, false, out);
    }
    return out->n > 0;
}

/* ---- routes ---- */

static bool among(const struct str_list *all, struct str s)
{
    for (size_t i = 0; i < all->n; i++)
        if (str_eq(all->items[i], s))
            return true;
    return !all->n;
}

static bool rule_holds(const struct engines *g, const struct catalogue_rule *r,
                       const struct engines_want *w)
{
    return among(&r->tasks, w->task) && among(&r->departments, w->department) &&
           among(&r->languages, w->language) && w->prompt_tokens >= r->prompt_from &&
           (!r->prompt_to || w->prompt_tokens < r->prompt_to) &&
           (r->sensitive < 0 || w->sensitive == (r->sensitive > 0)) &&
           (!r->hours.n || hours_hold(&r->hours, world_now_ms(g->world)));
}

static const struct catalogue_route *route_named(const struct catalogue *all, struct str name)
{
    for (size_t i = 0; i < all->route_n; i++)
        if (str_eq(all->routes[i].name, name))
            return &all->routes[i];
    return NULL;
}

/* A route whose rules all fail leads nowhere: the file's last rule should have no `when`. */
static bool wish_route(const struct engines *g, const struct catalogue_route *route,
                       const struct engines_want *w, struct wish *out)
{
    for (size_t i = 0; i < route->rule_n; i++) {
        const struct catalogue_rule *r = &route->rules[i];

        if (!rule_holds(g, r, w))
            continue;
        for (size_t k = 0; k < r->to.n; k++)
            wish_name(g, w->role, r->to.items[k], true, out);
        return out->n > 0;
    }
    return false;
}

static bool wish_named(const struct engines *g, const struct engines_want *w, struct str name,
                       struct wish *out)
{
    const struct catalogue *all = &g->now->all;
    const struct catalogue_route *route;
    bool alias = false;

    if (wish_name(g, w->role, name, false, out))
        return true;
    for (size_t i = 0; i < all->alias_n && !alias; i++)
        if (str_eq(all->aliases[i].name, name)) {
            name = all->aliases[i].to;
            alias = true;
        }
    if (alias && wish_name(g, w->role, name, true, out))
        return true;
    route = route_named(all, name);
    return route && wish_route(g, route, w, out);
}

/* ---- what is left out ---- */

static uint64_t too_small(const struct engines *g, const struct engines_want *w, uint64_t servers,
                          int64_t *largest)
{
    int64_t tokens = w->prompt_tokens + w->answer_max;
    uint64_t out = 0;

    *largest = 0;
    for (int i = 0; i < ENGINES_MAX; i++)
        if (servers >> i & 1) {
            int64_t context = g->now->conf[i]->context;

            if (context && tokens > context)
                out |= 1ull << i;
            if (context > *largest)
                *largest = context;
        }
    return out;
}

static uint64_t untrusted(const struct engines *g, uint64_t servers)
{
    uint64_t out = 0;

    for (int i = 0; i < ENGINES_MAX; i++)
        if (servers >> i & 1 && !g->now->conf[i]->trusted)
            out |= 1ull << i;
    return out;
}

/* Those whose way with personal data is this one, or is any other. */
static uint64_t of_way(const struct engines *g, uint64_t servers, enum personal way, bool other)
{
    uint64_t out = 0;

    for (int i = 0; i < ENGINES_MAX; i++)
        if (servers >> i & 1 && (g->now->conf[i]->personal == way) != other)
            out |= 1ull << i;
    return out;
}

void wish_take_out(struct wish *w, uint64_t servers)
{
    size_t n = 0;

    w->all &= ~servers;
    for (size_t i = 0; i < w->n; i++) {
        w->tiers[i].servers &= ~servers;
        if (w->tiers[i].servers)
            w->tiers[n++] = w->tiers[i];
    }
    w->n = n;
}

void wish_first(struct wish *w, uint64_t servers)
{
    struct str model = w->tiers[0].model;

    for (size_t i = 0; i < w->n; i++)
        if (w->tiers[i].servers & servers)
            model = w->tiers[i].model;
    wish_take_out(w, servers);
    if (w->n == TIERS_MAX) {
        w->n--;
        w->tiers[w->n - 1].servers |= w->tiers[w->n].servers;
    }
    for (size_t i = w->n++; i > 0; i--)
        w->tiers[i] = w->tiers[i - 1];
    w->tiers[0].servers = servers;
    w->tiers[0].model = model;
    w->all |= servers;
}

static enum tb_code unknown(struct engines *g, const struct engines_want *w, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct engines_model *models = NULL;
    struct buf say = BUF_INIT(360);
    size_t n = engines_models_list(g, &a, &models);

    buf_addf(&say, "没有名为 %.*s 的模型，%s", STR_FMT(str_sub(w->model, 0, 60)),
             n ? "可用的有：" : "现在也没有别的模型可用，请联系管理员配置推理引擎");
    for (size_t i = 0, k = 0; i < n && say.n < 260; i++)
        if (models[i].role == w->role && models[i].id.n < 90)
            buf_addf(&say, "%s%.*s", k++ ? "、" : "", STR_FMT(models[i].id));
    tb_fail_say(e, TB_NOT_FOUND, buf_str(&say), STR("no such model"));
    buf_release(&say);
    arena_release(&a);
    return TB_NOT_FOUND;
}

static enum tb_code nobody(struct engines *g, const struct engines_want *w, struct tb_err *e)
{
    for (size_t i = 0; i < g->now->all.model_n; i++) /* what the embedded engine may come to run */
        if (g->child && w->role == ENGINE_CHAT && str_eq(g->now->all.models[i].name, w->model))
            return tb_fail(e, TB_BUSY, NOT_READY,
                           "the embedded engine does not run this model now");
    if (w->model.n)
        return unknown(g, w, e);
    return tb_fail(e, TB_BUSY, NOT_READY, "no engine is ready: engines=%zu", g->now->n);
}

enum tb_code engines_wish(struct engines *g, const struct engines_want *w, struct wish *out,
                          struct tb_err *e)
{
    struct str name = w->model.n ? w->model : STR("default");
    int64_t largest;
    uint64_t small;
    char say[200];

    out->n = 0;
    out->all = 0;
    if (!wish_named(g, w, name, out) && (w->model.n || !wish_any(g, w->role, out)))
        return nobody(g, w, e);
    if (w->sensitive)
        wish_take_out(out, untrusted(g, out->all));
    if (w->unmasked)
        wish_take_out(out, of_way(g, out->all, PERSONAL_ALLOW, true));
    if (w->personal && out->n) {
        wish_take_out(out, of_way(g, out->all, PERSONAL_REFUSE, false));
        if (!out->n)
            return tb_fail(e, TB_FORBIDDEN,
                           "内容里有个人信息，这个模型不收：请去掉姓名、证件号、电话、住址等再提交",
                           "every engine refuses personal data: model=%.*s", STR_FMT(w->model));
    }
    if (!out->n)
        return tb_fail(e, TB_FORBIDDEN,
                       "内容涉及个人信息，而这个模型的引擎都没有标为可信（models.yaml 的 trusted）",
                       "no trusted engine: model=%.*s", STR_FMT(w->model));
    small = too_small(g, w, out->all, &largest);
    if (small == out->all) {
        snprintf(say, sizeof(say), "内容太长：约 %lld 个 token，模型最多 %lld 个，请缩短后再试",
                 (long long)(w->prompt_tokens + w->answer_max), (long long)largest);
        return tb_fail_say(e, TB_TOO_LARGE, str_z(say), STR("longer than any engine's context"));
    }
    wish_take_out(out, small | w->tried);
    if (!out->n)
        return tb_fail(e, TB_BUSY, NOT_READY, "every engine was tried");
    return TB_OK;
}
