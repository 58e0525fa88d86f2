#include "model/engines_int.h"

#include "base/metrics.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const child_says[] = {
    [SUPERVISOR_ABSENT] =
        "模型文件或引擎程序还没有获取完，完成后会自动启用；此前可检索条款和标准回答",
    [SUPERVISOR_STARTING] = "正在载入模型，通常需要几秒到一分钟",
    [SUPERVISOR_READY] = "可以回答",
    [SUPERVISOR_FAILED] = "引擎意外退出，正在自动重启；如反复出现，请查看日志和内存是否够用",
};

static enum engine_stage child_stage(const struct engines *g)
{
    switch (g->child_view.stage) {
    case SUPERVISOR_ABSENT:
        return ENGINE_ABSENT;
    case SUPERVISOR_STARTING:
        return ENGINE_STARTING;
    case SUPERVISOR_READY:
        return ENGINE_READY;
    case SUPERVISOR_FAILED:
        break;
    }
    return ENGINE_FAILED;
}

enum engine_stage engine_stage_of(const struct engines *g, int i, int64_t now)
{
    enum breaker_word says = breaker_says(&g->of[i].breaker, now);

    if (i == g->child_index && child_stage(g) != ENGINE_READY)
        return child_stage(g);
    if (g->of[i].breaker.state == BREAKER_CLOSED) /* a full one is no broken one */
        return says == BREAKER_SUSPECT ? ENGINE_FAILED : ENGINE_READY;
    return g->of[i].breaker.state == BREAKER_HALF ? ENGINE_READY : ENGINE_FAILED;
}

static bool takes_calls(const struct engines *g, int i, int64_t now)
{
    const struct catalogue_engine *c = g->now->conf[i];

    return c->role == ENGINE_CHAT && !engine_drains(g, i) &&
           engine_stage_of(g, i, now) == ENGINE_READY;
}

bool engines_ready(struct engines *g)
{
    int64_t now = world_mono_us(g->world);
    bool ready = false;

    pthread_mutex_lock(&g->lock);
    engines_look(g, now);
    for (size_t k = 0; k < g->now->n && !ready; k++)
        ready = takes_calls(g, (int)g->now->order[k], now);
    pthread_mutex_unlock(&g->lock);
    return ready;
}

static struct str message_of(const struct engines *g, int i, int64_t now)
{
    const struct engine *live = &g->of[i];
    const struct catalogue_engine *c = g->now->conf[i];

    if (engine_stage_of(g, i, now) == ENGINE_FAILED && live->why[0])
        return str_z(live->why);
    if (i == g->child_index)
        return str_z(child_says[g->child_view.stage]);
    if (engine_drains(g, i))
        return STR("已停止接收新的请求，正在处理的会做完");
    if (c->hours.n && !hours_hold(&c->hours, world_now_ms(g->world)))
        return STR("现在不在它的开放时间");
    if (now < live->breaker.full_until_us)
        return STR("引擎表示已满，稍后再用");
    if (live->breaker.state == BREAKER_HALF)
        return STR("刚恢复，先放行一个请求试用");
    return STR("可以回答");
}

static void state_of(struct engines *g, struct arena *a, int i, int64_t now,
                     struct engine_state *out)
{
    const struct catalogue_engine *c = g->now->conf[i];
    bool child = i == g->child_index;

    out->name = arena_str(a, c->name);
    out->model = arena_str(a, child ? str_z(g->child_view.model) : c->models[0].name);
    out->url = arena_str(a, child ? str_z(g->child_view.url) : c->url);
    out->role = c->role;
    out->state = engine_stage_of(g, i, now);
    out->message = arena_str(a, message_of(g, i, now));
    out->running = line_running(g->line, i);
    out->restarts = child ? g->child_view.restarts : 0;
}

size_t engines_states(struct engines *g, struct arena *a, struct engine_state **out)
{
    int64_t now = world_mono_us(g->world);
    size_t n;

    pthread_mutex_lock(&g->lock);
    engines_look(g, now);
    n = g->now->n;
    *out = ARENA_ARRAY(a, struct engine_state, n);
    for (size_t k = 0; k < n; k++)
        state_of(g, a, (int)g->now->order[k], now, &(*out)[k]);
    pthread_mutex_unlock(&g->lock);
    return n;
}

/* ---- the page ---- */

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static int64_t first_p50(const struct engine *live)
{
    int64_t sorted[FIRSTS];
    size_t n = 0;

    for (size_t i = 0; i < FIRSTS; i++)
        if (live->first_us[i])
            sorted[n++] = live->first_us[i];
    qsort(sorted, n, sizeof(sorted[0]), by_size);
    return n ? sorted[n / 2] : 0;
}

static const char *breaker_name(const struct breaker *b, int64_t now)
{
    static const char *const names[] = {
        [BREAKER_CLOSED] = "closed", [BREAKER_OPEN] = "open", [BREAKER_HALF] = "half_open"
    };

    if (now < b->full_until_us)
        return "full";
    if (b->state == BREAKER_CLOSED && now < b->suspect_until_us)
        return "suspect";
    return names[b->state];
}

static size_t waiting_for(const struct engines *g, int i)
{
    size_t n = 0;

    for (const struct line_item *it = NULL; (it = line_each(g->line, it));)
        n += it->servers >> i & 1;
    return n;
}

static void engine_figures(const struct engine *live, struct json *j)
{
    json_kint(j, "served", live->served);
    json_kint(j, "failed", live->failed);
    json_kint(j, "prompt_tokens", live->prompt_tokens);
    json_kint(j, "cached_tokens", live->cached_tokens);
    json_kint(j, "answer_tokens", live->answer_tokens);
    json_kint(j, "first_ms", first_p50(live) / 1000);
    json_kreal(j, "tokens_per_second", live->speed);
    json_kreal(j, "cached_share",
               live->prompt_tokens ? (double)live->cached_tokens / (double)live->prompt_tokens : 0);
    json_kstr(j, "last_error", str_z(live->why));
}

static void engine_json(struct engines *g, struct json *j, int i, int64_t now)
{
    static const char *const stages[] = { [ENGINE_ABSENT] = "absent",
                                          [ENGINE_STARTING] = "starting",
                                          [ENGINE_READY] = "ready",
                                          [ENGINE_FAILED] = "failed" };
    static const char *const roles[] = { [ENGINE_CHAT] = "chat",
                                         [ENGINE_EMBEDDING] = "embedding",
                                         [ENGINE_RERANK] = "rerank",
                                         [ENGINE_SPEECH] = "speech" };
    const struct catalogue_engine *c = g->now->conf[i];

    json_obj(j);
    json_kstr(j, "name", c->name);
    json_kstr(j, "role", str_z(roles[c->role]));
    json_kstr(j, "kind", str_z(i == g->child_index ? "child" : engine_kind_name(c->kind)));
    json_kstr(j, "chip", c->chip);
    json_kstr(j, "weights", c->weights);
    json_karr(j, "models");
    for (size_t k = 0; i != g->child_index && k < c->model_n; k++)
        json_str(j, c->models[k].name);
    if (i == g->child_index)
        json_str(j, str_z(g->child_view.model));
    json_end(j);
    json_kstr(j, "state", str_z(stages[engine_stage_of(g, i, now)]));
    json_kstr(j, "breaker", str_z(breaker_name(&g->of[i].breaker, now)));
    json_kstr(j, "message", message_of(g, i, now));
    json_ktime(j, "since", g->of[i].since_ms);
    json_kint(j, "running", line_running(g->line, i));
    json_kint(j, "slots", c->slots);
    json_kint(j, "waiting", (int64_t)waiting_for(g, i));
    json_kint(j, "context", c->context);
    json_kbool(j, "trusted", c->trusted);
    json_kstr(j, "personal", str_z(personal_name(c->personal)));
    json_kstr(j, "personal_title", str_z(personal_title(c->personal)));
    json_kstr(j, "personal_reason", c->personal_reason);
    json_kbool(j, "drain", engine_drains(g, i));
    json_kbool(j, "drained_by_file", c->drain);
    json_kint(j, "canary", c->canary);
    engine_figures(&g->of[i], j);
    json_end(j);
}

/* How long the one of a class who waits longest has waited by now. */
static int64_t longest_wait_us(const struct engines *g, enum priority p, int64_t now)
{
    int64_t most = 0;

    for (const struct line_item *it = NULL; (it = line_each(g->line, it));)
        if (it->priority == p && now - it->since_us > most)
            most = now - it->since_us;
    return most;
}

static void class_json(struct engines *g, struct json *j, enum priority p, int64_t now)
{
    const struct line_class *c = &g->now->all.classes[p];

    json_obj(j);
    json_kstr(j, "name", str_z(priority_name(p)));
    json_kstr(j, "title", str_z(priority_title(p)));
    json_kint(j, "share", c->share);
    json_kint(j, "ceiling", c->ceiling);
    json_kint(j, "longest_s", c->longest_us / 1000000);
    json_kint(j, "running", line_holding(g->line, p));
    json_kint(j, "waiting", (int64_t)line_waiting(g->line, p));
    json_kint(j, "waited_ms", longest_wait_us(g, p, now) / 1000);
    json_end(j);
}

unsigned engines_personal(struct engines *g, enum engine_role role)
{
    unsigned ways = 0;

    pthread_mutex_lock(&g->lock);
    for (size_t k = 0; k < g->now->n; k++) {
        const struct catalogue_engine *c = g->now->conf[g->now->order[k]];

        if (c->role == role)
            ways |= 1U << c->personal;
    }
    pthread_mutex_unlock(&g->lock);
    return ways;
}

void engines_json(struct engines *g, struct json *j)
{
    int64_t now = world_mono_us(g->world);

    pthread_mutex_lock(&g->lock);
    engines_look(g, now);
    json_karr(j, "engines");
    for (size_t k = 0; k < g->now->n; k++)
        engine_json(g, j, (int)g->now->order[k], now);
    json_end(j);
    json_karr(j, "classes");
    for (enum priority p = 0; p < PRIORITY_COUNT; p++)
        class_json(g, j, p, now);
    json_end(j);
    json_kint(j, "generation", (int64_t)g->now->number);
    json_kstr(j, "mistake", str_z(g->mistake));
    pthread_mutex_unlock(&g->lock);
}

/* ---- metrics ---- */

/* A name in a label: what would end it is left out. */
static void label_of(char *out, size_t size, const char *name)
{
    size_t n = (size_t)snprintf(out, size, "engine=\"");

    for (; *name && n + 2 < size; name++)
        if (*name != '"' && *name != '\\' && *name != '\n')
            out[n++] = *name;
    snprintf(out + n, size - n, "\"");
}

void engines_gauges(struct engines *g)
{
    int64_t now = world_mono_us(g->world);
    char label[160];

    pthread_mutex_lock(&g->lock);
    for (size_t k = 0; k < g->now->n; k++) {
        int i = (int)g->now->order[k];
        enum engine_stage stage = engine_stage_of(g, i, now);

        if (stage != g->of[i].was) {
            g->of[i].was = stage;
            g->of[i].since_ms = world_now_ms(g->world);
        }
        label_of(label, sizeof(label), g->of[i].name);
        metric_set("tongban_engine_ready", label, stage == ENGINE_READY);
        metric_set("tongban_engine_running", label, line_running(g->line, i));
        metric_set("tongban_engine_served", label, (double)g->of[i].served);
        metric_set("tongban_engine_failed", label, (double)g->of[i].failed);
        metric_set("tongban_engine_prompt_tokens", label, (double)g->of[i].prompt_tokens);
        metric_set("tongban_engine_cached_tokens", label, (double)g->of[i].cached_tokens);
        metric_set("tongban_engine_answer_tokens", label, (double)g->of[i].answer_tokens);
    }
    for (enum priority p = 0; p < PRIORITY_COUNT; p++) {
        snprintf(label, sizeof(label), "class=\"%s\"", priority_name(p));
        metric_set("tongban_queue_waiting", label, (double)line_waiting(g->line, p));
    }
    pthread_mutex_unlock(&g->lock);
}
