/* The API's own words: they stand in every message and say nothing. */
#include "scenario/gateway/inside.h"

#include <string.h>

bool among(struct str key, const char *const *names)
{
    for (; key.n && *names; names++)
        if (strncmp(*names, key.p, key.n) == 0 && (*names)[key.n] == 0)
            return true;
    return false;
}

#define WORD(s)                                                                                    \
    {                                                                                              \
        "" s, sizeof(s) - 1                                                                        \
    }

bool is_api_word(struct str s)
{
    static const struct str words[] = {
        WORD("role"),        WORD("content"),       WORD("user"),       WORD("assistant"),
        WORD("system"),      WORD("tool"),          WORD("type"),       WORD("text"),
        WORD("index"),       WORD("message"),       WORD("delta"),      WORD("finish_reason"),
        WORD("stop"),        WORD("length"),        WORD("tool_calls"), WORD("function"),
        WORD("arguments"),   WORD("name"),          WORD("id"),         WORD("logprobs"),
        WORD("refusal"),     WORD("model"),         WORD("messages"),   WORD("stream"),
        WORD("max_tokens"),  WORD("temperature"),   WORD("top_p"),      WORD("stream_options"),
        WORD("seed"),        WORD("include_usage"), WORD("n"),          WORD("reasoning_content"),
        WORD("prompt"),      WORD("input"),         WORD("url"),        WORD("image_url"),
        WORD("description"), WORD("parameters"),    WORD("properties"), WORD("required"),
        WORD("object"),      WORD("string"),        WORD("choices"),    WORD("usage"),
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (s.n == words[i].n && str_eq(s, words[i]))
            return true;
    return false;
}
