#include "model/engines_int.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RETRY_MAX_S = 3600, NOT_READY_S = 5 };

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
    char say[sizeof(e->say)], log[128], before[64] = "";

    refuse(t, TB_BUSY, expected - line_reach_us(limit));
    if (t->position > 1)
        snprintf(before, sizeof(before), "前面还有 %d 个请求，", t->position - 1);
    snprintf(say, sizeof(say), "现在提问的人较多：%s约需等待 %lld 秒。请 %lld 秒后再试，或转人工",
             before, (long long)seconds_of(expected), (long long)t->retry_after_s);
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
    if (expected > line_reach_us(limit) || line_full(g->line))
        return refuse_line(t, expected, limit, e);
    t->line = (struct line_item){ .servers = wish->all,
                                  .priority = t->want.priority,
                                  .until_us = now + limit };
    if (!engines_anybody_waits(g))
        pthread_cond_broadcast(&g->wake); /* from now on it looks more often */
    line_join(g->line, &t->line, now);
    t->state = TICKET_WAITING;
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
    engines_waited(t, now);
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
    g->watch = o->watch;
    g->stamp = fs_stamp_of(g->models_yaml);
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
    g->watched = g->probe_ms > 0 && !o->still;
    g->threaded = !o->still;
    if ((g->threaded && pthread_create(&g->thread, NULL, engines_thread, g)) ||
        (g->watched && pthread_create(&g->health, NULL, engines_health, g)))
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
    pthread_cond_broadcast(&g->wake);
    pthread_mutex_unlock(&g->lock);
    if (g->threaded)
        pthread_join(g->thread, NULL);
    if (g->watched)
        pthread_join(g->health, NULL);
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
