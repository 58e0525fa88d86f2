/* rules/injection.yaml to groups of words and patterns. */
#include "guard/inject_int.h"

#include "base/utf8.h"
#include "text/normal.h"

#include <stdlib.h>
#include <string.h>

struct rows {
    struct inject *x;
    struct arena mem; /* while the table is read */
    size_t mark_cap, pattern_cap;
};

static enum tb_code fail_about(const struct yaml *at, const char *before, struct str word,
                               const char *after, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct str s = arena_printf(&a, "%s%.*s%s", before, STR_FMT(word), after);
    enum tb_code c = yaml_fail(at, s.p, e);

    arena_release(&a);
    return c;
}

static enum tb_code known_keys(const struct yaml *at, const char *const *keys, struct tb_err *e)
{
    for (size_t i = 0; i < at->n; i++) {
        size_t k = 0;

        while (keys[k] && !str_eqz(at->keys[i], keys[k]))
            k++;
        if (!keys[k])
            return fail_about(at->items[i], "不认识的项 ", at->keys[i], "", e);
    }
    return TB_OK;
}

static enum tb_code need_map(const struct yaml *root, const char *key, const struct yaml **out,
                             struct tb_err *e)
{
    *out = yaml_get(root, key);
    if (*out && (*out)->kind == YAML_MAP && (*out)->n)
        return TB_OK;
    return fail_about(*out ? *out : root, "要有 ", str_z(key), " 一段", e);
}

/* -- alternatives -- */

enum { PARTS = 32, CHOICES = 64 };

struct part {
    struct str choices[CHOICES];
    size_t n;
};

static enum tb_code cut_parts(const struct yaml *at, struct str s, struct part *parts, size_t *n,
                              struct tb_err *e)
{
    *n = 0;
    while (s.p && s.n) {
        struct str before = str_cut(&s, STR("(")), choices;

        if (*n + 2 > PARTS || str_has(before, STR(")")))
            return yaml_fail(at, "括号不成对，应为 (甲|乙)，一行最多 15 处", e);
        parts[(*n)++] = (struct part){ .choices = { before }, .n = 1 };
        if (!s.p)
            return TB_OK;
        choices = str_cut(&s, STR(")"));
        if (!s.p || str_has(choices, STR("(")))
            return yaml_fail(at, "括号不成对，应为 (甲|乙)", e);
        parts[*n].n = 0;
        while (choices.p) {
            if (parts[*n].n == CHOICES)
                return yaml_fail(at, "一个括号里最多 64 种写法", e);
            parts[*n].choices[parts[*n].n++] = str_cut(&choices, STR("|"));
        }
        (*n)++;
    }
    return TB_OK;
}

enum tb_code inject_expand(struct arena *a, const struct yaml *at, struct str s, size_t most,
                           inject_take take, void *self, struct tb_err *e)
{
    struct part *parts = ARENA_ARRAY(a, struct part, PARTS);
    size_t n = 0, total = 1, give;

    if (cut_parts(at, s, parts, &n, e))
        return e->code;
    for (size_t i = 0; i < n && total < 1000000; i++)
        total *= parts[i].n;
    give = total < most ? total : most;
    for (size_t k = 0; k < give; k++) {
        uint64_t pick = give == total ? k : (k * 2654435761U + 40503U) % total;
        struct buf b = BUF_INIT(64 * 1024);

        for (size_t i = 0; i < n; i++) {
            buf_add(&b, parts[i].choices[pick % parts[i].n]);
            pick /= parts[i].n;
        }
        if (take(self, arena_buf(a, &b), e))
            return e->code;
    }
    return TB_OK;
}

/* -- words -- */

struct adding {
    struct rows *r;
    const struct yaml *at;
    uint16_t group;
};

/* What begins with a sign is looked for as it is written: "<|im_start|>", "![". */
static bool is_mark(struct str s)
{
    return s.n > 1 && (strchr("<[#!=-{", s.p[0]) || str_starts(s, STR("【")));
}

static void add_mark(struct rows *r, uint16_t group, struct str s)
{
    struct inject *x = r->x;
    char *p = arena_z(&x->mem, s);

    for (size_t i = 0; i < s.n; i++)
        p[i] = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] + 32) : p[i];
    x->marks = arena_grow(&x->mem, x->marks, x->mark_n, &r->mark_cap, sizeof(*x->marks));
    x->marks[x->mark_n++] = (struct inject_mark){ str_of(p, s.n), group };
    x->mark_begins[(unsigned char)p[0]] = true;
    if (p[0] >= 'a' && p[0] <= 'z')
        x->mark_begins[(unsigned char)(p[0] - 32)] = true;
}

/* Its characters, blanks and punctuation left out, as a reading has them. */
static size_t word_units(struct arena *a, struct str s, uint16_t out[INJECT_CHARS])
{
    struct inject_view v;

    inject_view_plain(a, s, &v);
    if (v.plain.n > INJECT_CHARS)
        return INJECT_CHARS + 1;
    memcpy(out, v.plain.c, v.plain.n * sizeof(*out));
    return v.plain.n;
}

static void add_sounds(struct rows *r, const uint16_t *c, size_t n, uint16_t group)
{
    uint16_t sounds[INJECT_CHARS];

    for (size_t i = 0; i < n; i++)
        if (!unit_is_han(c[i]) || !(sounds[i] = unit_sound(c[i])))
            return;
    if (n > 1)
        inject_trie_add(&r->mem, &r->x->sounds, sounds, n, group, false);
}

static enum tb_code add_word(void *self, struct str s, struct tb_err *e)
{
    struct adding *g = self;
    struct inject *x = g->r->x;
    uint16_t c[INJECT_CHARS];
    bool loose = str_ends(s, STR("*"));
    size_t n;

    if (loose)
        s.n--;
    n = word_units(&g->r->mem, s, c);
    if (n == 0 || n > INJECT_CHARS)
        return fail_about(g->at, "“", s, "”太长（最多 48 个字）或没有能查的字", e);
    if (++x->word_n > INJECT_WORDS)
        return yaml_fail(g->at, "词太多，展开后最多 65536 个", e);
    inject_trie_add(&g->r->mem, &x->words, c, n, g->group, loose);
    add_sounds(g->r, c, n, g->group);
    return TB_OK;
}

static enum tb_code add_words(struct rows *r, uint16_t group, const struct yaml *list,
                              struct tb_err *e)
{
    for (size_t i = 0; i < list->n; i++) {
        struct adding g = { r, list->items[i], group };

        if (list->items[i]->kind != YAML_SCALAR || list->items[i]->text.n == 0)
            return yaml_fail(list->items[i], "这里要写一个词", e);
        if (is_mark(list->items[i]->text))
            add_mark(r, group, list->items[i]->text);
        else if (inject_expand(&r->mem, list->items[i], list->items[i]->text, INJECT_WORDS,
                               add_word, &g, e))
            return e->code;
    }
    return TB_OK;
}

static enum tb_code add_groups(struct rows *r, const struct yaml *groups, struct tb_err *e)
{
    static const char *const keys[] = { "cue", "words", NULL };
    struct inject *x = r->x;

    for (size_t i = 0; i < groups->n; i++) {
        const struct yaml *at = groups->items[i], *list = yaml_get(at, "words");

        if (x->group_n == INJECT_GROUPS)
            return yaml_fail(at, "词组太多，最多 96 组", e);
        if (at->kind != YAML_MAP || !list || list->kind != YAML_LIST || list->n == 0)
            return fail_about(at, "词组 ", groups->keys[i], " 要有 words 一列词", e);
        if (known_keys(at, keys, e))
            return e->code;
        x->groups[x->group_n] = arena_str(&x->mem, groups->keys[i]);
        x->cue[x->group_n] = yaml_bool(at, "cue", false);
        if (add_words(r, (uint16_t)x->group_n++, list, e))
            return e->code;
    }
    return TB_OK;
}

/* -- patterns -- */

static enum tb_code group_named(const struct inject *x, const struct yaml *at, uint16_t *out,
                                struct tb_err *e)
{
    for (size_t i = 0; i < x->group_n; i++)
        if (at->kind == YAML_SCALAR && str_eq(at->text, x->groups[i])) {
            *out = (uint16_t)i;
            return TB_OK;
        }
    return fail_about(at, "没有这个词组：", at->text, "", e);
}

static enum tb_code read_groups(const struct inject *x, const struct yaml *row, const char *key,
                                uint16_t out[INJECT_STEPS], uint16_t *n, struct tb_err *e)
{
    const struct yaml *list = yaml_get(row, key);

    *n = 0;
    if (!list)
        return TB_OK;
    if (list->kind != YAML_LIST || list->n == 0 || list->n > INJECT_STEPS)
        return fail_about(list, "", str_z(key), " 要是 1 到 6 个词组，如 [drop, rules]", e);
    for (size_t i = 0; i < list->n; i++)
        if (group_named(x, list->items[i], &out[(*n)++], e))
            return e->code;
    return TB_OK;
}

static enum tb_code kind_named(const struct inject *x, const struct yaml *row, uint16_t *out,
                               struct tb_err *e)
{
    struct str kind = yaml_str(row, "kind");

    for (size_t i = 0; i < x->kind_n; i++)
        if (str_eq(kind, x->kinds[i])) {
            *out = (uint16_t)i;
            return TB_OK;
        }
    return fail_about(row, "kind 要是 kinds 里写过的，这里是“", kind, "”", e);
}

static enum tb_code add_pattern(struct rows *r, const struct yaml *row, struct tb_err *e)
{
    static const char *const keys[] = { "kind", "when", "near", "unless", "sure", "why", NULL };
    struct inject *x = r->x;
    struct inject_pattern p = { .line = row->line };
    int64_t near = 8;

    if (row->kind != YAML_MAP)
        return yaml_fail(row, "每行要有 kind 和 when", e);
    if (known_keys(row, keys, e) || kind_named(x, row, &p.kind, e) ||
        read_groups(x, row, "when", p.steps, &p.step_n, e) ||
        read_groups(x, row, "unless", p.unless, &p.unless_n, e))
        return e->code;
    if (!p.step_n)
        return yaml_fail(row, "要有 when，如 [drop, rules]", e);
    if (yaml_get(row, "near") && (!yaml_int(row, "near", &near) || near < 0 || near > 40))
        return yaml_fail(row, "near 要是 0 到 40 的整数", e);
    if (x->pattern_n == INJECT_PATTERNS)
        return yaml_fail(row, "太多了，最多 512 行", e);
    p.near = (int)near;
    for (size_t i = 0; i < p.step_n; i++)
        p.needs[p.steps[i] / 64] |= 1ULL << p.steps[i] % 64;
    p.sure = yaml_bool(row, "sure", true);
    p.why = yaml_str(row, "why").n ? arena_str(&x->mem, yaml_str(row, "why")) : x->titles[p.kind];
    x->patterns =
        arena_grow(&x->mem, x->patterns, x->pattern_n, &r->pattern_cap, sizeof(*x->patterns));
    x->patterns[x->pattern_n++] = p;
    return TB_OK;
}

static enum tb_code add_kinds(struct inject *x, const struct yaml *kinds, struct tb_err *e)
{
    for (size_t i = 0; i < kinds->n; i++) {
        const struct yaml *title = kinds->items[i];

        if (x->kind_n == INJECT_KIND_MAX)
            return yaml_fail(title, "种类太多，最多 32 种", e);
        if (title->kind != YAML_SCALAR || title->text.n == 0)
            return fail_about(title, "种类 ", kinds->keys[i], " 要写一句给人看的话", e);
        x->kinds[x->kind_n] = arena_str(&x->mem, kinds->keys[i]);
        x->titles[x->kind_n++] = arena_str(&x->mem, title->text);
    }
    return TB_OK;
}

static enum tb_code read_share(const struct yaml *at, const char *key, double *out,
                               struct tb_err *e)
{
    if (at && str_real(yaml_str(at, key), out) && *out > 0 && *out <= 1)
        return TB_OK;
    return fail_about(at, "要有 ", str_z(key), "，大于 0、不超过 1", e);
}

/* May be left out: 0, nothing is asked of the meaning. */
static enum tb_code read_weight(const struct yaml *at, const char *key, double *out,
                                struct tb_err *e)
{
    *out = 0;
    if (!yaml_get(at, key) || (str_real(yaml_str(at, key), out) && *out >= 0 && *out <= 100))
        return TB_OK;
    return fail_about(at, "", str_z(key), " 要是 0 到 100 的数", e);
}

static enum tb_code read_rows(struct rows *r, const struct yaml *root, struct tb_err *e)
{
    static const char *const keys[] = {
        "version", "kinds", "groups", "patterns", "classifier", NULL
    };
    const struct yaml *kinds, *groups, *classifier, *patterns = yaml_get(root, "patterns");
    int64_t version = 0;

    if (!yaml_int(root, "version", &version) || version != 1)
        return yaml_fail(root, "开头要写 version: 1", e);
    if (known_keys(root, keys, e) || need_map(root, "kinds", &kinds, e) ||
        need_map(root, "groups", &groups, e) || need_map(root, "classifier", &classifier, e) ||
        add_kinds(r->x, kinds, e) || add_groups(r, groups, e) ||
        read_share(classifier, "least", &r->x->least, e) ||
        read_share(classifier, "least_doubted", &r->x->least_doubted, e) ||
        read_share(classifier, "least_bare", &r->x->least_bare, e) ||
        read_share(classifier, "least_certain", &r->x->least_certain, e) ||
        read_weight(classifier, "meaning", &r->x->meaning, e) ||
        read_weight(classifier, "unsure", &r->x->unsure, e))
        return e->code;
    if (!patterns || patterns->kind != YAML_LIST || patterns->n == 0)
        return yaml_fail(root, "要有 patterns 一列", e);
    for (size_t i = 0; i < patterns->n; i++)
        if (add_pattern(r, patterns->items[i], e))
            return e->code;
    return TB_OK;
}

enum tb_code inject_rows(struct inject *x, const struct yaml *root, struct tb_err *e)
{
    struct rows r = { .x = x, .mem = ARENA_INIT };
    enum tb_code c = read_rows(&r, root, e);

    inject_trie_settle(&x->mem, &x->words); /* without what they grew out of */
    inject_trie_settle(&x->mem, &x->sounds);
    arena_release(&r.mem);
    return c;
}
