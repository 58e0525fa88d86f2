/* The engine that stands behind every gateway in bench/gateway: answers at once, or streams
 * numbered tokens at an even pace, and keeps books. `build/bench/gateway_engine [--port N]
 * [--threads 1] [--tokens 20] [--rate 20] [--first MS]` prints {"port":…} and serves 127.0.0.1:
 *
 *   POST …/chat/completions   without "stream": a small answer with usage; with it: tokens
 *                             "L:0 L:1 …" at `rate` a second (0: at once), max_tokens or `tokens`
 *                             of them, L the number after the last '#' of the request; a usage
 *                             chunk with include_usage; [DONE]
 *   GET …/models              one model, "bench"
 *   GET /ledger               what was asked and given since the start
 *   POST /control?tokens=&rate=&first=   changes the options from now on */
#include "base/alloc.h"
#include "base/json.h"
#include "base/utf8.h"
#include "gateway/wire.h"

#include <pthread.h>
#include <stdatomic.h>

enum { SLOTS = 1024, EVENTS = 512, TICK_US = 1000, MB = 1 << 20 };

static struct options { /* read by all threads, changed by /control */
    atomic_int tokens, rate, first_ms;
} options = { 20, 20, 0 };

static struct books {
    atomic_llong requests, streams, open, prompt, answer, cancelled, malformed;
} books;

struct link {
    struct link *prev, *next;
};

struct conn {
    struct link link; /* in the wheel while it streams; first, so that a link is its conn */
    struct loop *loop;
    int fd;
    struct http_in in;
    struct buf body, out; /* out: what the socket did not take yet */
    int64_t due_us, period_us, prompt;
    int label, said, tokens;
    bool streaming, usage;
};

struct loop {
    int epoll, listener;
    int64_t tick; /* all slots up to here were visited */
    size_t waiting;
    struct link slots[SLOTS];
    struct buf text; /* what is being said now */
};

/* ---- the wheel: who speaks at which millisecond ---- */

static void wheel_add(struct conn *c)
{
    struct loop *l = c->loop;
    int64_t tick = c->due_us / TICK_US;
    struct link *slot = &l->slots[(tick > l->tick ? tick : l->tick + 1) % SLOTS];

    c->link.next = slot;
    c->link.prev = slot->prev;
    slot->prev->next = &c->link;
    slot->prev = &c->link;
    l->waiting++;
}

static void wheel_drop(struct conn *c)
{
    if (!c->link.next)
        return;
    c->link.prev->next = c->link.next;
    c->link.next->prev = c->link.prev;
    c->link.next = c->link.prev = NULL;
    c->loop->waiting--;
}

/* ms until somebody is due, -1 for nobody */
static int wheel_wait(const struct loop *l)
{
    int64_t now = now_us() / TICK_US;

    if (!l->waiting)
        return -1;
    for (int64_t t = l->tick + 1; t < l->tick + SLOTS; t++)
        if (l->slots[t % SLOTS].next != &l->slots[t % SLOTS])
            return t > now ? (int)(t - now) : 0;
    return 0;
}

/* ---- a connection ---- */

static void conn_close(struct conn *c)
{
    wheel_drop(c);
    if (c->streaming) {
        books.open--;
        books.cancelled++;
    }
    close(c->fd);
    buf_release(&c->in.head);
    buf_release(&c->body);
    buf_release(&c->out);
    tb_free(c);
}

/* Sends what l->text holds, keeping what the socket does not take; false when it is broken. */
static bool conn_send(struct conn *c)
{
    struct str s = buf_str(&c->loop->text);
    ssize_t n = 0;

    if (!c->out.n)
        n = send(c->fd, s.p, s.n, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        return false;
    s = str_from(s, n > 0 ? (size_t)n : 0);
    if (s.n && !c->out.n)
        watch(c->loop->epoll, EPOLL_CTL_MOD, c->fd, EPOLLIN | EPOLLOUT, c);
    buf_add(&c->out, s);
    return !c->out.over;
}

static bool conn_flush(struct conn *c)
{
    ssize_t n = send(c->fd, c->out.p, c->out.n, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    buf_drop_front(&c->out, (size_t)n);
    if (!c->out.n)
        watch(c->loop->epoll, EPOLL_CTL_MOD, c->fd, EPOLLIN, c);
    return true;
}

/* ---- answers ---- */

static bool reply(struct conn *c, const char *status, const char *json)
{
    struct buf *b = &c->loop->text;

    buf_reset(b);
    buf_addf(b, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
             status, strlen(json));
    buf_addz(b, json);
    return conn_send(c);
}

static bool reply_whole(struct conn *c)
{
    static const char text[] = "收到，谢谢您的来信。";
    long long said = (long long)utf8_count(str_z(text));
    char json[512];

    books.prompt += c->prompt;
    books.answer += said;
    snprintf(json, sizeof(json),
             "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1790000000,"
             "\"model\":\"bench\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
             "\"content\":\"%s\"},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{"
             "\"prompt_tokens\":%lld,\"completion_tokens\":%lld,\"total_tokens\":%lld}}",
             text, (long long)c->prompt, said, (long long)c->prompt + said);
    return reply(c, "200 OK", json);
}

static bool reply_books(struct conn *c)
{
    char json[400];

    snprintf(json, sizeof(json),
             "{\"requests\":%lld,\"streams\":%lld,\"open\":%lld,\"prompt_tokens\":%lld,"
             "\"completion_tokens\":%lld,\"cancelled\":%lld,\"malformed\":%lld}",
             books.requests, books.streams, books.open, books.prompt, books.answer, books.cancelled,
             books.malformed);
    return reply(c, "200 OK", json);
}

/* ---- streams ---- */

static void chunk(struct buf *b, const char *data) /* one event in one chunk of the encoding */
{
    buf_addf(b, "%zx\r\ndata: %s\n\n\r\n", strlen(data) + 8, data);
}

static void say(struct buf *b, const char *delta, const char *finish)
{
    char json[320];

    snprintf(json, sizeof(json),
             "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\","
             "\"created\":1790000000,\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":%s,"
             "\"finish_reason\":%s}]}",
             delta, finish);
    chunk(b, json);
}

static void say_usage(struct buf *b, const struct conn *c)
{
    char json[320];

    snprintf(json, sizeof(json),
             "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\","
             "\"created\":1790000000,\"model\":\"bench\",\"choices\":[],\"usage\":{"
             "\"prompt_tokens\":%lld,\"completion_tokens\":%d,\"total_tokens\":%lld}}",
             (long long)c->prompt, c->said, (long long)c->prompt + c->said);
    chunk(b, json);
}

static void stream_end(struct conn *c)
{
    struct buf *b = &c->loop->text;

    say(b, "{}", "\"stop\"");
    if (c->usage)
        say_usage(b, c);
    chunk(b, "[DONE]");
    buf_addz(b, "0\r\n\r\n");
    c->streaming = false;
    books.open--;
}

/* Says the next token, all that are left when there is no pace, and waits for its turn again. */
static bool stream_step(struct conn *c)
{
    struct buf *b = &c->loop->text;
    char delta[64];

    buf_reset(b);
    do {
        snprintf(delta, sizeof(delta), "{\"content\":\"%d:%d \"}", c->label, c->said);
        if (c->said < c->tokens) {
            say(b, delta, "null");
            c->said++;
            books.answer++;
        }
        if (c->said == c->tokens)
            stream_end(c);
    } while (c->streaming && !c->period_us);
    if (c->streaming) {
        c->due_us += c->period_us;
        wheel_add(c);
    }
    return conn_send(c);
}

static bool stream_begin(struct conn *c)
{
    struct buf *b = &c->loop->text;
    int rate = options.rate;

    books.streams++;
    books.open++;
    books.prompt += c->prompt;
    c->streaming = true;
    c->said = 0;
    c->period_us = rate > 0 ? 1000000 / rate : 0;
    c->due_us = now_us() + options.first_ms * 1000L;
    buf_reset(b);
    buf_addz(b, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
                "Transfer-Encoding: chunked\r\n\r\n");
    say(b, "{\"role\":\"assistant\",\"content\":\"\"}", "null");
    if (!conn_send(c))
        return false;
    if (options.first_ms > 0) {
        wheel_add(c);
        return true;
    }
    return stream_step(c);
}

/* ---- requests ---- */

/* A character of prompt is a token here: what a gateway masked or added shows in the books. */
static int64_t prompt_tokens(const struct json_value *messages)
{
    struct json_walk w = json_walk(messages);
    const struct json_value *m, *part;
    int64_t n = 0;

    while ((m = json_step(&w))) {
        struct json_walk parts = json_walk(json_get(m, "content"));

        n += (int64_t)utf8_count(json_get_str(m, "content"));
        while ((part = json_step(&parts)))
            n += (int64_t)utf8_count(json_get_str(part, "text"));
    }
    return n;
}

static int label_of(struct str body)
{
    const char *at = memrchr(body.p, '#', body.n);

    return at ? atoi(at + 1) : 0; /* the body ends in '}', which ends the number */
}

static bool chat(struct conn *c)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    const struct json_value *v;
    bool stream = false, bad = json_read(&a, buf_str(&c->body), &v, &e) || !json_is_obj(v);

    if (!bad) {
        stream = json_get_bool(v, "stream", false);
        c->prompt = prompt_tokens(json_get(v, "messages"));
        c->usage = json_get_bool(json_get(v, "stream_options"), "include_usage", false);
        c->tokens = (int)json_get_int(v, "max_completion_tokens",
                                      json_get_int(v, "max_tokens", options.tokens));
        c->label = label_of(buf_str(&c->body));
    }
    arena_release(&a);
    if (bad)
        books.malformed++;
    if (bad)
        return reply(c, "400 Bad Request", "{\"error\":{\"message\":\"not a JSON object\"}}");
    return stream ? stream_begin(c) : reply_whole(c);
}

static void set_option(struct str query, const char *name, atomic_int *value)
{
    while (query.p) {
        struct str v = str_cut(&query, STR("&")), key = str_cut(&v, STR("="));
        int64_t n = 0;

        if (v.p && str_eqz(key, name) && str_i64(v, &n))
            *value = (int)n;
    }
}

static bool control(struct conn *c, struct str query)
{
    set_option(query, "tokens", &options.tokens);
    set_option(query, "rate", &options.rate);
    set_option(query, "first", &options.first_ms);
    return reply_books(c);
}

static bool serve(struct conn *c)
{
    struct str rest = buf_str(&c->in.head), query = str_cut(&rest, STR("\r\n")), path;

    str_cut(&query, STR(" "));
    query = str_cut(&query, STR(" "));
    path = str_cut(&query, STR("?"));
    if (str_ends(path, STR("/chat/completions"))) {
        books.requests++;
        return chat(c);
    }
    if (str_ends(path, STR("/models")))
        return reply(c, "200 OK",
                     "{\"object\":\"list\",\"data\":[{\"id\":\"bench\",\"object\":\"model\","
                     "\"created\":1790000000,\"owned_by\":\"bench\"}]}");
    if (str_eq(path, STR("/ledger")))
        return reply_books(c);
    if (str_eq(path, STR("/control")))
        return control(c, query);
    if (str_eq(path, STR("/health")))
        return reply(c, "200 OK", "{\"status\":\"ok\"}");
    return reply(c, "404 Not Found", "{\"error\":{\"message\":\"no such path\"}}");
}

static bool conn_feed(struct conn *c, struct str got)
{
    while (got.n) {
        enum http_at was = c->in.at;
        struct str part;

        if (c->streaming)
            return false; /* nobody asks again in the middle of an answer */
        got = str_from(got, http_feed(&c->in, got, &part));
        buf_add(&c->body, part);
        if (was == HTTP_HEAD && c->in.at != HTTP_HEAD &&
            str_case_eq(http_header(&c->in, STR("expect")), STR("100-continue")))
            send(c->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_NOSIGNAL);
        if (c->body.over || (c->in.at == HTTP_WHOLE && !serve(c)))
            return false;
        if (c->in.at == HTTP_WHOLE) {
            http_next(&c->in);
            buf_reset(&c->body);
        }
    }
    return true;
}

static void conn_event(struct conn *c, uint32_t events)
{
    static _Thread_local char got[256 * 1024];
    ssize_t n = 1;

    if ((events & EPOLLOUT) && !conn_flush(c)) {
        conn_close(c);
        return;
    }
    if (!(events & (EPOLLIN | EPOLLERR | EPOLLHUP)))
        return;
    n = recv(c->fd, got, sizeof(got), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 || !conn_feed(c, str_of(got, (size_t)n)))
        conn_close(c);
}

/* ---- the loop ---- */

static void welcome(struct loop *l)
{
    int fd;

    while ((fd = accept4(l->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct conn *c = tb_zalloc(sizeof(*c));

        no_delay(fd);
        c->loop = l;
        c->fd = fd;
        c->in = (struct http_in)HTTP_IN_INIT;
        c->body = (struct buf)BUF_INIT(64 * MB);
        c->out = (struct buf)BUF_INIT(4 * MB);
        watch(l->epoll, EPOLL_CTL_ADD, fd, EPOLLIN, c);
    }
}

static void speak(struct loop *l) /* everybody whose millisecond has come */
{
    int64_t now = now_us() / TICK_US;

    if (!l->waiting) {
        l->tick = now;
        return;
    }
    while (l->tick < now) {
        struct link *slot = &l->slots[++l->tick % SLOTS], *at = slot->next, *next;

        for (; at != slot; at = next) {
            struct conn *c = (struct conn *)(void *)at;

            next = at->next;
            if (c->due_us / TICK_US > l->tick) /* a later round of the wheel */
                continue;
            wheel_drop(c);
            if (!stream_step(c))
                conn_close(c);
        }
    }
}

static int listen_on(int port)
{
    struct sockaddr_in a = loopback(port);
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(fd, 8192) != 0)
        die("listen");
    return fd;
}

static int port_of(int fd)
{
    struct sockaddr_in a = { 0 };
    socklen_t n = sizeof(a);

    if (getsockname(fd, (struct sockaddr *)&a, &n) != 0)
        die("getsockname");
    return ntohs(a.sin_port);
}

static struct loop *loop_new(int port)
{
    struct loop *l = tb_zalloc(sizeof(*l));

    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->listener = listen_on(port);
    l->text = (struct buf)BUF_INIT(4 * MB);
    for (size_t i = 0; i < SLOTS; i++)
        l->slots[i].prev = l->slots[i].next = &l->slots[i];
    watch(l->epoll, EPOLL_CTL_ADD, l->listener, EPOLLIN, l);
    return l;
}

static void *loop_run(void *arg)
{
    struct loop *l = arg;
    struct epoll_event ev[EVENTS];

    for (;;) {
        int n = epoll_wait(l->epoll, ev, EVENTS, wheel_wait(l));

        for (int i = 0; i < n; i++)
            if (ev[i].data.ptr == l)
                welcome(l);
            else
                conn_event(ev[i].data.ptr, ev[i].events);
        speak(l);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int threads = (int)number(argc, argv, "--threads", 1), port;
    struct loop *first;
    pthread_t t;

    options.tokens = (int)number(argc, argv, "--tokens", 20);
    options.rate = (int)number(argc, argv, "--rate", 20);
    options.first_ms = (int)number(argc, argv, "--first", 0);
    raise_files();
    first = loop_new((int)number(argc, argv, "--port", 0));
    port = port_of(first->listener);
    for (int i = 1; i < threads; i++)
        if (pthread_create(&t, NULL, loop_run, loop_new(port)) != 0)
            die("thread");
    printf("{\"port\":%d}\n", port);
    fflush(stdout);
    loop_run(first);
    return 0;
}
