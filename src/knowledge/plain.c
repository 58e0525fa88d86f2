#include "knowledge/plain.h"

#include "base/alloc.h"
#include "base/utf8.h"
#include "base/yaml.h"

#include <stdlib.h>

struct saying {
    struct str say, mean;
    bool replace; /* else mean is added */
};

struct plain {
    struct arena mem;
    struct saying *v; /* longest first, so that a short one never hides a long one */
    size_t n;
};

static int longer_first(const void *x, const void *y)
{
    const struct saying *a = x, *b = y;

    if (a->say.n != b->say.n)
        return a->say.n > b->say.n ? -1 : 1;
    return str_cmp(a->say, b->say);
}

static enum tb_code add_row(struct plain *p, size_t *cap, const struct yaml *row, bool replace,
                            struct tb_err *e)
{
    const struct yaml *say = yaml_get(row, "say"), *mean = yaml_get(row, "mean");

    if (yaml_len(say) == 0 || say->kind != YAML_LIST || !mean || mean->kind != YAML_SCALAR)
        return yaml_fail(row, "每行要有 say（一个或几个说法）和 mean", e);
    for (size_t i = 0; i < say->n; i++) {
        if (say->items[i]->kind != YAML_SCALAR || say->items[i]->text.n == 0)
            return yaml_fail(say, "说法要是文字，不能空着", e);
        p->v = arena_grow(&p->mem, p->v, p->n, cap, sizeof(*p->v));
        p->v[p->n++] = (struct saying){ say->items[i]->text, mean->text, replace };
    }
    return TB_OK;
}

static enum tb_code add_rows(struct plain *p, size_t *cap, const struct yaml *root, const char *key,
                             struct tb_err *e)
{
    const struct yaml *list = yaml_get(root, key);

    for (size_t i = 0; i < yaml_len(list); i++)
        if (add_row(p, cap, list->items[i], str_eqz(str_z(key), "replace"), e))
            return e->code;
    return TB_OK;
}

static enum tb_code check_twice(const struct plain *p, const struct yaml *root, struct tb_err *e)
{
    for (size_t i = 1; i < p->n; i++) {
        struct str say;

        if (!str_eq(p->v[i].say, p->v[i - 1].say))
            continue;
        say = arena_printf((struct arena *)(uintptr_t)&p->mem, "“%.*s”写了两次",
                           STR_FMT(p->v[i].say));
        return yaml_fail(root, say.p, e);
    }
    return TB_OK;
}

enum tb_code plain_load(const char *path, struct plain **out, struct tb_err *e)
{
    struct plain *p = tb_zalloc(sizeof(*p));
    struct yaml *root;
    size_t cap = 0;

    if (yaml_load(&p->mem, path, &root, e) || add_rows(p, &cap, root, "replace", e) ||
        add_rows(p, &cap, root, "add", e))
        goto out;
    if (p->n)
        qsort(p->v, p->n, sizeof(*p->v), longer_first);
    if (check_twice(p, root, e))
        goto out;
    *out = p;
    return TB_OK;
out:
    plain_free(p);
    return e->code;
}

void plain_free(struct plain *p)
{
    if (!p)
        return;
    arena_release(&p->mem);
    tb_free(p);
}

static const struct saying *at(const struct plain *p, struct str rest, bool replace)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->v[i].replace == replace && str_starts(rest, p->v[i].say))
            return &p->v[i];
    return NULL;
}

static struct str replaced(const struct plain *p, struct arena *a, struct str s)
{
    struct buf b = BUF_INIT(s.n * 8 + 64);

    for (size_t i = 0; i < s.n;) {
        const struct saying *hit = at(p, str_from(s, i), true);
        size_t next = i;

        if (hit) {
            buf_add(&b, hit->mean);
            i += hit->say.n;
            continue;
        }
        utf8_next(s, &next);
        buf_add(&b, str_sub(s, i, next - i));
        i = next;
    }
    return arena_buf(a, &b);
}

static struct str terms(const struct plain *p, struct arena *a, struct str s)
{
    struct buf b = BUF_INIT(16 * 1024);

    for (size_t i = 0; i < s.n;) {
        const struct saying *hit = at(p, str_from(s, i), false);

        if (hit && !str_has(buf_str(&b), hit->mean)) {
            if (b.n)
                buf_addc(&b, ' ');
            buf_add(&b, hit->mean);
        }
        if (hit)
            i += hit->say.n;
        else
            utf8_next(s, &i);
    }
    return arena_buf(a, &b);
}

struct str plain_words(const struct plain *p, struct arena *a, struct str question,
                       struct str *added)
{
    struct str s;

    *added = STR("");
    if (!p)
        return question;
    s = replaced(p, a, question);
    *added = terms(p, a, s);
    return s;
}
