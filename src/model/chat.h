/* The OpenAI chat completions API (POST /v1/chat/completions, stream): our side of the request, and
 * one event of the reply read. */
#ifndef MODEL_CHAT_H
#define MODEL_CHAT_H
#include "base/buf.h"
#include "model/pool.h"

/* llama: the engine is llama-server and understands grammar and cache_prompt. */
void chat_write(struct buf *out, const struct model_ask *ask, struct str model, bool llama);

enum chat_finish {
    CHAT_OPEN,   /* not said */
    CHAT_STOP,   /* the answer is whole */
    CHAT_LENGTH, /* cut at max_tokens */
    CHAT_REFUSED /* content_filter, or a reason nobody knows */
};
struct chat_event {
    bool choice; /* an answer is being given */
    enum chat_finish finish;
    struct str text, reasoning; /* may hold carried bytes (mend.h) */
    struct str model;
    /* -1: not said */
    int prompt_tokens, cached_tokens, answer_tokens, reasoning_tokens;
};
/* Views live in a. TB_UPSTREAM for what is no JSON object, or an object that reports an error. */
enum tb_code chat_read(struct arena *a, struct str data, struct chat_event *out,
                       struct tb_err *e) MUST_USE;
/* What an engine says of an error: the message in its JSON, else the beginning of the body. */
struct str chat_error(struct arena *a, struct str body);

#endif
