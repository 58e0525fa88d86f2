#include "model/engines_int.h"

#include "base/log.h"
#include "model/client.h"

#include <stdio.h>
#include <time.h>

enum {
    LIMIT_MS = 3000,   /* of one look */
    IDLE_US = 30000000 /* an engine nobody has asked for so long is looked at */
};

/* What a look needs, taken under the lock. */
struct look {
    int engine;
    char url[600], key[256], name[128];
    const struct egress *egress;
    uint64_t generation;
};

static bool is_due(const struct engines *g, int i, int64_t now)
{
    const struct engine *live = &g->of[i];
    const struct breaker *b = &live->breaker;

    if (i == g->child_index || now - live->looked_us < g->probe_ms * 1000 || b->trial)
        return false;
    return b->state == BREAKER_OPEN || now < b->suspect_until_us ||
           (now - live->used_us >= IDLE_US && now - live->looked_us >= IDLE_US &&
            !line_running(g->line, i));
}

static bool look_take(struct engines *g, struct look *out)
{
    int64_t now = world_mono_us(g->world);
    bool found = false;

    pthread_mutex_lock(&g->lock);
    for (size_t k = 0; k < g->now->n && !found && !g->over; k++) {
        int i = (int)g->now->order[k];
        const struct catalogue_engine *c = g->now->conf[i];

        if (!is_due(g, i, now))
            continue;
        found = true;
        g->of[i].looked_us = now;
        g->now->refs++;
        *out = (struct look){ .engine = i, .egress = g->now->egress, .generation = g->now->number };
        snprintf(out->url, sizeof(out->url), "%.*s/models", STR_FMT(c->url));
        snprintf(out->key, sizeof(out->key), "%.*s", STR_FMT(c->key));
        snprintf(out->name, sizeof(out->name), "%s", g->of[i].name);
    }
    pthread_mutex_unlock(&g->lock);
    return found;
}

/* Any answer but "I am broken" says that somebody is there: not all engines list their models. */
static void look_judge(struct engines *g, const struct look *at, long status)
{
    struct told all = { NULL, NULL };
    struct engine *live = &g->of[at->engine];
    int64_t now = world_mono_us(g->world);
    bool alive = status > 0 && status < 500, news = !alive;

    pthread_mutex_lock(&g->lock);
    if (!g->stop && str_eqz(str_z(at->name), live->name) && g->now->conf[at->engine]) {
        news |= live->breaker.state != BREAKER_CLOSED;
        if (alive) {
            breaker_alive(&live->breaker);
        } else {
            breaker_failed(&live->breaker, now);
            snprintf(live->why, sizeof(live->why),
                     "定时检查时推理引擎没有正常响应，请检查它是否在运行、网络是否畅通");
        }
        engine_look(g, at->engine, now);
        engines_deal(g, &all, now);
    }
    generation_drop(g, at->generation);
    pthread_mutex_unlock(&g->lock);
    tickets_tell(&all);
    log_line(!news   ? LOG_DEBUG
             : alive ? LOG_INFO
                     : LOG_WARN,
             "engine_look", "engine=%s status=%ld", at->name, status);
}

void engines_look_round(struct engines *g, struct client *c)
{
    struct look at;

    while (look_take(g, &at)) {
        struct client_call call = {
            .url = at.url, .key = at.key, .egress = at.egress, .stop = &g->stop
        };
        long status = 0;

        client_probe(c, &call, LIMIT_MS, &status);
        look_judge(g, &at, status);
    }
}

void *engines_health(void *pool)
{
    struct engines *g = pool;
    struct client *c = client_new();

    while (engines_rest(g, g->probe_ms < 1000 ? g->probe_ms : 1000))
        engines_look_round(g, c);
    client_free(c);
    return NULL;
}
