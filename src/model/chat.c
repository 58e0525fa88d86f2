#include "model/chat.h"

#include "base/json.h"
#include "base/utf8.h"
#include "model/mend.h"

static void chat_messages(struct json *j, const struct model_ask *ask)
{
    json_karr(j, "messages");
    for (size_t i = 0; i < ask->n; i++) {
        json_obj(j);
        json_kstr(j, "role", str_z(ask->messages[i].role));
        json_kstr(j, "content", ask->messages[i].content);
        json_end(j);
    }
    json_end(j);
}

static void chat_llama(struct json *j, const struct model_ask *ask)
{
    json_kbool(j, "cache_prompt", true);
    if (ask->grammar.n)
        json_kstr(j, "grammar", ask->grammar);
}

void chat_write(struct buf *out, const struct model_ask *ask, struct str model, bool llama)
{
    struct json j = JSON_INIT(out);

    json_obj(&j);
    if (model.n)
        json_kstr(&j, "model", model);
    chat_messages(&j, ask);
    json_kbool(&j, "stream", true);
    json_kobj(&j, "stream_options");
    json_kbool(&j, "include_usage", true);
    json_end(&j);
    if (ask->max_tokens > 0)
        json_kint(&j, "max_tokens", ask->max_tokens);
    if (ask->temperature >= 0)
        json_kreal(&j, "temperature", ask->temperature);
    if (ask->top_p > 0)
        json_kreal(&j, "top_p", ask->top_p);
    if (ask->stop_n) {
        json_karr(&j, "stop");
        for (size_t i = 0; i < ask->stop_n; i++)
            json_str(&j, ask->stop[i]);
        json_end(&j);
    }
    if (llama)
        chat_llama(&j, ask);
    json_end(&j);
}

static enum chat_finish chat_finish_of(const struct json_value *reason)
{
    struct str s = json_text(reason);

    if (json_is_null(reason) || (json_is_str(reason) && !s.n))
        return CHAT_OPEN;
    if (str_eqz(s, "stop") || str_eqz(s, "eos"))
        return CHAT_STOP;
    return str_eqz(s, "length") ? CHAT_LENGTH : CHAT_REFUSED;
}

static int tokens_in(const struct json_value *v, const char *key)
{
    int64_t n = json_get_int(v, key, -1);

    return n >= 0 && n <= INT32_MAX ? (int)n : -1;
}

/* cached: OpenAI, vLLM and SGLang in prompt_tokens_details, DeepSeek's own service beside it as
 * well, llama-server among its timings. */
static void chat_usage(const struct json_value *v, struct chat_event *out)
{
    const struct json_value *u = json_get(v, "usage"), *t = json_get(v, "timings");

    if (json_is_obj(u)) {
        out->prompt_tokens = tokens_in(u, "prompt_tokens");
        out->answer_tokens = tokens_in(u, "completion_tokens");
        out->cached_tokens = tokens_in(json_get(u, "prompt_tokens_details"), "cached_tokens");
        out->reasoning_tokens =
            tokens_in(json_get(u, "completion_tokens_details"), "reasoning_tokens");
        if (out->reasoning_tokens < 0)
            out->reasoning_tokens = tokens_in(u, "reasoning_tokens");
        if (out->cached_tokens < 0)
            out->cached_tokens = tokens_in(u, "prompt_cache_hit_tokens");
    }
    if (json_is_obj(t) && out->cached_tokens < 0)
        out->cached_tokens = tokens_in(t, "cache_n");
}

static void chat_choice(const struct json_value *choice, struct chat_event *out)
{
    const struct json_value *delta = json_get(choice, "delta");

    if (!json_is_obj(choice))
        return;
    if (!json_is_obj(delta))
        delta = json_get(choice, "message");
    out->choice = true;
    out->text = json_get_str(delta, "content");
    out->reasoning = json_get_str(delta, "reasoning_content");
    if (!out->reasoning.n)
        out->reasoning = json_get_str(delta, "reasoning");
    out->finish = chat_finish_of(json_get(choice, "finish_reason"));
}

static struct str error_text(const struct json_value *v)
{
    const struct json_value *err = json_get(v, "error");

    return json_is_obj(err) ? json_get_str(err, "message") : json_text(err);
}

enum tb_code chat_read(struct arena *a, struct str data, struct chat_event *out, struct tb_err *e)
{
    const struct json_value *v = NULL;
    struct tb_err why = TB_ERR_INIT;

    *out = (struct chat_event){
        .prompt_tokens = -1, .cached_tokens = -1, .answer_tokens = -1, .reasoning_tokens = -1
    };
    if (json_read(a, mend_carry(a, data), &v, &why) || !json_is_obj(v))
        return tb_fail(e, TB_UPSTREAM, "推理引擎返回的内容无法识别，回答不完整，请稍后重试或转人工",
                       "engine sent no json object: bytes=%zu %s", data.n, why.log);
    if (!json_is_null(json_get(v, "error")))
        return tb_fail(e, TB_UPSTREAM, "推理引擎报告了错误，回答不完整，请稍后重试或转人工",
                       "engine error: %.*s", STR_FMT(utf8_head(error_text(v), 100)));
    chat_choice(json_at(json_get(v, "choices"), 0), out);
    chat_usage(v, out);
    out->model = json_get_str(v, "model");
    return TB_OK;
}

struct str chat_error(struct arena *a, struct str body)
{
    const struct json_value *v = NULL;
    struct tb_err why = TB_ERR_INIT;

    if (!json_read(a, body, &v, &why) && error_text(v).n)
        return utf8_head(error_text(v), 100);
    return utf8_valid(body) ? utf8_head(str_trim(body), 100) : STR("(no text)");
}
