#include "model/breaker.h"

enum {
    IN_A_ROW = 3,
    LOOKED_AT = 20,
    LOOKED_AT_LEAST = 10,
    SUSPECT_US = 5000000,
    REST_US = 5000000,
    DOUBLINGS = 5, /* 5, 10, 20, 40, 80, 160 s */
    FULL_MS = 1000,
    FULL_MAX_MS = 600000
};

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t breaker_until(const struct breaker *b, int64_t now)
{
    int64_t until = later(b->full_until_us, b->state == BREAKER_OPEN ? b->rest_until_us : 0);

    return until > now ? until : 0;
}

enum breaker_word breaker_says(const struct breaker *b, int64_t now)
{
    if (now < b->full_until_us)
        return BREAKER_REST;
    if (b->state == BREAKER_CLOSED)
        return now < b->suspect_until_us ? BREAKER_SUSPECT : BREAKER_GO;
    if (b->trial || (b->state == BREAKER_OPEN && now < b->rest_until_us))
        return BREAKER_REST;
    return BREAKER_TRIAL;
}

void breaker_asked(struct breaker *b, int64_t now)
{
    if (b->state == BREAKER_CLOSED)
        return;
    if (b->state == BREAKER_OPEN && now >= b->rest_until_us)
        b->state = BREAKER_HALF;
    b->trial = true;
}

static void remember(struct breaker *b, bool failed)
{
    b->last = b->last << 1 | failed;
    if (b->known < LOOKED_AT)
        b->known++;
}

static bool fails_often(const struct breaker *b)
{
    uint32_t seen = b->last & ((1u << b->known) - 1);

    return b->known >= LOOKED_AT_LEAST && 2 * __builtin_popcount(seen) >= b->known;
}

void breaker_ok(struct breaker *b)
{
    remember(b, false);
    if (b->state != BREAKER_CLOSED)
        b->known = 0; /* what was before the rest is over */
    b->state = BREAKER_CLOSED;
    b->trial = false;
    b->failures = b->doubled = 0;
    b->suspect_until_us = b->full_until_us = 0;
}

static bool is_tried_again(const struct breaker *b, int64_t now)
{
    return b->state == BREAKER_HALF || (b->state == BREAKER_OPEN && now >= b->rest_until_us);
}

void breaker_failed(struct breaker *b, int64_t now)
{
    remember(b, true);
    b->failures++;
    b->suspect_until_us = now + SUSPECT_US;
    if (b->state == BREAKER_CLOSED && b->failures < IN_A_ROW && !fails_often(b))
        return;
    if (is_tried_again(b, now) && b->doubled < DOUBLINGS)
        b->doubled++;
    b->state = BREAKER_OPEN;
    b->trial = false;
    b->rest_until_us = now + ((int64_t)REST_US << b->doubled);
}

void breaker_full(struct breaker *b, int64_t rest_ms, int64_t now)
{
    int64_t ms = rest_ms > 0 ? rest_ms : FULL_MS;

    breaker_unsaid(b);
    b->full_until_us = now + (ms < FULL_MAX_MS ? ms : FULL_MAX_MS) * 1000;
}

void breaker_unsaid(struct breaker *b)
{
    b->trial = false;
}

void breaker_alive(struct breaker *b)
{
    if (b->state == BREAKER_OPEN && !b->trial && !b->doubled)
        b->state = BREAKER_HALF;
}
