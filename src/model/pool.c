#include "model/pool.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/metrics.h"
#include "model/catalogue.h"
#include "model/chat.h"
#include "model/client.h"
#include "model/supervisor.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    IDLE_CLIENTS = 8, /* connections kept for the next question */
    TRIES = 2,        /* one engine, and one more before the first word */
    QUEUE_MAX = 32,   /* questions that wait for a place */
    TICK_MS = 40,     /* how often one that waits looks whether its person has left */
    FIRST_WORD_MS = 15000,
    TOTAL_MS = 60000,
    REST_US = 5000000, /* a failed engine is asked last for so long; doubled each time */
    REST_DOUBLINGS = 4,
    BODY_MAX = 8 << 20
};
#define NOT_READY "语言模型还没有准备好，请先看检索到的条款，或转人工"
#define EMBEDDED_NAME "本机内置模型"

struct engine {
    struct str name, model;
    char *url, *key; /* NULL for the child: its own are asked for each time */
    bool thinks_first, llama, child;
    int slots; /* 0: no limit */
    int running, failures;
    int64_t rest_until_us;
    char why[384]; /* the last failure, for people */
};

struct pool {
    struct arena mem;
    const struct world *world;
    struct egress *egress;
    struct supervisor *child; /* NULL: none */
    atomic_bool stop;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t freed; /* a place became free */
    struct engine engines[ENGINES_MAX];
    size_t n;
    int waiting;
    struct client *idle[IDLE_CLIENTS];
    size_t idle_n;
};

/* What one try needs to know of its engine, taken under the lock. */
struct place {
    struct engine *engine;
    char url[1024], key[256], model[128];
};

/* One question on its way. */
struct asking {
    struct pool *p;
    struct talk *t;
    const struct model_ask *ask;
    const struct model_sink *sink;
    struct model_result *out;
    int64_t begin_us, end_us;
    const struct engine *tried[TRIES];
    size_t tries;
};

/* ---- engines ---- */

static enum tb_code engine_add(struct pool *p, const struct catalogue_engine *from,
                               struct tb_err *e)
{
    struct engine *g = &p->engines[p->n];
    struct str url = from->url;

    if (p->n == ENGINES_MAX)
        return tb_fail(e, TB_INVALID, "配置的推理引擎太多", "engines>%d", ENGINES_MAX);
    while (str_ends(url, STR("/")))
        url.n--;
    *g = (struct engine){ .name = from->name,
                          .model = from->models[0].as,
                          .url = arena_z(&p->mem, url),
                          .key = arena_z(&p->mem, from->key),
                          .thinks_first = from->thinks_first,
                          .llama = from->llama,
                          .slots = (int)from->slots };
    if (egress_allow(p->egress, g->url, e))
        return e->code;
    p->n++;
    return TB_OK;
}

/* --engine URL[#MODEL]; the key from TONGBAN_ENGINE_KEY. */
static enum tb_code engine_add_url(struct pool *p, const char *text, struct tb_err *e)
{
    struct str rest = str_z(text), url = str_cut(&rest, STR("#"));
    struct catalogue_engine g = { .name = STR("命令行指定的引擎"),
                                  .url = url,
                                  .models = ARENA_NEW(&p->mem, struct catalogue_name),
                                  .key = str_z(getenv("TONGBAN_ENGINE_KEY")) };

    while (str_ends(g.url, STR("/")))
        g.url.n--;
    if (!str_ends(g.url, STR("/v1")))
        g.url = arena_printf(&p->mem, "%.*s/v1", STR_FMT(g.url));
    g.models[0].as = arena_str(&p->mem, rest.n ? rest : STR("default"));
    return engine_add(p, &g, e);
}

static void child_model(struct supervisor_options *s, const char *cache, struct str name,
                        struct str file, int64_t size)
{
    struct supervisor_model *m = &s->models[s->n];

    if (s->n == SUPERVISOR_MODELS)
        return;
    snprintf(m->path, sizeof(m->path), "%s/models/%.*s", cache, STR_FMT(file));
    snprintf(m->name, sizeof(m->name), "%.*s", STR_FMT(name));
    m->size = size;
    s->n++;
}

static void child_models(struct pool *p, struct supervisor_options *s, const char *cache,
                         const struct catalogue *all)
{
    struct tb_err e = TB_ERR_INIT;
    const char *folder = fs_join(&p->mem, cache, "models");
    char **names = NULL;
    size_t n = 0;

    for (size_t i = 0; i < all->model_n; i++)
        child_model(s, cache, all->models[i].name, all->models[i].file, all->models[i].size);
    if (all->model_n || !fs_is_dir(folder) || fs_list(&p->mem, folder, &names, &n, &e))
        return;
    for (size_t i = 0; i < n; i++) /* no catalogue: what lies there */
        if (str_ends(str_z(names[i]), STR(".gguf")))
            child_model(s, cache, str_z(names[i]), str_z(names[i]), 0);
}

static void child_add(struct pool *p, const struct pool_options *o, const struct catalogue *all)
{
    struct supervisor_options s = { .slots = 2, .warm = o->warm, .world = o->world };
    const char *engine = fs_join(&p->mem, o->cache_dir, "engine");

    if (p->n == ENGINES_MAX)
        return;
    s.program = fs_join(&p->mem, engine, "llama-server");
    s.log_path = fs_join(&p->mem, o->log_dir ? o->log_dir : engine, "llama-server.log");
    child_models(p, &s, o->cache_dir, all);
    p->engines[p->n++] = (struct engine){
        .name = STR(EMBEDDED_NAME), .llama = true, .child = true, .slots = s.slots
    };
    p->child = supervisor_start(&s);
}

enum tb_code pool_start(const struct pool_options *o, struct pool **out, struct tb_err *e)
{
    struct pool *p = tb_zalloc(sizeof(*p));
    struct catalogue all = { 0 };
    pthread_condattr_t clock;
    enum tb_code c = TB_OK;

    p->world = o->world;
    p->egress = egress_new();
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&p->freed, &clock);
    pthread_condattr_destroy(&clock);
    if (o->engine_url)
        c = engine_add_url(p, o->engine_url, e);
    if (!c && o->models_yaml)
        c = catalogue_load(&p->mem, o->models_yaml, &all, e);
    for (size_t i = 0; !c && i < all.engine_n; i++)
        if (all.engines[i].role == ENGINE_CHAT)
            c = engine_add(p, &all.engines[i], e);
    if (!c && o->embedded) {
        egress_allow_child(p->egress);
        child_add(p, o, &all);
    }
    if (c)
        pool_stop(p);
    else
        *out = p;
    return c;
}

void pool_stop(struct pool *p)
{
    if (!p)
        return;
    p->stop = true;
    supervisor_stop(p->child);
    for (size_t i = 0; i < p->idle_n; i++)
        client_free(p->idle[i]);
    egress_free(p->egress);
    pthread_cond_destroy(&p->freed);
    pthread_mutex_destroy(&p->lock);
    arena_release(&p->mem);
    tb_free(p);
}

/* ---- which engine ---- */

static bool engine_tried(const struct asking *q, const struct engine *g)
{
    for (size_t i = 0; i < q->tries; i++)
        if (q->tried[i] == g)
            return true;
    return false;
}

static bool child_is(struct pool *p, enum supervisor_stage stage)
{
    struct supervisor_view v;

    supervisor_look(p->child, &v);
    return v.stage == stage;
}

static bool engine_usable(struct pool *p, const struct engine *g)
{
    return !g->child || child_is(p, SUPERVISOR_READY);
}

static bool engine_resting(const struct pool *p, const struct engine *g)
{
    return !g->child && g->failures && world_mono_us(p->world) < g->rest_until_us;
}

/* In order of preference: rested engines with a free place, then resting ones. *any: there is one
 * that could take the question if it had a place. */
static struct engine *engine_pick(const struct asking *q, bool *any)
{
    struct pool *p = q->p;

    *any = false;
    for (int resting = 0; resting < 2; resting++)
        for (size_t i = 0; i < p->n; i++) {
            struct engine *g = &p->engines[i];

            if (engine_tried(q, g) || !engine_usable(p, g) || engine_resting(p, g) != resting)
                continue;
            if (!g->slots || g->running < g->slots)
                return g;
            *any = true;
        }
    return NULL;
}

static void place_fill(struct pool *p, struct engine *g, struct place *out)
{
    struct supervisor_view v;

    out->engine = g;
    if (!g->child) {
        snprintf(out->url, sizeof(out->url), "%s/chat/completions", g->url);
        snprintf(out->key, sizeof(out->key), "%s", g->key);
        snprintf(out->model, sizeof(out->model), "%.*s", STR_FMT(g->model));
        return;
    }
    supervisor_look(p->child, &v);
    snprintf(out->url, sizeof(out->url), "%s/v1/chat/completions", v.url);
    snprintf(out->key, sizeof(out->key), "%s", v.key);
    snprintf(out->model, sizeof(out->model), "%s", v.model);
}

static void wait_tick(struct pool *p)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_nsec += TICK_MS * 1000000L;
    at.tv_sec += at.tv_nsec / 1000000000L;
    at.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&p->freed, &p->lock, &at);
}

static enum tb_code may_wait(const struct asking *q, struct tb_err *e)
{
    if (q->p->stop)
        return tb_fail(e, TB_BUSY, "服务正在重启，请稍后再问", "shutting down");
    if (talk_gone(q->t))
        return tb_fail(e, TB_CANCELLED, "已停止回答", "the person left the queue");
    if (world_mono_us(q->t->world) >= q->end_us)
        return tb_fail(e, TB_BUSY, "现在提问的人较多，请稍后再试，或转人工", "queued too long");
    return TB_OK;
}

/* A place at an engine, waiting for one in line with the others. */
static enum tb_code place_take(struct asking *q, struct place *out, struct tb_err *e)
{
    struct pool *p = q->p;
    enum tb_code c = TB_OK;
    struct engine *g;
    bool any;

    pthread_mutex_lock(&p->lock);
    p->waiting++;
    while (!(g = engine_pick(q, &any)) && any && !c) {
        if (p->waiting > QUEUE_MAX)
            c = tb_fail(e, TB_BUSY, "现在提问的人较多，请稍后再试，或转人工", "queue>%d",
                        QUEUE_MAX);
        else
            c = may_wait(q, e);
        if (!c)
            wait_tick(p);
    }
    p->waiting--;
    if (g) {
        g->running++;
        place_fill(p, g, out);
        c = TB_OK;
    } else if (!c) {
        c = tb_fail(e, TB_BUSY, NOT_READY, "no engine is ready: engines=%zu", p->n);
    }
    pthread_mutex_unlock(&p->lock);
    return c;
}

/* The person's leaving says nothing about the engine, and a full engine is no broken one. */
static void place_give_back(struct pool *p, struct engine *g, enum tb_code c,
                            const struct tb_err *e)
{
    pthread_mutex_lock(&p->lock);
    g->running--;
    if (c == TB_OK) {
        g->failures = 0;
    } else if (c == TB_UPSTREAM || c == TB_TIMEOUT) {
        int doubled = g->failures < REST_DOUBLINGS ? g->failures : REST_DOUBLINGS;

        g->failures++;
        g->rest_until_us = world_mono_us(p->world) + ((int64_t)REST_US << doubled);
        snprintf(g->why, sizeof(g->why), "%s", e->say);
    }
    pthread_cond_signal(&p->freed);
    pthread_mutex_unlock(&p->lock);
}

/* ---- asking ---- */

static struct client *client_take(struct pool *p)
{
    struct client *c = NULL;

    pthread_mutex_lock(&p->lock);
    if (p->idle_n)
        c = p->idle[--p->idle_n];
    pthread_mutex_unlock(&p->lock);
    return c ? c : client_new();
}

static void client_give_back(struct pool *p, struct client *c)
{
    pthread_mutex_lock(&p->lock);
    if (p->idle_n < IDLE_CLIENTS) {
        p->idle[p->idle_n++] = c;
        c = NULL;
    }
    pthread_mutex_unlock(&p->lock);
    client_free(c);
}

static void ask_counted(const struct asking *q, const struct place *at,
                        const struct client_reply *r, enum tb_code c, const struct tb_err *e)
{
    static const char *const labels[TB_CODE_COUNT] = {
        [TB_OK] = "result=\"whole\"",        [TB_CANCELLED] = "result=\"cancelled\"",
        [TB_TIMEOUT] = "result=\"timeout\"", [TB_UPSTREAM] = "result=\"broken\"",
        [TB_BUSY] = "result=\"busy\"",
    };
    int64_t took_us = world_mono_us(q->t->world) - q->begin_us;

    metric_add("tongban_model_answers_total", labels[c] ? labels[c] : "result=\"other\"", 1);
    if (r->first_us >= 0)
        metric_seen("tongban_model_first_word_seconds", "", (double)r->first_us / 1e6);
    if (c == TB_OK)
        metric_seen("tongban_model_answer_seconds", "", (double)took_us / 1e6);
    if (r->prompt_tokens > 0)
        metric_add("tongban_model_tokens_total", "kind=\"prompt\"", r->prompt_tokens);
    if (r->cached_tokens > 0)
        metric_add("tongban_model_tokens_total", "kind=\"cached\"", r->cached_tokens);
    if (r->answer_tokens > 0)
        metric_add("tongban_model_tokens_total", "kind=\"answer\"", r->answer_tokens);
    log_line(c && c != TB_CANCELLED ? LOG_WARN : LOG_INFO, "model_ask",
             "request=%s task=%s engine=%.*s code=%s first_ms=%lld total_ms=%lld prompt=%d "
             "cached=%d answer=%d %s",
             q->t->request_id, q->ask->task, STR_FMT(at->engine->name), tb_code_name(c),
             (long long)(r->first_us < 0 ? -1 : r->first_us / 1000), (long long)(took_us / 1000),
             r->prompt_tokens, r->cached_tokens, r->answer_tokens, c ? e->log : "");
}

static void ask_result(const struct asking *q, const struct place *at, const struct client_reply *r)
{
    struct arena *a = &q->t->mem;

    *q->out = (struct model_result){
        .engine = arena_str(a, at->engine->name),
        .model = arena_str(a, str_z(r->model[0] ? r->model : at->model)),
        .prompt_tokens = r->prompt_tokens < 0 ? 0 : r->prompt_tokens,
        .cached_tokens = r->cached_tokens < 0 ? 0 : r->cached_tokens,
        .answer_tokens = r->answer_tokens < 0 ? 0 : r->answer_tokens,
        .first_us = r->first_us < 0 ? 0 : r->first_us,
        .total_us = world_mono_us(q->t->world) - q->begin_us,
        .embedded = at->engine->child,
        .truncated = r->truncated,
    };
}

static enum tb_code ask_place(struct asking *q, const struct place *at, bool *spoken,
                              struct tb_err *e)
{
    const struct model_ask *ask = q->ask;
    struct buf body = BUF_INIT(BODY_MAX);
    struct client_reply r = { .first_us = -1 };
    struct client_call call = {
        .url = at->url,
        .key = at->key,
        .thinks_first = at->engine->thinks_first,
        .sink = q->sink,
        .talk = q->t,
        .end_us = q->end_us,
        .stop = &q->p->stop,
        .egress = q->p->egress,
        .first_word_us = (ask->first_word_ms ? ask->first_word_ms : FIRST_WORD_MS) * 1000,
    };
    struct client *client = client_take(q->p);
    struct model_ask asked = *ask;
    enum tb_code c;

    if (at->engine->thinks_first)
        asked.grammar = STR(""); /* it would forbid the reasoning */
    chat_write(&body, &asked, str_z(at->model), at->engine->llama);
    call.body = buf_str(&body);
    if (body.over)
        c = tb_fail(e, TB_TOO_LARGE, "问题和材料太长，请缩短后再问", "body>%d", BODY_MAX);
    else
        c = client_ask(client, &call, &r, e);
    client_give_back(q->p, client);
    buf_release(&body);
    ask_counted(q, at, &r, c, e);
    ask_result(q, at, &r);
    *spoken = r.spoken;
    return c;
}

/* Another engine may be asked only while the person has seen no word: after that a second answer
 * would begin in the middle of the first. */
static bool ask_again(const struct asking *q, enum tb_code c, bool spoken)
{
    bool any = false;

    if (spoken || q->tries >= TRIES || q->p->stop ||
        (c != TB_UPSTREAM && c != TB_TIMEOUT && c != TB_BUSY))
        return false;
    pthread_mutex_lock(&q->p->lock);
    any = engine_pick(q, &any) || any;
    pthread_mutex_unlock(&q->p->lock);
    return any && world_mono_us(q->t->world) < q->end_us;
}

enum tb_code pool_ask(struct pool *p, struct talk *t, const struct model_ask *ask,
                      const struct model_sink *sink, struct model_result *out, struct tb_err *e)
{
    struct asking q = { .p = p, .t = t, .ask = ask, .sink = sink, .out = out };
    int64_t total_us = (ask->total_ms ? ask->total_ms : TOTAL_MS) * 1000;
    enum tb_code c;
    bool spoken;

    assert(ask->n && sink->text);
    *out = (struct model_result){ 0 };
    q.begin_us = world_mono_us(t->world);
    q.end_us = q.begin_us + total_us;
    if (t->deadline_us && t->deadline_us < q.end_us)
        q.end_us = t->deadline_us;
    do {
        struct place at;

        tb_err_clear(e);
        c = place_take(&q, &at, e);
        if (c)
            return c;
        q.tried[q.tries++] = at.engine;
        c = ask_place(&q, &at, &spoken, e);
        place_give_back(p, at.engine, c, e);
    } while (ask_again(&q, c, spoken));
    return c;
}

/* ---- what people see ---- */

bool pool_ready(struct pool *p)
{
    bool ready = false;

    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < p->n && !ready; i++)
        ready = engine_usable(p, &p->engines[i]) && !engine_resting(p, &p->engines[i]);
    pthread_mutex_unlock(&p->lock);
    return ready;
}

static void child_state(struct pool *p, struct arena *a, struct engine_state *out)
{
    static const char *const say[] = {
        [SUPERVISOR_ABSENT] =
            "模型文件或引擎程序还没有获取完，完成后会自动启用；此前可检索条款和标准回答",
        [SUPERVISOR_STARTING] = "正在载入模型，通常需要几秒到一分钟",
        [SUPERVISOR_READY] = "可以回答",
        [SUPERVISOR_FAILED] = "引擎意外退出，正在自动重启；如反复出现，请查看日志和内存是否够用",
    };
    struct supervisor_view v;

    supervisor_look(p->child, &v);
    out->state = v.stage == SUPERVISOR_ABSENT     ? ENGINE_ABSENT
                 : v.stage == SUPERVISOR_STARTING ? ENGINE_STARTING
                 : v.stage == SUPERVISOR_READY    ? ENGINE_READY
                                                  : ENGINE_FAILED;
    out->message = str_z(say[v.stage]);
    out->model = arena_str(a, str_z(v.model));
    out->url = arena_str(a, str_z(v.url));
    out->restarts = v.restarts;
}

static void remote_state(struct pool *p, struct arena *a, const struct engine *g,
                         struct engine_state *out)
{
    out->model = arena_str(a, g->model);
    out->url = arena_str(a, str_z(g->url));
    out->state = engine_resting(p, g) ? ENGINE_FAILED : ENGINE_READY;
    out->message = out->state == ENGINE_READY ? STR("可以回答") : arena_str(a, str_z(g->why));
}

size_t pool_states(struct pool *p, struct arena *a, struct engine_state **out)
{
    pthread_mutex_lock(&p->lock);
    *out = ARENA_ARRAY(a, struct engine_state, p->n);
    for (size_t i = 0; i < p->n; i++) {
        struct engine_state *s = &(*out)[i];

        s->name = arena_str(a, p->engines[i].name);
        s->running = p->engines[i].running;
        if (p->engines[i].child)
            child_state(p, a, s);
        else
            remote_state(p, a, &p->engines[i], s);
    }
    pthread_mutex_unlock(&p->lock);
    return p->n;
}
