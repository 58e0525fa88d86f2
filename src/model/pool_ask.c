#include "model/pool_int.h"

#include "base/log.h"
#include "base/metrics.h"
#include "model/affinity.h"
#include "model/chat.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    TRIES = 2,    /* one engine, and one more before the first word */
    TICK_MS = 40, /* how often one that waits looks whether its person has left */
    FIRST_WORD_MS = 15000,
    TOTAL_MS = 60000,
    BODY_MAX = 8 << 20
};

/* One question on its way. */
struct asking {
    struct pool *p;
    struct talk *t;
    const struct model_ask *ask;
    const struct model_sink *sink;
    struct model_result *out;
    int64_t begin_us, end_us;
    struct engines_ticket ticket;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t told;
    bool ready;
    enum tb_code code;
};

/* ---- a place ---- */

static void on_ready(struct engines_ticket *t, enum tb_code code)
{
    struct asking *q = t->self;

    pthread_mutex_lock(&q->lock);
    q->ready = true;
    q->code = code;
    pthread_cond_signal(&q->told);
    pthread_mutex_unlock(&q->lock);
}

static bool wait_tick(struct asking *q)
{
    struct timespec at;
    bool ready;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_nsec += TICK_MS * 1000000L;
    at.tv_sec += at.tv_nsec / 1000000000L;
    at.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&q->lock);
    if (!q->ready)
        pthread_cond_timedwait(&q->told, &q->lock, &at);
    ready = q->ready;
    pthread_mutex_unlock(&q->lock);
    return ready;
}

static enum tb_code may_wait(const struct asking *q, struct tb_err *e)
{
    if (q->p->stop)
        return tb_fail(e, TB_BUSY, "服务正在重启，请稍后再问", "shutting down");
    if (talk_gone(q->t))
        return tb_fail(e, TB_CANCELLED, "已停止回答", "the person left the queue");
    return TB_OK;
}

/* In line with the others, until it is our turn, the time is over or the person leaves. */
static enum tb_code place_wait(struct asking *q, struct tb_err *e)
{
    enum tb_code c = TB_OK;

    while (!wait_tick(q))
        if (!c && (c = may_wait(q, e)) && engines_leave(q->p->engines, &q->ticket))
            return c;
    if (c && !q->code) { /* it came while we left */
        struct engines_result r = { .code = TB_CANCELLED };

        engines_give(q->p->engines, &q->ticket, &r);
    }
    if (!c && q->code)
        c = tb_fail(e, TB_BUSY, "现在提问的人较多，请稍后再试，或转人工", "queued in vain: %s",
                    tb_code_name(q->code));
    return c;
}

static enum tb_code place_take(struct asking *q, struct tb_err *e)
{
    q->ready = false;
    q->code = TB_OK;
    switch (engines_take(q->p->engines, &q->ticket, e)) {
    case ENGINES_PLACED:
        return TB_OK;
    case ENGINES_WAITING:
        return place_wait(q, e);
    case ENGINES_REFUSED:
        break;
    }
    return e->code;
}

static void place_give(struct asking *q, const struct client_reply *r, enum tb_code c)
{
    struct engines_result result = {
        .code = c,
        .retry_after_ms = r->retry_after_ms,
        .first_us = r->first_us,
        .total_us = world_mono_us(q->t->world) - q->ticket.placed_us,
        .usage = { .prompt = r->prompt_tokens < 0 ? 0 : r->prompt_tokens,
                   .cached = r->cached_tokens < 0 ? 0 : r->cached_tokens,
                   .answer = r->answer_tokens < 0 ? 0 : r->answer_tokens,
                   .reasoning = r->reasoning_tokens < 0 ? 0 : r->reasoning_tokens },
    };

    engines_give(q->p->engines, &q->ticket, &result);
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
    if (p->idle_n < POOL_IDLE_CLIENTS) {
        p->idle[p->idle_n++] = c;
        c = NULL;
    }
    pthread_mutex_unlock(&p->lock);
    client_free(c);
}

static void ask_counted(const struct asking *q, const struct client_reply *r, enum tb_code c,
                        const struct tb_err *e)
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
             "request=%s task=%s engine=%s code=%s first_ms=%lld total_ms=%lld prompt=%d "
             "cached=%d answer=%d %s",
             q->t->request_id, q->ask->task, q->ticket.place.name, tb_code_name(c),
             (long long)(r->first_us < 0 ? -1 : r->first_us / 1000), (long long)(took_us / 1000),
             r->prompt_tokens, r->cached_tokens, r->answer_tokens, c ? e->log : "");
}

/* Rounded up; what the engine did not count costs nothing here. */
static int64_t cost_of(const struct engines_place *p, const struct model_result *r)
{
    return ((r->prompt_tokens - r->cached_tokens) * p->prompt_price +
            r->cached_tokens * p->cached_price + r->answer_tokens * p->answer_price + 999) /
           1000;
}

static void ask_result(const struct asking *q, const struct client_reply *r)
{
    const struct engines_place *at = &q->ticket.place;
    struct arena *a = &q->t->mem;

    *q->out = (struct model_result){
        .engine = arena_str(a, str_z(at->name)),
        .model = arena_str(a, str_z(r->model[0] ? r->model : at->model)),
        .prompt_tokens = r->prompt_tokens < 0 ? 0 : r->prompt_tokens,
        .cached_tokens = r->cached_tokens < 0 ? 0 : r->cached_tokens,
        .answer_tokens = r->answer_tokens < 0 ? 0 : r->answer_tokens,
        .first_us = r->first_us < 0 ? 0 : r->first_us,
        .total_us = world_mono_us(q->t->world) - q->begin_us,
        .embedded = at->child,
        .truncated = r->truncated,
    };
    q->out->cost = cost_of(at, q->out);
}

/* What is sent to this engine: an R1's reasoning would be forbidden by a grammar, and a caller that
 * names no temperature gets the one that the model's maker advises. */
static enum tb_code ask_write(const struct asking *q, struct buf *body, struct tb_err *e)
{
    const struct engines_place *at = &q->ticket.place;
    struct model_ask asked = *q->ask;

    if (at->thinks_first)
        asked.grammar = STR("");
    if (asked.temperature < 0) {
        asked.temperature = at->temperature;
        asked.top_p = at->top_p;
    }
    chat_write(body, &asked, str_z(at->model), at->llama);
    if (body->over)
        return tb_fail(e, TB_TOO_LARGE, "问题和材料太长，请缩短后再问", "body>%d", BODY_MAX);
    return TB_OK;
}

static enum tb_code ask_place(struct asking *q, bool *spoken, struct tb_err *e)
{
    const struct engines_place *at = &q->ticket.place;
    int64_t word_ms = q->ask->first_word_ms ? q->ask->first_word_ms : FIRST_WORD_MS;
    struct buf body = BUF_INIT(BODY_MAX);
    struct client_reply r = { .first_us = -1 };
    char url[sizeof(at->url) + 32];
    struct client_call call = {
        .url = url,
        .key = at->key,
        .thinks_first = at->thinks_first,
        .sink = q->sink,
        .talk = q->t,
        .end_us = q->end_us,
        .stop = &q->p->stop,
        .egress = at->egress,
        .first_word_us = (word_ms < at->first_word_ms ? word_ms : at->first_word_ms) * 1000,
    };
    struct client *client = client_take(q->p);
    enum tb_code c = ask_write(q, &body, e);

    snprintf(url, sizeof(url), "%s/chat/completions", at->url);
    call.body = buf_str(&body);
    if (!c)
        c = client_ask(client, &call, &r, e);
    client_give_back(q->p, client);
    buf_release(&body);
    ask_counted(q, &r, c, e);
    ask_result(q, &r);
    *spoken = r.spoken;
    place_give(q, &r, c);
    return c;
}

/* Another engine may be asked only while the person has seen no word: after that a second answer
 * would begin in the middle of the first. */
static bool may_ask_again(const struct asking *q, int tries, enum tb_code c, bool spoken)
{
    return !spoken && tries < TRIES && !q->p->stop &&
           (c == TB_UPSTREAM || c == TB_TIMEOUT || c == TB_BUSY) &&
           world_mono_us(q->t->world) < q->end_us;
}

static enum tb_code ask_tries(struct asking *q, struct tb_err *e)
{
    bool spoken = false;
    enum tb_code c;

    for (int tries = 0;; tries++) {
        struct tb_err why = TB_ERR_INIT;

        c = place_take(q, &why);
        if (c && (!tries || c == TB_CANCELLED)) {
            *e = why;
            return c;
        }
        if (c)
            return e->code; /* nobody else can: what the first one said */
        tb_err_clear(e);
        q->ticket.want.tried |= 1ull << q->ticket.place.engine;
        c = ask_place(q, &spoken, e);
        if (!may_ask_again(q, tries + 1, c, spoken))
            return c;
    }
}

/* Of Chinese two characters in three are a token, of anything else four bytes are one. */
static int64_t tokens_of(struct str s)
{
    int64_t wide = 0, plain = 0;

    for (size_t i = 0; i < s.n; i++) {
        unsigned char b = (unsigned char)s.p[i];

        plain += b < 0x80;
        wide += b >= 0xC0;
    }
    return plain / 4 + wide * 2 / 3;
}

static void want_write(const struct asking *q, struct engines_want *w)
{
    struct prefix prefix = PREFIX_INIT;

    *w = (struct engines_want){ .role = ENGINE_CHAT,
                                .priority = q->ask->priority,
                                .task = str_z(q->ask->task),
                                .department = q->t->actor.department,
                                .language = STR("zh"),
                                .personal = q->ask->personal,
                                .unmasked = q->ask->unmasked,
                                .deadline_us = q->end_us };
    for (size_t i = 0; i < q->ask->n; i++) {
        w->prompt_tokens += tokens_of(q->ask->messages[i].content);
        prefix_add(&prefix, str_z(q->ask->messages[i].role));
        prefix_add(&prefix, q->ask->messages[i].content);
    }
    w->prefix_n = prefix.n;
    memcpy(w->prefix, prefix.digests, sizeof(w->prefix));
}

enum tb_code pool_ask(struct pool *p, struct talk *t, const struct model_ask *ask,
                      const struct model_sink *sink, struct model_result *out, struct tb_err *e)
{
    struct asking q = { .p = p, .t = t, .ask = ask, .sink = sink, .out = out };
    int64_t total_us = (ask->total_ms ? ask->total_ms : TOTAL_MS) * 1000;
    pthread_condattr_t clock;
    enum tb_code c;

    assert(ask->n && sink->text);
    *out = (struct model_result){ .embedded = false };
    q.begin_us = world_mono_us(t->world);
    q.end_us = q.begin_us + total_us;
    if (t->deadline_us && t->deadline_us < q.end_us)
        q.end_us = t->deadline_us;
    q.ticket.ready = on_ready;
    q.ticket.self = &q;
    want_write(&q, &q.ticket.want);
    pthread_mutex_init(&q.lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&q.told, &clock);
    pthread_condattr_destroy(&clock);
    c = ask_tries(&q, e);
    pthread_cond_destroy(&q.told);
    pthread_mutex_destroy(&q.lock);
    return c;
}
