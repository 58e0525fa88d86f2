/* What a body asks for, and the body as the engine gets it: personal data as tokens, usage always
 * wanted, an upper limit always said; everything else as it was sent. */
#include "base/json_edit.h"
#include "base/utf8.h"
#include "scenario/gateway/inside.h"

#include <string.h>

enum {
    TEXT_DEPTH = 64,
    IMAGE_TOKENS = 4096,
    MESSAGE_TOKENS = 16,
    FRAME_TOKENS = 64,
    LONG_BASE64 = 1024, /* without data: before it */
    N_MAX = 16,
    PROMPTS_MAX = CHOICES_MAX,
    TOKENS_MAX = 1000000000,
    OTHERS_EACH = 4096, /* of one text, for the look at all of them together */
    OTHERS_MAX = 64 * 1024
};

/* The most tokens a text can be: no tokenizer makes more tokens than bytes. */
struct reading {
    struct call *c;
    struct json_edit *doc;
    int64_t tokens;
    size_t bytes;
    bool foreign;      /* what is read now was written by others than the application itself */
    bool own;          /* … by the application: only the data of others inside it are judged */
    struct buf others; /* the heads of all that, together */
    size_t other_n;
    struct tb_err *e;
};

/* A picture or a sound: base64 and nothing else, where the API has it. A text that only begins like
 * one is a text. */
static bool is_media(struct str key, struct str s)
{
    static const char *const keys[] = {
        "url", "image_url", "video_url", "audio_url", "data", NULL
    };
    struct str rest = s, head;
    bool uri;

    if (!among(key, keys))
        return false;
    head = str_cut(&rest, STR(";base64,"));
    uri = str_starts(head, STR("data:")) && head.n < 100 && rest.p;
    if (!uri && s.n < LONG_BASE64)
        return false;
    if (!uri)
        rest = s;
    for (size_t i = 0; i < rest.n; i++) {
        unsigned char b = (unsigned char)rest.p[i];

        if (!((b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z') || (b >= '+' && b <= '9') ||
              b == '=' || b == '_') ||
            b == ',' || b == '.')
            return false;
    }
    return true;
}

static enum tb_code guard(struct reading *r, struct str in, struct str *out)
{
    struct call *c = r->c;
    struct str kind = STR_NONE;

    *out = in;
    if (is_api_word(in))
        return TB_OK;
    if (speech_in(&c->speech, in, out, &kind, r->e)) {
        c->blocked_kind = kind;
        c->blocked = r->e->code == TB_FORBIDDEN;
    }
    return r->e->code;
}

/* in as it was written, *out as it stands now. The arguments of a tool call stay the JSON that they
 * are. */
static enum tb_code judge(struct reading *r, struct str key, struct str in, struct str *out)
{
    struct str as_is = *out;

    if (r->own)
        return injection_judge_data(r->c, out, r->e);
    if (!r->foreign || is_api_word(in))
        return TB_OK;
    buf_add(&r->others, str_sub(in, 0, utf8_floor(in, OTHERS_EACH)));
    buf_addc(&r->others, '\n');
    r->other_n++;
    if (injection_judge(r->c, in, out, r->e))
        return r->e->code;
    if (key.n && !str_eqz(key, "content") && !str_eqz(key, "text"))
        *out = as_is;
    return TB_OK;
}

static enum tb_code read_text(struct reading *r, struct json_spot *v, struct str key)
{
    struct str in = json_spot_text(v), out;

    if (is_media(key, in)) {
        r->tokens += IMAGE_TOKENS;
        return TB_OK;
    }
    r->tokens += (int64_t)in.n;
    if (guard(r, in, &out) || judge(r, key, in, &out))
        return r->e->code;
    r->bytes += out.n;
    prefix_add(&r->c->ask.prefix, out);
    if (out.p != in.p || out.n != in.n)
        json_spot_say(r->doc, v, out);
    return TB_OK;
}

/* A key cannot become another one: the application's own code looks for it. */
static enum tb_code read_key(struct reading *r, struct str key)
{
    struct str out;

    if (guard(r, key, &out))
        return r->e->code;
    if (out.p != key.p || out.n != key.n)
        return tb_fail(r->e, TB_INVALID, "字段名里有个人信息，请改写后再试", "personal key");
    return TB_OK;
}

enum { NUMBER_LEAST = 7 }; /* no shorter number is anybody's */

/* A telephone number is one also where it is written as a number; it becomes a string then. A seed
 * is none. */
static enum tb_code read_number(struct reading *r, struct json_spot *v, struct str key)
{
    struct buf b = BUF_INIT(64);
    struct str in, out;

    json_spot_write(v, &b);
    if (b.over || b.n < NUMBER_LEAST || str_eqz(key, "seed")) {
        buf_release(&b);
        return TB_OK;
    }
    in = arena_buf(&r->c->mem, &b);
    if (guard(r, in, &out))
        return r->e->code;
    if (out.p != in.p || out.n != in.n)
        json_spot_say(r->doc, v, out);
    return TB_OK;
}

/* Every string in v: nothing that a model reads goes by the guard. */
static enum tb_code read_texts(struct reading *r, struct json_spot *v, struct str key, int depth)
{
    struct json_spot_walk w = json_spot_walk(v);
    struct json_spot *one;
    bool named = json_spot_is_obj(v);

    if (json_spot_is_str(v))
        return read_text(r, v, key);
    if (json_spot_is_num(v))
        return read_number(r, v, key);
    if (depth > TEXT_DEPTH)
        return tb_fail(r->e, TB_INVALID, "内容嵌套过深", "depth>%d", TEXT_DEPTH);
    while ((one = json_spot_step(&w, named ? &key : NULL)))
        if ((named && read_key(r, key)) || read_texts(r, one, key, depth + 1))
            return r->e->code;
    return TB_OK;
}

/* What the application says itself (system, developer) is its own, but for the data of others
 * inside it; what its users, its tools and the models wrote is not. */
static enum tb_code read_messages(struct reading *r, struct json_spot *messages)
{
    struct json_spot_walk w = json_spot_walk(messages);
    struct json_spot *one;

    while ((one = json_spot_step(&w, NULL))) {
        struct str role = json_spot_text(json_spot_get(one, "role"));

        r->own = str_eqz(role, "system") || str_eqz(role, "developer");
        r->foreign = !r->own;
        if (read_texts(r, one, STR_NONE, 1))
            return r->e->code;
    }
    r->foreign = r->own = false;
    return r->other_n > 1 ? injection_judge_all(r->c, buf_str(&r->others), r->e) : TB_OK;
}

static enum tb_code read_named(struct reading *r, const char *name, struct json_spot *v)
{
    enum tb_code c;

    if (str_eqz(str_z(name), "messages") && json_spot_is_arr(v))
        return read_messages(r, v);
    r->foreign = r->c->kind->chats; /* prompt, tools; a vector or an order obeys nobody */
    c = read_texts(r, v, STR_NONE, 0);
    r->foreign = false;
    return c;
}

/* First what makes the prompt, in the order in which engines write it; then whatever else there is:
 * engines know fields that nobody here has heard of. */
static enum tb_code read_prompts(struct reading *r, struct json_spot *root)
{
    static const char *const names[] = { "tools", "functions", "messages",  "prompt", "suffix",
                                         "input", "query",     "documents", "model",  NULL };
    struct json_spot_walk w = json_spot_walk(root);
    struct json_spot *v;
    struct str key;

    for (size_t i = 0; names[i + 1]; i++) { /* but for the model's name */
        v = json_spot_get(root, names[i]);
        if (json_spot_is_null(v))
            continue;
        r->tokens += json_spot_is_arr(v) ? MESSAGE_TOKENS * (int64_t)json_spot_len(v) : 0;
        if (read_named(r, names[i], v))
            return r->e->code;
    }
    while ((v = json_spot_step(&w, &key)))
        if (read_key(r, key) || (!among(key, names) && read_texts(r, v, key, 0)))
            return r->e->code;
    return TB_OK;
}

/* A prompt of token numbers goes by the guard: vectors may be made of one, words may not. */
static enum tb_code no_numbers(struct json_spot *prompt, struct tb_err *e)
{
    struct json_spot_walk w = json_spot_walk(prompt);
    struct json_spot *v = json_spot_is_arr(prompt) ? json_spot_step(&w, NULL) : NULL;

    if (v && !json_spot_is_str(v))
        return tb_fail(e, TB_INVALID, "prompt 应为文字，不能是 token 编号", "prompt=tokens");
    return TB_OK;
}

static enum tb_code need_field(struct json_spot *root, const char *name, struct tb_err *e)
{
    if (!json_spot_is_null(json_spot_get(root, name)))
        return TB_OK;
    return tb_fail_say(e, TB_INVALID,
                       STR("请求缺少必要的内容：对话要有 messages，续写要有 prompt，"
                           "向量要有 input，重排要有 query 和 documents"),
                       str_z(name));
}

static enum tb_code check_messages(struct json_spot *messages, struct tb_err *e)
{
    struct json_spot_walk w = json_spot_walk(messages);
    struct json_spot *one;

    if (!json_spot_is_arr(messages) || !json_spot_len(messages))
        return tb_fail(e, TB_INVALID, "messages 应为非空的数组", "messages");
    while ((one = json_spot_step(&w, NULL))) {
        struct json_spot *content = json_spot_get(one, "content");

        if (!json_spot_is_obj(one) || (!json_spot_is_null(content) && !json_spot_is_str(content) &&
                                       !json_spot_is_arr(content)))
            return tb_fail(e, TB_INVALID, "每条消息应为对象，content 应为文字或数组",
                           "message or its content");
    }
    return TB_OK;
}

static enum tb_code check_fields(const struct call *c, struct json_spot *root, struct tb_err *e)
{
    struct json_spot *messages = json_spot_get(root, "messages");

    switch (c->kind->role) {
    case ENGINE_EMBEDDING:
        return need_field(root, "input", e);
    case ENGINE_RERANK:
        return need_field(root, "query", e) || need_field(root, "documents", e) ? e->code : TB_OK;
    default:
        break;
    }
    if (json_spot_bool(root, "logprobs", false) || json_spot_int(root, "top_logprobs", 0) > 0 ||
        json_spot_int(root, "logprobs", 0) > 0 || json_spot_bool(root, "echo", false))
        return tb_fail(e, TB_INVALID, "本网关不提供 logprobs 和 echo：它们会绕过内容检查",
                       "logprobs or echo");
    if (strcmp(c->kind->scope, "completion") == 0)
        return need_field(root, "prompt", e) || no_numbers(json_spot_get(root, "prompt"), e)
                   ? e->code
                   : TB_OK;
    return check_messages(messages, e);
}

/* A number that says how much is wanted. Engines take "5" and 5.0 for 5, so what is not plainly a
 * number within its bounds is refused: it would be counted as something else here. */
static enum tb_code read_count(struct json_spot *root, const char *key, int64_t most, int64_t *out,
                               struct tb_err *e)
{
    struct json_spot *v = json_spot_get(root, key);
    int64_t n;

    if (json_spot_is_null(v))
        return TB_OK;
    n = json_spot_int(root, key, -1);
    if (n < 0 || n > most)
        return tb_fail(e, TB_INVALID,
                       "n、best_of 应为 1 到 16 的整数，max_tokens 应为不超过十亿的整数", "%s",
                       key);
    *out = n;
    return TB_OK;
}

static enum tb_code read_choices(struct call *c, struct json_spot *root, struct tb_err *e)
{
    int64_t n = 1, best = 1, prompts = (int64_t)json_spot_len(json_spot_get(root, "prompt"));

    if (read_count(root, "n", N_MAX, &n, e) || read_count(root, "best_of", N_MAX, &best, e))
        return e->code;
    if (n < 1)
        return tb_fail(e, TB_INVALID, "n 应为 1 到 16", "n=%lld", (long long)n);
    if (prompts < 1)
        prompts = 1;
    if (prompts > PROMPTS_MAX)
        return tb_fail(e, TB_INVALID, "一次最多续写 64 段 prompt", "prompts=%lld",
                       (long long)prompts);
    c->ask.answers = n * prompts;
    c->ask.choices = (best > n ? best : n) * prompts;
    return TB_OK;
}

static enum tb_code read_length(struct call *c, struct json_edit *doc, struct json_spot *root,
                                struct tb_err *e)
{
    int64_t one = 0, other = 0;

    if (read_count(root, "max_tokens", TOKENS_MAX, &one, e) ||
        read_count(root, "max_completion_tokens", TOKENS_MAX, &other, e))
        return e->code;
    if (other > one)
        one = other;
    if (!one) {
        one = ANSWER_TOKENS;
        json_spot_put_int(doc, root, "max_tokens", one);
    }
    c->ask.answer_tokens = one * c->ask.choices;
    return TB_OK;
}

static enum tb_code read_limits(struct call *c, struct json_edit *doc, struct json_spot *root,
                                struct tb_err *e)
{
    struct json_spot *o = json_spot_get(root, "stream_options");
    bool stream = json_spot_bool(root, "stream", false);

    if (read_choices(c, root, e) || read_length(c, doc, root, e))
        return e->code;
    if (!json_spot_is_null(json_spot_get(root, "stream")) &&
        stream != json_spot_bool(root, "stream", true)) /* an engine may take "true" for true */
        return tb_fail(e, TB_INVALID, "stream 应为 true 或 false", "stream");
    c->ask.stream = stream;
    c->ask.wants_usage = json_spot_bool(o, "include_usage", false);
    if (!c->ask.stream)
        return TB_OK;
    if (!json_spot_is_obj(o))
        o = json_spot_put_obj(doc, root, "stream_options");
    json_spot_put_bool(doc, o, "include_usage", true);
    return TB_OK;
}

enum tb_code ask_read(struct call *c, struct str body, struct str media_type, struct tb_err *e)
{
    struct reading r = { .c = c, .tokens = FRAME_TOKENS, .others = BUF_INIT(OTHERS_MAX), .e = e };
    struct json_spot *root;
    struct str model;
    enum tb_code code;

    (void)media_type; /* curl and old clients send a form's type with JSON */
    if (json_edit_read(&c->asked, body, &r.doc, e))
        return e->code;
    root = json_edit_root(r.doc);
    if (!json_spot_is_obj(root) || json_spot_doubled(root))
        return tb_fail(e, TB_INVALID, "请求应为 JSON 对象，每个字段只写一次", "json root");
    model = json_spot_text(json_spot_get(root, "model"));
    if (!model.n || model.n > 200)
        return tb_fail(e, TB_INVALID, "请写明 model，可用的模型见 GET /v1/models", "model");
    c->ask.model = arena_str(&c->mem, model);
    if (check_fields(c, root, e) || (c->kind->chats && read_limits(c, r.doc, root, e)))
        return e->code;
    code = read_prompts(&r, root);
    if (!code && c->kind->chats)
        code = judge_asked(c, root, e);
    buf_release(&r.others);
    if (code)
        return code;
    c->ask.prompt_tokens = r.tokens;
    c->ask.prompt_bytes = r.bytes;
    c->ask.media_type = STR("application/json");
    c->doc = r.doc;
    return TB_OK;
}

/* The model's own name is known once there is a place. */
static void advise(struct call *c, const char *key, double v)
{
    struct json_spot *root = json_edit_root(c->doc);

    if (v >= 0 && json_spot_is_null(json_spot_get(root, key)))
        json_spot_put_num(c->doc, root, key, v);
}

void ask_write(struct call *c)
{
    const struct engines_place *p = &c->ticket.place;

    if (!c->doc) {
        form_write(c);
        return;
    }
    json_spot_put_str(c->doc, json_edit_root(c->doc), "model", str_z(p->model));
    if (c->kind->chats) {
        advise(c, "temperature", p->temperature);
        advise(c, "top_p", p->top_p);
    }
    buf_reset(&c->body);
    json_edit_write(c->doc, &c->body);
}
