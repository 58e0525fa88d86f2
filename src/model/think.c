#include "model/think.h"

#include <string.h>

enum { HELD_MAX = 4 << 20 };

void think_init(struct think *t, bool first)
{
    *t = (struct think){
        .held = BUF_INIT(HELD_MAX), .inside = first, .first = first, .whole = BUF_INIT(HELD_MAX)
    };
}

void think_apart(struct think *t)
{
    if (!t->first || str_trim(buf_str(&t->whole)).n)
        return;
    t->first = t->inside = false;
    t->trim = true;
}

void think_cut(struct think *t)
{
    t->first = false;
}

void think_release(struct think *t)
{
    buf_release(&t->held);
    buf_release(&t->whole);
}

static enum tb_code think_say(struct think *t, struct str s, const struct model_sink *sink,
                              struct tb_err *e)
{
    while (!t->inside && t->trim && s.n && strchr(" \t\r\n", s.p[0]))
        s = str_from(s, 1);
    if (!s.n)
        return TB_OK;
    if (t->inside) {
        if (sink->reasoning)
            sink->reasoning(sink->self, s);
        return TB_OK;
    }
    t->trim = false;
    return sink->text(sink->self, s, e);
}

/* Bytes of the tag that s begins with; 0 when it begins with none; SIZE_MAX when s ends too early
 * to tell. */
static size_t think_tag(struct str s, bool *opens)
{
    static const struct str tags[] = { { "<think>", 7 }, { "</think>", 8 } };

    for (int i = 0; i < 2; i++) {
        *opens = i == 0;
        if (str_starts(s, tags[i]))
            return tags[i].n;
        if (str_starts(tags[i], s))
            return SIZE_MAX;
    }
    return 0;
}

/* Says what can be said of s and returns what is left, which may yet become a tag. */
static struct str think_split(struct think *t, struct str s, const struct model_sink *sink,
                              struct tb_err *e, enum tb_code *c)
{
    size_t from = 0;

    for (;;) {
        size_t at = str_find_from(s, STR("<"), from), n;
        bool opens = false;

        if (at == SIZE_MAX) {
            *c = think_say(t, s, sink, e);
            return STR_NONE;
        }
        n = think_tag(str_from(s, at), &opens);
        from = at + 1;
        if (n == 0)
            continue;
        *c = think_say(t, str_sub(s, 0, at), sink, e);
        s = str_from(s, at);
        if (*c || n == SIZE_MAX)
            return s;
        t->inside = opens;
        t->first = false;
        t->trim = !opens;
        s = str_from(s, n);
        from = 0;
    }
}

enum tb_code think_feed(struct think *t, struct str delta, const struct model_sink *sink,
                        struct tb_err *e)
{
    enum tb_code c = TB_OK;
    struct str left;

    if (t->first)
        buf_add(&t->whole, delta);
    if (!t->held.n) {
        left = think_split(t, delta, sink, e, &c);
        buf_add(&t->held, left);
        return c;
    }
    buf_add(&t->held, delta);
    left = think_split(t, buf_str(&t->held), sink, e, &c);
    buf_drop_front(&t->held, t->held.n - left.n);
    return c;
}

enum tb_code think_end(struct think *t, const struct model_sink *sink, struct tb_err *e)
{
    bool answer = t->first && t->whole.n && !t->whole.over; /* no tag: it was no reasoning */
    enum tb_code c;

    if (answer) {
        t->inside = t->first = false;
        t->trim = true;
    }
    c = think_say(t, buf_str(answer ? &t->whole : &t->held), sink, e);
    buf_reset(&t->held);
    return c;
}
