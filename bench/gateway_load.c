/* Small answers through a gateway, one line of JSON:
 *
 *   build/bench/gateway_load rps --port N [--connections 64] [--seconds 5] [--warm 1] [--pid P]
 *       requests a second over kept connections, each with one request at a time; what process P
 *       and its children cost meanwhile
 *   build/bench/gateway_load pair --port N --direct M [--requests 2000]
 *       how much longer one request takes through the gateway (N) than straight to the engine (M),
 *       asked by turns over one kept connection each
 *
 * Both: [--path /v1/chat/completions] [--model bench] [--text QUESTION] [--header 'Name: value']…
 */
#include "gateway/ask.h"
#include "gateway/proc.h"

enum { TIMES_MAX = 1 << 22, CONNECTIONS_MAX = 4096, BROKEN_MAX = 1000, WARM = 100 };

struct line { /* one connection */
    int fd;
    int64_t begun_us;
    struct http_in in;
};

struct load {
    struct str request;
    int port, epoll, n;
    struct line *lines;
    double *times; /* ms */
    size_t count, refused, broken;
    int waiting; /* answers still to come; counted once no more is asked */
    bool last;   /* no more is asked */
};

/* ---- closed loop ---- */

static void send_whole(int fd, struct str s)
{
    if (send(fd, s.p, s.n, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
        die("send");
}

static void ask_again(struct load *l, struct line *c)
{
    http_next(&c->in);
    c->begun_us = now_us();
    send_whole(c->fd, l->request);
}

static void line_open(struct load *l, struct line *c)
{
    c->fd = dial(l->port);
    watch(l->epoll, EPOLL_CTL_ADD, c->fd, EPOLLIN, c);
    ask_again(l, c);
}

static void complain(const struct http_in *in, struct str body)
{
    static bool said;

    if (!said)
        fprintf(stderr, "bench/gateway: refused: %.*s%.*s\n", STR_FMT(buf_str(&in->head)),
                STR_FMT(body));
    said = true;
}

static void line_take(struct load *l, struct line *c)
{
    static char part[256 * 1024];
    ssize_t n = recv(c->fd, part, sizeof(part), MSG_DONTWAIT);
    struct str got = str_of(part, n > 0 ? (size_t)n : 0), body = STR_NONE;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) { /* closed between two requests is allowed, closed for ever is not */
        close(c->fd);
        if (++l->broken > BROKEN_MAX && l->broken > l->count)
            die("the server keeps closing connections");
        line_open(l, c);
        return;
    }
    while (got.n && c->in.at != HTTP_WHOLE)
        got = str_from(got, http_feed(&c->in, got, &body));
    if (c->in.at != HTTP_WHOLE)
        return;
    if (http_status(&c->in) == 200)
        l->times[l->count++ % TIMES_MAX] = (double)(now_us() - c->begun_us) / 1000.0;
    else if (l->refused++ == 0)
        complain(&c->in, body);
    if (l->last)
        l->waiting--;
    else
        ask_again(l, c);
}

/* Until the time is over, or no answer is to come any more. */
static void run_for(struct load *l, double seconds)
{
    int64_t until = now_us() + (int64_t)(seconds * 1e6);
    struct epoll_event ev[256];

    while (now_us() < until && !(l->last && l->waiting <= 0)) {
        int n = epoll_wait(l->epoll, ev, 256, 50);

        for (int i = 0; i < n; i++)
            line_take(l, ev[i].data.ptr);
    }
}

static void rps_report(struct load *l, double s, struct cost before, struct cost after)
{
    size_t n = l->count < TIMES_MAX ? l->count : TIMES_MAX;

    printf(
        "{\"connections\":%d,\"seconds\":%.2f,\"requests\":%zu,\"refused\":%zu,\"reconnects\":%zu,"
        "\"rps\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"cpu_percent\":%.1f,\"rss_mb\":%.1f,"
        "\"processes\":%d}\n",
        l->n, s, l->count, l->refused, l->broken, (double)l->count / s,
        percentile(l->times, n, 0.5), percentile(l->times, n, 0.99),
        100 * (after.cpu_s - before.cpu_s) / s, after.rss_mb, after.processes);
}

static void rps(int argc, char **argv)
{
    int pid = (int)number(argc, argv, "--pid", 0);
    double seconds = number(argc, argv, "--seconds", 5);
    struct buf request = request_make(argc, argv, 7, "");
    struct load l = { .request = buf_str(&request) };
    struct cost before;
    int64_t begun;

    l.port = (int)number(argc, argv, "--port", 0);
    l.n = (int)number(argc, argv, "--connections", 64);
    l.epoll = epoll_create1(EPOLL_CLOEXEC);
    l.times = tb_alloc(sizeof(*l.times) * TIMES_MAX);
    if (l.n < 1 || l.n > CONNECTIONS_MAX)
        die("--connections");
    l.lines = tb_zalloc(sizeof(*l.lines) * (size_t)l.n);
    for (int i = 0; i < l.n; i++) {
        l.lines[i].in = (struct http_in)HTTP_IN_INIT;
        line_open(&l, &l.lines[i]);
    }
    run_for(&l, number(argc, argv, "--warm", 1));
    l.count = l.refused = l.broken = 0;
    before = cost_of(pid);
    begun = now_us();
    run_for(&l, seconds);
    rps_report(&l, (double)(now_us() - begun) / 1e6, before, cost_of(pid));
    l.last = true; /* nothing is broken off: the books of both sides must agree afterwards */
    l.waiting = l.n;
    run_for(&l, 10);
}

/* ---- one at a time ---- */

static double one_ms(struct line *c, struct str request)
{
    char part[64 * 1024];
    int64_t begun = now_us();
    struct str body = STR_NONE;

    http_next(&c->in);
    send_whole(c->fd, request);
    while (c->in.at != HTTP_WHOLE) {
        ssize_t n = recv(c->fd, part, sizeof(part), 0);
        struct str got = str_of(part, n > 0 ? (size_t)n : 0);

        if (n <= 0)
            die("the server closed the connection");
        while (got.n && c->in.at != HTTP_WHOLE)
            got = str_from(got, http_feed(&c->in, got, &body));
    }
    if (http_status(&c->in) != 200) {
        complain(&c->in, body);
        exit(1);
    }
    return (double)(now_us() - begun) / 1000.0;
}

static void pair_report(double *direct, double *through, double *added, size_t n)
{
    printf("{\"requests\":%zu,\"direct_p50_ms\":%.3f,\"direct_p99_ms\":%.3f,", n,
           percentile(direct, n, 0.5), percentile(direct, n, 0.99));
    printf("\"through_p50_ms\":%.3f,\"through_p99_ms\":%.3f,", percentile(through, n, 0.5),
           percentile(through, n, 0.99));
    printf("\"added_p50_ms\":%.3f,\"added_p99_ms\":%.3f}\n", percentile(added, n, 0.5),
           percentile(added, n, 0.99));
}

static void pair(int argc, char **argv)
{
    size_t n = (size_t)number(argc, argv, "--requests", 2000);
    double *times = tb_zalloc(sizeof(*times) * (n + 1) * 3);
    double *direct = times, *through = times + n, *added = times + 2 * n;
    struct buf request = request_make(argc, argv, 7, "");
    struct line near = { .in = HTTP_IN_INIT }, far = { .in = HTTP_IN_INIT };
    struct str r = buf_str(&request);

    near.fd = dial((int)number(argc, argv, "--direct", 0));
    far.fd = dial((int)number(argc, argv, "--port", 0));
    for (size_t i = 0; i < n + WARM; i++) {
        size_t k = i < WARM ? 0 : i - WARM;
        double a = 0, b;

        if (i % 2)
            a = one_ms(&near, r);
        b = one_ms(&far, r);
        if (i % 2 == 0)
            a = one_ms(&near, r);
        direct[k] = a;
        through[k] = b;
        added[k] = b - a;
    }
    pair_report(direct, through, added, n);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "rps") == 0) {
        rps(argc, argv);
    } else if (argc > 1 && strcmp(argv[1], "pair") == 0) {
        pair(argc, argv);
    } else {
        fprintf(stderr, "usage: gateway_load rps --port N … | pair --port N --direct M …\n");
        return 2;
    }
    return 0;
}
