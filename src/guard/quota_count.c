#include "base/date.h"
#include "guard/quota_int.h"

#include <assert.h>
#include <stdio.h>

static const int64_t day_ms = 86400000, zone_ms = 8LL * 3600 * 1000;

enum full { FULL_NONE, FULL_CONCURRENT, FULL_REQUESTS, FULL_TOKENS, FULL_DAY, FULL_NEVER };

struct moment {
    int64_t mono_us, second, day, day_left_ms;
};

static struct moment moment_of(const struct world *w)
{
    int64_t us = world_mono_us(w), local = world_now_ms(w) + zone_ms;

    return (struct moment){ us, us / 1000000, day_from_ms(local - zone_ms),
                            day_ms - local % day_ms };
}

/* Under the lock. *wait_ms: when this limit has room again. */
static enum full which_is_full(struct entry *k, int64_t tokens, const struct moment *now,
                               int64_t *wait_ms)
{
    const struct key_limits *l = &k->limits;
    struct meter *m = k->meter;

    *wait_ms = 1000;
    if ((l->tokens_minute && tokens > l->tokens_minute) ||
        (l->tokens_day && tokens > l->tokens_day))
        return FULL_NEVER;
    if (l->concurrent && m->running >= l->concurrent)
        return FULL_CONCURRENT;
    if (l->tokens_day && *meter_day(m, now->day) + tokens > l->tokens_day) {
        *wait_ms = now->day_left_ms;
        return FULL_DAY;
    }
    if (l->requests_minute && m->requests.total + 1 > l->requests_minute) {
        *wait_ms = window_room_ms(&m->requests, 1, l->requests_minute, now->mono_us);
        return FULL_REQUESTS;
    }
    if (l->tokens_minute && m->tokens.total + tokens > l->tokens_minute) {
        *wait_ms = window_room_ms(&m->tokens, tokens, l->tokens_minute, now->mono_us);
        return FULL_TOKENS;
    }
    return FULL_NONE;
}

static int64_t not_below_zero(int64_t v)
{
    return v > 0 ? v : 0;
}

static void tokens_left(const struct entry *k, const struct moment *now, struct quota_left *left)
{
    const struct key_limits *l = &k->limits;
    int64_t minute = l->tokens_minute - k->meter->tokens.total;
    int64_t day = l->tokens_day - *meter_day(k->meter, now->day);

    if (l->tokens_minute) {
        left->tokens_limit = l->tokens_minute;
        left->tokens = not_below_zero(minute);
        left->tokens_reset_ms = window_reset_ms(&k->meter->tokens, now->mono_us);
    }
    if (l->tokens_day && (!l->tokens_minute || day < minute)) {
        left->tokens_limit = l->tokens_day;
        left->tokens = not_below_zero(day);
        left->tokens_reset_ms = now->day_left_ms;
    }
}

static void left_of(const struct entry *k, const struct moment *now, struct quota_left *left)
{
    *left = (struct quota_left){
        .requests_limit = -1, .requests = -1, .tokens_limit = -1, .tokens = -1
    };
    if (k->limits.requests_minute) {
        left->requests_limit = k->limits.requests_minute;
        left->requests = not_below_zero(k->limits.requests_minute - k->meter->requests.total);
        left->requests_reset_ms = window_reset_ms(&k->meter->requests, now->mono_us);
    }
    tokens_left(k, now, left);
}

static enum tb_code refuse(const struct entry *k, enum full full, int64_t tokens,
                           const struct quota_left *left, struct tb_err *e)
{
    const struct key_limits *l = &k->limits;
    long long s = left->retry_after_s;
    char say[256];
    enum tb_code c = full == FULL_NEVER ? TB_TOO_LARGE : TB_LIMITED;

    switch (full) {
    case FULL_CONCURRENT:
        snprintf(say, sizeof(say), "这个密钥同时最多 %lld 个请求，请等前面的结束后再试",
                 (long long)l->concurrent);
        break;
    case FULL_REQUESTS:
        snprintf(say, sizeof(say), "这个密钥每分钟最多 %lld 次请求，请 %lld 秒后再试",
                 (long long)l->requests_minute, s);
        break;
    case FULL_TOKENS:
        snprintf(say, sizeof(say), "这个密钥每分钟最多 %lld 个 token，请 %lld 秒后再试",
                 (long long)l->tokens_minute, s);
        break;
    case FULL_DAY:
        snprintf(say, sizeof(say), "这个密钥每天最多 %lld 个 token，今天剩下的不够，请明天再试",
                 (long long)l->tokens_day);
        break;
    default:
        snprintf(
            say, sizeof(say),
            "这次请求最多要用 %lld 个 token，超过了这个密钥的限额，请缩短内容或减小 max_tokens",
            (long long)tokens);
    }
    (void)tb_fail_say(e, c, str_z(say), STR(""));
    snprintf(e->log, sizeof(e->log), "key=%lld limit=%d tokens=%lld retry_s=%lld",
             (long long)k->key.id, (int)full, (long long)tokens, s);
    return c;
}

enum tb_code quota_reserve(struct quota *q, const struct quota_key *key, int64_t tokens,
                           struct quota_hold *hold, struct quota_left *left, struct tb_err *e)
{
    struct entry *k = (struct entry *)(uintptr_t)key;
    struct moment now = moment_of(k->world);
    struct meter *m = k->meter;
    int64_t wait_ms;
    enum full full;

    (void)q;
    assert(tokens >= 0);
    *hold = (struct quota_hold){ 0 };
    pthread_mutex_lock(&m->lock);
    window_move(&m->requests, now.second);
    window_move(&m->tokens, now.second);
    full = which_is_full(k, tokens, &now, &wait_ms);
    if (full == FULL_NONE) {
        window_take(&m->requests, 1);
        window_take(&m->tokens, tokens);
        *meter_day(m, now.day) += tokens;
        m->running++;
        *hold = (struct quota_hold){ key, tokens, m->tokens.at, now.day };
    }
    left_of(k, &now, left);
    pthread_mutex_unlock(&m->lock);
    if (full == FULL_NONE)
        return TB_OK;
    left->retry_after_s = (wait_ms + 999) / 1000;
    return refuse(k, full, tokens, left, e);
}

void quota_settle(struct quota *q, struct quota_hold *hold, int64_t used)
{
    struct meter *m = ((const struct entry *)hold->key)->meter;
    int64_t second = world_mono_us(((const struct entry *)hold->key)->world) / 1000000;

    (void)q;
    assert(used >= 0);
    pthread_mutex_lock(&m->lock);
    window_move(&m->tokens, second);
    if (used < hold->tokens)
        window_back(&m->tokens, hold->minute, hold->tokens - used);
    else
        window_take(&m->tokens, used - hold->tokens);
    *meter_day(m, hold->day) += used - hold->tokens;
    m->running--;
    assert(m->running >= 0);
    pthread_mutex_unlock(&m->lock);
    hold->key = NULL;
}
