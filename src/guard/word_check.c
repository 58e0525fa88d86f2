#include "guard/word_check.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "base/yaml.h"

#include <stdlib.h>

enum { AROUND = 24, LIST_MAX = 64 << 20 }; /* AROUND: bytes of a sample on each side */

struct word_check {
    struct arena mem;
    struct forbid_list list;
    struct forbid *words;
    struct str *lines;      /* of the list */
    struct word_hit *found; /* by line */
    bool *out;              /* taken out, by line */
    size_t n, fresh;
    struct word_hit *hits;
};

static void split_lines(struct word_check *k)
{
    struct str rest = k->list.words;
    size_t cap = 0;

    while (rest.p) {
        k->lines = arena_grow(&k->mem, k->lines, k->n, &cap, sizeof(*k->lines));
        k->lines[k->n++] = str_trim(str_cut(&rest, STR("\n")));
    }
    k->found = ARENA_ARRAY(&k->mem, struct word_hit, k->n + 1);
    k->out = ARENA_ARRAY(&k->mem, bool, k->n + 1);
}

struct str word_check_clean(struct word_check *k, struct arena *a)
{
    struct buf b = BUF_INIT(LIST_MAX);

    for (size_t i = 0; i < k->n; i++) {
        if (!k->out[i] && !k->found[i].texts)
            buf_add(&b, k->lines[i]);
        buf_addc(&b, '\n'); /* lines keep their numbers */
    }
    return arena_buf(a, &b);
}

static void build(struct word_check *k)
{
    struct arena a = ARENA_INIT;
    struct forbid_list l = k->list;
    struct tb_err e = TB_ERR_INIT;

    l.words = word_check_clean(k, &a);
    forbid_free(k->words);
    if (forbid_make(STR(""), "", &l, 1, l.sound, &k->words, &e))
        k->words = NULL; /* a list alone has no row that could be wrong */
    arena_release(&a);
}

struct word_check *word_check_new(const struct forbid_list *l)
{
    struct word_check *k = tb_zalloc(sizeof(*k));

    k->list = *l;
    split_lines(k);
    build(k);
    return k;
}

void word_check_free(struct word_check *k)
{
    forbid_free(k->words);
    arena_release(&k->mem);
    tb_free(k);
}

static struct str sample(struct arena *a, struct str text, const struct forbid_hit *h)
{
    size_t from = h->from > AROUND ? utf8_floor(text, h->from - AROUND) : 0;
    size_t to = h->to + AROUND < text.n ? utf8_floor(text, h->to + AROUND) : text.n;

    struct str s = arena_str(a, str_sub(text, from, to - from));

    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ')
            ((char *)(uintptr_t)s.p)[i] = ' ';
    return s;
}

void word_check_text(struct word_check *k, struct str text)
{
    struct forbid_hit h;
    struct str rest = text;

    while (forbid_find(k->words, FORBID_IN | FORBID_OUT, rest, &h)) {
        struct word_hit *f = &k->found[h.line - 1];
        size_t next = h.from;

        if (!f->texts) {
            f->word = k->lines[h.line - 1];
            f->sample = sample(&k->mem, rest, &h);
            k->fresh++;
        }
        f->texts++;
        (void)utf8_next(rest, &next);
        rest = str_from(rest, next);
    }
}

size_t word_check_round(struct word_check *k)
{
    size_t n = k->fresh;

    if (!n)
        return 0;
    k->fresh = 0;
    for (size_t i = 0; i < k->n; i++)
        k->out[i] |= k->found[i].texts > 0;
    build(k);
    return n;
}

static int by_texts(const void *x, const void *y)
{
    const struct word_hit *a = x, *b = y;

    return a->texts != b->texts ? (a->texts > b->texts ? -1 : 1) : str_cmp(a->word, b->word);
}

const struct word_hit *word_check_hits(struct word_check *k, size_t *n)
{
    *n = 0;
    k->hits = ARENA_ARRAY(&k->mem, struct word_hit, k->n + 1);
    for (size_t i = 0; i < k->n; i++)
        if (k->found[i].texts)
            k->hits[(*n)++] = k->found[i];
    if (*n)
        qsort(k->hits, *n, sizeof(*k->hits), by_texts);
    return k->hits;
}

/* ---- split characters ---- */

/* false: no character of it is known to be split. */
static bool split_one(const struct yaml *table, struct str word, struct buf *out)
{
    size_t at = 0;
    bool any = false;

    while (at < word.n) {
        size_t from = at;
        char key[8] = "";
        struct str parts;

        (void)utf8_next(word, &at);
        for (size_t i = 0; i < at - from && i < sizeof(key) - 1; i++)
            key[i] = word.p[from + i];
        parts = yaml_str(table, key);
        any |= parts.n > 0;
        buf_add(out, parts.n ? parts : str_sub(word, from, at - from));
    }
    return any;
}

enum tb_code word_split(struct arena *a, const char *path, struct str words, struct str *out,
                        struct tb_err *e)
{
    struct buf all = BUF_INIT(LIST_MAX);
    const struct yaml *table;
    struct yaml *root;
    struct str rest = words;

    if (yaml_load(a, path, &root, e))
        return e->code;
    table = yaml_get(root, "split");
    if (!table || table->kind != YAML_MAP)
        return yaml_fail(root, "要有 split：字和拆开的写法", e);
    buf_add(&all, words);
    while (rest.p) {
        struct str word = str_trim(str_cut(&rest, STR("\n")));
        struct buf one = BUF_INIT(4096);

        if (split_one(table, word, &one)) {
            buf_addc(&all, '\n');
            buf_add(&all, buf_str(&one));
        }
        buf_release(&one);
    }
    *out = arena_buf(a, &all);
    return TB_OK;
}
