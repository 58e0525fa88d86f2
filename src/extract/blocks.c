#include "extract/blocks.h"

#include "base/utf8.h"

static bool is_space(uint32_t cp)
{
    return cp <= ' ' || cp == 0x7f || cp == 0xa0 || cp == 0x3000 ||
           (cp >= 0x2000 && cp <= 0x200a) || cp == 0x2028 || cp == 0x2029 || cp == 0x202f ||
           cp == 0x205f || cp == 0x85;
}

/* Zero-width and formatting marks, private use (icon fonts) and broken bytes say nothing. */
static bool is_noise(uint32_t cp)
{
    return (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x202a && cp <= 0x202e) || cp == 0x2060 ||
           cp == 0xfeff || cp == 0xfffd || cp == 0xad || (cp >= 0xe000 && cp <= 0xf8ff) ||
           (cp > 0x7f && cp < 0xa0);
}

static bool is_wide(uint32_t cp)
{
    return cp >= 0x2e80 && cp <= 0xffef;
}

struct str blocks_tidy(struct arena *a, struct str text)
{
    char *to = arena_alloc(a, text.n + 1);
    size_t n = 0, at = 0;
    uint32_t last = 0;
    bool gap = false, broken = false; /* white space, a line end in it, since the last character */

    while (at < text.n) {
        size_t from = at;
        uint32_t cp = utf8_next(text, &at);

        if (is_space(cp)) {
            gap = true;
            broken |= cp == '\n';
            continue;
        }
        if (is_noise(cp))
            continue;
        if (gap && n && !(broken && is_wide(last) && is_wide(cp)))
            to[n++] = ' ';
        gap = broken = false;
        while (from < at)
            to[n++] = text.p[from++];
        last = cp;
    }
    to[n] = 0;
    return str_of(to, n);
}

/* Something to read: a letter, a figure or a Chinese character; not only marks and lines. */
static bool says_something(struct str s)
{
    size_t at = 0;

    while (at < s.n) {
        uint32_t cp = utf8_next(s, &at);

        if ((cp >= '0' && cp <= '9') || ((cp | 32) >= 'a' && (cp | 32) <= 'z') ||
            (cp >= 0xc0 && cp < 0x2000) || (cp >= 0x2460 && cp < 0x2500) ||
            (cp >= 0x3400 && cp < 0xa000) || cp == 0x3007 || cp >= 0x20000 ||
            (cp >= 0xff10 && cp <= 0xff19) || (cp >= 0xff21 && cp <= 0xff5a))
            return true;
    }
    return false;
}

static struct block *push(struct blocks *b, size_t bytes)
{
    struct block *k;

    b->bytes += bytes;
    if (b->over || b->bytes > BLOCKS_TEXT_MAX || b->n >= BLOCKS_MAX) {
        b->over = true;
        return NULL;
    }
    b->items = arena_grow(b->a, b->items, b->n, &b->cap, sizeof(*b->items));
    k = &b->items[b->n++];
    *k = (struct block){ 0 };
    return k;
}

void blocks_paragraph(struct blocks *b, struct str text)
{
    struct str s = blocks_tidy(b->a, text);
    struct block *k = says_something(s) ? push(b, s.n) : NULL;

    if (!k)
        return;
    k->kind = BLOCK_PARAGRAPH;
    k->text = s;
}

void blocks_heading(struct blocks *b, int level, struct str text)
{
    size_t before = b->n;

    blocks_paragraph(b, text);
    if (b->n == before)
        return;
    b->items[before].kind = BLOCK_HEADING;
    b->items[before].level = level < 1 ? 1 : level > 6 ? 6 : level;
}

void blocks_row(struct blocks *b, int table, bool header, const struct str *cells, size_t n)
{
    struct str *tidy = ARENA_ARRAY(b->a, struct str, n + 1);
    struct block *k;
    size_t bytes = 0;
    bool said = false;

    if (n > BLOCKS_CELLS_MAX)
        n = BLOCKS_CELLS_MAX;
    for (size_t i = 0; i < n; i++) {
        tidy[i] = blocks_tidy(b->a, cells[i]);
        bytes += tidy[i].n + 3;
        said |= tidy[i].n > 0;
    }
    k = said ? push(b, bytes) : NULL;
    if (!k)
        return;
    k->kind = BLOCK_ROW;
    k->table = table;
    k->header = header;
    k->cells = tidy;
    k->cell_n = n;
}

void blocks_fact(struct blocks *b, struct str name, struct str value)
{
    struct str n = blocks_tidy(b->a, name), v = blocks_tidy(b->a, value);

    if (!n.n || !v.n || v.n > 600 || b->fact_n == sizeof(b->facts) / sizeof(b->facts[0]))
        return;
    for (size_t i = 0; i < b->fact_n; i++)
        if (str_eq(b->facts[i].name, n))
            return; /* the first word stands */
    b->facts[b->fact_n].name = n;
    b->facts[b->fact_n++].value = v;
}

enum tb_code blocks_check(const struct blocks *b, struct tb_err *e)
{
    if (b->over)
        return tb_fail(e, TB_TOO_LARGE,
                       "文件里的文字太多（上限 24 MB、20 万段），请拆成几个文件再上传",
                       "bytes=%zu blocks=%zu", b->bytes, b->n);
    if (b->n == 0)
        return tb_fail(e, TB_INVALID,
                       "文件里没有可读的文字；如果是扫描件或图片，请换成带文字的版本", "no text");
    return TB_OK;
}
