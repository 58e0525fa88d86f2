#include "scenario/policy/warm.h"

#include "base/alloc.h"
#include "base/log.h"
#include "model/pool.h"
#include "model/prompt.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

struct warmer {
    const struct services *at;
    const struct world *world;
    atomic_bool stop;
    pthread_t thread;
};

static enum tb_code never_said(struct sink *self, const char *event, struct str json,
                               struct tb_err *e)
{
    (void)self;
    (void)event;
    (void)json;
    (void)e;
    return TB_OK;
}

static bool stopped(struct sink *self)
{
    const struct warmer *w = self->self;

    return atomic_load(&w->stop);
}

static enum tb_code drop_text(void *self, struct str delta, struct tb_err *e)
{
    (void)self;
    (void)delta;
    (void)e;
    return TB_OK;
}

static enum tb_code ask_once(struct warmer *w, struct talk *t, struct tb_err *e)
{
    struct model_sink sink = { w, drop_text, NULL };
    struct model_result r;
    struct prompt p;

    if (prompt_load(&t->mem, w->at->share_dir, "answer", &p, e))
        return e->code;
    struct prompt_value nothing[] = { { "evidence", STR("") },
                                      { "question", STR("") },
                                      { NULL, STR("") } };
    struct model_message messages[] = { { "system", p.system },
                                        { "user", prompt_fill(&t->mem, p.user, nothing) } };
    struct model_ask ask = { .task = "warm",
                             .messages = messages,
                             .n = 2,
                             .max_tokens = 1,
                             .first_word_ms = 60000,
                             .total_ms = 60000 };

    return pool_ask(w->at->pool, t, &ask, &sink, &r, e);
}

static void *run(void *arg)
{
    struct warmer *w = arg;
    struct sink sink = { never_said, stopped, w };
    struct talk t = { .world = w->world, .at = w->at, .sink = &sink };
    struct tb_err e = TB_ERR_INIT;
    struct timespec wait = { 0, 200 * 1000 * 1000 };

    snprintf(t.request_id, sizeof(t.request_id), "warm");
    t.actor.role = ROLE_SYSTEM;
    while (!atomic_load(&w->stop) && !pool_ready(w->at->pool))
        nanosleep(&wait, NULL);
    if (!atomic_load(&w->stop) && ask_once(w, &t, &e))
        log_line(LOG_INFO, "warm", "%s", e.log);
    arena_release(&t.mem);
    return NULL;
}

struct warmer *warm_start(const struct services *at, const struct world *w)
{
    struct warmer *n = tb_zalloc(sizeof(*n));

    n->at = at;
    n->world = w;
    if (pthread_create(&n->thread, NULL, run, n) == 0)
        return n;
    tb_free(n);
    return NULL;
}

void warm_stop(struct warmer *w)
{
    if (!w)
        return;
    atomic_store(&w->stop, true);
    pthread_join(w->thread, NULL);
    tb_free(w);
}
