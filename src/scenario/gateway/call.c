/* The life of one call: who asks, what, may they; a place at an engine; its answer, or another
 * engine before the first word; the books; the end. */
#include "base/block.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/utf8.h"
#include "crypto/hex.h"
#include "http/status.h"
#include "scenario/gateway/inside.h"

#include <stdio.h>
#include <string.h>

enum { DONE_US = 1000000, ANSWER_MAX = 64 << 20, SAID_MAX = 240 };

static void place_next(struct call *c);
static void lost(struct call *c, enum tb_code code, const struct tb_err *e, int64_t retry_after_s);
static void fail(struct call *c, enum tb_code code, const struct tb_err *e);

/* Both after one another, cut to what fits. */
static void join(char *out, size_t size, struct str a, struct str b)
{
    size_t n = a.n < size ? a.n : size - 1, m = b.n < size - n ? b.n : size - n - 1;

    memcpy(out, a.p, n);
    if (m)
        memcpy(out + n, b.p, m);
    out[n + m] = 0;
}

/* ---- who and what ---- */

static void read_trace(struct call *c, struct str field)
{
    unsigned char raw[24];
    bool given = field.n >= 55 && field.p[2] == '-' && field.p[35] == '-' && field.p[52] == '-';

    for (size_t i = 3; given && i < 35; i++)
        given =
            (field.p[i] >= '0' && field.p[i] <= '9') || (field.p[i] >= 'a' && field.p[i] <= 'f');
    world_random(&c->loop->ids.world, raw, sizeof(raw));
    hex_of(raw, 16, c->trace_id);
    if (given)
        memcpy(c->trace_id, field.p + 3, 32);
    memcpy(c->traceparent, "00-", 3);
    memcpy(c->traceparent + 3, c->trace_id, 32);
    c->traceparent[35] = '-';
    hex_of(raw + 16, 8, c->traceparent + 36);
    memcpy(c->traceparent + 52, "-01", 4);
}

/* Whoever has no key must not fill the disk with rows about it. */
static enum tb_code stranger(struct call *c, struct tb_err *e)
{
    struct loop *l = c->loop;

    if (c->begun_us - l->strangers_us >= 1000000) {
        if (l->unbooked)
            log_line(LOG_WARN, "gateway_strangers", "calls=%d without a key, not in the trail",
                     l->unbooked);
        l->strangers_us = c->begun_us;
        l->strangers = l->unbooked = 0;
    }
    if (++l->strangers <= STRANGERS_MAX)
        return e->code;
    l->unbooked++;
    c->unbooked = true;
    metric_add("gateway_refused_total", "why=\"strangers\"", 1);
    return tb_fail(e, TB_LIMITED, "没有有效密钥的请求太多，请稍后再试", "strangers");
}

static enum tb_code know_key(struct call *c, const struct head *h, struct tb_err *e)
{
    const struct gateway *g = c->loop->g;
    struct str secret = head_value(h, "authorization"), wish = head_value(h, "x-tongban-priority");
    enum priority lower;

    if (str_case_eq(str_sub(secret, 0, 7), STR("Bearer ")))
        secret = str_trim(str_from(secret, 7));
    else
        secret = STR_NONE;
    if (atomic_load(&g->stopping))
        return tb_fail(e, TB_BUSY, "服务正在重启，请稍后再试", "shutting down");
    if (!books_well(g->o.books))
        return tb_fail(e, TB_BUSY, "数据库暂时写不进去，请稍后再试", "books=unwell");
    if (quota_find(g->o.quota, secret, str_z(c->address), &c->guest->said, &c->key, e))
        return stranger(c, e);
    c->priority = c->key->priority;
    if (priority_parse(wish, &lower) && lower > c->priority)
        c->priority = lower;
    return TB_OK;
}

static void drop_rules(void *rules)
{
    risk_drop(rules);
}

static enum tb_code know_ask(struct call *c, const struct head *h, struct str body,
                             struct tb_err *e)
{
    struct str media = head_value(h, "content-type");
    c->rules = risk_take(c->loop->g->o.risk);
    arena_defer(&c->mem, drop_rules, (void *)(uintptr_t)c->rules);
    c->speech = (struct speech){ .mem = &c->mem, .forbid = risk_words(c->rules) };
    c->inject = risk_inject(c->rules);
    c->task = arena_str(&c->mem, str_sub(head_value(h, "x-tongban-task"), 0, 40));
    if (head_value(h, "content-encoding").n)
        return tb_fail(e, TB_UNSUPPORTED, "请求内容不要压缩", "content-encoding");
    sm3_add(&c->digest, body);
    switch (c->kind->body) {
    case BODY_JSON:
        return ask_read(c, body, media, e);
    case BODY_FORM:
        return form_read(c, body, media, e);
    default:
        return TB_OK;
    }
}

/* For the books: as it came. What is kept masked is what the engine gets (settle.c). */
static void keep_prompt(struct call *c, struct str body)
{
    c->keeps_prompt = c->kind->body == BODY_JSON && c->key->keeping != KEEPING_DIGEST;
    if (c->keeps_prompt && c->key->keeping == KEEPING_FULL)
        buf_add(&c->prompt, str_sub(body, 0, utf8_floor(body, KEPT_MAX)));
}

static enum tb_code admit(struct call *c, const struct head *h, struct str body, struct tb_err *e)
{
    const struct gateway *g = c->loop->g;

    if (know_key(c, h, e) || quota_allows(c->key, str_z(c->kind->scope), STR_NONE, e) ||
        know_ask(c, h, body, e))
        return e->code;
    if (c->ask.model.n && quota_allows(c->key, str_z(c->kind->scope), c->ask.model, e))
        return e->code;
    if (quota_reserve(g->o.quota, c->key, c->ask.prompt_tokens + c->ask.answer_tokens, &c->hold,
                      &c->left, e))
        return e->code;
    c->held = true;
    keep_prompt(c, body);
    cache_key(c, head_value(h, "x-tongban-cache"));
    return TB_OK;
}

/* ---- a place at an engine ---- */

static void on_ready(struct engines_ticket *t, enum tb_code code)
{
    loop_post(t->self, code);
}

static enum tb_code on_bytes(void *self, const struct wire_head *h, struct str bytes,
                             struct tb_err *e);
static void on_done(void *self, const struct wire_head *h, enum tb_code code,
                    const struct tb_err *e);

static void send_out(struct call *c)
{
    const struct engines_place *p = &c->ticket.place;
    char url[640];
    struct wire_ask ask = { .egress = p->egress,
                            .url = url,
                            .key = p->key,
                            .accept = c->ask.stream ? "text/event-stream" : "application/json",
                            .request_id = c->request_id,
                            .traceparent = c->traceparent,
                            .self = c,
                            .bytes = on_bytes,
                            .done = on_done };

    join(url, sizeof(url), str_z(p->url), str_z(c->kind->target));
    ask_write(c);
    ask.body = buf_str(&c->body);
    ask.media_type = c->ask.media_type.p;
    sse_release(&c->sse);
    sse_init(&c->sse);
    buf_reset(&c->whole);
    buf_reset(&c->prelude);
    buf_reset(&c->answer);
    buf_reset(&c->text);
    thoughts_free(c);
    lanes_free(c); /* of an engine that was given up before its first word */
    c->words = 0;
    c->usage = (struct call_usage){ 0 };
    c->used = false;
    c->finished = c->done = false;
    c->begun = c->ended = 0;
    c->first_us = 0;
    c->code = TB_OK; /* the engine before it failed, the call has not */
    c->state = CALL_ENGINE;
    c->tries++;
    c->tried |= (uint64_t)1 << p->engine;
    c->sent_us = c->moved_us = loop_now(c->loop);
    c->wire = wire_send(c->loop->wire, &ask);
}

static void take_answer(struct call *c, enum engines_answer answer, const struct tb_err *e)
{
    if (answer == ENGINES_WAITING) {
        c->lined_us = loop_now(c->loop);
    } else if (answer == ENGINES_PLACED) {
        c->lined_us = 0;
        c->placed = true;
        c->wait_us += c->ticket.wait_us;
        send_out(c);
    } else if (answer == ENGINES_REFUSED) {
        fail(c, c->code ? c->code : e->code, c->code ? &c->err : e);
    }
}

static void place_next(struct call *c)
{
    struct tb_err e = TB_ERR_INIT;
    struct engines_want *w = &c->ticket.want;

    c->ticket = (struct engines_ticket){ .ready = on_ready, .self = c };
    *w = (struct engines_want){ .role = c->kind->role,
                                .model = str_eqz(c->ask.model, "default") ? STR("") : c->ask.model,
                                .priority = c->priority,
                                .task = c->task,
                                .department = c->key->department,
                                .prompt_tokens = (int64_t)c->ask.prompt_bytes / 3,
                                .answer_max = c->ask.answer_tokens,
                                .personal = c->speech.mask.n > 0,
                                .prefix_n = c->ask.prefix.n,
                                .tried = c->tried };
    memcpy(w->prefix, c->ask.prefix.digests, sizeof(w->prefix));
    c->state = CALL_LINE;
    take_answer(c, engines_take(c->loop->g->o.engines, &c->ticket, &e), &e);
}

static void give_back(struct call *c, enum tb_code code, int64_t retry_after_s)
{
    int64_t now = loop_about_now(c->loop);
    struct engines_result r = { .code = code,
                                .retry_after_ms = retry_after_s * 1000,
                                .first_us = c->first_us ? c->first_us - c->sent_us : 0,
                                .total_us = now - c->sent_us,
                                .usage = c->usage };

    if (!c->placed)
        return;
    c->placed = false;
    c->engine_us += now - c->sent_us;
    engines_give(c->loop->g->o.engines, &c->ticket, &r);
}

void call_placed(struct call *c, enum tb_code code)
{
    struct tb_err e = TB_ERR_INIT;
    bool alike = c->state == CALL_ALIKE;

    if (code == TB_OK && !alike)
        c->placed = true;
    if (!c->guest || c->ending) {
        give_back(c, TB_CANCELLED, 0);
        if (c->ending)
            fail(c, c->code, &c->err);
        else
            call_end(c);
        return;
    }
    if (alike && cache_answers_alike(c))
        return;
    if (alike) {
        place_next(c);
        return;
    }
    if (code)
        (void)!tb_fail(&e, code, "现在使用的人较多，排队超过了时间，请稍后再试", "queued too long");
    take_answer(c, code ? ENGINES_REFUSED : ENGINES_PLACED, &e);
}

/* ---- the engine's answer ---- */

static enum tb_code on_event(void *self, struct str data, struct tb_err *e)
{
    struct call *c = self;

    return c->done ? TB_OK : answer_event(c, data, e);
}

static enum tb_code on_bytes(void *self, const struct wire_head *h, struct str bytes,
                             struct tb_err *e)
{
    struct call *c = self;

    c->moved_us = loop_now(c->loop);
    if (h->status == 200 && c->ask.stream)
        return sse_feed(&c->sse, bytes, on_event, c, e);
    if (!c->first_us)
        c->first_us = c->moved_us;
    buf_add(&c->whole, bytes);
    return c->whole.over
               ? tb_fail(e, TB_UPSTREAM, "推理引擎的回答过大，已中断", "answer>%d", WHOLE_MAX)
               : TB_OK;
}

static bool is_word(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'z') && s.p[i] != '_' && s.p[i] != '-')
            return false;
    return s.n > 0 && s.n <= 64;
}

/* An engine's own words about the request, for clients that act on its code. */
static enum tb_code not_accepted(struct call *c, int status, struct tb_err *e)
{
    const struct json_value *v = NULL, *error;
    struct tb_err why = TB_ERR_INIT;
    struct str said = STR_NONE, code;

    if (!json_read(&c->mem, buf_str(&c->whole), &v, &why)) {
        error = json_is_obj(json_get(v, "error")) ? json_get(v, "error") : v;
        said = json_get_str(error, "message");
        code = json_get_str(error, "code");
        if (is_word(code))
            c->engine_word = arena_str(&c->mem, code);
    }
    said = str_sub(said, 0, utf8_floor(said, SAID_MAX));
    if (!said.n || lane_judge(c, said, &why))
        return tb_fail(e, TB_INVALID, "推理引擎不接受这个请求：请检查参数和长度",
                       "engine status=%d", status);
    return tb_fail_say(e, TB_INVALID,
                       arena_printf(&c->mem, "推理引擎不接受这个请求：%.*s", STR_FMT(said)),
                       arena_printf(&c->mem, "engine status=%d", status));
}

/* What an engine's refusal means for its caller and for the engine. */
static enum tb_code refused(struct call *c, const struct wire_head *h, struct tb_err *e)
{
    if (h->status == 429 || h->status == 503)
        return tb_fail(e, TB_BUSY, "推理引擎正忙，请稍后再试", "engine status=%d", h->status);
    if (h->status == 400 || h->status == 413 || h->status == 422)
        return not_accepted(c, h->status, e);
    return tb_fail(e, TB_UPSTREAM, "推理引擎出错，请稍后重试", "engine status=%d", h->status);
}

static enum tb_code end_of_stream(struct call *c, struct tb_err *e)
{
    if (!c->done && sse_end(&c->sse, on_event, c, e))
        return e->code;
    if (c->done || answer_ended(c))
        return TB_OK;
    return tb_fail(e, TB_UPSTREAM, "推理引擎中断了回答，内容不完整，请稍后重试",
                   "stream ended without an end words=%lld", (long long)c->words);
}

static void whole_answer(struct call *c, const struct wire_head *h)
{
    struct tb_err e = TB_ERR_INIT;

    if (answer_whole(c, h, &e)) {
        lost(c, e.code, &e, 0);
        return;
    }
    give_back(c, TB_OK, 0);
    call_settle(c);
    reply_whole(c, 200, h->media_type, buf_str(&c->whole));
    call_end(c);
}

static void whole_stream(struct call *c)
{
    give_back(c, TB_OK, 0);
    call_settle(c);
    if (!c->done)
        reply_event(c, STR("data: [DONE]\n\n"));
    reply_stream_end(c, true);
    call_end(c);
}

static bool worth_another(const struct call *c, enum tb_code code)
{
    return !c->said && c->tries < TRIES_MAX && !atomic_load(&c->loop->g->stopping) &&
           (code == TB_UPSTREAM || code == TB_TIMEOUT || code == TB_BUSY);
}

static void lost(struct call *c, enum tb_code code, const struct tb_err *e, int64_t retry_after_s)
{
    bool own_end = code == TB_FORBIDDEN && c->blocked;

    give_back(c, own_end ? TB_CANCELLED : code, retry_after_s);
    if (!worth_another(c, code)) {
        fail(c, code, e);
        return;
    }
    metric_add("gateway_retries_total", "", 1);
    c->code = code; /* what to say if there is no other engine */
    c->err = *e;
    place_next(c);
}

/* Only [DONE] is missing: each choice has ended, and what it took is known for the books. */
static bool all_said(const struct call *c)
{
    return answer_ended(c) && c->used;
}

static void on_done(void *self, const struct wire_head *h, enum tb_code code,
                    const struct tb_err *why)
{
    struct call *c = self;
    struct tb_err e = *why;

    c->wire = NULL;
    if (!code && h->status != 200)
        code = refused(c, h, &e);
    else if (!code && c->ask.stream)
        code = end_of_stream(c, &e);
    else if (code && (c->done || (code == TB_UPSTREAM && all_said(c))))
        code = TB_OK;
    if (!c->guest)
        call_end(c);
    else if (code)
        lost(c, code, &e, h->retry_after_s);
    else if (c->ask.stream)
        whole_stream(c);
    else
        whole_answer(c, h);
}

/* ---- the end ---- */

static void stop_engine(struct call *c)
{
    if (c->wire)
        wire_cancel(c->wire);
    c->wire = NULL;
}

/* The caller gets a right answer or a clear error: before the first byte a status, after it an
 * error event and no end. */
static void fail(struct call *c, enum tb_code code, const struct tb_err *e)
{
    c->code = code;
    c->err = *e;
    if (!c->head_sent)
        c->status = status_of(code);
    call_settle(c);
    reply_error(c);
    call_end(c);
}

void call_break(struct call *c, enum tb_code code, const struct tb_err *e)
{
    if (c->state == CALL_ALIKE ||
        (c->state == CALL_LINE && !engines_leave(c->loop->g->o.engines, &c->ticket))) {
        c->ending = true; /* its place is on the way: call_placed ends it */
        c->code = code;
        c->err = *e;
        return;
    }
    stop_engine(c);
    give_back(c, code == TB_TIMEOUT ? code : TB_CANCELLED, 0);
    fail(c, code, e);
}

void call_left(struct call *c)
{
    c->guest = NULL;
    c->ending = false;
    if (c->state == CALL_ALIKE ||
        (c->state == CALL_LINE && !engines_leave(c->loop->g->o.engines, &c->ticket)))
        return; /* call_placed ends it */
    stop_engine(c);
    if (c->done) /* it had all it wanted */
        give_back(c, TB_OK, 0);
    else
        give_back(c, TB_CANCELLED, 0);
    if (!c->done)
        c->code = tb_fail(&c->err, TB_CANCELLED, "已取消", "the application left");
    call_end(c);
}

void call_end(struct call *c)
{
    struct loop *l = c->loop;
    struct guest *g = c->guest;
    bool keep = c->keep_alive && (!c->code || !c->head_sent || !c->ask.stream);

    if (!c->guest && !c->code && !c->done)
        c->code = tb_fail(&c->err, TB_CANCELLED, "已取消", "the application left");
    call_settle(c);
    c->state = CALL_OVER;
    if (g)
        guest_done(g, keep);
    if (c->prev)
        c->prev->next = c->next;
    else
        l->calls = c->next;
    if (c->next)
        c->next->prev = c->prev;
    lanes_free(c);
    thoughts_free(c);
    sse_release(&c->sse);
    buf_release(&c->body);
    buf_release(&c->whole);
    buf_release(&c->prelude);
    buf_release(&c->prompt);
    buf_release(&c->answer);
    buf_release(&c->text);
    arena_release(&c->asked);
    arena_release(&c->mem);
    atomic_fetch_sub(&l->g->calls, 1);
    block_drop(c, sizeof(*c));
}

/* ---- time ---- */

static void retry_elsewhere(struct call *c, const struct tb_err *e)
{
    stop_engine(c);
    lost(c, TB_TIMEOUT, e, 0);
}

static void sweep_engine(struct call *c, int64_t now)
{
    const struct engines_place *p = &c->ticket.place;
    int64_t still = now - c->moved_us, word = p->first_word_ms * 1000;
    struct tb_err e = TB_ERR_INIT;

    if (c->done && still > DONE_US) { /* said [DONE] and holds the line */
        stop_engine(c);
        whole_stream(c);
    } else if (now - c->sent_us > p->total_ms * 1000) {
        (void)!tb_fail(&e, TB_TIMEOUT, "回答超过了时间限制，内容不完整，请稍后重试",
                       "engine took all its time");
        call_break(c, TB_TIMEOUT, &e);
    } else if ((c->ask.stream || c->first_us) && still > word) { /* a whole one comes in one go */
        (void)!tb_fail(&e, TB_TIMEOUT, "推理引擎没有响应，请稍后重试", "engine silent ms=%lld",
                       (long long)(still / 1000));
        if (c->said && all_said(c)) {
            stop_engine(c);
            whole_stream(c);
        } else if (c->said)
            call_break(c, TB_TIMEOUT, &e);
        else
            retry_elsewhere(c, &e);
    }
}

void call_sweep(struct call *c, int64_t now)
{
    const struct gateway *g = c->loop->g;
    struct tb_err e = TB_ERR_INIT;

    if (!c->guest || c->ending)
        return;
    if (atomic_load(&g->stopping) >= 2) {
        (void)!tb_fail(&e, TB_BUSY, "服务正在重启，请稍后再试", "shutting down");
        call_break(c, TB_BUSY, &e);
    } else if (c->key && quota_revoked(c->key)) {
        (void)!tb_fail(&e, TB_UNAUTHORISED, "这个密钥已停用", "key revoked");
        call_break(c, TB_UNAUTHORISED, &e);
    } else if (c->ask.stream && now - c->guest->moved_us > g->o.ping_ms * 1000) {
        reply_stream_head(c);
        reply_event(c, STR(": ping\n\n"));
        c->guest->moved_us = now;
        if (c->state == CALL_ENGINE)
            sweep_engine(c, now);
    } else if (c->state == CALL_ENGINE) {
        sweep_engine(c, now);
    }
}

/* ---- the beginning ---- */

static struct call *call_make(struct guest *g, const struct head *h, const struct call_kind *k)
{
    struct call *c = block_zalloc(sizeof(*c));
    struct loop *l = g->loop;
    struct str from = str_z(g->address);

    if (g->trusted)
        from = address_forwarded(l->g->o.proxies, head_value(h, "x-forwarded-for"), from);
    str_put(c->address, sizeof(c->address), from);
    request_id_of(&l->ids.world, head_value(h, "x-request-id"), c->request_id);
    c->guest = g;
    c->loop = l;
    c->kind = k;
    c->begun_us = loop_about_now(l);
    c->keep_alive = h->keep_alive;
    c->old = h->minor == 0;
    c->status = 200;
    c->body = (struct buf)BUF_INIT(ANSWER_MAX);
    c->whole = (struct buf)BUF_INIT(WHOLE_MAX);
    c->prelude = (struct buf)BUF_INIT(SSE_LINE_MAX);
    c->prompt = c->answer = (struct buf)BUF_INIT(KEPT_MAX);
    c->next = l->calls;
    if (l->calls)
        l->calls->prev = c;
    l->calls = c;
    g->call = c;
    atomic_fetch_add(&l->g->calls, 1);
    sm3_begin(&c->digest);
    read_trace(c, head_value(h, "traceparent"));
    return c;
}

void call_begin(struct guest *g, const struct head *h, const struct call_kind *k, struct str body)
{
    struct call *c = call_make(g, h, k);
    struct tb_err e = TB_ERR_INIT;

    if (admit(c, h, body, &e))
        fail(c, e.code, &e);
    else if (!k->target)
        reply_models(c);
    else if (!cache_answers(c))
        place_next(c);
}
