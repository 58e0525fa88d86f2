/* rules/risk_examples.yaml to texts. A pattern may hold alternatives, (甲|乙), and named lists,
 * {名}; of all that it can say, some are picked, so that every alternative is seen. */
#include "guard/risk_model_int.h"

#include "base/buf.h"
#include "base/yaml.h"

#include <stdio.h>

enum { SLOTS = 12, TEXT_MAX = 2000 };

struct slot {
    struct str *said;
    size_t n;
};
struct pattern {
    struct slot slots[SLOTS];
    size_t n, most; /* most: alternatives of the widest slot */
    double all;     /* that it can say */
};
struct reading {
    struct arena *a;
    const struct yaml *lists;
    struct risk_texts *out;
};

static enum tb_code fail(const struct yaml *at, const char *what, struct str word, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    enum tb_code c = yaml_fail(
        at, arena_printf(&a, "%s%.*s", what, (int)(word.n < 90 ? word.n : 90), word.p).p, e);

    arena_release(&a);
    return c;
}

/* One alternative: as it stands, or with each word of the list that it names. */
static enum tb_code add_said(struct reading *r, const struct yaml *at, struct str said,
                             struct slot *s, size_t *cap, struct tb_err *e)
{
    struct str rest = said, before = str_cut(&rest, STR("{")), name;
    const struct yaml *list;

    if (!rest.p) {
        s->said = arena_grow(r->a, s->said, s->n, cap, sizeof(*s->said));
        s->said[s->n++] = said;
        return TB_OK;
    }
    name = str_cut(&rest, STR("}"));
    list = yaml_get(r->lists, arena_z(r->a, name));
    if (!rest.p || !yaml_len(list) || list->kind != YAML_LIST)
        return fail(at, "lists 里没有这一列：", name, e);
    for (size_t i = 0; i < list->n; i++) {
        if (list->items[i]->kind != YAML_SCALAR)
            return yaml_fail(list->items[i], "这里要写一个词", e);
        s->said = arena_grow(r->a, s->said, s->n, cap, sizeof(*s->said));
        s->said[s->n++] = arena_printf(r->a, "%.*s%.*s%.*s", STR_FMT(before),
                                       STR_FMT(list->items[i]->text), STR_FMT(rest));
    }
    return TB_OK;
}

static enum tb_code add_slot(struct reading *r, const struct yaml *at, struct pattern *p, char kind,
                             struct str inside, struct tb_err *e)
{
    struct slot *s = &p->slots[p->n];
    size_t cap = 0;

    if (p->n == SLOTS)
        return yaml_fail(at, "一句里最多 12 段", e);
    if (kind == '{')
        inside = arena_printf(r->a, "{%.*s}", STR_FMT(inside));
    while (inside.p) {
        struct str said = kind == '(' ? str_cut(&inside, STR("|")) : inside;

        if (add_said(r, at, said, s, &cap, e))
            return e->code;
        if (kind != '(')
            break;
    }
    p->most = s->n > p->most ? s->n : p->most;
    p->all *= (double)s->n;
    p->n++;
    return TB_OK;
}

static size_t until(struct str s, size_t at, const char *ends)
{
    while (at < s.n && s.p[at] != ends[0] && s.p[at] != ends[1])
        at++;
    return at;
}

static enum tb_code read_pattern(struct reading *r, const struct yaml *at, struct pattern *p,
                                 struct tb_err *e)
{
    struct str s = at->text;

    for (size_t i = 0; i < s.n;) {
        char c = s.p[i];
        bool opens = c == '(' || c == '{';
        char closing[3] = { c == '(' ? ')' : '}', c, 0 };
        size_t end = opens ? until(s, i + 1, closing) : until(s, i, "({");

        if (opens && (end == s.n || s.p[end] == c))
            return fail(at, "括号不成对，应为 (甲|乙) 或 {名}：", s, e);
        if (add_slot(r, at, p, opens ? c : 0, str_sub(s, opens ? i + 1 : i, end - i - opens), e))
            return e->code;
        i = end + opens;
    }
    return TB_OK;
}

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

static void write_out(struct reading *r, const struct pattern *p, int kind, uint32_t seed)
{
    size_t want = p->most > RISK_PER_PATTERN ? p->most : RISK_PER_PATTERN;

    if (p->all < (double)want)
        want = (size_t)p->all;
    for (size_t t = 0; t < want; t++) {
        struct buf b = BUF_INIT(TEXT_MAX);
        struct risk_texts *o = r->out;

        for (size_t i = 0; i < p->n; i++) {
            const struct slot *s = &p->slots[i];
            /* the widest goes through all it has, the others are thrown */
            size_t pick = s->n == p->most ? t % s->n : next(&seed) % s->n;

            buf_add(&b, s->said[pick]);
        }
        o->items = arena_grow(r->a, o->items, o->n, &o->cap, sizeof(*o->items));
        o->items[o->n++] = (struct risk_text){ arena_buf(r->a, &b), kind };
    }
}

static enum tb_code add_row(struct reading *r, const struct yaml *row, bool harmful,
                            struct tb_err *e)
{
    const struct yaml *texts = harmful ? yaml_get(row, "texts") : row;
    int kind = -1;

    if (harmful && !risk_kind_parse(yaml_str(row, "kind"), &kind))
        return fail(row, "kind 要写 GB/T 45654-2025 附录A的编号，如 A.1 f，这里是 ",
                    yaml_str(row, "kind"), e);
    if (!texts || texts->kind != YAML_LIST || !texts->n)
        return yaml_fail(row, "要有 texts 一列", e);
    for (size_t i = 0; i < texts->n; i++) {
        struct pattern p = { .all = 1 };

        if (texts->items[i]->kind != YAML_SCALAR || !texts->items[i]->text.n)
            return yaml_fail(texts->items[i], "这里要写一句话", e);
        if (read_pattern(r, texts->items[i], &p, e))
            return e->code;
        write_out(r, &p, kind, (uint32_t)texts->items[i]->line * 7919U + (uint32_t)i);
    }
    return TB_OK;
}

static enum tb_code add_rows(struct reading *r, const struct yaml *root, struct tb_err *e)
{
    const struct yaml *harmful = yaml_get(root, "harmful"), *fine = yaml_get(root, "fine");

    if (!yaml_len(harmful) || harmful->kind != YAML_LIST || !yaml_len(fine) ||
        fine->kind != YAML_LIST)
        return yaml_fail(root, "要有 harmful 和 fine 两列", e);
    for (size_t i = 0; i < harmful->n; i++)
        if (add_row(r, harmful->items[i], true, e))
            return e->code;
    return add_row(r, fine, false, e);
}

enum tb_code risk_texts_read(struct arena *a, struct str yaml, const char *file,
                             struct risk_texts *out, struct tb_err *e)
{
    struct reading r = { .a = a, .out = out };
    struct yaml *root;
    int64_t version = 0, least = 0;

    *out = (struct risk_texts){ .n = 0 };
    if (yaml_read(a, yaml, file, &root, e))
        return e->code;
    if (!yaml_int(root, "version", &version) || version != 1)
        return yaml_fail(root, "开头要写 version: 1", e);
    if (!yaml_int(root, "least", &least) || least < 50 || least > 100)
        return yaml_fail(root, "要写 least：50 到 100，判为有害的最低分", e);
    out->least = (double)least / 100;
    r.lists = yaml_get(root, "lists");
    return add_rows(&r, root, e);
}
