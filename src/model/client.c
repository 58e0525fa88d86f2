#include "model/client.h"

#include "base/alloc.h"
#include "base/utf8.h"
#include "model/chat.h"
#include "model/mend.h"
#include "model/sse.h"
#include "model/think.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    TICK_MS = 40,          /* how often the person's leaving is looked for */
    CONNECT_MS = 5000,     /* of one attempt to connect */
    USAGE_US = 1000000,    /* after the answer ended: how long its figures are waited for */
    DONE_US = 40000,       /* after [DONE]: how long for the connection to become reusable */
    REFUSAL_MAX = 4096,    /* of the body of an error reply */
    STREAM_MAX = 64 << 20, /* of one answer, in bytes on the wire */
    READ_BYTES = 16384
};
#define BROKEN "推理引擎中断了回答，内容不完整，请稍后重试或转人工"

struct client {
    CURL *easy;
    CURLM *multi;
};

/* One answer being received. */
struct stream {
    const struct client_call *call;
    struct client_reply *reply;
    struct client *client;
    struct tb_err *e;
    enum tb_code code; /* what stopped the reading from our side */
    struct arena mem;  /* of one event */
    struct sse sse;
    struct think think;
    struct mend text, reasoning;
    struct model_sink sink; /* marks the first word, then call->sink */
    struct buf refusal;
    size_t bytes;
    int64_t begin_us, word_us, ended_us; /* ended_us: 0 while the answer goes on */
    bool choice, done;
    enum chat_finish finish;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void curl_begin(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct client *client_new(void)
{
    struct client *c = tb_zalloc(sizeof(*c));

    pthread_once(&curl_once, curl_begin);
    c->easy = curl_easy_init();
    c->multi = curl_multi_init();
    if (!c->easy || !c->multi)
        abort();
    return c;
}

void client_free(struct client *c)
{
    if (!c)
        return;
    curl_multi_cleanup(c->multi);
    curl_easy_cleanup(c->easy);
    tb_free(c);
}

static int64_t stream_now(const struct stream *s)
{
    return world_mono_us(s->call->talk->world);
}

static void first_word(struct stream *s)
{
    s->word_us = stream_now(s);
    if (!s->reply->spoken)
        s->reply->first_us = s->word_us - s->begin_us;
    s->reply->spoken = true;
}

static enum tb_code stream_text(void *self, struct str delta, struct tb_err *e)
{
    struct stream *s = self;

    first_word(s);
    return s->call->sink->text(s->call->sink->self, delta, e);
}

static void stream_reasoning(void *self, struct str delta)
{
    struct stream *s = self;

    first_word(s);
    if (s->call->sink->reasoning)
        s->call->sink->reasoning(s->call->sink->self, delta);
}

static void stream_figures(struct stream *s, const struct chat_event *v)
{
    struct client_reply *r = s->reply;
    struct str model = str_sub(v->model, 0, utf8_floor(v->model, sizeof(r->model) - 1));

    if (model.n && utf8_valid(model)) {
        memcpy(r->model, model.p, model.n);
        r->model[model.n] = 0;
    }
    if (v->prompt_tokens >= 0)
        r->prompt_tokens = v->prompt_tokens;
    if (v->cached_tokens >= 0)
        r->cached_tokens = v->cached_tokens;
    if (v->answer_tokens >= 0)
        r->answer_tokens = v->answer_tokens;
    if (v->reasoning_tokens >= 0)
        r->reasoning_tokens = v->reasoning_tokens;
}

static enum tb_code stream_words(struct stream *s, const struct chat_event *v, struct tb_err *e)
{
    struct str text, reasoning;

    if (mend_join(&s->reasoning, &s->mem, v->reasoning, &reasoning, e) ||
        mend_join(&s->text, &s->mem, v->text, &text, e))
        return e->code;
    if (reasoning.n) {
        think_apart(&s->think);
        stream_reasoning(s, reasoning);
    }
    return text.n ? think_feed(&s->think, text, &s->sink, e) : TB_OK;
}

/* After the engine said that the answer ended only figures are taken: words would be an answer
 * after the answer. */
static enum tb_code stream_event(void *self, struct str data, struct tb_err *e)
{
    struct stream *s = self;
    struct chat_event v;
    enum tb_code c;

    if (s->done)
        return TB_OK;
    if (str_eqz(str_trim(data), "[DONE]")) {
        s->done = true;
        s->ended_us = stream_now(s);
        return TB_OK;
    }
    c = chat_read(&s->mem, data, &v, e);
    if (!c && s->finish == CHAT_OPEN) {
        c = stream_words(s, &v, e);
        s->choice |= v.choice;
        s->finish = v.finish;
        s->ended_us = v.finish ? stream_now(s) : 0;
    }
    if (!c)
        stream_figures(s, &v);
    arena_release(&s->mem);
    return c;
}

static size_t on_bytes(char *p, size_t size, size_t n, void *self)
{
    struct stream *s = self;
    long status = 0;

    curl_easy_getinfo(s->client->easy, CURLINFO_RESPONSE_CODE, &status);
    s->bytes += size * n;
    if (status != 200) {
        buf_add(&s->refusal, str_of(p, size * n));
        return s->refusal.over ? 0 : size * n;
    }
    if (s->bytes > STREAM_MAX)
        s->code = tb_fail(s->e, TB_UPSTREAM, BROKEN, "engine sent more than %d bytes", STREAM_MAX);
    else
        s->code = sse_feed(&s->sse, str_of(p, size * n), stream_event, s, s->e);
    return s->code ? 0 : size * n;
}

static void set_headers(struct client *c, const struct client_call *call, struct curl_slist **out)
{
    struct buf auth = BUF_INIT(4096);

    *out = curl_slist_append(*out, "Content-Type: application/json");
    *out = curl_slist_append(*out, "Accept: text/event-stream");
    *out = curl_slist_append(*out, "Expect:");
    if (call->key && call->key[0]) {
        buf_addf(&auth, "Authorization: Bearer %s", call->key);
        *out = curl_slist_append(*out, auth.over ? "X-Key: too long" : auth.p);
        buf_release(&auth);
    }
    curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, *out);
}

static enum tb_code set_call(struct client *c, const struct client_call *call,
                             struct curl_slist **headers, struct tb_err *e)
{
    curl_easy_reset(c->easy);
    if (egress_arm(call->egress, c->easy, call->url, e))
        return e->code;
    set_headers(c, call, headers);
    curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(c->easy, CURLOPT_BUFFERSIZE, (long)READ_BYTES);
    curl_easy_setopt(c->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (call->body.n) {
        curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.n);
        curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, call->body.p);
    }
    return TB_OK;
}

static bool stopping(const struct client_call *call)
{
    return call->stop && atomic_load(call->stop);
}

/* Why the reading must end now, if it must. */
static enum tb_code stream_watch(struct stream *s)
{
    int64_t now = stream_now(s);

    if (talk_gone(s->call->talk))
        return tb_fail(s->e, TB_CANCELLED, "已停止回答", "the person left");
    if (stopping(s->call))
        return tb_fail(s->e, TB_BUSY, "服务正在重启，请稍后再问", "shutting down");
    if (s->ended_us)
        return TB_OK;
    if (now >= s->call->end_us)
        return tb_fail(s->e, TB_TIMEOUT, "回答超过了时间限制，内容不完整，请稍后重试或转人工",
                       "engine took all its time: bytes=%zu", s->bytes);
    if (now - s->word_us >= s->call->first_word_us)
        return tb_fail(s->e, TB_TIMEOUT,
                       s->reply->spoken ? "推理引擎中途没有了响应，回答不完整，请稍后重试或转人工"
                                        : "推理引擎没有及时响应，请稍后重试或转人工",
                       "engine silent for %lld ms: spoken=%d",
                       (long long)((now - s->word_us) / 1000), s->reply->spoken);
    return TB_OK;
}

/* The answer has ended: go on only for the figures that may follow, and for a clean close. */
static bool stream_over(const struct stream *s)
{
    int64_t wait = s->done ? DONE_US : USAGE_US;

    return s->ended_us && stream_now(s) - s->ended_us >= wait;
}

static CURLcode transfer_result(CURLM *multi)
{
    int left = 0;
    CURLMsg *m = curl_multi_info_read(multi, &left);

    return m && m->msg == CURLMSG_DONE ? m->data.result : CURLE_OK;
}

static CURLcode stream_run(struct stream *s)
{
    CURLM *multi = s->client->multi;
    CURLcode result = CURLE_OK;
    int running = 1;

    while (!s->code) {
        if (curl_multi_perform(multi, &running))
            s->code = tb_fail(s->e, TB_INTERNAL, BROKEN, "curl_multi_perform");
        if (!running) {
            result = transfer_result(multi);
            break;
        }
        if (!s->code)
            s->code = stream_watch(s);
        if (s->code || stream_over(s))
            break;
        curl_multi_poll(multi, NULL, 0, TICK_MS, NULL);
    }
    return result;
}

static enum tb_code refused(struct stream *s, long status)
{
    struct str why = chat_error(&s->mem, buf_str(&s->refusal));

    if (status == 429 || status == 503) {
        curl_off_t seconds = 0;

        curl_easy_getinfo(s->client->easy, CURLINFO_RETRY_AFTER, &seconds);
        s->reply->retry_after_ms = (int64_t)seconds * 1000;
        return tb_fail(s->e, TB_BUSY, "现在提问的人较多，请稍后再试，或转人工",
                       "engine status=%ld: %.*s", status, STR_FMT(why));
    }
    return tb_fail(s->e, TB_UPSTREAM, "推理引擎没有接受请求，请稍后重试或转人工",
                   "engine status=%ld: %.*s", status, STR_FMT(why));
}

static enum tb_code lost(struct stream *s, CURLcode result)
{
    if (result == CURLE_OPERATION_TIMEDOUT && !s->bytes)
        return tb_fail(s->e, TB_TIMEOUT, "连接推理引擎超时，请稍后重试或转人工", "curl: %s",
                       curl_easy_strerror(result));
    if (result == CURLE_COULDNT_CONNECT || result == CURLE_COULDNT_RESOLVE_HOST)
        return tb_fail(s->e, TB_UPSTREAM, "连不上推理引擎，请稍后重试或转人工", "curl: %s",
                       curl_easy_strerror(result));
    return tb_fail(s->e, TB_UPSTREAM, BROKEN, "engine ended without an end: curl=%d bytes=%zu",
                   (int)result, s->bytes);
}

/* Whatever is still held belongs to the answer; half a character does not. */
static enum tb_code stream_end(struct stream *s, CURLcode result)
{
    long status = 0;

    curl_easy_getinfo(s->client->easy, CURLINFO_RESPONSE_CODE, &status);
    if (s->code)
        return s->code;
    if (status && status != 200)
        return refused(s, status);
    if (!s->ended_us && sse_end(&s->sse, stream_event, s, s->e))
        return s->e->code;
    if (s->finish == CHAT_REFUSED)
        return tb_fail(s->e, TB_UPSTREAM,
                       "推理引擎没有说完就停止了，回答不完整，请换个问法或转人工",
                       "engine gave a finish_reason that is no end");
    if (s->finish == CHAT_OPEN && !(s->done && s->choice))
        return lost(s, result);
    if (s->text.n || s->reasoning.n)
        return tb_fail(s->e, TB_UPSTREAM, BROKEN, "engine ended inside a character");
    s->reply->truncated = s->finish == CHAT_LENGTH;
    if (s->reply->truncated)
        think_cut(&s->think);
    return think_end(&s->think, &s->sink, s->e);
}

static void stream_open(struct stream *s)
{
    s->begin_us = s->word_us = stream_now(s);
    s->refusal = (struct buf)BUF_INIT(REFUSAL_MAX);
    s->sink = (struct model_sink){ s, stream_text, stream_reasoning };
    *s->reply = (struct client_reply){ .first_us = -1,
                                       .prompt_tokens = -1,
                                       .cached_tokens = -1,
                                       .answer_tokens = -1,
                                       .reasoning_tokens = -1 };
    sse_init(&s->sse);
    think_init(&s->think, s->call->thinks_first);
    curl_easy_setopt(s->client->easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(s->client->easy, CURLOPT_WRITEDATA, s);
}

static void stream_close(struct stream *s)
{
    sse_release(&s->sse);
    think_release(&s->think);
    buf_release(&s->refusal);
    arena_release(&s->mem);
}

enum tb_code client_ask(struct client *c, const struct client_call *call, struct client_reply *out,
                        struct tb_err *e)
{
    struct stream s = { .call = call, .reply = out, .client = c, .e = e };
    struct curl_slist *headers = NULL;
    enum tb_code code = set_call(c, call, &headers, e);

    stream_open(&s);
    if (!code) {
        CURLcode result;

        curl_multi_add_handle(c->multi, c->easy);
        result = stream_run(&s);
        curl_multi_remove_handle(c->multi, c->easy);
        code = stream_end(&s, result);
    }
    stream_close(&s);
    curl_slist_free_all(headers);
    return code;
}

static size_t thrown_away(char *p, size_t size, size_t n, void *self)
{
    (void)p;
    (void)self;
    return size * n;
}

void client_probe(struct client *c, const struct client_call *call, int64_t limit_ms, long *status)
{
    struct curl_slist *headers = NULL;
    struct tb_err e = TB_ERR_INIT;
    int running = 1;

    *status = 0;
    if (!set_call(c, call, &headers, &e)) {
        curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, (long)limit_ms);
        curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, thrown_away);
        curl_multi_add_handle(c->multi, c->easy);
        while (!stopping(call) && !curl_multi_perform(c->multi, &running) && running)
            curl_multi_poll(c->multi, NULL, 0, TICK_MS, NULL);
        if (!running && transfer_result(c->multi) == CURLE_OK)
            curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, status);
        curl_multi_remove_handle(c->multi, c->easy);
    }
    curl_slist_free_all(headers);
}
