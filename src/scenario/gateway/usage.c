/* What engines say of tokens, in the shapes of OpenAI, vLLM, DeepSeek and rerankers. */
#include "scenario/gateway/inside.h"

enum { SAID_MAX = 1000000000 }; /* an engine that says more is wrong; costs stay within 64 bits */

int64_t usage_said(int64_t n)
{
    return n < 0 ? 0 : n > SAID_MAX ? SAID_MAX : n;
}

static int64_t count(struct json_spot *v, const char *key, int64_t otherwise)
{
    return usage_said(json_spot_int(v, key, otherwise));
}

void usage_read(struct call_usage *u, struct json_spot *usage)
{
    struct json_spot *in = json_spot_get(usage, "prompt_tokens_details");
    struct json_spot *out = json_spot_get(usage, "completion_tokens_details");
    int64_t total = count(usage, "total_tokens", 0);

    u->answer = count(usage, "completion_tokens", 0);
    u->prompt = count(usage, "prompt_tokens", total > u->answer ? total - u->answer : 0);
    u->cached = count(in, "cached_tokens", count(usage, "prompt_cache_hit_tokens", 0));
    u->reasoning = count(out, "reasoning_tokens", 0);
    if (u->cached > u->prompt)
        u->cached = u->prompt;
}
