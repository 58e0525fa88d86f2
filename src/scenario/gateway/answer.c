/* The engine's words on their way out: every text in every choice goes through the guard, whatever
 * field it stands in; what is said of usage is booked and shown only to who asked for it. */
#include "scenario/gateway/inside.h"

#include <string.h>

#define GARBLED "推理引擎的回答格式不正确，已中断，请稍后重试"

struct saying { /* one event, or a whole answer */
    struct call *c;
    struct arena mem;
    struct json_edit *doc;
    struct tb_err *e;
    bool changed, end, worth; /* worth: something in it is worth an event of its own */
    uint64_t ended;           /* choices that end with it, once it is shown */
};

static enum tb_code garbled(struct saying *s, const char *what)
{
    return tb_fail(s->e, TB_UPSTREAM, GARBLED, "engine sent garbage: %s", what);
}

static enum tb_code say(struct saying *s, struct lane *l, struct json_spot *v)
{
    struct str in = json_spot_text(v), out;

    if (!l || (l->place == LANE_LOOSE ? lane_say_loose(s->c, l, &s->mem, in, &out, s->e)
                                      : lane_say(s->c, l, &s->mem, in, s->end, &out, s->e)))
        return s->e->code;
    s->worth |= out.n > 0;
    if (!str_eq(in, out)) {
        json_spot_say(s->doc, v, out);
        s->changed = true;
    }
    return TB_OK;
}

/* In a stream what follows under the same key may go on with it; in one piece nothing does. */
static struct lane *loose_lane(struct saying *s, struct str key, int64_t choice)
{
    struct lane *l =
        lane_of(s->c, LANE_LOOSE, choice, -2, s->end ? STR("loose") : str_sub(key, 0, 31), s->e);

    if (l && s->end)
        speech_lane_release(&l->speech);
    return l;
}

/* Any text below v, wherever an engine puts it: nothing goes by the guard because its place is not
 * known here. Names are the engine's own, or must stay what they are. */
static enum tb_code say_loose(struct saying *s, struct json_spot *v, struct str key, int64_t choice)
{
    static const char *const names[] = { "role",     "type",          "id", "name", "format",
                                         "language", "finish_reason", NULL };
    struct json_spot_walk w = json_spot_walk(v);
    struct json_spot *one;

    if (json_spot_is_str(v) && among(key, names))
        return lane_judge(s->c, json_spot_text(v), s->e);
    if (json_spot_is_str(v))
        return say(s, loose_lane(s, key, choice), v);
    s->worth |= json_spot_len(v) > 0;
    while ((one = json_spot_step(&w, json_spot_is_obj(v) ? &key : NULL)))
        if ((json_spot_is_obj(v) && lane_judge(s->c, key, s->e)) || say_loose(s, one, key, choice))
            return s->e->code;
    return TB_OK;
}

static enum tb_code say_function(struct saying *s, struct json_spot *f, enum lane_place place,
                                 int64_t choice, int64_t tool)
{
    struct json_spot_walk w = json_spot_walk(f);
    struct json_spot *v;
    struct str key;
    enum tb_code c = json_spot_is_obj(f) ? TB_OK : say_loose(s, f, STR("function"), choice);

    while (!c && json_spot_is_obj(f) && (v = json_spot_step(&w, &key))) {
        s->worth |= str_eqz(key, "name") && !json_spot_is_null(v);
        if (str_eqz(key, "arguments") && json_spot_is_str(v))
            c = say(s, lane_of(s->c, place, choice, tool, key, s->e), v);
        else
            c = say_loose(s, v, key, choice);
    }
    return c;
}

static enum tb_code say_tool(struct saying *s, struct json_spot *call, int64_t choice, int64_t at)
{
    int64_t index = json_spot_int(call, "index", at);
    struct json_spot_walk w = json_spot_walk(call);
    struct json_spot *v;
    struct str key;
    enum tb_code c = json_spot_is_obj(call) ? TB_OK : say_loose(s, call, STR("tool"), choice);

    while (!c && json_spot_is_obj(call) && (v = json_spot_step(&w, &key)))
        c = str_eqz(key, "function") ? say_function(s, v, LANE_TOOL, choice, index)
                                     : say_loose(s, v, key, choice);
    return c;
}

static enum tb_code say_tools(struct saying *s, struct json_spot *calls, int64_t choice)
{
    struct json_spot_walk w = json_spot_walk(calls);
    struct json_spot *one;
    int64_t at = 0;

    if (!json_spot_is_arr(calls))
        return say_loose(s, calls, STR("tool_calls"), choice);
    while ((one = json_spot_step(&w, NULL)))
        if (say_tool(s, one, choice, at++))
            return s->e->code;
    return TB_OK;
}

/* delta of an event, or message of a whole answer. */
static enum tb_code say_delta(struct saying *s, struct json_spot *delta, int64_t choice)
{
    struct json_spot_walk w = json_spot_walk(delta);
    struct json_spot *v;
    struct str key;
    enum tb_code c = TB_OK;

    if (!json_spot_is_obj(delta))
        return say_loose(s, delta, STR("delta"), choice);
    while (!c && (v = json_spot_step(&w, &key))) {
        s->worth |= str_eqz(key, "role");
        if (str_eqz(key, "tool_calls"))
            c = say_tools(s, v, choice);
        else if (str_eqz(key, "function_call"))
            c = say_function(s, v, LANE_FUNCTION, choice, -1);
        else if (json_spot_is_str(v) && !str_eqz(key, "role"))
            c = say(s, lane_of(s->c, LANE_DELTA, choice, -1, key, s->e), v);
        else
            c = say_loose(s, v, key, choice);
    }
    return c;
}

/* ---- what is still held when a choice ends ---- */

static void put_after(struct saying *s, struct json_spot *obj, const char *key, struct str more)
{
    struct str there = json_spot_text(json_spot_get(obj, key));

    json_spot_put_str(s->doc, obj, key,
                      arena_printf(&s->mem, "%.*s%.*s", STR_FMT(there), STR_FMT(more)));
    s->changed = s->worth = true;
}

static struct json_spot *child(struct saying *s, struct json_spot *obj, const char *key)
{
    struct json_spot *v = json_spot_get(obj, key);

    return json_spot_is_obj(v) ? v : json_spot_put_obj(s->doc, obj, key);
}

static void put_tool(struct saying *s, struct json_spot *delta, int64_t tool, struct str more)
{
    struct json_spot *calls = json_spot_get(delta, "tool_calls"), *one, *same = NULL;
    struct json_spot_walk w = json_spot_walk(calls);

    while ((one = json_spot_step(&w, NULL)))
        if (json_spot_int(one, "index", -1) == tool)
            same = one;
    if (!json_spot_is_arr(calls))
        calls = json_spot_put_arr(s->doc, delta, "tool_calls");
    if (!same) {
        same = json_spot_add_obj(s->doc, calls);
        json_spot_put_int(s->doc, same, "index", tool);
    }
    put_after(s, child(s, same, "function"), "arguments", more);
}

static void put_rest(struct saying *s, struct json_spot *choice, const struct lane *l,
                     struct str more)
{
    const char *key = arena_z(&s->mem, str_z(l->key));
    struct json_spot *delta;

    if (l->place == LANE_TEXT) {
        put_after(s, choice, "text", more);
        return;
    }
    delta = child(s, choice, "delta");
    if (l->place == LANE_TOOL)
        put_tool(s, delta, l->tool, more);
    else if (l->place == LANE_FUNCTION)
        put_after(s, child(s, delta, "function_call"), "arguments", more);
    else
        put_after(s, delta, key, more);
}

static enum tb_code end_lanes(struct saying *s, struct json_spot *choice, int64_t index)
{
    for (size_t i = 0; i < s->c->lane_n; i++) {
        struct lane *l = &s->c->lanes[i];
        struct str out;

        if (l->choice != index)
            continue;
        if (l->mend.n)
            return garbled(s, "an end inside a character");
        if (lane_say(s->c, l, &s->mem, STR(""), true, &out, s->e))
            return s->e->code;
        if (out.n && l->place != LANE_LOOSE)
            put_rest(s, choice, l, out);
    }
    return TB_OK;
}

/* ---- an event ---- */

/* What stands in a choice beside its number. */
static enum tb_code say_field(struct saying *s, struct json_spot *v, struct str key, int64_t index)
{
    if (str_eqz(key, s->end ? "message" : "delta"))
        return say_delta(s, v, index);
    if (str_eqz(key, "text") && json_spot_is_str(v))
        return say(s, lane_of(s->c, LANE_TEXT, index, -1, key, s->e), v);
    return say_loose(s, v, key, index);
}

static enum tb_code say_choice(struct saying *s, struct json_spot *choice)
{
    int64_t index = json_spot_int(choice, "index", 0);
    struct str why = json_spot_text(json_spot_get(choice, "finish_reason"));
    bool ends = json_spot_is_str(json_spot_get(choice, "finish_reason"));
    struct json_spot_walk w;
    struct json_spot *v;
    struct str key;

    if (!json_spot_is_obj(choice) || index < 0 || index >= CHOICES_MAX)
        return garbled(s, "no choice");
    s->c->begun |= (uint64_t)1 << index;
    s->c->cut_short |= ends && !str_eqz(why, "stop");

    if (!json_spot_is_null(json_spot_get(choice, "logprobs"))) {
        json_spot_drop(choice, "logprobs");
        s->changed = true;
    }
    w = json_spot_walk(choice);
    while ((v = json_spot_step(&w, &key)))
        if (say_field(s, v, key, index))
            return s->e->code;
    if (!ends || s->end)
        return TB_OK;
    s->c->finished = s->worth = true;
    s->ended |= (uint64_t)1 << index;
    return end_lanes(s, choice, index);
}

static enum tb_code say_list(struct saying *s, struct json_spot *choices)
{
    struct json_spot_walk w = json_spot_walk(choices);
    struct json_spot *one;

    if (!json_spot_is_null(choices) && !json_spot_is_arr(choices))
        return garbled(s, "choices");
    while ((one = json_spot_step(&w, NULL)))
        if (say_choice(s, one))
            return s->e->code;
    return TB_OK;
}

/* Its choices, and whatever texts stand beside them. */
static enum tb_code say_choices(struct saying *s, struct json_spot *root)
{
    static const char *const own[] = {
        "id", "object", "created", "model", "usage", "service_tier", "system_fingerprint", NULL
    };
    struct json_spot_walk w = json_spot_walk(root);
    struct json_spot *one;
    struct str key;
    enum tb_code c = TB_OK;

    while (!c && (one = json_spot_step(&w, &key))) {
        if (str_eqz(key, "choices"))
            c = say_list(s, one);
        else if (!among(key, own))
            c = say_loose(s, one, key, 0);
    }
    return c;
}

static enum tb_code read_root(struct saying *s, struct str data, struct json_spot **root)
{
    struct tb_err why = TB_ERR_INIT;
    struct json_spot *error;

    if (json_edit_read(&s->mem, mend_carry(&s->mem, data), &s->doc, &why))
        return garbled(s, why.log);
    *root = json_edit_root(s->doc);
    if (!json_spot_is_obj(*root))
        return garbled(s, "no object");
    error = json_spot_get(*root, "error");
    if (!json_spot_is_null(error)) {
        struct str said = json_spot_text(json_spot_get(error, "message"));

        return tb_fail(s->e, TB_UPSTREAM, "推理引擎中途出错，回答不完整，请稍后重试",
                       "engine error: %.*s", (int)(said.n < 200 ? said.n : 200), said.p);
    }
    return TB_OK;
}

/* True when nothing of the event is left to be shown: it was only usage, and nobody asked. */
static bool take_usage(struct saying *s, struct json_spot *root)
{
    struct json_spot *usage = json_spot_get(root, "usage");
    bool bare = json_spot_len(json_spot_get(root, "choices")) == 0;

    if (json_spot_is_obj(usage)) {
        usage_read(&s->c->usage, usage);
        s->c->used = true;
    }
    if (s->c->ask.wants_usage || !usage)
        return false;
    json_spot_drop(root, "usage");
    s->changed = true;
    return bare && json_spot_is_obj(usage);
}

static void show(struct saying *s, struct str data)
{
    struct call *c = s->c;
    struct buf *out = c->said ? &c->loop->line : &c->prelude;

    if (c->said)
        buf_reset(out);
    buf_addz(out, "data: ");
    if (s->changed)
        json_edit_write(s->doc, out);
    else
        buf_add(out, data);
    buf_addz(out, "\n\n");
    if (!c->said && !c->words && !c->finished)
        return; /* a role alone is no word: another engine may still be tried */
    if (!c->said) {
        c->said = true;
        c->first_us = loop_now(c->loop);
        reply_stream_head(c);
        arena_release(&c->asked);
        c->doc = NULL;
    }
    reply_event(c, buf_str(out));
    buf_release(&c->prelude);
}

bool answer_ended(const struct call *c)
{
    return c->ended && c->ended == c->begun && __builtin_popcountll(c->ended) >= c->ask.answers;
}

/* An engine that never says finish_reason: what is held is said before [DONE]. */
static enum tb_code flush_unfinished(struct call *c, struct tb_err *e)
{
    static const char frame[] = "{\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,"
                                "\"delta\":{},\"finish_reason\":null}]}";
    struct saying s = { .c = c, .e = e };
    struct json_spot *root = NULL, *choice;
    struct json_spot_walk w;
    int64_t most = 0;
    enum tb_code code = TB_OK;

    for (size_t i = 0; i < c->lane_n; i++)
        most = c->lanes[i].choice > most ? c->lanes[i].choice : most;
    for (int64_t i = 0; i <= most && !code; i++) {
        s.changed = false;
        code = read_root(&s, str_of(frame, sizeof(frame) - 1), &root);
        w = json_spot_walk(code ? NULL : json_spot_get(root, "choices"));
        choice = json_spot_step(&w, NULL);
        if (!code) {
            json_spot_put_int(s.doc, choice, "index", i);
            code = end_lanes(&s, choice, i);
        }
        if (!code && s.changed)
            show(&s, STR(""));
    }
    arena_release(&s.mem);
    return code;
}

static enum tb_code show_done(struct call *c, struct tb_err *e)
{
    if (!c->finished && !c->words)
        return TB_OK; /* an end without a word: call.c says so */
    if (c->ended != c->begun && flush_unfinished(c, e))
        return e->code;
    c->done = true;
    if (!c->said) {
        c->said = true;
        reply_stream_head(c);
        reply_event(c, buf_str(&c->prelude));
    }
    call_settle(c); /* who sees [DONE] may leave */
    reply_event(c, STR("data: [DONE]\n\n"));
    return TB_OK;
}

enum tb_code answer_event(struct call *c, struct str data, struct tb_err *e)
{
    struct saying s = { .c = c, .e = e };
    struct json_spot *root = NULL;
    enum tb_code code;

    if (str_eqz(str_trim(data), "[DONE]"))
        return show_done(c, e);
    code = read_root(&s, data, &root);
    if (!code && !take_usage(&s, root)) {
        s.worth = json_spot_is_obj(json_spot_get(root, "usage"));
        code = reasoning_apart(c, &s.mem, s.doc, false, &s.changed, e);
        if (!code)
            code = say_choices(&s, root);
        if (!code && s.worth)
            show(&s, data);
        if (!code && c->prelude.over)
            code = garbled(&s, "much, but no word");
        c->ended |= code ? 0 : s.ended;
    }
    arena_release(&s.mem);
    return code;
}

/* ---- a whole answer ---- */

static enum tb_code vectors_whole(struct saying *s, struct str data)
{
    const struct json_value *v;
    struct tb_err why = TB_ERR_INIT;

    if (json_read(&s->mem, data, &v, &why) || !json_is_obj(v))
        return garbled(s, why.log);
    if (!json_is_arr(json_get(v, "data")) || !json_len(json_get(v, "data")))
        return garbled(s, "no vectors");
    v = json_get(v, "usage");
    s->c->used = json_is_obj(v);
    s->c->usage.prompt = usage_said(json_get_int(v, "prompt_tokens", 0));
    return TB_OK;
}

static enum tb_code text_whole(struct saying *s, struct str data, struct json_spot **root)
{
    struct json_spot *usage;

    if (read_root(s, data, root))
        return s->e->code;
    usage = json_spot_get(*root, "usage");
    if (json_spot_is_obj(usage)) {
        usage_read(&s->c->usage, usage);
        s->c->used = true;
    }
    if (!s->c->kind->chats)
        return say_loose(s, *root, STR_NONE, 0);
    if (!json_spot_len(json_spot_get(*root, "choices")))
        return garbled(s, "no choices");
    if (reasoning_apart(s->c, &s->mem, s->doc, true, &s->changed, s->e))
        return s->e->code;
    return say_choices(s, *root);
}

/* Speech to text may come as plain text. */
static enum tb_code plain_whole(struct saying *s)
{
    struct call *c = s->c;
    struct str out;

    if (lane_say(c, lane_of(c, LANE_TEXT, 0, -1, STR("text"), s->e), &s->mem, buf_str(&c->whole),
                 true, &out, s->e))
        return s->e->code;
    buf_reset(&c->whole);
    buf_add(&c->whole, out);
    return TB_OK;
}

enum tb_code answer_whole(struct call *c, const struct wire_head *h, struct tb_err *e)
{
    struct saying s = { .c = c, .e = e, .end = true };
    struct json_spot *root = NULL;
    enum tb_code code;

    if (c->kind->role == ENGINE_EMBEDDING)
        code = vectors_whole(&s, buf_str(&c->whole));
    else if (c->kind->role == ENGINE_SPEECH && !str_has(str_z(h->media_type), STR("json")))
        code = plain_whole(&s);
    else
        code = text_whole(&s, buf_str(&c->whole), &root);
    if (!code && s.changed) {
        buf_reset(&c->whole);
        json_edit_write(s.doc, &c->whole);
    }
    arena_release(&s.mem);
    return code;
}
