#include "model/engines_int.h"

#include "base/alloc.h"
#include "base/metrics.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RETRY_MAX_S = 3600, NOT_READY_S = 5 };

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
                                   .thinks_first = c->thinks_first,
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
    snprintf(out->name, sizeof(out->name), "%.*s", STR_FMT(c->name));
    snprintf(out->model, sizeof(out->model), "%.*s", STR_FMT(model));
    if (child)
        snprintf(out->url, sizeof(out->url), "%s/v1", child->url);
    else
        snprintf(out->url, sizeof(out->url), "%.*s", STR_FMT(c->url));
    snprintf(out->key, sizeof(out->key), "%.*s", STR_FMT(child ? str_z(child->key) : c->key));
}

void engines_place(struct engines *g, struct engines_ticket *t, int i, const struct wish *wish,
                   int64_t now)
{
    struct engine *live = &g->of[i];

    place_fill(g, &t->place, i, model_at(g, i, wish));
    g->now->refs++;
    breaker_asked(&live->breaker, now);
    line_begin(g->line, i, t->want.priority, now);
    affinity_saw(live->affinity, t->want.prefix, t->want.prefix_n);
    live->used_us = now;
    t->placed_us = now;
    t->state = TICKET_PLACED;
    engine_look(g, i, now);
}

static void waited(struct engines_ticket *t, int64_t now)
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
        waited(t, now);
        told_add(all, t, TB_OK);
    }
}

static bool anybody_waits(const struct engines *g)
{
    for (enum priority p = 0; p < PRIORITY_COUNT; p++)
        if (line_waiting(g->line, p))
            return true;
    return false;
}

void engines_deal(struct engines *g, struct told *all, int64_t now)
{
    if (!anybody_waits(g))
        return;
    engines_look(g, now);
    for (int i = 0; i < ENGINES_MAX; i++)
        if (g->now->conf[i] && line_place_free(g->line, i))
            deal_to(g, all, i, now);
}

void engines_expire(struct engines *g, struct told *all, int64_t now, bool everybody)
{
    struct line_item *it;

    while ((it = line_expired(g->line, everybody ? INT64_MAX : now)))
        told_add(all, ticket_of(it), everybody ? TB_BUSY : TB_TIMEOUT);
}

/* ---- taking ---- */

static int64_t seconds_of(int64_t us)
{
    int64_t s = (us + 999999) / 1000000;

    return s < 1 ? 1 : s > RETRY_MAX_S ? RETRY_MAX_S : s;
}

static enum engines_answer refuse(struct engines_ticket *t, enum tb_code c, int64_t retry_us)
{
    t->state = TICKET_DONE;
    if (c == TB_BUSY)
        t->retry_after_s = seconds_of(retry_us);
    return ENGINES_REFUSED;
}

static enum engines_answer refuse_line(struct engines_ticket *t, int64_t expected, int64_t limit,
                                       struct tb_err *e)
{
    char say[sizeof(e->say)], log[128];

    refuse(t, TB_BUSY, expected - limit);
    snprintf(say, sizeof(say),
             "现在提问的人较多：前面还有 %d 个请求，约需等待 %lld 秒。请 %lld 秒后再试，或转人工",
             t->position - 1, (long long)seconds_of(expected), (long long)t->retry_after_s);
    snprintf(log, sizeof(log), "line too long: class=%s position=%d expected_ms=%lld limit_ms=%lld",
             priority_name(t->want.priority), t->position, (long long)(expected / 1000),
             (long long)(limit / 1000));
    tb_fail_say(e, TB_BUSY, str_z(say), str_z(log));
    return ENGINES_REFUSED;
}

static enum engines_answer join(struct engines *g, struct engines_ticket *t,
                                const struct wish *wish, int64_t now, struct tb_err *e)
{
    int64_t limit = g->now->all.classes[t->want.priority].longest_us, expected;

    if (t->want.deadline_us && t->want.deadline_us - now < limit)
        limit = t->want.deadline_us - now;
    expected = line_expect_us(g->line, t->want.priority, wish->all, now, &t->position);
    if (expected == INT64_MAX) {
        tb_fail(e, TB_BUSY, NOT_READY, "no engine is ready: model=%.*s", STR_FMT(t->want.model));
        return refuse(t, TB_BUSY, NOT_READY_S * 1000000LL);
    }
    if (expected > limit || t->position > LINE_MAX)
        return refuse_line(t, expected, limit, e);
    t->line = (struct line_item){ .servers = wish->all,
                                  .priority = t->want.priority,
                                  .until_us = now + limit };
    line_join(g->line, &t->line, now);
    t->state = TICKET_WAITING;
    pthread_cond_signal(&g->wake);
    return ENGINES_WAITING;
}

static enum engines_answer take(struct engines *g, struct engines_ticket *t, struct told *all,
                                struct tb_err *e)
{
    int64_t now = world_mono_us(g->world);
    struct wish wish;
    int i;

    t->state = TICKET_NEW;
    t->wait_us = 0;
    t->position = 0;
    t->retry_after_s = 0;
    if (g->stop) {
        tb_fail(e, TB_BUSY, "服务正在重启，请稍后再问", "shutting down");
        return refuse(t, TB_BUSY, NOT_READY_S * 1000000LL);
    }
    engines_look(g, now);
    if (engines_wish(g, &t->want, &wish, e))
        return refuse(t, e->code, NOT_READY_S * 1000000LL);
    engines_deal(g, all, now);
    engines_canaries(g, &wish);
    i = engines_pick(g, &t->want, &wish, now);
    if (i < 0)
        return join(g, t, &wish, now, e);
    t->line.since_us = now;
    engines_place(g, t, i, &wish, now);
    waited(t, now);
    return ENGINES_PLACED;
}

enum engines_answer engines_take(struct engines *g, struct engines_ticket *t, struct tb_err *e)
{
    struct told all = { NULL, NULL };
    enum engines_answer answer;

    assert(t->want.priority < PRIORITY_COUNT && t->want.prefix_n <= ENGINES_PREFIX);
    pthread_mutex_lock(&g->lock);
    answer = take(g, t, &all, e);
    pthread_mutex_unlock(&g->lock);
    tickets_tell(&all);
    return answer;
}

bool engines_leave(struct engines *g, struct engines_ticket *t)
{
    bool waits;

    pthread_mutex_lock(&g->lock);
    waits = t->state == TICKET_WAITING;
    if (waits) {
        line_leave(g->line, &t->line);
        t->state = TICKET_DONE;
    }
    pthread_mutex_unlock(&g->lock);
    return waits;
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

/* Somebody's leaving says nothing about the engine, and a full engine is no broken one. */
static void judge(struct engine *live, const struct engines_result *r, int64_t now)
{
    live->prompt_tokens += r->usage.prompt;
    live->cached_tokens += r->usage.cached;
    live->answer_tokens += r->usage.answer;
    if (r->code == TB_OK) {
        learn_speed(live, r);
        breaker_ok(&live->breaker);
    } else if (r->code == TB_UPSTREAM || r->code == TB_TIMEOUT) {
        live->failed++;
        breaker_failed(&live->breaker, now);
        snprintf(live->why, sizeof(live->why), "%s",
                 r->code == TB_TIMEOUT ? "推理引擎没有及时响应，请检查它是否过载或网络是否畅通"
                                       : "推理引擎连不上或中断了回答，请检查它是否在运行");
    } else if (r->code == TB_BUSY) {
        breaker_full(&live->breaker, r->retry_after_ms, now);
    } else {
        breaker_unsaid(&live->breaker);
    }
}

void engines_give(struct engines *g, struct engines_ticket *t, const struct engines_result *r)
{
    struct told all = { NULL, NULL };
    int64_t now = world_mono_us(g->world), took;
    int i = t->place.engine;

    pthread_mutex_lock(&g->lock);
    assert(t->state == TICKET_PLACED);
    took = r->code == TB_OK || r->code == TB_CANCELLED || r->code == TB_TIMEOUT ? now - t->placed_us
                                                                                : 0;
    line_end(g->line, i, t->want.priority, took, now);
    judge(&g->of[i], r, now);
    g->of[i].used_us = now;
    t->state = TICKET_DONE;
    generation_drop(g, t->place.generation);
    engine_look(g, i, now);
    engines_deal(g, &all, now);
    pthread_mutex_unlock(&g->lock);
    tickets_tell(&all);
}

/* ---- life ---- */

enum tb_code engines_open(const struct engines_options *o, struct engines **out, struct tb_err *e)
{
    struct engines *g = tb_zalloc(sizeof(*g));
    struct told all = { NULL, NULL };
    struct generation *first = NULL;
    pthread_condattr_t clock;

    g->world = o->world;
    g->models_yaml = o->models_yaml ? tb_dup(o->models_yaml, strlen(o->models_yaml) + 1) : NULL;
    g->engine_url = o->engine_url ? tb_dup(o->engine_url, strlen(o->engine_url) + 1) : NULL;
    g->child = o->child;
    g->child_index = -1;
    g->child_slots = o->child_slots;
    g->child_context = o->child_context;
    g->probe_ms = o->probe_ms;
    pthread_mutex_init(&g->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&g->wake, &clock);
    pthread_condattr_destroy(&clock);
    if (generation_read(g, &first, e)) {
        engines_free(g);
        return e->code;
    }
    g->line = line_new(first->all.classes);
    generation_enter(g, first, &all, world_mono_us(g->world));
    if (pthread_create(&g->thread, NULL, engines_thread, g))
        abort();
    *out = g;
    return TB_OK;
}

void engines_stop(struct engines *g)
{
    struct told all = { NULL, NULL };

    pthread_mutex_lock(&g->lock);
    g->stop = true;
    if (g->line)
        engines_expire(g, &all, 0, true);
    pthread_mutex_unlock(&g->lock);
    tickets_tell(&all);
}

void engines_free(struct engines *g)
{
    if (!g)
        return;
    engines_stop(g);
    pthread_mutex_lock(&g->lock);
    g->over = true;
    pthread_cond_signal(&g->wake);
    pthread_mutex_unlock(&g->lock);
    if (g->now)
        pthread_join(g->thread, NULL);
    while (g->now) {
        struct generation *next = g->now->next;

        generation_free(g->now);
        g->now = next;
    }
    for (int i = 0; i < ENGINES_MAX; i++)
        affinity_free(g->of[i].affinity);
    line_free(g->line);
    pthread_cond_destroy(&g->wake);
    pthread_mutex_destroy(&g->lock);
    tb_free(g->models_yaml);
    tb_free(g->engine_url);
    tb_free(g);
}
