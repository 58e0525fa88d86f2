#include "model/engines_int.h"

#include "base/metrics.h"

#include <assert.h>
#include <stdio.h>

/* ---- telling ---- */

struct engines_ticket *ticket_of(struct line_item *it)
{
    return (struct engines_ticket *)(void *)((char *)it - offsetof(struct engines_ticket, line));
}

void told_add(struct told *all, struct engines_ticket *t, enum tb_code code)
{
    t->told = code;
    t->next = NULL;
    t->state = code ? TICKET_DONE : TICKET_PLACED;
    if (!all->first)
        all->last = &all->first;
    *all->last = t;
    all->last = &t->next;
}

/* A ticket may be gone once it has been told. */
void tickets_tell(struct told *all)
{
    struct engines_ticket *t = all->first;

    while (t) {
        struct engines_ticket *next = t->next;

        t->ready(t, t->told);
        t = next;
    }
}

/* ---- places ---- */

static struct str model_at(const struct engines *g, int i, const struct wish *wish)
{
    const struct catalogue_engine *conf = g->now->conf[i];
    struct str name = STR_NONE;

    if (i == g->child_index)
        return str_z(g->child_view.model);
    for (size_t k = wish->n; k-- > 0;)
        if (wish->tiers[k].servers >> i & 1)
            name = wish->tiers[k].model;
    for (size_t k = 0; name.n && k < conf->model_n; k++)
        if (str_eq(conf->models[k].name, name))
            return conf->models[k].as;
    return conf->models[0].as;
}

static void place_fill(struct engines *g, struct engines_place *out, int i, struct str model)
{
    const struct catalogue_engine *c = g->now->conf[i];
    const struct catalogue_profile *profile = catalogue_profile(&g->now->all, model);
    const struct supervisor_view *child = i == g->child_index ? &g->child_view : NULL;

    *out = (struct engines_place){ .engine = i,
                                   .thinks_first = c->thinks_first < 0
                                                       ? profile && profile->thinks_first
                                                       : c->thinks_first > 0,
                                   .llama = c->llama,
                                   .child = child != NULL,
                                   .first_word_ms = c->first_word_ms,
                                   .total_ms = c->total_ms,
                                   .context = c->context,
                                   .prompt_price = c->prompt_price,
                                   .cached_price = c->cached_price,
                                   .answer_price = c->answer_price,
                                   .temperature = profile ? profile->temperature : -1,
                                   .top_p = profile ? profile->top_p : -1,
                                   .egress = g->now->egress,
                                   .generation = g->now->number };
    str_put(out->name, sizeof(out->name), c->name);
    str_put(out->model, sizeof(out->model), model);
    if (child)
        snprintf(out->url, sizeof(out->url), "%s/v1", child->url);
    else
        str_put(out->url, sizeof(out->url), c->url);
    str_put(out->key, sizeof(out->key), child ? str_z(child->key) : c->key);
}

void engines_place(struct engines *g, struct engines_ticket *t, int i, const struct wish *wish,
                   int64_t now)
{
    struct engine *live = &g->of[i];

    place_fill(g, &t->place, i, model_at(g, i, wish));
    g->now->refs++;
    breaker_asked(&live->breaker, now);
    t->charged_us = line_begin(g->line, i, t->want.priority, now);
    affinity_saw(live->affinity, t->want.prefix, t->want.prefix_n);
    live->used_us = now;
    t->placed_us = now;
    t->state = TICKET_PLACED;
    engine_look(g, i, now);
}

void engines_waited(struct engines_ticket *t, int64_t now)
{
    static const char *const labels[PRIORITY_COUNT] = {
        [PRIORITY_HOTLINE] = "class=\"hotline\"",
        [PRIORITY_WINDOW] = "class=\"window\"",
        [PRIORITY_STAFF] = "class=\"staff\"",
        [PRIORITY_BATCH] = "class=\"batch\"",
    };

    t->wait_us = now - t->line.since_us;
    metric_seen("tongban_queue_wait_seconds", labels[t->want.priority], (double)t->wait_us / 1e6);
}

static void deal_to(struct engines *g, struct told *all, int i, int64_t now)
{
    struct line_item *it;

    while ((it = line_next(g->line, i, engines_fit, g, now))) {
        struct engines_ticket *t = ticket_of(it);
        struct wish wish;
        struct tb_err e = TB_ERR_INIT;

        if (engines_wish(g, &t->want, &wish, &e)) {
            told_add(all, t, TB_BUSY);
            continue;
        }
        engines_place(g, t, i, &wish, now);
        engines_waited(t, now);
        told_add(all, t, TB_OK);
    }
}

bool engines_anybody_waits(const struct engines *g)
{
    for (enum priority p = 0; p < PRIORITY_COUNT; p++)
        if (line_waiting(g->line, p))
            return true;
    return false;
}

void engines_deal(struct engines *g, struct told *all, int64_t now)
{
    if (!engines_anybody_waits(g))
        return;
    engines_look(g, now);
    for (int i = 0; i < ENGINES_MAX; i++)
        if (g->now->conf[i] && line_place_free(g->line, i))
            deal_to(g, all, i, now);
}

static void too_late(struct line_item *it, void *all)
{
    told_add(all, ticket_of(it), TB_TIMEOUT);
}

static void turned_away(struct line_item *it, void *all)
{
    told_add(all, ticket_of(it), TB_BUSY);
}

void engines_expire(struct engines *g, struct told *all, int64_t now, bool everybody)
{
    line_expire(g->line, everybody ? INT64_MAX : now, everybody ? turned_away : too_late, all);
}

/* ---- giving back ---- */

static void learn_speed(struct engine *live, const struct engines_result *r)
{
    double seconds = (double)(r->total_us - r->first_us) / 1e6, speed;

    if (r->first_us > 0)
        live->first_us[live->served % FIRSTS] = r->first_us;
    live->served++;
    if (r->usage.answer < 2 || seconds <= 0)
        return;
    speed = (double)r->usage.answer / seconds;
    live->speed = live->speed > 0 ? live->speed + (speed - live->speed) / 8 : speed;
}

/* Somebody's leaving says nothing about the engine, and a full engine is no broken one. The child
 * is watched by its supervisor, and asked last: it never rests. */
static void judge(struct engine *live, const struct engines_result *r, bool child, int64_t now)
{
    live->prompt_tokens += r->usage.prompt;
    live->cached_tokens += r->usage.cached;
    live->answer_tokens += r->usage.answer;
    if (r->code == TB_OK) {
        learn_speed(live, r);
        breaker_ok(&live->breaker);
    } else if (r->code == TB_UPSTREAM || r->code == TB_TIMEOUT) {
        live->failed++;
        if (!child)
            breaker_failed(&live->breaker, now);
        snprintf(live->why, sizeof(live->why), "%s",
                 r->code == TB_TIMEOUT ? "推理引擎没有及时响应，请检查它是否过载或网络是否畅通"
                                       : "推理引擎连不上或中断了回答，请检查它是否在运行");
    } else if (r->code == TB_BUSY && !child) {
        breaker_full(&live->breaker, r->retry_after_ms, now);
    } else {
        breaker_unsaid(&live->breaker);
    }
}

void engines_give(struct engines *g, struct engines_ticket *t, const struct engines_result *r)
{
    struct told all = { NULL, NULL };
    int64_t now = world_mono_us(g->world);
    int i = t->place.engine;
    bool usual;

    pthread_mutex_lock(&g->lock);
    assert(t->state == TICKET_PLACED);
    usual = r->code == TB_OK || r->code == TB_CANCELLED || r->code == TB_TIMEOUT;
    line_end(g->line, i, t->want.priority, t->charged_us, now - t->placed_us, usual, now);
    judge(&g->of[i], r, i == g->child_index, now);
    g->of[i].used_us = now;
    t->state = TICKET_DONE;
    generation_drop(g, t->place.generation);
    engine_look(g, i, now);
    engines_deal(g, &all, now);
    pthread_mutex_unlock(&g->lock);
    tickets_tell(&all);
}
