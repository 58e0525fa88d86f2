/* What goes back: heads, whole answers, events, errors in the shape of the OpenAI API. */
#include "base/alloc.h"
#include "http/status.h"
#include "scenario/gateway/inside.h"

#include <stdio.h>
#include <string.h>

static const struct {
    enum tb_code code;
    const char *type, *word;
} errors[] = {
    { TB_INVALID, "invalid_request_error", "invalid_request" },
    { TB_UNAUTHORISED, "authentication_error", "invalid_api_key" },
    { TB_FORBIDDEN, "permission_error", "forbidden" },
    { TB_NOT_FOUND, "invalid_request_error", "model_not_found" },
    { TB_TOO_LARGE, "invalid_request_error", "context_length_exceeded" },
    { TB_UNSUPPORTED, "invalid_request_error", "unsupported" },
    { TB_LIMITED, "rate_limit_error", "rate_limit_exceeded" },
    { TB_TIMEOUT, "server_error", "engine_timeout" },
    { TB_UPSTREAM, "server_error", "engine_error" },
    { TB_BUSY, "server_error", "overloaded" },
    { TB_STORE, "server_error", "store" },
};

static void error_body(struct buf *out, const struct call *c)
{
    const char *type = "server_error", *word = "internal";
    struct json j = JSON_INIT(out);

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (errors[i].code == c->code) {
            type = errors[i].type;
            word = errors[i].word;
        }
    if (c->blocked) {
        type = "invalid_request_error";
        word = "content_filter";
    }
    json_obj(&j);
    json_kobj(&j, "error");
    json_kstr(&j, "message", str_z(c->err.say));
    json_kstr(&j, "type", str_z(type));
    json_key(&j, "param");
    json_null(&j);
    json_kstr(&j, "code", c->engine_word.n && c->code == TB_INVALID ? c->engine_word : str_z(word));
    json_kstr(&j, "request_id", str_z(c->request_id));
    if (c->blocked && c->blocked_kind.n)
        json_kstr(&j, "kind", c->blocked_kind);
    json_end(&j);
    json_end(&j);
}

int64_t call_wait_us(const struct call *c, int64_t now)
{
    return c->wait_us + (c->lined_us ? now - c->lined_us : 0);
}

int64_t call_overhead_us(const struct call *c, int64_t now)
{
    int64_t engine = c->engine_us + (c->placed ? now - c->sent_us : 0);
    int64_t own = now - c->begun_us - call_wait_us(c, now) - engine;

    return own < 0 ? 0 : own;
}

static void field(struct buf *out, const char *name, int64_t v, const char *unit)
{
    buf_addz(out, name);
    buf_add_i64(out, v);
    buf_addz(out, unit);
}

static void limit_fields(struct buf *out, const struct quota_left *l)
{
    if (l->requests_limit >= 0) {
        field(out, "X-Ratelimit-Limit-Requests: ", l->requests_limit, "\r\n");
        field(out, "X-Ratelimit-Remaining-Requests: ", l->requests, "\r\n");
        field(out, "X-Ratelimit-Reset-Requests: ", l->requests_reset_ms, "ms\r\n");
    }
    if (l->tokens_limit >= 0) {
        field(out, "X-Ratelimit-Limit-Tokens: ", l->tokens_limit, "\r\n");
        field(out, "X-Ratelimit-Remaining-Tokens: ", l->tokens, "\r\n");
        field(out, "X-Ratelimit-Reset-Tokens: ", l->tokens_reset_ms, "ms\r\n");
    }
}

static int64_t retry_after(const struct call *c)
{
    if (c->status == 429 && c->left.retry_after_s)
        return c->left.retry_after_s;
    if (c->status == 503 && c->ticket.retry_after_s)
        return c->ticket.retry_after_s;
    return c->status == 429 || c->status == 503 ? 2 : 0;
}

/* GB 45438-2025, 5: what a model says goes out with the implicit label; applications' libraries
 * pass over a header they do not know. The producer's own name is the city's to add where it is
 * shown. */
static void aigc_field(struct buf *out, const struct call *c)
{
    buf_addz(out,
             "X-AIGC: {\"AIGC\":{\"Label\":\"1\",\"ContentProducer\":\"tongban\",\"ProduceID\":\"");
    buf_addz(out, c->request_id);
    buf_addz(out, "\",\"ReservedCode1\":\"\",\"ContentPropagator\":\"\",\"PropagateID\":\"\","
                  "\"ReservedCode2\":\"\"}}\r\n");
}

static void common_fields(struct buf *out, struct call *c, bool last)
{
    int64_t us = call_overhead_us(c, loop_about_now(c->loop)), retry = retry_after(c);
    char part[5] = { '.', (char)('0' + us / 100 % 10), (char)('0' + us / 10 % 10),
                     (char)('0' + us % 10), 0 };

    buf_addz(out, "X-Request-Id: ");
    buf_addz(out, c->request_id);
    field(out, "\r\nX-Tongban-Overhead-Ms: ", us / 1000, part);
    buf_addz(out, "\r\n");
    if (c->key)
        limit_fields(out, &c->left);
    if (retry)
        field(out, "Retry-After: ", retry, "\r\n");
    if (c->from_cache)
        buf_addz(out, "X-Tongban-Cache: hit\r\n");
    if (!c->blocked && c->blocked_kind.n)
        buf_addz(out, "X-Tongban-Injection: marked\r\n");
    if (c->status == 200 && c->kind && c->kind->chats)
        aigc_field(out, c);
    if (c->ticket.position)
        field(out, "X-Tongban-Queue-Position: ", c->ticket.position, "\r\n");
    if (c->status == 401)
        buf_addz(out, "WWW-Authenticate: Bearer\r\n");
    buf_addz(out, last ? "Connection: close\r\n\r\n" : "\r\n");
}

static void head(struct call *c, struct buf *out, int status, struct str media_type, size_t n)
{
    field(out, "HTTP/1.1 ", status, " ");
    buf_addz(out, status_text(status));
    buf_addz(out, "\r\nContent-Type: ");
    buf_add(out, media_type);
    field(out,
          "\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
          "Content-Length: ",
          (int64_t)n, "\r\n");
    common_fields(out, c, !c->keep_alive);
}

void reply_whole(struct call *c, int status, const char *media_type, struct str body)
{
    struct buf *out = &c->loop->line;
    struct str media = str_z(media_type && media_type[0] ? media_type : "application/json");

    for (size_t i = 0; i < media.n; i++) /* an engine wrote it */
        if ((unsigned char)media.p[i] < ' ' || (unsigned char)media.p[i] > '~')
            media = STR("application/octet-stream");
    buf_reset(out);
    head(c, out, status, media, body.n);
    guest_say(c->guest, buf_str(out));
    guest_say(c->guest, body);
}

void reply_stream_head(struct call *c)
{
    struct buf own = BUF_INIT(4096);

    if (c->head_sent)
        return;
    c->head_sent = true;
    c->keep_alive = c->keep_alive && !c->old;
    buf_addf(&own,
             "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
             "Cache-Control: no-cache\r\nX-Accel-Buffering: no\r\n"
             "X-Content-Type-Options: nosniff\r\n%s",
             c->old ? "" : "Transfer-Encoding: chunked\r\n");
    common_fields(&own, c, !c->keep_alive);
    guest_say(c->guest, buf_str(&own));
    buf_release(&own);
}

void reply_event(struct call *c, struct str event)
{
    char size[24];
    int n;

    if (c->old) {
        guest_say(c->guest, event);
        return;
    }
    n = snprintf(size, sizeof(size), "%zx\r\n", event.n);
    guest_say(c->guest, str_of(size, (size_t)n));
    guest_say(c->guest, event);
    guest_say(c->guest, STR("\r\n"));
}

void reply_stream_end(struct call *c, bool clean)
{
    if (!clean) /* no last chunk: who overlooks the error still sees that it is not whole */
        c->keep_alive = false;
    else if (!c->old)
        guest_say(c->guest, STR("0\r\n\r\n"));
}

void reply_error(struct call *c)
{
    struct buf body = BUF_INIT(8192);

    if (!c->guest)
        return;
    if (c->head_sent)
        buf_addz(&body, "data: ");
    error_body(&body, c);
    if (c->head_sent) {
        buf_addz(&body, "\n\n");
        reply_event(c, buf_str(&body));
        reply_stream_end(c, false);
    } else {
        reply_whole(c, c->status, "application/json; charset=utf-8", buf_str(&body));
    }
    buf_release(&body);
}

void reply_refuse(struct guest *g, int status)
{
    struct tb_err e = TB_ERR_INIT;
    struct buf body = BUF_INIT(4096), out = BUF_INIT(8192);
    struct json j = JSON_INIT(&body);

    (void)status_fail(&e, status);
    json_obj(&j);
    json_kobj(&j, "error");
    json_kstr(&j, "message", str_z(e.say));
    json_kstr(&j, "type", STR("invalid_request_error"));
    json_key(&j, "param");
    json_null(&j);
    json_kstr(&j, "code", str_z(tb_code_name(e.code)));
    json_end(&j);
    json_end(&j);
    buf_addf(&out,
             "HTTP/1.1 %d %s\r\nContent-Type: application/json; charset=utf-8\r\n"
             "Content-Length: %zu\r\nConnection: close\r\n\r\n",
             status, status_text(status), body.n);
    buf_add(&out, buf_str(&body));
    guest_say(g, buf_str(&out));
    buf_release(&out);
    buf_release(&body);
}

static void list_models(struct call *c, struct buf *out)
{
    struct engines_model *models = NULL;
    size_t n = engines_models(c->loop->g->o.engines, &c->mem, &models);
    struct json j = JSON_INIT(out);

    json_obj(&j);
    json_kstr(&j, "object", STR("list"));
    json_karr(&j, "data");
    for (size_t i = 0; i < n; i++) {
        struct tb_err e = TB_ERR_INIT;

        if (quota_allows(c->key, STR("model"), models[i].id, &e))
            continue;
        json_obj(&j);
        json_kstr(&j, "id", models[i].id);
        json_kstr(&j, "object", STR("model"));
        json_kint(&j, "created", 0);
        json_kstr(&j, "owned_by", models[i].owner);
        json_kbool(&j, "ready", models[i].ready);
        if (models[i].context)
            json_kint(&j, "context_length", models[i].context);
        json_end(&j);
    }
    json_end(&j);
    json_end(&j);
}

void reply_models(struct call *c)
{
    struct buf body = BUF_INIT(1 << 20);

    list_models(c, &body);
    call_settle(c);
    reply_whole(c, 200, "application/json; charset=utf-8", buf_str(&body));
    buf_release(&body);
    call_end(c);
}
