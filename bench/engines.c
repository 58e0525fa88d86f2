/* The pool without its engines: what a place costs, and who waits how long when three times as many
 * ask as can be served. An engine is a number of places here, each held for as long as the dice
 * say, on the real clock and with the pool's own threads. */
#include "model/engines.h"
#include "base/fs.h"

#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TAKES = 300000, LINE = 12000, CALLS_MAX = 200000, SERVICE_US = 20000, PLACES = 16 };

struct call {
    struct engines_ticket t;
    int64_t begin_us, end_us;
    bool refused, late, left, placed, over; /* left: still in line at the end */
};
static struct call *calls;
static size_t call_n;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the calls' flags */
static uint64_t dice = 88172645463325252u;

static double uniform(void)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (double)(dice >> 11) / 9007199254740992.0;
}
static int64_t about(double us)
{
    return 1 + (int64_t)(-log(1 - uniform()) * us);
}
static int64_t now_us(void)
{
    return world_mono_us(world_real());
}

static struct engines *pool_of(int engines, int slots, const char *classes)
{
    struct engines_options o = { .world = world_real() };
    struct buf yaml = BUF_INIT(65536);
    struct tb_err e = TB_ERR_INIT;
    struct engines *g = NULL;
    char path[64];

    snprintf(path, sizeof(path), "/tmp/tb_bench_engines_%d.yaml", (int)getpid());
    buf_addz(&yaml, "engines:\n");
    for (int i = 0; i < engines; i++)
        buf_addf(&yaml, "  - {name: e%d, url: 'http://10.0.0.%d/v1', model: m, slots: %d}\n", i,
                 i + 1, slots);
    buf_addz(&yaml, classes);
    o.models_yaml = path;
    if (fs_write(path, buf_str(&yaml), 0600, &e) || engines_open(&o, &g, &e)) {
        fprintf(stderr, "%s\n", e.say);
        exit(1);
    }
    unlink(path);
    buf_release(&yaml);
    return g;
}

/* ---- what it costs ---- */

static void ready(struct engines_ticket *t, enum tb_code code)
{
    struct call *c = t->self;

    pthread_mutex_lock(&lock);
    c->placed = code == TB_OK;
    c->late = code == TB_TIMEOUT;
    c->left = code == TB_BUSY;
    c->begin_us = now_us();
    pthread_mutex_unlock(&lock);
}

static void want(struct call *c, enum priority p, size_t prompt)
{
    memset(c, 0, sizeof(*c));
    c->t.ready = ready;
    c->t.self = c;
    c->t.want.model = STR("m");
    c->t.want.priority = p;
    c->t.want.prefix_n = 6;
    for (size_t k = 0; k < 6; k++)
        c->t.want.prefix[k] = prompt % 500 * 100 + k + 1;
}

static void cost(void)
{
    static const struct engines_result good = { .first_us = 1000, .total_us = 2000 };
    struct engines *g = pool_of(8, 64, "");
    struct tb_err e = TB_ERR_INIT;
    int64_t begin = now_us();

    for (size_t i = 0; i < TAKES; i++) {
        want(&calls[0], PRIORITY_STAFF, i);
        if (engines_take(g, &calls[0].t, &e) != ENGINES_PLACED)
            abort();
        engines_give(g, &calls[0].t, &good);
    }
    printf("a place taken and given back, 8 engines: %.2f µs\n",
           (double)(now_us() - begin) / TAKES);
    engines_free(g);
}

static void cost_in_line(void)
{
    static const struct engines_result good = { .first_us = 1000, .total_us = 2000 };
    struct engines *g =
        pool_of(8, 8,
                "classes:\n  hotline: {longest: 86400}\n  window: {longest: 86400}\n"
                "  staff: {longest: 86400}\n  batch: {longest: 86400}\n");
    struct tb_err e = TB_ERR_INIT;
    int64_t begin = now_us(), joined;
    size_t given = 0;

    for (size_t i = 0; i < LINE; i++) {
        want(&calls[i], (enum priority)(i % PRIORITY_COUNT), i);
        calls[i].placed = engines_take(g, &calls[i].t, &e) == ENGINES_PLACED;
    }
    joined = now_us();
    for (bool some = true; some;) {
        some = false;
        for (size_t i = 0; i < LINE; i++)
            if (calls[i].placed && !calls[i].over) {
                calls[i].over = some = true;
                engines_give(g, &calls[i].t, &good);
                given++;
            }
    }
    printf("joining a line of up to %d: %.2f µs; giving back and on: %.2f µs (%zu)\n", LINE,
           (double)(joined - begin) / LINE, (double)(now_us() - joined) / (double)given, given);
    engines_free(g);
}

/* ---- three times too many ---- */

static bool is_done(const struct call *c)
{
    bool done;

    pthread_mutex_lock(&lock);
    done = c->refused || c->late || c->left || c->over;
    pthread_mutex_unlock(&lock);
    return done;
}

static void finish_due(struct engines *g, int64_t now)
{
    static size_t first; /* before it all are done */

    while (first < call_n && is_done(&calls[first]))
        first++;
    for (size_t i = first; i < call_n; i++) {
        struct engines_result r = { .code = TB_OK };
        bool due;

        pthread_mutex_lock(&lock);
        if (calls[i].placed && !calls[i].end_us)
            calls[i].end_us = calls[i].begin_us + about(SERVICE_US);
        due = calls[i].placed && !calls[i].over && calls[i].end_us <= now;
        calls[i].over |= due;
        pthread_mutex_unlock(&lock);
        r.total_us = calls[i].end_us - calls[i].begin_us;
        r.first_us = r.total_us / 4;
        if (due)
            engines_give(g, &calls[i].t, &r);
    }
}

static void come(struct engines *g, enum priority p)
{
    struct call *c = &calls[call_n++];
    struct tb_err e = TB_ERR_INIT;
    enum engines_answer a;

    want(c, p, call_n);
    a = engines_take(g, &c->t, &e);
    if (a == ENGINES_PLACED)
        ready(&c->t, TB_OK);
    c->refused = a == ENGINES_REFUSED;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void say(enum priority p, double held_all)
{
    int64_t *waits = calloc(call_n, sizeof(*waits)), held = 0;
    size_t n = 0, came = 0, refused = 0, late = 0;

    for (size_t i = 0; i < call_n; i++) {
        const struct call *c = &calls[i];

        if (c->t.want.priority != p)
            continue;
        came++;
        refused += c->refused;
        late += c->late;
        if (!c->placed)
            continue;
        waits[n++] = c->t.wait_us;
        held += c->end_us - c->begin_us;
    }
    qsort(waits, n, sizeof(*waits), by_value);
    printf("%-8s came %6zu placed %6zu refused %6zu late %4zu  %4.1f %% of the time  "
           "wait p50 %8.1f ms p99 %8.1f ms\n",
           priority_name(p), came, n, refused, late, 100 * (double)held / held_all,
           n ? (double)waits[n / 2] / 1000 : 0, n ? (double)waits[n * 99 / 100] / 1000 : 0);
    free(waits);
}

/* The hotline asks for less than its share, the others for far more than theirs. */
static void overload(int seconds)
{
    static const double asks[PRIORITY_COUNT] = { 0.3, 0.5, 1.0, 1.2 };
    struct engines *g = pool_of(2, PLACES / 2,
                                "classes:\n  hotline: {longest: 1}\n  window: {longest: 2}\n"
                                "  staff: {longest: 4}\n  batch: {longest: 8}\n");
    int64_t next[PRIORITY_COUNT], end = now_us() + seconds * 1000000LL, now;
    double held = 0;

    for (enum priority p = 0; p < PRIORITY_COUNT; p++)
        next[p] = now_us();
    while ((now = now_us()) < end && call_n < CALLS_MAX - PRIORITY_COUNT) {
        for (enum priority p = 0; p < PRIORITY_COUNT; p++)
            for (; next[p] <= now && call_n < CALLS_MAX;
                 next[p] += about(SERVICE_US / (PLACES * asks[p])))
                come(g, p);
        finish_due(g, now);
        poll(NULL, 0, 1);
    }
    engines_stop(g);
    finish_due(g, INT64_MAX);
    engines_free(g);
    for (size_t i = 0; i < call_n; i++)
        held += calls[i].placed ? (double)(calls[i].end_us - calls[i].begin_us) : 0;
    for (enum priority p = 0; p < PRIORITY_COUNT; p++)
        say(p, held);
}

int main(int argc, char **argv)
{
    calls = calloc(CALLS_MAX, sizeof(*calls));
    cost();
    cost_in_line();
    call_n = 0;
    overload(argc > 1 ? atoi(argv[1]) : 20);
    free(calls);
    return 0;
}
