/* The API's own words: they stand in every message and say nothing. */
#include "scenario/gateway/inside.h"

#include <string.h>

bool among(struct str key, const char *const *names)
{
    for (; key.n && *names; names++)
        if (**names == key.p[0] && strncmp(*names, key.p, key.n) == 0 && (*names)[key.n] == 0)
            return true;
    return false;
}

/* By length, a blank after each. */
static const char *const words[] = {
    [1] = "n ",
    [2] = "id ",
    [3] = "url ",
    [4] = "role user tool type text stop name seed ",
    [5] = "index delta model top_p input usage ",
    [6] = "system length stream prompt object string ",
    [7] = "content message refusal choices ",
    [8] = "function logprobs messages required ",
    [9] = "assistant arguments image_url ",
    [10] = "tool_calls max_tokens parameters properties ",
    [11] = "temperature description ",
    [13] = "finish_reason include_usage ",
    [14] = "stream_options ",
    [17] = "reasoning_content ",
};

bool is_api_word(struct str s)
{
    const char *at = s.n < sizeof(words) / sizeof(words[0]) ? words[s.n] : NULL;

    for (; at && *at; at += s.n + 1)
        if (*at == *s.p && memcmp(at, s.p, s.n) == 0)
            return true;
    return false;
}
