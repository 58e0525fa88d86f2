/* Server-sent events: one event is one chunk of the reply. A worker adds to a queue with a limit,
 * the loop takes from it; neither ever waits for the other. */
#include "http/inside.h"

#include <assert.h>
#include <string.h>

static bool sink_gone(struct sink *sink)
{
    struct exchange *x = sink->self;

    return atomic_load_explicit(&x->gone, memory_order_relaxed);
}

static enum tb_code left(struct tb_err *e)
{
    return tb_fail(e, TB_CANCELLED, "已取消", "stream=person_left");
}

/* The event's own bytes, in a chunk of their own where the protocol has chunks. */
static void add_framed(struct exchange *x, const char *event, struct str json)
{
    size_t n = strlen("event: \ndata: \n\n") + strlen(event) + json.n;
    bool chunked = x->more.head.minor == 1;

    if (chunked)
        buf_addf(&x->queue, "%zx\r\n", n);
    buf_addz(&x->queue, "event: ");
    buf_addz(&x->queue, event);
    buf_addz(&x->queue, "\ndata: ");
    buf_add(&x->queue, json);
    buf_addz(&x->queue, chunked ? "\n\n\r\n" : "\n\n");
}

/* The head goes out with the first event: until then an error is a plain reply. */
static void begin(struct exchange *x)
{
    struct reply_frame f = { .status = 200,
                             .minor = x->more.head.minor,
                             .body_n = -1,
                             .keep_alive = x->keep_alive,
                             .https = x->https,
                             .request_id = x->talk.request_id };

    x->streaming = true;
    x->session = x->talk.actor.session_id;
    x->reply.content_type = "text/event-stream; charset=utf-8";
    reply_header(&x->reply, "X-Accel-Buffering", STR("no"));
    reply_head(&x->queue, &x->reply, &f);
}

static enum tb_code sink_say(struct sink *sink, const char *event, struct str json,
                             struct tb_err *e)
{
    struct exchange *x = sink->self;
    bool full;

    assert(!memchr(json.p, '\n', json.n)); /* our writer escapes line ends */
    if (sink_gone(sink))
        return left(e);
    pthread_mutex_lock(&x->lock);
    if (!x->streaming)
        begin(x);
    add_framed(x, event, json);
    full = x->queue.over;
    pthread_mutex_unlock(&x->lock);
    if (full)
        atomic_store(&x->gone, true); /* reads too slowly to be waited for */
    server_post(x, false);
    return full ? left(e) : TB_OK;
}

void stream_open(struct exchange *x)
{
    x->queue = (struct buf)BUF_INIT(STREAM_MAX);
    x->sink = (struct sink){ .say = sink_say, .gone = sink_gone, .self = x };
    x->talk.sink = &x->sink;
}

static void say_error(struct exchange *x)
{
    struct buf b = BUF_INIT(4096);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    json_kstr(&j, "code", str_z(tb_code_name(x->code)));
    json_kstr(&j, "message", str_z(x->err.say));
    json_kstr(&j, "request_id", str_z(x->talk.request_id));
    json_end(&j);
    add_framed(x, "error", buf_str(&b));
    buf_release(&b);
}

void stream_end(struct exchange *x)
{
    pthread_mutex_lock(&x->lock);
    if (x->code && x->code != TB_CANCELLED)
        say_error(x);
    /* A cancelled stream gets no last chunk, so that nobody takes it for whole. */
    if (x->more.head.minor == 1 && x->code != TB_CANCELLED)
        buf_addz(&x->queue, "0\r\n\r\n");
    pthread_mutex_unlock(&x->lock);
}

void stream_take(struct exchange *x)
{
    struct buf swap = x->out;

    if (x->sent < x->out.n)
        return;
    pthread_mutex_lock(&x->lock);
    if (x->queue.n) {
        size_t max = x->queue.max;

        x->out = x->queue;
        x->queue = swap;
        x->queue.max = max;
        buf_reset(&x->queue);
        x->sent = 0;
    }
    pthread_mutex_unlock(&x->lock);
}

bool stream_over(struct exchange *x)
{
    const struct gate *g = &x->server->o.gate;
    struct buf b = BUF_INIT(1024);
    struct json j = JSON_INIT(&b);
    int64_t session;

    pthread_mutex_lock(&x->lock);
    session = x->session;
    pthread_mutex_unlock(&x->lock);
    if (!session || !g->over || !g->over(g->self, session))
        return false;
    json_obj(&j);
    json_kstr(&j, "code", str_z(tb_code_name(TB_UNAUTHORISED)));
    json_kstr(&j, "message", STR("登录已失效，请重新登录"));
    json_end(&j);
    pthread_mutex_lock(&x->lock);
    add_framed(x, "error", buf_str(&b));
    pthread_mutex_unlock(&x->lock);
    buf_release(&b);
    return true;
}

void stream_ping(struct exchange *x)
{
    pthread_mutex_lock(&x->lock);
    if (x->streaming && x->queue.n == 0)
        buf_addz(&x->queue, x->more.head.minor == 1 ? "8\r\n: ping\n\n\r\n" : ": ping\n\n");
    pthread_mutex_unlock(&x->lock);
}
