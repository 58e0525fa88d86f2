#include "extract/xlsx.h"

#include "extract/docx_int.h"

#include <string.h>

struct strings {
    struct str *v;
    size_t n, cap;
};

bool xlsx_is(const struct zipped *z)
{
    size_t i;

    return zipped_find(z, "xl/workbook.xml", &i);
}

static enum tb_code part(struct zipped *z, struct arena *a, const char *name, struct str *out,
                         struct tb_err *e)
{
    size_t i;

    *out = STR("");
    return zipped_find(z, name, &i) ? zipped_read_to(z, i, a, ZIP_MEMBER_MAX, out, e) : TB_OK;
}

static enum tb_code too_large(struct tb_err *e)
{
    return tb_fail(e, TB_TOO_LARGE, "表格太大（上限 20000 行），请拆成几个文件", "xlsx limits");
}

/* <si><t>…</t></si>, or runs <r><t>…</t></r>; phonetic <rPh> is no text. */
static enum tb_code read_strings(struct arena *a, struct str xml, struct strings *s,
                                 struct tb_err *e)
{
    xmlTextReader *r;
    struct buf text = BUF_INIT(1 << 20);
    bool more = true, in = false, aside = false;
    enum tb_code c = TB_OK;

    if (xml.n == 0)
        return TB_OK;
    c = docx_open(a, xml, &r, e);
    while (!c && !(c = docx_next(r, &more, e)) && more) {
        if (docx_is_open(r, "t"))
            in = !aside && !xmlTextReaderIsEmptyElement(r);
        else if (docx_is_open(r, "rPh"))
            aside = true;
        if (in && xmlTextReaderHasValue(r))
            buf_add(&text, str_z((const char *)xmlTextReaderConstValue(r)));
        if (docx_is_close(r, "t"))
            in = false;
        if (docx_is_close(r, "rPh"))
            aside = false;
        if (!docx_is_close(r, "si"))
            continue;
        if (s->n >= XLSX_STRINGS_MAX) {
            c = too_large(e);
            break;
        }
        s->v = arena_grow(a, s->v, s->n, &s->cap, sizeof(*s->v));
        s->v[s->n++] = arena_str(a, buf_str(&text));
        buf_reset(&text);
    }
    buf_release(&text);
    return c;
}

struct sheet {
    struct blocks *out;
    struct strings shared;
    struct str cells[BLOCKS_CELLS_MAX];
    size_t cell_n, rows;
    size_t at;       /* column of the cell in hand */
    char kind[16];   /* its t */
    struct buf text; /* its value */
    bool in;         /* between <v> or <t> and its end */
};

/* "AB12" is column 27. */
static size_t column(const char *ref)
{
    size_t n = 0;

    for (; ref && *ref >= 'A' && *ref <= 'Z' && n < 100000; ref++)
        n = n * 26 + (size_t)(*ref - 'A') + 1;
    return n ? n - 1 : SIZE_MAX;
}

static void cell_open(struct sheet *s, xmlTextReader *r)
{
    xmlChar *ref = xmlTextReaderGetAttribute(r, (const xmlChar *)"r");
    xmlChar *kind = xmlTextReaderGetAttribute(r, (const xmlChar *)"t");
    size_t at = column((const char *)ref);

    s->at = at == SIZE_MAX ? s->cell_n : at;
    str_put(s->kind, sizeof(s->kind), str_z((const char *)kind));
    buf_reset(&s->text);
    xmlFree(ref);
    xmlFree(kind);
}

static void cell_close(struct sheet *s)
{
    struct str v = str_trim(buf_str(&s->text));
    int64_t i;

    if (s->at >= BLOCKS_CELLS_MAX)
        return;
    while (s->cell_n <= s->at)
        s->cells[s->cell_n++] = STR("");
    if (strcmp(s->kind, "s") == 0)
        v = str_i64(v, &i) && i >= 0 && (size_t)i < s->shared.n ? s->shared.v[i] : STR("");
    s->cells[s->at] = arena_str(s->out->a, v);
}

static enum tb_code row_close(struct sheet *s, struct tb_err *e)
{
    bool any = false;

    for (size_t i = 0; i < s->cell_n; i++)
        any |= s->cells[i].n > 0;
    if (any) {
        if (++s->rows > XLSX_ROWS_MAX)
            return too_large(e);
        blocks_row(s->out, 1, s->rows == 1, s->cells, s->cell_n);
    }
    s->cell_n = 0;
    return TB_OK;
}

static enum tb_code node(struct sheet *s, xmlTextReader *r, struct tb_err *e)
{
    if (docx_is_open(r, "c"))
        cell_open(s, r);
    else if (docx_is_open(r, "v") || docx_is_open(r, "t"))
        s->in = !xmlTextReaderIsEmptyElement(r);
    if (s->in && xmlTextReaderHasValue(r))
        buf_add(&s->text, str_z((const char *)xmlTextReaderConstValue(r)));
    if (docx_is_close(r, "v") || docx_is_close(r, "t"))
        s->in = false;
    if (docx_is_close(r, "c"))
        cell_close(s);
    return docx_is_close(r, "row") ? row_close(s, e) : TB_OK;
}

enum tb_code xlsx_read(struct zipped *z, struct blocks *out, struct tb_err *e)
{
    struct sheet s = { .out = out, .text = BUF_INIT(1 << 20) };
    struct str strings, sheet;
    xmlTextReader *r;
    bool more = true;
    enum tb_code c;

    if (part(z, out->a, "xl/sharedStrings.xml", &strings, e) ||
        part(z, out->a, "xl/worksheets/sheet1.xml", &sheet, e))
        return e->code;
    if (sheet.n == 0)
        return tb_fail(e, TB_INVALID, "表格里没有第一张工作表；请在 WPS 或 Excel 中另存一份再试",
                       "xlsx without sheet1");
    out->tables = 1;
    c = read_strings(out->a, strings, &s.shared, e);
    if (!c)
        c = docx_open(out->a, sheet, &r, e);
    while (!c && !(c = docx_next(r, &more, e)) && more)
        c = node(&s, r, e);
    buf_release(&s.text);
    return c;
}
