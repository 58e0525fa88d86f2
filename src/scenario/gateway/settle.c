/* The books of one call: what it used is taken off its key's limits, and its row goes into the
 * trail, before its last byte goes out. */
#include "base/log.h"
#include "base/metrics.h"
#include "base/utf8.h"
#include "scenario/gateway/inside.h"

#include <stdio.h>
#include <string.h>

/* What the engine did not say: a token for each event with text, and about three bytes of Chinese
 * for a token of the prompt. Nothing is booked for a call that no engine began to answer. */
static void estimate(struct call *c)
{
    if (c->used || c->from_cache || (!c->words && c->code))
        return;
    c->usage.prompt = (int64_t)c->ask.prompt_bytes / 3;
    c->usage.answer = c->words;
    c->usage.estimated = c->kind->target != NULL;
}

static int64_t cost_of(const struct call *c)
{
    const struct engines_place *p = &c->ticket.place;
    const struct call_usage *u = &c->usage;

    return ((u->prompt - u->cached) * p->prompt_price + u->cached * p->cached_price +
            u->answer * p->answer_price + 999) /
           1000;
}

void settle_metrics(struct loop_metrics *m)
{
    char labels[64];

    for (enum priority p = 0; p < PRIORITY_COUNT; p++) {
        snprintf(labels, sizeof(labels), "class=\"%s\"", priority_name(p));
        m->seconds[p] = metric_times("gateway_seconds", labels);
        m->waits[p] = metric_times("gateway_wait_seconds", labels);
        m->firsts[p] = metric_times("gateway_first_token_seconds", labels);
    }
    m->overhead = metric_times("gateway_overhead_seconds", "");
    m->prompt = metric_counter("gateway_tokens_total", "kind=\"prompt\"");
    m->cached = metric_counter("gateway_tokens_total", "kind=\"cached\"");
    m->answer = metric_counter("gateway_tokens_total", "kind=\"answer\"");
    m->masked = metric_counter("gateway_guard_total", "what=\"masked\"");
    m->again = metric_counter("gateway_cache_total", "what=\"hit\"");
    m->blocked = metric_counter("gateway_guard_total", "what=\"blocked\"");
}

static int status_said(const struct call *c)
{
    return c->code == TB_CANCELLED ? 499 : c->status;
}

static struct metric *requests_of(const struct call *c)
{
    struct loop_metrics *m = &c->loop->metrics;
    size_t i = (size_t)status_said(c) % 32;
    char labels[160];

    if (m->requests[i].kind != c->kind || m->requests[i].status != status_said(c)) {
        snprintf(labels, sizeof(labels), "verb=\"%s\",code=\"%d\"", c->kind->route->audit,
                 status_said(c));
        m->requests[i].kind = c->kind;
        m->requests[i].status = status_said(c);
        m->requests[i].m = metric_counter("gateway_requests_total", labels);
    }
    return m->requests[i].m;
}

static void count(const struct call *c, int64_t now)
{
    const struct loop_metrics *m = &c->loop->metrics;
    struct metric *requests = requests_of(c);

    metrics_hold();
    metric_more_held(requests, 1);
    metric_took_held(m->seconds[c->priority], (double)(now - c->begun_us) / 1e6);
    metric_took_held(m->overhead, (double)call_overhead_us(c, now) / 1e6);
    if (call_wait_us(c, now))
        metric_took_held(m->waits[c->priority], (double)call_wait_us(c, now) / 1e6);
    if (c->first_us)
        metric_took_held(m->firsts[c->priority], (double)(c->first_us - c->begun_us) / 1e6);
    metric_more_held(m->prompt, (double)c->usage.prompt);
    metric_more_held(m->answer, (double)c->usage.answer);
    if (c->usage.cached)
        metric_more_held(m->cached, (double)c->usage.cached);
    if (c->speech.mask.n)
        metric_more_held(m->masked, (double)c->speech.mask.n);
    if (c->from_cache)
        metric_more_held(m->again, 1);
    if (c->blocked)
        metric_more_held(m->blocked, 1);
    metrics_let_go();
}

/* What was said to the engine; where none was asked, what would have been. */
static struct str prompt_of(struct call *c)
{
    struct str sent;

    if (!c->keeps_prompt || c->key->keeping == KEEPING_FULL)
        return buf_str(&c->prompt);
    if (!c->body.n && c->doc)
        json_edit_write(c->doc, &c->body);
    sent = buf_str(&c->body);
    return str_sub(sent, 0, utf8_floor(sent, KEPT_MAX));
}

static struct call_record record_of(struct call *c, int64_t now)
{
    const struct engines_place *p = &c->ticket.place;
    const struct quota_key *k = c->key;
    struct call_record r = { .at = world_now_ms(&c->loop->ids.world) - (now - c->begun_us) / 1000,
                             .request_id = str_z(c->request_id),
                             .trace_id = str_z(c->trace_id),
                             .key_id = k ? k->id : 0,
                             .key_name = k ? k->name : STR(""),
                             .department = k ? k->department : STR(""),
                             .address = str_z(c->address),
                             .verb = str_z(c->kind->route->audit),
                             .asked = c->ask.model,
                             .model = str_z(c->tries ? p->model : ""),
                             .engine = str_z(c->tries ? p->name : ""),
                             .priority = c->priority,
                             .outcome = c->code,
                             .status = status_said(c),
                             .stream = c->ask.stream,
                             .from_cache = c->from_cache,
                             .tries = c->tries,
                             .usage = c->usage,
                             .cost = cost_of(c),
                             .wait_us = call_wait_us(c, now),
                             .first_us = c->first_us ? c->first_us - c->begun_us : 0,
                             .total_us = now - c->begun_us,
                             .overhead_us = call_overhead_us(c, now),
                             .masked = (int)c->speech.mask.n,
                             .blocked = c->blocked,
                             .blocked_kind = c->blocked_kind,
                             .keeping = k ? k->keeping : KEEPING_DIGEST,
                             .prompt = prompt_of(c),
                             .answer = buf_str(&c->answer) };

    return r;
}

/* A number that the engine says of its own is personal too. */
static void mask_answer(struct call *c)
{
    struct mask m = c->speech.mask;
    struct tb_err e = TB_ERR_INIT;
    struct str out = STR_NONE;

    if (!c->answer.n || c->key->keeping != KEEPING_MASKED)
        return;
    if (mask_more(&c->mem, &m, buf_str(&c->answer), &out, &e))
        out = STR("（含有大量个人信息，未留存）");
    if (out.p == c->answer.p)
        return;
    buf_reset(&c->answer);
    buf_add(&c->answer, out);
}

void call_settle(struct call *c)
{
    struct tb_err e = TB_ERR_INIT;
    int64_t now = loop_now(c->loop);
    struct call_record r;

    if (c->settled)
        return;
    c->settled = true;
    estimate(c);
    cache_keep(c);
    mask_answer(c);
    r = record_of(c, now);
    sm3_end_hex(&c->digest, r.digest);
    if (c->held)
        quota_settle(c->loop->g->o.quota, &c->hold, c->usage.prompt + c->usage.answer);
    c->held = false;
    c->loop->unsynced = true;
    if (!c->unbooked && books_add(c->loop->g->o.books, &r, &e))
        log_line(LOG_ERROR, "books_missing", "id=%s verb=%s code=%s %s", c->request_id,
                 c->kind->route->audit, tb_code_name(e.code), e.log);
    count(c, now);
    if (c->code && c->code != TB_CANCELLED && !c->unbooked)
        log_line(LOG_WARN, "gateway", "id=%s trace=%s verb=%s status=%d code=%s why=%s",
                 c->request_id, c->trace_id, c->kind->route->audit, c->status,
                 tb_code_name(c->code), c->err.log);
}
