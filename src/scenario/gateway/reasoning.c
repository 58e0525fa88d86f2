/* Models that think aloud, at engines that leave it in the content (DeepSeek R1 and its
 * distillations without a reasoning parser): callers get it as reasoning_content, where engines
 * with a parser put it, and the answer alone as content. */
#include "base/alloc.h"
#include "scenario/gateway/inside.h"

struct parts { /* what one piece of content turned out to be */
    struct buf text, reasoning;
};

static enum tb_code on_text(void *self, struct str delta, struct tb_err *e)
{
    struct parts *p = self;

    (void)e;
    buf_add(&p->text, delta);
    return TB_OK;
}

static void on_reasoning(void *self, struct str delta)
{
    struct parts *p = self;

    buf_add(&p->reasoning, delta);
}

static struct thought *thought_of(struct call *c, int64_t choice)
{
    struct thought *t;

    for (size_t i = 0; i < c->thought_n; i++)
        if (c->thoughts[i].choice == choice)
            return &c->thoughts[i];
    c->thoughts = tb_realloc(c->thoughts, (c->thought_n + 1) * sizeof(*c->thoughts));
    t = &c->thoughts[c->thought_n++];
    t->choice = choice;
    think_init(&t->think, true);
    return t;
}

static enum tb_code feed(struct thought *t, struct json_spot *holder, struct str finish,
                         struct parts *p, struct tb_err *e)
{
    struct model_sink sink = { p, on_text, on_reasoning };
    struct str content = json_spot_text(json_spot_get(holder, "content"));

    if (json_spot_text(json_spot_get(holder, "reasoning_content")).n ||
        json_spot_text(json_spot_get(holder, "reasoning")).n)
        think_apart(&t->think);
    if (content.n && think_feed(&t->think, content, &sink, e))
        return e->code;
    if (!finish.n)
        return TB_OK;
    if (str_eqz(finish, "length"))
        think_cut(&t->think);
    return think_end(&t->think, &sink, e);
}

static void put(struct arena *mem, struct json_edit *d, struct json_spot *holder, const char *key,
                struct str s)
{
    json_spot_put_str(d, holder, key, arena_str(mem, s));
}

static enum tb_code split(struct call *c, struct arena *mem, struct json_edit *d,
                          struct json_spot *choice, struct json_spot *holder, bool *changed,
                          struct tb_err *e)
{
    struct parts p = { BUF_INIT(WHOLE_MAX), BUF_INIT(WHOLE_MAX) };
    struct str content = json_spot_text(json_spot_get(holder, "content"));
    struct str finish = json_spot_text(json_spot_get(choice, "finish_reason"));
    enum tb_code code =
        feed(thought_of(c, json_spot_int(choice, "index", 0)), holder, finish, &p, e);

    if (!code && !str_eq(content, buf_str(&p.text))) {
        put(mem, d, holder, "content", buf_str(&p.text));
        *changed = true;
    }
    /* an answer without a tag was no reasoning, and is known by its end */
    if (!code && p.reasoning.n &&
        !str_eq(str_trim(buf_str(&p.text)), str_trim(buf_str(&p.reasoning)))) {
        put(mem, d, holder, "reasoning_content", buf_str(&p.reasoning));
        *changed = true;
    }
    buf_release(&p.text);
    buf_release(&p.reasoning);
    return code;
}

enum tb_code reasoning_apart(struct call *c, struct arena *mem, struct json_edit *d, bool whole,
                             bool *changed, struct tb_err *e)
{
    struct json_spot_walk w = json_spot_walk(json_spot_get(json_edit_root(d), "choices"));
    struct json_spot *choice;

    if (!c->ticket.place.thinks_first || c->kind->role != ENGINE_CHAT)
        return TB_OK;
    while ((choice = json_spot_step(&w, NULL))) {
        struct json_spot *holder = json_spot_get(choice, whole ? "message" : "delta");

        if (!json_spot_is_obj(holder) || c->thought_n >= LANES_MAX)
            continue;
        if (split(c, mem, d, choice, holder, changed, e))
            return e->code;
    }
    return TB_OK;
}

void thoughts_free(struct call *c)
{
    for (size_t i = 0; i < c->thought_n; i++)
        think_release(&c->thoughts[i].think);
    tb_free(c->thoughts);
    c->thoughts = NULL;
    c->thought_n = 0;
}
