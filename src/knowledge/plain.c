#include "knowledge/plain.h"

#include "base/alloc.h"
#include "base/utf8.h"
#include "base/yaml.h"
#include "text/numeral.h"

#include <stdlib.h>

struct saying {
    struct str say, mean;
    bool replace; /* else mean is added */
};

struct age {
    int64_t from, to;
    struct str mean;
};

struct plain {
    struct arena mem;
    struct plain_matter *matters;
    size_t matter_n;
    struct age *ages;
    size_t age_n;
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

static enum tb_code add_ages(struct plain *p, const struct yaml *root, struct tb_err *e)
{
    const struct yaml *list = yaml_get(root, "ages");

    p->ages = ARENA_ARRAY(&p->mem, struct age, yaml_len(list) + 1);
    for (size_t i = 0; i < yaml_len(list); i++) {
        struct age *g = &p->ages[p->age_n++];

        g->mean = yaml_str(list->items[i], "mean");
        if (!yaml_int(list->items[i], "from", &g->from) ||
            !yaml_int(list->items[i], "to", &g->to) || g->mean.n == 0)
            return yaml_fail(list->items[i], "每行要有 from、to（岁数）和 mean", e);
    }
    return TB_OK;
}

static enum tb_code add_matters(struct plain *p, const struct yaml *root, struct tb_err *e)
{
    const struct yaml *list = yaml_get(root, "matters");

    p->matters = ARENA_ARRAY(&p->mem, struct plain_matter, yaml_len(list) + 1);
    for (size_t i = 0; i < yaml_len(list); i++) {
        const struct yaml *row = list->items[i];
        struct str *names;

        if (row->kind != YAML_LIST || row->n == 0)
            return yaml_fail(row, "matters 的每行是同一件事的几种叫法，写成 [叫法, 叫法]", e);
        names = ARENA_ARRAY(&p->mem, struct str, row->n);
        for (size_t k = 0; k < row->n; k++) {
            if (row->items[k]->kind != YAML_SCALAR || row->items[k]->text.n == 0)
                return yaml_fail(row, "叫法要是文字，不能空着", e);
            names[k] = row->items[k]->text;
        }
        p->matters[p->matter_n++] = (struct plain_matter){ names, row->n };
    }
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
        add_rows(p, &cap, root, "add", e) || add_ages(p, root, e) || add_matters(p, root, e))
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

static void add_term(struct buf *b, struct str mean)
{
    if (str_has(buf_str(b), mean))
        return;
    if (b->n)
        buf_addc(b, ' ');
    buf_add(b, mean);
}

/* 82了, 八十六岁, 今年九十三，: a number that is somebody's age. Returns the bytes of the number.
 */
static size_t age_at(struct str s, double *years)
{
    size_t n = numeral_read(s, years);
    struct str after = str_from(s, n);

    if (n == 0)
        return 0;
    return str_starts(after, STR("岁")) || str_starts(after, STR("周岁")) ||
                   str_starts(after, STR("了"))
               ? n
               : 0;
}

static size_t add_age(const struct plain *p, struct buf *b, struct str s)
{
    double years = 0;
    size_t n = age_at(s, &years);

    for (size_t i = 0; n && i < p->age_n; i++)
        if ((double)p->ages[i].from <= years && years <= (double)p->ages[i].to)
            add_term(b, p->ages[i].mean);
    return n;
}

static struct str terms(const struct plain *p, struct arena *a, struct str s)
{
    struct buf b = BUF_INIT(16 * 1024);

    for (size_t i = 0; i < s.n;) {
        const struct saying *hit = at(p, str_from(s, i), false);

        size_t n = hit ? hit->say.n : add_age(p, &b, str_from(s, i));

        if (hit)
            add_term(&b, hit->mean);
        if (n)
            i += n;
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

/* The row whose longest name stands at the begin of s, and that name's bytes. */
static const struct plain_matter *matter_at(const struct plain *p, struct str s, size_t *bytes)
{
    const struct plain_matter *best = NULL;

    *bytes = 0;
    for (size_t i = 0; i < p->matter_n; i++)
        for (size_t k = 0; k < p->matters[i].n; k++)
            if (p->matters[i].names[k].n > *bytes && str_starts(s, p->matters[i].names[k])) {
                best = &p->matters[i];
                *bytes = p->matters[i].names[k].n;
            }
    return best;
}

size_t plain_matters(const struct plain *p, struct str question, struct plain_matter *out,
                     size_t room)
{
    size_t n = 0;

    for (size_t i = 0; p && i < question.n && n < room;) {
        size_t bytes;
        const struct plain_matter *m = matter_at(p, str_from(question, i), &bytes);

        if (m)
            out[n++] = *m;
        if (m)
            i += bytes;
        else
            utf8_next(question, &i);
    }
    return n;
}
