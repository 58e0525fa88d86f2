#include "scenario/gateway/pulse.h"

#include "base/metrics.h"

#include <pthread.h>

struct total { /* since the program began */
    double requests, refused, failed, left;
    double prompt, cached, answer, masked, blocked;
    struct metric_sum first, overhead;
};
struct beat { /* between two of them */
    int64_t at_ms, span_ms;
    struct total more;
    double first_p50, first_p95, overhead; /* seconds; < 0: nothing to measure */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* over all below */
static struct beat beats[PULSES];                        /* a ring */
static size_t taken;                                     /* ever */
static struct total last;
static int64_t last_us;

static double sum(const char *name, const char *part)
{
    struct metric_sum s;

    metric_sum(name, part, &s);
    return s.value;
}

static void read_total(struct total *t)
{
    t->requests = sum("gateway_requests_total", "");
    t->left = sum("gateway_requests_total", "code=\"499");
    t->refused = sum("gateway_requests_total", "code=\"4") - t->left;
    t->failed = sum("gateway_requests_total", "code=\"5");
    t->prompt = sum("tongban_engine_prompt_tokens", "");
    t->cached = sum("tongban_engine_cached_tokens", "");
    t->answer = sum("tongban_engine_answer_tokens", "");
    t->masked = sum("gateway_guard_total", "masked");
    t->blocked = sum("gateway_guard_total", "blocked");
    metric_sum("gateway_first_token_seconds", "", &t->first);
    metric_sum("gateway_overhead_seconds", "", &t->overhead);
}

/* An engine that left the catalogue takes its figures along: that is no negative work. */
static double more(double before, double after)
{
    return after > before ? after - before : 0;
}

static double mean(const struct metric_sum *before, const struct metric_sum *after)
{
    uint64_t n = after->count - before->count;

    return n ? (after->value - before->value) / (double)n : -1;
}

static void fill(struct beat *b, const struct total *now)
{
    b->more.requests = more(last.requests, now->requests);
    b->more.refused = more(last.refused, now->refused);
    b->more.failed = more(last.failed, now->failed);
    b->more.left = more(last.left, now->left);
    b->more.prompt = more(last.prompt, now->prompt);
    b->more.cached = more(last.cached, now->cached);
    b->more.answer = more(last.answer, now->answer);
    b->more.masked = more(last.masked, now->masked);
    b->more.blocked = more(last.blocked, now->blocked);
    b->first_p50 = metric_share(&last.first, &now->first, 0.5);
    b->first_p95 = metric_share(&last.first, &now->first, 0.95);
    b->overhead = mean(&last.overhead, &now->overhead);
}

void pulse_take(const struct world *w)
{
    int64_t now_us = world_mono_us(w);
    struct total now;

    if (pthread_mutex_trylock(&lock)) /* somebody takes or reads it: a loop waits for nobody */
        return;
    if (last_us && now_us - last_us < PULSE_MS * 1000) {
        pthread_mutex_unlock(&lock);
        return;
    }
    read_total(&now);
    if (last_us) {
        struct beat *b = &beats[taken++ % PULSES];

        *b = (struct beat){ .at_ms = world_now_ms(w), .span_ms = (now_us - last_us) / 1000 };
        fill(b, &now);
    }
    last = now;
    last_us = now_us;
    pthread_mutex_unlock(&lock);
}

static void time_json(struct json *j, const char *name, double seconds)
{
    json_key(j, name);
    if (seconds < 0)
        json_raw(j, STR("null"));
    else
        json_real(j, seconds * 1000);
}

static void beat_json(struct json *j, const struct beat *b)
{
    json_obj(j);
    json_kint(j, "at", b->at_ms);
    json_kint(j, "span_ms", b->span_ms);
    json_kint(j, "requests", (int64_t)b->more.requests);
    json_kint(j, "refused", (int64_t)b->more.refused);
    json_kint(j, "failed", (int64_t)b->more.failed);
    json_kint(j, "left", (int64_t)b->more.left);
    json_kint(j, "prompt_tokens", (int64_t)b->more.prompt);
    json_kint(j, "cached_tokens", (int64_t)b->more.cached);
    json_kint(j, "answer_tokens", (int64_t)b->more.answer);
    json_kint(j, "masked", (int64_t)b->more.masked);
    json_kint(j, "blocked", (int64_t)b->more.blocked);
    time_json(j, "first_p50_ms", b->first_p50);
    time_json(j, "first_p95_ms", b->first_p95);
    time_json(j, "overhead_ms", b->overhead);
    json_end(j);
}

void pulse_json(struct json *j, int64_t since)
{
    json_arr(j);
    pthread_mutex_lock(&lock);
    for (size_t i = taken > PULSES ? taken - PULSES : 0; i < taken; i++)
        if (beats[i % PULSES].at_ms > since)
            beat_json(j, &beats[i % PULSES]);
    pthread_mutex_unlock(&lock);
    json_end(j);
}
