/* rules/forbidden.yaml to phrases. A phrase may hold alternatives: (出售|代购)(枪支|弹药) is four.
 */
#include "guard/forbid_int.h"

#include "base/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What one row says of all its phrases. */
struct row {
    struct forbid *f;
    const struct yaml *at;
    uint8_t kind, way;
    bool fine;
    size_t words, words_end; /* phrases of the row that are not fine */
};

static enum tb_code row_fail(const struct yaml *at, struct str before, struct str word,
                             const char *after, struct tb_err *e)
{
    struct buf b = BUF_INIT(256);
    enum tb_code c;

    buf_add(&b, before);
    buf_add(&b, word);
    buf_addz(&b, after);
    buf_addc(&b, 0);
    c = yaml_fail(at, b.over ? "这个词太长" : b.p, e);
    buf_release(&b);
    return c;
}

static enum tb_code kind_of(struct forbid *f, const struct yaml *at, uint8_t *out, struct tb_err *e)
{
    struct str ref = yaml_str(at, "kind");

    int kind;

    if (risk_kind_parse(ref, &kind)) {
        *out = (uint8_t)kind;
        f->kinds[kind] = arena_printf(&f->mem, "%s）%s", risk_kind_ref(kind), risk_kind_name(kind));
        return TB_OK;
    }
    return row_fail(at, STR("kind 要写成 GB/T 45654-2025 附录A的编号，如 A.1 f，这里是“"), ref, "”",
                    e);
}

static enum tb_code way_of(const struct yaml *at, uint8_t *out, struct tb_err *e)
{
    struct str way = yaml_str(at, "way");

    *out = str_eqz(way, "in")     ? FORBID_IN
           : str_eqz(way, "out")  ? FORBID_OUT
           : str_eqz(way, "both") ? FORBID_IN | FORBID_OUT
           : str_eqz(way, "care") ? FORBID_CARE
                                  : 0;
    return *out ? TB_OK
                : yaml_fail(at, "way 要写 in（提问）、out（回答）、both（都查）或 care（求助）", e);
}

static enum tb_code add(struct row *r, const struct yaml *item, struct str text, struct tb_err *e)
{
    struct forbid *f = r->f;
    struct forbid_phrase *p;

    if (f->n == FORBID_PHRASES)
        return yaml_fail(item, "词太多，展开后最多 262144 个", e);
    f->phrases = arena_grow(&f->scratch, f->phrases, f->n, &f->phrase_cap, sizeof(*f->phrases));
    p = &f->phrases[f->n];
    *p = (struct forbid_phrase){ .text = arena_str(&f->scratch, text),
                                 .kind = r->kind,
                                 .way = r->way,
                                 .fine = r->fine,
                                 .list = -1,
                                 .line = item->line };
    if (!forbid_symbols(f, p))
        return row_fail(item, STR("“"), text, "”太长（最多 39 个字）或没有能查的字", e);
    if (p->n < 2)
        return row_fail(item, STR("“"), text, "”只有一个字，会误拦，请写成词", e);
    f->n++;
    return TB_OK;
}

/* done + every way to read rest. Depth is the number of brackets; a phrase is short. */
static enum tb_code expand(struct row *r, const struct yaml *item, struct str done, struct str rest,
                           struct tb_err *e)
{
    struct str before = str_cut(&rest, STR("(")), choices;
    struct str head = arena_printf(&r->f->scratch, "%.*s%.*s", STR_FMT(done), STR_FMT(before));

    if (str_has(before, STR(")")) || str_has(before, STR("|")))
        return yaml_fail(item, "括号不成对，应为 (甲|乙)", e);
    if (!rest.p)
        return add(r, item, head, e);
    choices = str_cut(&rest, STR(")"));
    if (!rest.p || str_has(choices, STR("(")))
        return yaml_fail(item, "括号不成对，应为 (甲|乙)", e);
    while (choices.p) {
        struct str one = str_cut(&choices, STR("|"));
        struct str next = arena_printf(&r->f->scratch, "%.*s%.*s", STR_FMT(head), STR_FMT(one));

        if (expand(r, item, next, rest, e))
            return e->code;
    }
    return TB_OK;
}

/* Does what was written from phrase `from` on hold a word of the row? Else it excuses nothing: a
 * slip of the pen. */
static bool holds_word(const struct row *r, size_t from)
{
    const struct forbid_phrase *p = r->f->phrases;

    for (size_t i = from; i < r->f->n; i++)
        for (size_t k = r->words; k < r->words_end; k++)
            if (memmem(p[i].c, p[i].n * sizeof(p[i].c[0]), p[k].c, p[k].n * sizeof(p[k].c[0])))
                return true;
    return false;
}

static enum tb_code add_list(struct row *r, const char *key, struct tb_err *e)
{
    const struct yaml *list = yaml_get(r->at, key);

    if (list && list->kind != YAML_LIST)
        return row_fail(r->at, str_z(key), STR(""), " 要是一列词，如 [甲, 乙]", e);
    for (size_t i = 0; i < yaml_len(list); i++) {
        const struct yaml *item = list->items[i];
        size_t from = r->f->n;

        if (item->kind != YAML_SCALAR)
            return yaml_fail(item, "这里要写一个词", e);
        if (expand(r, item, STR(""), item->text, e))
            return e->code;
        if (r->fine && !holds_word(r, from))
            return row_fail(item, STR("fine 里的“"), item->text, "”没有包含这一行的任何一个词", e);
    }
    return TB_OK;
}

static enum tb_code add_row(struct forbid *f, const struct yaml *at, struct tb_err *e)
{
    static const char *const keys[] = { "kind", "way", "words", "fine" };
    struct row r = { .f = f, .at = at, .words = f->n };

    if (at->kind != YAML_MAP)
        return yaml_fail(at, "每行要有 kind、way、words", e);
    for (size_t i = 0; i < at->n; i++) {
        size_t k = 0;

        while (k < 4 && !str_eqz(at->keys[i], keys[k]))
            k++;
        if (k == 4)
            return row_fail(at->items[i], STR("不认识的项 "), at->keys[i], "", e);
    }
    if (kind_of(f, at, &r.kind, e) || way_of(at, &r.way, e) || add_list(&r, "words", e))
        return e->code;
    r.words_end = f->n;
    if (r.words_end == r.words)
        return yaml_fail(at, "words 空着，至少写一个词", e);
    r.fine = true;
    return add_list(&r, "fine", e);
}

static int by_symbols(const void *x, const void *y)
{
    const struct forbid_phrase *a = x, *b = y;

    for (size_t i = 0; i < a->n && i < b->n; i++)
        if (a->c[i] != b->c[i])
            return a->c[i] < b->c[i] ? -1 : 1;
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    return a->list != b->list ? a->list - b->list : a->line - b->line;
}

static bool same(const struct forbid_phrase *a, const struct forbid_phrase *b)
{
    return a->n == b->n && memcmp(a->c, b->c, a->n * sizeof(a->c[0])) == 0;
}

/* A word of the table may stand on one line only; of fine phrases one is kept, and what a list
 * repeats is passed over. */
static enum tb_code twice(struct forbid *f, const char *file, struct tb_err *e)
{
    size_t kept = f->n > 0;

    for (size_t i = 1; i < f->n; i++) {
        const struct forbid_phrase *a = &f->phrases[kept - 1], *b = &f->phrases[i];
        struct yaml at = { .line = b->line, .file = file };
        char before[64];

        if (same(a, b) && (b->list >= 0 || (a->fine == b->fine && (a->fine || a->line == b->line))))
            continue;
        if (same(a, b)) {
            snprintf(before, sizeof(before), "第 %d 行已经写过“", a->line);
            return row_fail(&at, str_z(before), b->text, "”", e);
        }
        f->phrases[kept++] = *b;
    }
    f->n = kept;
    return TB_OK;
}

enum tb_code forbid_rows(struct forbid *f, struct str yaml, const char *file, struct tb_err *e)
{
    struct yaml *root;
    const struct yaml *list;
    int64_t version = 0;

    if (yaml_read(&f->scratch, yaml, file, &root, e))
        return e->code;
    list = yaml_get(root, "forbidden");
    if (!yaml_int(root, "version", &version) || version != 1)
        return yaml_fail(root, "开头要写 version: 1", e);
    if (!list || list->kind != YAML_LIST)
        return yaml_fail(root, "要有 forbidden 一列", e);
    for (size_t i = 0; i < list->n; i++)
        if (add_row(f, list->items[i], e))
            return e->code;
    return TB_OK;
}

enum tb_code forbid_sort(struct forbid *f, const char *file, struct tb_err *e)
{
    if (f->n)
        qsort(f->phrases, f->n, sizeof(*f->phrases), by_symbols);
    return twice(f, file, e);
}

static void name_kind(struct forbid *f, int kind)
{
    if (!f->kinds[kind].n)
        f->kinds[kind] = arena_printf(&f->mem, "%s）%s", risk_kind_ref(kind), risk_kind_name(kind));
}

/* By sound short words would be found everywhere. */
static bool worth_taking(const struct forbid_phrase *p, bool by_sound)
{
    return p->n >= (by_sound ? 3 : 2);
}

void forbid_take_list(struct forbid *f, const struct forbid_list *l, int number, bool by_sound)
{
    struct str rest = l->words;
    int line = 0;

    name_kind(f, l->risk);
    while (rest.p && f->n < FORBID_PHRASES) {
        struct str word = str_trim(str_cut(&rest, STR("\n")));
        struct forbid_phrase p = { .text = word,
                                   .kind = (uint8_t)l->risk,
                                   .way = (uint8_t)l->way,
                                   .list = number,
                                   .line = ++line };

        if (!word.n || !forbid_symbols(f, &p) || !worth_taking(&p, by_sound))
            continue;
        f->phrases = arena_grow(&f->scratch, f->phrases, f->n, &f->phrase_cap, sizeof(p));
        f->phrases[f->n++] = p;
    }
}
