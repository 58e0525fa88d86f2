/* Answers that were given before (model/answer_cache.h). Only what is the same for everybody who
 * may see it: one choice, words alone, a temperature of 0, nothing personal; and only within the
 * department of the key. `x-tongban-cache: no` asks the engine anyway. */
#include "base/utf8.h"
#include "scenario/gateway/inside.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 256 * 1024, QUESTION_MIN = 6, QUESTION_MAX = 600 };

/* What changes an answer beside its messages and tools, as it was sent. */
static struct str fields_of(struct call *c, const char *const *names, bool named)
{
    struct json_spot_walk w = json_spot_walk(json_edit_root(c->doc));
    struct buf b = BUF_INIT(TEXT_MAX);
    struct json_spot *v;
    struct str key;

    while ((v = json_spot_step(&w, &key)))
        if (among(key, names) == named) {
            buf_add(&b, key);
            buf_addc(&b, '=');
            json_spot_write(v, &b);
            buf_addc(&b, '\n');
        }
    return b.over ? STR_NONE : arena_buf(&c->asked, &b);
}

static struct json_spot *last_message(struct json_spot *root)
{
    struct json_spot_walk w = json_spot_walk(json_spot_get(root, "messages"));
    struct json_spot *v, *last = NULL;

    while ((v = json_spot_step(&w, NULL)))
        last = v;
    return str_eqz(json_spot_text(json_spot_get(last, "role")), "user") ? last : NULL;
}

static struct str messages_of(struct call *c, const struct json_spot *but)
{
    struct json_spot_walk w = json_spot_walk(json_spot_get(json_edit_root(c->doc), "messages"));
    struct buf b = BUF_INIT((size_t)c->kind->route->body_max);
    struct json_spot *v;

    while ((v = json_spot_step(&w, NULL)))
        if (v != but) {
            json_spot_write(v, &b);
            buf_addc(&b, '\n');
        }
    return arena_buf(&c->asked, &b);
}

void cache_key(struct call *c, struct str wish)
{
    static const char *const own[] = { "messages",        "prompt", "stream", "stream_options",
                                       "model",           "user",   "tools",  "tool_choice",
                                       "response_format", NULL };
    static const char *const tools[] = { "tools", "tool_choice", "response_format", NULL };
    struct answer_cache *cache = c->loop->g->o.cache;
    struct json_spot *root = c->doc ? json_edit_root(c->doc) : NULL, *last;
    struct answer_ask ask = { .model = c->ask.model, .department = c->key->department };

    if (!cache || !root || !c->kind->chats || c->ask.choices != 1 || str_case_eq(wish, STR("no")))
        return;
    ask.temperature = json_spot_num(root, "temperature", 1);
    ask.personal = c->speech.mask.n > 0;
    if (ask.temperature > 0 || ask.personal)
        return;
    last = last_message(root);
    ask.sampling = fields_of(c, own, false);
    ask.tools = fields_of(c, tools, true);
    ask.question = json_spot_text(json_spot_get(last, "content"));
    ask.before = last ? messages_of(c, ask.question.n ? last : NULL)
                      : json_spot_text(json_spot_get(root, "prompt"));
    if (!ask.sampling.p || !ask.tools.p || (!ask.question.n && !ask.before.n))
        return;
    c->cache = ARENA_NEW(&c->mem, struct answer_key);
    c->cache_ask = ARENA_NEW(&c->asked, struct answer_ask);
    *c->cache_ask = ask;
    answer_cache_key(cache, &ask, c->cache);
    c->text = (struct buf)BUF_INIT(TEXT_MAX);
}

/* Words that may be given again; anything else in an answer makes it not worth keeping. */
void cache_said(struct call *c, const struct lane *l, struct str said)
{
    bool words =
        l->place == LANE_TEXT || (l->place == LANE_DELTA && strcmp(l->key, "content") == 0);
    bool reasoning = l->place == LANE_DELTA && strncmp(l->key, "reasoning", 9) == 0;

    if (!c->cache || !said.n || reasoning)
        return;
    if (words)
        buf_add(&c->text, said);
    else
        c->text.over = true;
}

void cache_keep(struct call *c)
{
    struct gateway *g = c->loop->g;
    struct answer_value v = { .body = buf_str(&c->text),
                              .prompt_tokens = c->usage.prompt,
                              .completion_tokens = c->usage.answer };

    if (!c->cache || c->code || c->from_cache || c->text.over || !c->text.n || c->cut_short)
        return;
    (void)answer_cache_put(g->o.cache, c->cache, world_now_ms(g->o.world), &v);
}

/* ---- giving again ---- */

static void usage_json(struct json *j, const struct answer *a)
{
    json_kobj(j, "usage");
    json_kint(j, "prompt_tokens", a->prompt_tokens);
    json_kint(j, "completion_tokens", a->completion_tokens);
    json_kint(j, "total_tokens", a->prompt_tokens + a->completion_tokens);
    json_end(j);
}

static void frame(struct json *j, const struct call *c, bool stream)
{
    const char *chat = stream ? "chat.completion.chunk" : "chat.completion";
    char id[64];

    snprintf(id, sizeof(id), "cache-%s", c->request_id);
    json_obj(j);
    json_kstr(j, "id", str_z(id));
    json_kstr(j, "object", str_z(strcmp(c->kind->scope, "chat") == 0 ? chat : "text_completion"));
    json_kint(j, "created", world_now_ms(c->loop->g->o.world) / 1000);
    json_kstr(j, "model", c->ask.model);
    json_karr(j, "choices");
}

static void choice(struct json *j, const struct call *c, const char *holder, struct str text,
                   bool ends)
{
    json_obj(j);
    json_kint(j, "index", 0);
    if (strcmp(c->kind->scope, "chat") != 0) {
        json_kstr(j, "text", text);
    } else {
        json_kobj(j, holder);
        json_kstr(j, "role", STR("assistant"));
        json_kstr(j, "content", text);
        json_end(j);
    }
    json_key(j, "finish_reason");
    if (ends)
        json_str(j, STR("stop"));
    else
        json_null(j);
    json_end(j);
}

static void say_event(struct call *c, struct buf *b, const struct answer *a, struct str text,
                      bool ends, bool usage)
{
    struct json j = JSON_INIT(b);

    buf_reset(b);
    buf_addz(b, "data: ");
    frame(&j, c, true);
    if (!usage)
        choice(&j, c, "delta", text, ends);
    json_end(&j);
    if (usage)
        usage_json(&j, a);
    json_end(&j);
    buf_addz(b, "\n\n");
    reply_event(c, buf_str(b));
}

static void give_stream(struct call *c, const struct answer *a)
{
    struct buf b = BUF_INIT(2 * TEXT_MAX);

    reply_stream_head(c);
    say_event(c, &b, a, a->body, false, false);
    say_event(c, &b, a, STR(""), true, false);
    if (c->ask.wants_usage)
        say_event(c, &b, a, STR(""), false, true);
    call_settle(c);
    reply_event(c, STR("data: [DONE]\n\n"));
    reply_stream_end(c, true);
    buf_release(&b);
}

static void give_whole(struct call *c, const struct answer *a)
{
    struct buf b = BUF_INIT(2 * TEXT_MAX);
    struct json j = JSON_INIT(&b);

    frame(&j, c, false);
    choice(&j, c, "message", a->body, true);
    json_end(&j);
    usage_json(&j, a);
    json_end(&j);
    call_settle(c);
    reply_whole(c, 200, "application/json; charset=utf-8", buf_str(&b));
    buf_release(&b);
}

static bool give(struct call *c)
{
    struct gateway *g = c->loop->g;
    struct answer *a = answer_cache_find(g->o.cache, c->cache, world_now_ms(g->o.world), NULL);

    if (!a)
        return false;
    c->from_cache = true;
    c->first_us = loop_now(c->loop);
    sm3_add(&c->digest, a->body);
    if (c->key->keeping != KEEPING_DIGEST)
        buf_add(&c->answer, str_sub(a->body, 0, utf8_floor(a->body, KEPT_MAX)));
    if (c->ask.stream)
        give_stream(c, a);
    else
        give_whole(c, a);
    answer_drop(a);
    call_end(c);
    return true;
}

bool cache_answers(struct call *c)
{
    struct gateway *g = c->loop->g;
    size_t n = c->cache ? c->cache_ask->question.n : 0;

    if (!c->cache)
        return false;
    if (give(c))
        return true;
    if (!g->alike || n < QUESTION_MIN || n > QUESTION_MAX)
        return false;
    c->state = CALL_ALIKE;
    c->vector = arena_zalloc(&c->asked, ANSWER_DIM);
    alike_ask(g->alike, c);
    return true;
}

bool cache_answers_alike(struct call *c)
{
    if (!c->vector_made)
        return false;
    c->cache_ask->vector = c->vector;
    c->cache_ask->facts = alike_facts(&c->asked, c->cache_ask->question);
    answer_cache_key(c->loop->g->o.cache, c->cache_ask, c->cache);
    return give(c);
}
