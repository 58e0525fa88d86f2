#include "guard/mask.h"
#include "guard/mask_int.h"

#include "base/json.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

/* ---- what is known: items by value and by token ---- */

enum { FIRST_SLOTS = 64 };

static uint32_t *slot_of(const struct mask *m, int table, struct str key)
{
    size_t at = str_hash(key) & (m->slots - 1);
    uint32_t *t = m->places + (size_t)table * m->slots;

    while (t[at]) {
        const struct mask_item *it = &m->items[t[at] - 1];

        if (str_eq(table ? it->token : it->value, key))
            break;
        at = (at + 1) & (m->slots - 1);
    }
    return &t[at];
}

static void index_item(struct mask *m, size_t i)
{
    uint32_t *value = slot_of(m, 0, m->items[i].value);

    if (!*value)
        *value = (uint32_t)i + 1;
    *slot_of(m, 1, m->items[i].token) = (uint32_t)i + 1;
}

static void index_grow(struct arena *a, struct mask *m)
{
    if ((m->n + 1) * 2 <= m->slots)
        return;
    m->slots = m->slots ? m->slots * 2 : FIRST_SLOTS;
    m->places = arena_zalloc(a, m->slots * 2 * sizeof *m->places);
    for (size_t i = 0; i < m->n; i++)
        index_item(m, i);
}

static void item_add(struct arena *a, struct mask *m, struct mask_item it)
{
    m->items = arena_grow(a, m->items, m->n, &m->cap, sizeof *m->items);
    m->items[m->n++] = it;
    index_grow(a, m);
    index_item(m, m->n - 1);
}

const struct mask_item *mask_value(const struct mask *m, struct str value)
{
    uint32_t at = m->slots ? *slot_of(m, 0, value) : 0;

    return at ? &m->items[at - 1] : NULL;
}

const struct mask_item *mask_token_at(const struct mask *m, struct str text)
{
    struct str head = str_sub(text, 0, MASK_TOKEN_MAX);
    size_t end;
    uint32_t at;

    if (!m->slots || !str_starts(text, STR("〔")))
        return NULL;
    end = str_find(head, STR("〕"));
    if (end == SIZE_MAX)
        return NULL;
    at = *slot_of(m, 1, str_sub(text, 0, end + 3));
    return at ? &m->items[at - 1] : NULL;
}

/* The number in the last token of this kind, 0: there is none. */
static int last_nth(const struct mask *m, const char *kind)
{
    for (size_t i = m->n; i > 0; i--) {
        const struct mask_item *it = &m->items[i - 1];
        int64_t nth;

        if (strcmp(it->kind, kind) == 0 &&
            str_i64(str_sub(it->token, 3 + strlen(kind), it->token.n - 6 - strlen(kind)), &nth))
            return (int)nth;
    }
    return 0;
}

/* The next free token; not one that the person wrote out, or it would be put back as a value. */
static struct str new_token(struct arena *a, const struct mask *m, const char *kind,
                            struct str source)
{
    int nth = last_nth(m, kind);
    char token[MASK_TOKEN_MAX];
    int n;

    do
        n = snprintf(token, sizeof token, "〔%s%d〕", kind, ++nth);
    while (str_has(source, str_of(token, (size_t)n)));
    return arena_str(a, str_of(token, (size_t)n));
}

/* ---- a text with tokens for values ---- */

struct masking {
    struct arena *mem;
    struct mask *mask;
    struct str in; /* as it is read */
    const struct speech_view *view;
    struct str source; /* what it is a view of */
    struct buf out;
    size_t done; /* of source: already in out */
    bool json, quoted;
    struct str tokens; /* where the source may have tokens of its own */
};

/* A value that stands there as two kinds keeps the kind it had first: one value, one token. */
static enum tb_code put(struct masking *w, const char *kind, struct str value, struct tb_err *e)
{
    const struct mask_item *known = mask_value(w->mask, value);
    struct mask_item it = { .kind = kind };

    if (known) {
        buf_add(&w->out, known->token);
        return TB_OK;
    }
    if (w->mask->n == MASK_MAX)
        return tb_fail(e, TB_TOO_LARGE, "内容里的个人信息太多，请分几次提交", "mask items > %d",
                       MASK_MAX);
    if (!w->tokens.p)
        w->tokens = str_has(w->source, STR("〔")) ? w->source : STR("");
    it.token = new_token(w->mem, w->mask, kind, w->tokens);
    it.value = arena_str(w->mem, value);
    item_add(w->mem, w->mask, it);
    buf_add(&w->out, it.token);
    return TB_OK;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Does in[from..to) stand in JSON as a value of its own? */
static bool is_bare(const struct masking *w, size_t from, size_t to)
{
    while (from > 0 && is_blank(w->in.p[from - 1]))
        from--;
    while (to < w->in.n && is_blank(w->in.p[to]))
        to++;
    return !w->quoted && from > 0 && to < w->in.n && strchr(":,[", w->in.p[from - 1]) &&
           strchr(",]}", w->in.p[to]);
}

static enum tb_code replace(struct masking *w, size_t at, size_t n, const char *kind,
                            struct tb_err *e)
{
    size_t from = speech_view_raw(w->view, at);
    struct str before = str_sub(w->source, w->done, from - w->done);
    bool bare;
    enum tb_code c;

    if (w->json)
        w->quoted = speech_view_quoted(before, w->quoted);
    bare = w->json && is_bare(w, at, at + n);
    buf_add(&w->out, before);
    w->done = speech_view_raw(w->view, at + n);
    if (bare)
        buf_addc(&w->out, '"');
    c = put(w, kind, str_sub(w->in, at, n), e);
    if (bare)
        buf_addc(&w->out, '"');
    return c;
}

static enum tb_code mask_all(struct masking *w, struct str *out, struct tb_err *e)
{
    struct mask_spans found = { .n = 0 };

    w->out.max = w->source.n * 8 + 64;
    mask_spans_find(w->mem, w->mask, w->in, &found);
    for (size_t i = 0; i < found.n; i++)
        if (replace(w, found.v[i].from, found.v[i].to - found.v[i].from, found.v[i].kind, e)) {
            buf_release(&w->out);
            return e->code;
        }
    *out = w->source;
    if (w->done > 0) {
        buf_add(&w->out, str_from(w->source, w->done));
        *out = arena_buf(w->mem, &w->out);
    }
    return TB_OK;
}

enum tb_code mask_view(struct arena *a, struct mask *m, const struct speech_view *v, struct str in,
                       struct str *out, struct tb_err *e)
{
    struct masking w = { .mem = a, .mask = m, .in = v->text, .view = v, .source = in };
    struct str s = str_trim(in);

    w.json = s.n && (s.p[0] == '{' || s.p[0] == '[');
    return mask_all(&w, out, e);
}

enum tb_code mask_more(struct arena *a, struct mask *m, struct str in, struct str *out,
                       struct tb_err *e)
{
    struct speech_view v = { in, NULL, NULL };
    struct masking w = { .mem = a, .mask = m, .in = in, .view = &v, .source = in };

    return mask_all(&w, out, e);
}

enum tb_code mask_text(struct arena *a, struct mask *m, struct str in, struct str *out,
                       struct tb_err *e)
{
    if (mask_more(a, m, in, out, e))
        return e->code;
    if (out->p == in.p)
        *out = arena_str(a, in);
    return TB_OK;
}

struct str mask_restore(struct arena *a, const struct mask *m, struct str text)
{
    struct buf b = BUF_INIT(SIZE_MAX / 2);
    size_t at = 0;

    for (;;) {
        size_t next = str_find_from(text, STR("〔"), at);
        const struct mask_item *it;

        if (next == SIZE_MAX)
            break;
        buf_add(&b, str_sub(text, at, next - at));
        it = mask_token_at(m, str_from(text, next));
        buf_add(&b, it ? it->value : STR("〔"));
        at = next + (it ? it->token.n : 3);
    }
    buf_add(&b, str_from(text, at));
    return arena_buf(a, &b);
}

struct str mask_to_json(struct arena *a, const struct mask *m)
{
    struct buf b = BUF_INIT(SIZE_MAX / 2);
    struct json j = JSON_INIT(&b);

    json_arr(&j);
    for (size_t i = 0; i < m->n; i++) {
        json_obj(&j);
        json_kstr(&j, "kind", str_z(m->items[i].kind));
        json_kstr(&j, "token", m->items[i].token);
        json_kstr(&j, "value", m->items[i].value);
        json_end(&j);
    }
    json_end(&j);
    return arena_buf(a, &b);
}

enum tb_code mask_from_json(struct arena *a, struct str json, struct mask *m, struct tb_err *e)
{
    const struct json_value *v, *it;
    struct json_walk w;

    *m = (struct mask){ .n = 0 };
    if (json_read(a, json, &v, e))
        return e->code;
    w = json_walk(v);
    while ((it = json_step(&w)) && m->n < MASK_MAX)
        item_add(a, m,
                 (struct mask_item){ arena_z(a, json_get_str(it, "kind")),
                                     arena_str(a, json_get_str(it, "token")),
                                     arena_str(a, json_get_str(it, "value")) });
    return TB_OK;
}

struct mask_places mask_find(struct arena *a, struct str in)
{
    struct mask_spans found = { .n = 0 };
    struct mask_places r;

    mask_spans_find(a, NULL, in, &found);
    r = (struct mask_places){ ARENA_ARRAY(a, struct mask_place, found.n + 1), found.n };
    for (size_t i = 0; i < found.n; i++)
        r.v[i] = (struct mask_place){ found.v[i].from, found.v[i].to, found.v[i].kind };
    return r;
}
