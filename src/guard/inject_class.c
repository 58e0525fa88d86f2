/* Where the table is not sure: logistic regression on characters, words and the table's groups,
 * trained when the table is read. The same examples give the same weights. */
#include "guard/inject_int.h"

#include "base/fs.h"
#include "base/log.h"

#include "base/utf8.h"

#include <math.h>
#include <string.h>

enum { FEATURES = 1400, EPOCHS = 10, EDGE_OF_TEXT = 1, KNOWN_LEAST = 8, TOGETHER = 12 };

struct features {
    size_t n;
    uint32_t v[FEATURES];
};

static void add(struct features *f, uint32_t kind, uint32_t x, uint32_t y)
{
    uint32_t h = kind * 0x9e3779b1U;

    h = (h ^ x) * 0x85ebca6bU;
    h = (h ^ (h >> 13) ^ y) * 0xc2b2ae35U;
    if (f->n < FEATURES)
        f->v[f->n++] = (h ^ (h >> 16)) & (INJECT_WEIGHTS - 1);
}

/* A Latin word, or a Chinese character, as one number; *i moves behind it. */
static uint32_t token(const struct inject_reading *r, size_t *i, size_t to)
{
    uint32_t h = 2166136261U;

    if (!(r->edge[*i] & EDGE_LATIN))
        return r->c[(*i)++];
    do
        h = (h ^ r->c[(*i)++]) * 16777619U;
    while (*i < to && (r->edge[*i] & EDGE_LATIN) && !(r->edge[*i] & EDGE_WORD));
    return h | 0x10000U;
}

/* What stands there, what beside it, and what one further on. */
static void add_tokens(struct features *f, const struct inject_reading *r, size_t from, size_t to)
{
    uint32_t last = EDGE_OF_TEXT, before = 0;

    for (size_t i = from; i < to;) {
        uint32_t t = token(r, &i, to);

        add(f, 1, t, 0);
        add(f, 2, last, t);
        if (before)
            add(f, 3, before, t);
        before = last;
        last = t;
    }
    add(f, 2, last, EDGE_OF_TEXT);
}

/* Which groups stand there, which together, and which follows which. */
static void add_groups(struct features *f, const struct inject_hits *h, size_t from, size_t to)
{
    uint32_t last = 0, there[TOGETHER];
    size_t n = 0, k;

    for (size_t i = 0; i < h->n; i++) {
        uint32_t group = h->v[i].group + 1U;

        if (h->v[i].from < from || h->v[i].from >= to + (h->v[i].from == h->v[i].to))
            continue;
        for (k = 0; k < n && there[k] != group; k++)
            ;
        if (k == n && n < TOGETHER) {
            for (uint32_t copy = 0; copy < 3; copy++) /* weighs more than a pair of letters */
                add(f, 10 + copy, group, 0);
            for (k = 0; k < n; k++)
                add(f, 21, there[k] < group ? there[k] : group,
                    there[k] < group ? group : there[k]);
            there[n++] = group;
        }
        if (last)
            add(f, 20, last, group);
        last = group;
    }
}

/* ？ ? ！ “ " ： : { … 〔 */
static const uint16_t signs[] = {
    0xff1f, '?', 0xff01, 0x201c, '"', 0xff1a, ':', '{', 0x2026, 0x3014
};
enum { SIGNS = sizeof(signs) / sizeof(signs[0]) };

/* Bytes that may begin one: most of a text's do not. */
static const bool begins_sign[256] = { ['?'] = true,  ['"'] = true,  [':'] = true, ['{'] = true,
                                       [0xe2] = true, [0xe3] = true, [0xef] = true };

/* Which of them stand in the text, a bit each. */
static unsigned signs_in(struct str text)
{
    unsigned there = 0;

    for (size_t at = 0; at < text.n; at++) {
        size_t next = at;
        uint32_t cp;

        if (!begins_sign[(unsigned char)text.p[at]])
            continue;
        cp = utf8_next(text, &next);
        for (unsigned i = 0; i < SIGNS; i++)
            there |= (unsigned)(signs[i] == cp) << i;
    }
    return there;
}

/* What a sentence is by its signs: a question, a shout, something quoted, a list. */
static void add_signs(struct features *f, const struct inject_reading *r, size_t from, size_t to)
{
    size_t begin = from < r->n ? r->at[from] : 0, end = to < r->n ? r->at[to] : r->text.n;
    unsigned there = signs_in(str_sub(r->text, begin, end - begin));

    for (uint32_t i = 0; i < SIGNS; i++)
        if (there >> i & 1)
            add(f, 30, i / 2, 0);
    add(f, 31, to - from < 12 ? 1 : to - from < 30 ? 2 : to - from < 80 ? 3 : 4, 0);
}

static void gather(struct features *f, const struct inject_reading *r, const struct inject_hits *h,
                   size_t from, size_t to)
{
    f->n = 0;
    add_tokens(f, r, from, to);
    add_groups(f, h, from, to);
    add_signs(f, r, from, to);
}

static double weigh(const struct inject *x, const struct features *f)
{
    double z = 0, scale = f->n ? 1 / sqrt((double)f->n) : 0;
    size_t known = 0;

    for (size_t i = 0; i < f->n; i++) {
        known += x->weights[f->v[i]] != 0.0F;
        z += (double)x->weights[f->v[i]];
    }
    if (x->ready && known < KNOWN_LEAST) /* of what was never seen nothing is said */
        return 0;
    return 1 / (1 + exp(-(z * scale + (double)x->bias)));
}

double inject_score(const struct inject *x, struct arena *a, const struct inject_reading *r,
                    const struct inject_hits *h, size_t from, size_t to)
{
    struct features *f = arena_alloc(a, sizeof(*f));

    gather(f, r, h, from, to);
    return weigh(x, f);
}

static void learn(struct inject *x, float *seen, const struct features *f, bool attack, double rate)
{
    double off = (attack ? 1.0 : 0.0) - weigh(x, f);
    double step = f->n ? rate * off / sqrt((double)f->n) : 0;

    for (size_t i = 0; i < f->n; i++) { /* Adagrad: what is rare learns as fast as what is common */
        float *s = &seen[f->v[i]];

        *s += (float)(step * step);
        x->weights[f->v[i]] += (float)(step / sqrt(0.1 + (double)*s));
    }
    x->bias += (float)(rate * off * 0.05);
}

static struct features *gather_example(struct inject *x, struct arena *a, struct str text)
{
    struct arena scratch = ARENA_INIT;
    struct features f, *kept;
    struct inject_hits h;
    struct inject_view v;
    size_t end, bytes;

    inject_view_plain(&scratch, text, &v);
    end = v.plain.n < INJECT_PIECE ? v.plain.n : INJECT_PIECE;
    inject_find(x, &scratch, &v.plain, 0, end, &h);
    gather(&f, &v.plain, &h, 0, end);
    arena_release(&scratch);
    bytes = offsetof(struct features, v) + f.n * sizeof(f.v[0]);
    kept = arena_alloc(a, bytes); /* most have few: all at once must fit the memory */
    memcpy(kept, &f, bytes);
    return kept;
}

void inject_train(struct inject *x, const struct inject_example *v, size_t n)
{
    struct arena a = ARENA_INIT;
    struct features **all = ARENA_ARRAY(&a, struct features *, n + 1);
    float *seen = ARENA_ARRAY(&a, float, INJECT_WEIGHTS);
    uint64_t turn = 88172645463325252U;

    x->weights = ARENA_ARRAY(&x->mem, float, INJECT_WEIGHTS);
    x->taught = n;
    for (size_t i = 0; i < n; i++)
        all[i] = gather_example(x, &a, v[i].text);
    for (size_t round = 0; round < EPOCHS * n; round++) {
        size_t i;

        turn ^= turn << 13;
        turn ^= turn >> 7;
        turn ^= turn << 17;
        i = (size_t)(turn % n);
        learn(x, seen, all[i], v[i].attack, 0.5);
    }
    x->ready = true;
    arena_release(&a);
}

/* -- weights that were learnt before -- */

struct learnt {
    char form[16], digest[SM3_HEX + 7];
    uint64_t taught;
    float bias, weights[INJECT_WEIGHTS];
};
static const char form[16] = "tongban-inject2";

bool inject_recall(struct inject *x, const char *path, const char digest[SM3_HEX])
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    const struct learnt *l;
    struct str bytes;
    bool same;

    if (fs_read(&a, path, sizeof(*l), &bytes, &e)) {
        arena_release(&a);
        return false;
    }
    l = (const struct learnt *)(const void *)bytes.p;
    same = bytes.n == sizeof(*l) && memcmp(l->form, form, sizeof(form)) == 0 &&
           memcmp(l->digest, digest, SM3_HEX) == 0;
    if (same) {
        x->weights = ARENA_ARRAY(&x->mem, float, INJECT_WEIGHTS);
        memcpy(x->weights, l->weights, sizeof(l->weights));
        x->bias = l->bias;
        x->taught = (size_t)l->taught;
        x->ready = true;
    }
    arena_release(&a);
    return same;
}

void inject_remember(const struct inject *x, const char *path, const char digest[SM3_HEX])
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct learnt *l = ARENA_NEW(&a, struct learnt);

    memcpy(l->form, form, sizeof(form));
    memcpy(l->digest, digest, SM3_HEX);
    l->taught = x->taught;
    l->bias = x->bias;
    memcpy(l->weights, x->weights, sizeof(l->weights));
    if (fs_write(path, str_of((const char *)l, sizeof(*l)), 0600, &e))
        log_line(LOG_WARN, "guard", "what was learnt is not kept: %s", e.log);
    arena_release(&a);
}
