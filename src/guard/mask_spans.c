/* All personal values of a text. A name that its words gave away at one place is hidden wherever it
 * stands, in this text and in the later ones of a talk. */
#include "guard/mask_int.h"

#include "base/utf8.h"

#include <stdlib.h>

static void add(struct arena *a, struct mask_spans *l, struct mask_span s)
{
    l->v = arena_grow(a, l->v, l->n, &l->cap, sizeof *l->v);
    l->v[l->n++] = s;
}

static bool is_name(const struct mask_span *s)
{
    return strcmp(s->kind, MASK_NAME) == 0;
}

/* The character that follows this name of two characters wherever it stands, at least twice; 0. */
static uint32_t always_after(const struct mask_spans *l, struct str in, size_t i)
{
    struct str name = str_sub(in, l->v[i].from, 6);
    uint32_t c = mask_peek(in, l->v[i].to);
    size_t times = 0;

    if (l->v[i].to - l->v[i].from != 6 || !mask_is_han(c) || !name_may_go_on(c))
        return 0;
    for (size_t at = 0; (at = str_find_from(in, name, at)) != SIZE_MAX; at += 6, times++)
        if (mask_peek(in, at + 6) != c)
            return 0;
    return times > 1 ? c : 0;
}

/* 罗喜名…罗喜名: words alone would have said 罗喜. */
static void extend_names(struct mask_spans *l, struct str in)
{
    for (size_t i = 0; i < l->n; i++)
        if (is_name(&l->v[i]) && (i + 1 == l->n || l->v[i + 1].from >= l->v[i].to + 3) &&
            always_after(l, in, i))
            l->v[i].to += 3;
}

struct known {
    struct str *v;
    size_t n, cap;
};

/* Two characters that are a word elsewhere (高山) say nothing elsewhere. */
static void know(struct arena *a, struct known *k, struct str name)
{
    if (name.n < 6 || !name_is_sure(name) || (name.n == 6 && name_is_word(name)))
        return;
    for (size_t i = 0; i < k->n; i++)
        if (str_eq(k->v[i], name))
            return;
    k->v = arena_grow(a, k->v, k->n, &k->cap, sizeof *k->v);
    k->v[k->n++] = name;
}

static int by_place(const void *a, const void *b)
{
    const struct mask_span *x = a, *y = b;

    return x->from < y->from ? -1 : x->from > y->from;
}

static bool is_free(const struct mask_spans *l, size_t n, size_t from, size_t to)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t mid = (low + high) / 2;

        if (l->v[mid].to <= from)
            low = mid + 1;
        else
            high = mid;
    }
    return low == n || l->v[low].from >= to;
}

/* Where else it stands. */
static void add_others(struct arena *a, struct mask_spans *l, size_t n, struct str in,
                       struct str name)
{
    for (size_t at = 0; (at = str_find_from(in, name, at)) != SIZE_MAX; at += name.n)
        if (is_free(l, n, at, at + name.n))
            add(a, l, (struct mask_span){ at, at + name.n, MASK_NAME });
}

enum { KNOWN_MAX = 200 };

void mask_spans_find(struct arena *a, const struct mask *m, struct str in, struct mask_spans *out)
{
    struct mask_scan z = { .in = in };
    struct known k = { .n = 0 };
    struct mask_span s;
    size_t n, kept = 0;

    while (mask_scan_next(&z, &s))
        add(a, out, s);
    extend_names(out, in);
    for (size_t i = 0; i < out->n && k.n < KNOWN_MAX; i++)
        if (is_name(&out->v[i]))
            know(a, &k, str_sub(in, out->v[i].from, out->v[i].to - out->v[i].from));
    for (size_t i = 0; m && i < m->n && k.n < KNOWN_MAX; i++)
        if (strcmp(m->items[i].kind, MASK_NAME) == 0)
            know(a, &k, m->items[i].value);
    n = out->n;
    for (size_t i = 0; i < k.n; i++)
        add_others(a, out, n, in, k.v[i]);
    if (out->n == n)
        return;
    qsort(out->v, out->n, sizeof *out->v, by_place);
    for (size_t i = 1; i < out->n; i++) /* of two that overlap the first stays */
        if (out->v[i].from >= out->v[kept].to)
            out->v[++kept] = out->v[i];
    out->n = kept + 1;
}
