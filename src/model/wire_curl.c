/* The way to engines that are named or speak TLS. */
#include "model/wire_int.h"

#include "base/alloc.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READ_BYTES = 4096, KEPT_CONNECTIONS = 4096 };

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void curl_begin(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *self, void *watched)
{
    struct wire *w = self;
    unsigned events = what == CURL_POLL_IN      ? WIRE_IN
                      : what == CURL_POLL_OUT   ? WIRE_OUT
                      : what == CURL_POLL_INOUT ? WIRE_IN | WIRE_OUT
                                                : 0;

    (void)easy;
    (void)watched;
    w->host.watch(w->host.self, fd, events);
    return 0;
}

static int on_timer(CURLM *multi, long ms, void *self)
{
    struct wire *w = self;

    (void)multi;
    w->due_us = ms < 0 ? INT64_MAX : world_mono_us(w->world) + (int64_t)ms * 1000;
    return 0;
}

void curl_way_open(struct wire *w)
{
    pthread_once(&curl_once, curl_begin);
    w->due_us = INT64_MAX;
    w->multi = curl_multi_init();
    if (!w->multi)
        abort();
    curl_multi_setopt(w->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(w->multi, CURLMOPT_SOCKETDATA, w);
    curl_multi_setopt(w->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(w->multi, CURLMOPT_TIMERDATA, w);
    curl_multi_setopt(w->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
    curl_multi_setopt(w->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
}

void curl_way_close(struct wire *w)
{
    for (size_t i = 0; i < w->idle_n; i++)
        curl_easy_cleanup(w->idle[i]);
    curl_multi_cleanup(w->multi);
}

/* ---- one call ---- */

static size_t on_header(char *p, size_t size, size_t n, void *self)
{
    struct wire_call *c = self;
    struct str line = str_of(p, size * n), name = str_cut(&line, STR(":"));
    struct str value = line.p ? str_trim(line) : STR_NONE;

    if (str_starts(str_of(p, size * n), STR("HTTP/"))) {
        c->head = (struct wire_head){ 0 };
    } else if (str_case_eq(name, STR("content-type"))) {
        snprintf(c->head.media_type, sizeof(c->head.media_type), "%.*s", STR_FMT(value));
    } else if (str_case_eq(name, STR("retry-after")) &&
               (!str_i64(value, &c->head.retry_after_s) || c->head.retry_after_s < 0)) {
        c->head.retry_after_s = 0;
    }
    return size * n;
}

static void read_status(struct wire_call *c)
{
    long status = 0;

    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    c->head.status = (int)status;
}

static size_t on_bytes(char *p, size_t size, size_t n, void *self)
{
    struct wire_call *c = self;

    if (!c->head.status)
        read_status(c);
    c->code = c->ask.bytes(c->ask.self, &c->head, str_of(p, size * n), &c->err);
    return c->code ? 0 : size * n;
}

static void header(struct wire_call *c, const char *name, const char *value)
{
    char line[1024];

    if (!value || !value[0])
        return;
    if (snprintf(line, sizeof(line), "%s: %s", name, value) < (int)sizeof(line))
        c->headers = curl_slist_append(c->headers, line);
}

static void set_headers(struct wire_call *c)
{
    char bearer[600] = "";

    if (c->ask.key && c->ask.key[0])
        snprintf(bearer, sizeof(bearer), "Bearer %s", c->ask.key);
    header(c, "Authorization", bearer);
    header(c, "Content-Type", c->ask.body.n ? c->ask.media_type : "");
    header(c, "Accept", c->ask.accept);
    header(c, "X-Request-Id", c->ask.request_id);
    header(c, "Traceparent", c->ask.traceparent);
    c->headers = curl_slist_append(c->headers, "Expect:");
    curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
}

static enum tb_code set_call(struct wire_call *c, struct tb_err *e)
{
    CURL *h = c->easy;

    if (egress_arm(c->ask.egress, h, c->ask.url, e))
        return e->code;
    set_headers(c);
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)WIRE_CONNECT_MS);
    curl_easy_setopt(h, CURLOPT_BUFFERSIZE, (long)READ_BYTES);
    curl_easy_setopt(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(h, CURLOPT_HEADERDATA, c);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(h, CURLOPT_PRIVATE, c);
    if (c->ask.body.n) {
        curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->ask.body.n);
        curl_easy_setopt(h, CURLOPT_POSTFIELDS, c->ask.body.p);
    }
    return TB_OK;
}

static void let_go(struct wire_call *c)
{
    struct wire *w = c->wire;

    curl_slist_free_all(c->headers);
    c->headers = NULL;
    if (w->idle_n < WIRE_IDLE_EASY) {
        curl_easy_reset(c->easy);
        w->idle[w->idle_n++] = c->easy;
    } else {
        curl_easy_cleanup(c->easy);
    }
    c->easy = NULL;
}

void curl_way_send(struct wire_call *c)
{
    struct wire *w = c->wire;

    c->easy = w->idle_n ? w->idle[--w->idle_n] : curl_easy_init();
    if (!c->easy)
        abort();
    c->code = set_call(c, &c->err);
    if (c->code) {
        let_go(c);
        wire_over(c);
    } else {
        curl_multi_add_handle(w->multi, c->easy);
    }
}

void curl_way_cancel(struct wire_call *c)
{
    curl_multi_remove_handle(c->wire->multi, c->easy);
    let_go(c);
}

/* ---- what came ---- */

static void lost(struct wire_call *c, CURLcode result)
{
    const char *say = "推理引擎中断了回答，内容不完整，请稍后重试";

    if (result == CURLE_COULDNT_CONNECT || result == CURLE_COULDNT_RESOLVE_HOST ||
        (result == CURLE_OPERATION_TIMEDOUT && !c->head.status))
        say = "连不上推理引擎，请稍后重试";
    c->code =
        tb_fail(&c->err, TB_UPSTREAM, say, "curl=%d %s", (int)result, curl_easy_strerror(result));
}

static void reap(struct wire *w)
{
    CURLMsg *m;
    int left;

    while ((m = curl_multi_info_read(w->multi, &left))) {
        CURLcode result = m->data.result;
        struct wire_call *c = NULL;

        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &c);
        if (!c->head.status)
            read_status(c);
        curl_multi_remove_handle(w->multi, c->easy);
        if (!c->code && (result || !c->head.status))
            lost(c, result);
        let_go(c);
        wire_over(c);
    }
}

void curl_way_ready(struct wire *w, int fd, unsigned events)
{
    int running, what = (events & WIRE_IN ? CURL_CSELECT_IN : 0) |
                        (events & WIRE_OUT ? CURL_CSELECT_OUT : 0);

    curl_multi_socket_action(w->multi, fd, what, &running);
    reap(w);
}

void curl_way_tick(struct wire *w)
{
    int running;

    if (w->due_us == INT64_MAX || world_mono_us(w->world) < w->due_us)
        return;
    w->due_us = INT64_MAX;
    curl_multi_socket_action(w->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    reap(w);
}
