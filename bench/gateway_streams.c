/* Many streams at once through a gateway, each read to the last byte: are the numbered tokens all
 * there, once, in order, and of this stream? One line of JSON.
 *
 *   build/bench/gateway_streams --port N [--streams 1000] [--tokens 200] [--rate 20] [--ramp 2]
 *       [--limit SECONDS] [--pid P] [--path …] [--model …] [--text …] [--header 'Name: value']…
 *
 * --rate is what the engine was told; it says how late a stream ended. Streams begin evenly over
 * --ramp seconds. What P and its children cost is taken from when all streams have spoken until the
 * first ends (`all_open` is false, and it is taken of everything, when that never was). */
#include "gateway/ask.h"
#include "gateway/proc.h"

enum { STREAMS_MAX = 30000, WORD_MAX = 32, SAMPLE_US = 500000 };

enum state { WAITING, DIALLING, OPEN, ENDED };

struct stream {
    int fd, label;
    enum state state;
    struct http_in in;
    struct buf line; /* of the event stream, in hand */
    char word[WORD_MAX];
    size_t word_n;
    int next; /* the highest token so far, plus one */
    bool *seen;
    bool done, finish, usage, error;
    int64_t asked_us, first_us, end_us;
};

struct tally {
    int complete, refused, errors, cut, unfinished, no_done, no_finish, no_usage;
    long lost, duplicated, reordered, foreign;
};

struct run {
    int argc, n, tokens, port, epoll, pid, begun, spoken, ended;
    char **argv;
    double ramp;
    struct stream *all;
    struct tally t;
    struct cost from, to;
    int64_t from_us, to_us;
    double rss_mb;
    bool all_open;
};

/* ---- what arrives ---- */

static void token_take(struct run *r, struct stream *s)
{
    int label = -1, n = -1;

    s->word[s->word_n] = '\0';
    s->word_n = 0;
    if (sscanf(s->word, "%d:%d", &label, &n) != 2 || label != s->label || n < 0 || n >= r->tokens) {
        r->t.foreign++;
        return;
    }
    if (s->seen[n])
        r->t.duplicated++;
    else if (n < s->next)
        r->t.reordered++;
    s->seen[n] = true;
    s->next = n >= s->next ? n + 1 : s->next;
    if (!s->first_us) {
        s->first_us = now_us();
        r->spoken++;
    }
}

static void content_take(struct run *r, struct stream *s, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == ' ')
            token_take(r, s);
        else if (s->word_n < WORD_MAX - 1)
            s->word[s->word_n++] = text.p[i];
    }
}

/* The value that follows a key, up to a quote, comma or brace: enough for what our engine says. */
static struct str value_after(struct str json, struct str key)
{
    size_t at = str_find(json, key), end = 0;
    struct str v;

    if (at == SIZE_MAX)
        return STR_NONE;
    v = str_trim(str_from(json, at + key.n));
    if (v.n && v.p[0] == '"') {
        end = str_find_from(v, STR("\""), 1);
        return str_sub(v, 1, end == SIZE_MAX ? 0 : end - 1);
    }
    while (end < v.n && v.p[end] != ',' && v.p[end] != '}')
        end++;
    return str_sub(v, 0, end);
}

static void event_take(struct run *r, struct stream *s, struct str data)
{
    struct str text, finish;

    if (str_eq(data, STR("[DONE]"))) {
        s->done = true;
        return;
    }
    if (str_starts(data, STR("{\"error\""))) {
        s->error = true;
        return;
    }
    text = value_after(data, STR("\"content\":"));
    finish = value_after(data, STR("\"finish_reason\":"));
    if (text.n && !str_eq(text, STR("null")))
        content_take(r, s, text);
    if (str_eq(finish, STR("stop")) || str_eq(finish, STR("length")))
        s->finish = true;
    if (str_eqz(value_after(data, STR("\"completion_tokens\":")),
                option(r->argc, r->argv, "--tokens", "200")))
        s->usage = true;
}

static void body_take(struct run *r, struct stream *s, struct str part)
{
    while (part.p && part.n) {
        size_t end = str_find(part, STR("\n"));
        struct str line;

        buf_add(&s->line, str_sub(part, 0, end == SIZE_MAX ? part.n : end));
        if (end == SIZE_MAX)
            return;
        part = str_from(part, end + 1);
        line = str_trim(buf_str(&s->line));
        if (str_starts(line, STR("data:")))
            event_take(r, s, str_trim(str_from(line, 5)));
        buf_reset(&s->line);
    }
}

/* ---- a stream's life ---- */

static void cost_between(struct run *r)
{
    struct cost now = cost_of(r->pid);

    r->rss_mb = now.rss_mb > r->rss_mb ? now.rss_mb : r->rss_mb;
    if (!r->from_us || (!r->all_open && r->spoken == r->n && !r->ended)) {
        r->all_open = r->spoken == r->n && !r->ended;
        r->from = now;
        r->from_us = now_us();
    }
    if (!r->all_open || !r->ended) {
        r->to = now;
        r->to_us = now_us();
    }
}

static void stream_end(struct run *r, struct stream *s)
{
    struct tally *t = &r->t;
    int lost = 0;

    close(s->fd);
    for (int i = 0; i < r->tokens; i++)
        lost += !s->seen[i];
    s->state = ENDED;
    s->end_us = now_us();
    r->ended++;
    if (s->in.at != HTTP_HEAD && http_status(&s->in) != 200) {
        if (t->refused++ == 0)
            fprintf(stderr, "bench/gateway: refused: %.*s", STR_FMT(buf_str(&s->in.head)));
        return;
    }
    t->errors += s->error;
    t->cut += s->in.at != HTTP_WHOLE && s->in.at != HTTP_TO_END; /* or never connected */
    t->no_done += !s->done;
    t->no_finish += !s->finish;
    t->no_usage += !s->usage;
    t->lost += lost;
    t->complete += !lost && s->done && s->finish;
}

static void stream_take(struct run *r, struct stream *s)
{
    static char part[64 * 1024];
    ssize_t n = recv(s->fd, part, sizeof(part), MSG_DONTWAIT);
    struct str got = str_of(part, n > 0 ? (size_t)n : 0), body;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    while (got.n && s->in.at != HTTP_WHOLE) {
        got = str_from(got, http_feed(&s->in, got, &body));
        body_take(r, s, body);
    }
    if (n <= 0 || s->in.at == HTTP_WHOLE)
        stream_end(r, s);
}

/* Does not wait for the server to accept: one that is slow at that holds up only this stream. */
static void stream_begin(struct run *r, struct stream *s)
{
    struct sockaddr_in a = loopback(r->port);

    s->label = r->begun++;
    s->in = (struct http_in)HTTP_IN_INIT;
    s->line = (struct buf)BUF_INIT(1 << 20);
    s->seen = tb_zalloc((size_t)r->tokens);
    s->state = DIALLING;
    s->asked_us = now_us();
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->fd < 0 ||
        (connect(s->fd, (struct sockaddr *)&a, sizeof(a)) != 0 && errno != EINPROGRESS))
        die("connect");
    no_delay(s->fd);
    watch(r->epoll, EPOLL_CTL_ADD, s->fd, EPOLLOUT, s);
}

static void stream_ask(struct run *r, struct stream *s)
{
    struct buf request;
    char more[100];

    snprintf(more, sizeof(more),
             ",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_tokens\":%d",
             r->tokens);
    request = request_make(r->argc, r->argv, s->label, more);
    s->state = OPEN;
    if (send(s->fd, request.p, request.n, MSG_NOSIGNAL) != (ssize_t)request.n)
        stream_end(r, s);
    else
        watch(r->epoll, EPOLL_CTL_MOD, s->fd, EPOLLIN, s);
    buf_release(&request);
}

static void stream_event(struct run *r, struct stream *s)
{
    if (s->state == DIALLING)
        stream_ask(r, s);
    else
        stream_take(r, s);
}

static void run_until(struct run *r, int64_t limit_us)
{
    int64_t begun = now_us(), sampled = 0, now;
    struct epoll_event ev[512];

    while (r->ended < r->n && (now = now_us()) < begun + limit_us) {
        while (r->begun < r->n &&
               (double)(now - begun) >= r->ramp * 1e6 * (double)r->begun / (double)r->n)
            stream_begin(r, &r->all[r->begun]);
        for (int i = 0, n = epoll_wait(r->epoll, ev, 512, 1); i < n; i++)
            stream_event(r, ev[i].data.ptr);
        if (now - sampled > SAMPLE_US) {
            cost_between(r);
            sampled = now;
        }
    }
}

static void report(struct run *r, double rate)
{
    double *first = tb_zalloc(sizeof(*first) * (size_t)(r->n + 1) * 2), *late = first + r->n;
    double pace_ms = rate > 0 ? (r->tokens - 1) * 1000.0 / rate : 0;
    double window = (double)(r->to_us - r->from_us) / 1e6;
    struct tally *t = &r->t;
    size_t n = 0, m = 0;

    t->unfinished = r->n - r->ended;
    for (int i = 0; i < r->n; i++) {
        struct stream *s = &r->all[i];

        if (s->first_us)
            first[n++] = (double)(s->first_us - s->asked_us) / 1000.0;
        if (s->state == ENDED && s->first_us)
            late[m++] = (double)(s->end_us - s->asked_us) / 1000.0 - pace_ms;
    }
    printf("{\"streams\":%d,\"tokens\":%d,\"rate\":%g,\"complete\":%d,\"lost\":%ld,"
           "\"duplicated\":%ld,\"reordered\":%ld,\"foreign\":%ld,\"refused\":%d,\"errors\":%d,"
           "\"cut\":%d,\"unfinished\":%d,\"no_done\":%d,\"no_finish\":%d,\"no_usage\":%d,",
           r->n, r->tokens, rate, t->complete, t->lost, t->duplicated, t->reordered, t->foreign,
           t->refused, t->errors, t->cut, t->unfinished, t->no_done, t->no_finish, t->no_usage);
    printf("\"first_p50_ms\":%.1f,\"first_p99_ms\":%.1f,\"late_p50_ms\":%.1f,\"late_p99_ms\":%.1f,",
           percentile(first, n, 0.5), percentile(first, n, 0.99), percentile(late, m, 0.5),
           percentile(late, m, 0.99));
    printf("\"all_open\":%s,\"window_s\":%.1f,\"cpu_percent\":%.1f,\"rss_mb\":%.1f,"
           "\"processes\":%d}\n",
           r->all_open ? "true" : "false", window,
           window > 0 ? 100 * (r->to.cpu_s - r->from.cpu_s) / window : 0, r->rss_mb,
           r->to.processes);
}

int main(int argc, char **argv)
{
    double rate = number(argc, argv, "--rate", 20);
    struct run r = { .argc = argc, .argv = argv };
    double length;

    r.port = (int)number(argc, argv, "--port", 0);
    r.n = (int)number(argc, argv, "--streams", 1000);
    r.tokens = (int)number(argc, argv, "--tokens", 200);
    r.ramp = number(argc, argv, "--ramp", 2);
    r.pid = (int)number(argc, argv, "--pid", 0);
    length = r.ramp + (rate > 0 ? r.tokens / rate : 0);
    if (r.port < 1 || r.n < 1 || r.n > STREAMS_MAX || r.tokens < 1) {
        fprintf(stderr, "usage: gateway_streams --port N [--streams 1000] [--tokens 200] …\n");
        return 2;
    }
    raise_files();
    r.epoll = epoll_create1(EPOLL_CLOEXEC);
    r.all = tb_zalloc(sizeof(*r.all) * (size_t)r.n);
    run_until(&r, (int64_t)(number(argc, argv, "--limit", length * 2 + 20) * 1e6));
    report(&r, rate);
    return 0;
}
