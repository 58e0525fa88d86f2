#include "extract/docx.h"

#include "extract/docx_int.h"
#include "extract/grid.h"

#include <string.h>

enum { NEST_MAX = 16 };

struct paragraph { /* paragraphs nest: a text box stands inside one */
    struct buf text;
    struct str style;
    int num_id, level, outline; /* -1: as the style says */
};

struct body {
    struct blocks *out;
    struct docx_styles styles;
    struct paragraph at[NEST_MAX];
    int depth;          /* paragraphs open */
    int skip_depth;     /* > 0: inside what is left out, begun at this XML depth */
    struct grid *table; /* outermost table; NULL: none */
    int table_depth;
    struct buf cell;
    int across;
    bool goes_on; /* vMerge without restart */
    bool head;    /* w:tblHeader */
    bool in_text; /* between <w:t> and </w:t> */
};

bool docx_is(const struct zipped *z)
{
    size_t i;

    return zipped_find(z, "word/document.xml", &i);
}

static void paragraph_open(struct body *b)
{
    if (b->depth >= NEST_MAX)
        return;
    buf_reset(&b->at[b->depth].text);
    b->at[b->depth].style = STR("");
    b->at[b->depth].num_id = b->at[b->depth].level = b->at[b->depth].outline = -1;
    b->depth++;
}

/* The automatic number before the text, with a space where the text would run into it. */
static struct str numbered(struct body *b, const struct paragraph *p,
                           const struct docx_style *style)
{
    int num_id = p->num_id >= 0 ? p->num_id : style ? style->num_id : -1;
    int level = p->level >= 0 ? p->level : style && style->level >= 0 ? style->level : 0;
    struct str number;

    if (num_id <= 0 || !str_trim(buf_str(&p->text)).n)
        return buf_str(&p->text);
    number = docx_number(&b->styles, num_id, level);
    if (!number.n)
        return buf_str(&p->text);
    return arena_printf(b->out->a, "%.*s%s%.*s", STR_FMT(number),
                        str_ends(number, STR("、")) || str_ends(number, STR("）")) ? "" : " ",
                        STR_FMT(buf_str(&p->text)));
}

static void paragraph_close(struct body *b)
{
    struct paragraph *p;
    const struct docx_style *style;
    struct str text;
    int outline;

    if (b->depth == 0)
        return;
    p = &b->at[--b->depth];
    style = docx_style(&b->styles, p->style);
    outline = p->outline >= 0 ? p->outline : style ? style->outline : -1;
    text = numbered(b, p, style);
    if (b->table) {
        if (b->cell.n)
            buf_addz(&b->cell, " " GRID_PARAGRAPH);
        buf_add(&b->cell, text);
    } else if (outline >= 0 && outline < 6 && text.n <= 240) {
        blocks_heading(b->out, outline + 1, text);
    } else {
        for (struct str rest = text; rest.p;) /* a line break parts two paragraphs */
            blocks_paragraph(b->out, str_cut(&rest, STR("\n")));
    }
}

static struct buf *text_of(struct body *b)
{
    return b->depth ? &b->at[b->depth - 1].text : NULL;
}

static void paragraph_node(struct body *b, xmlTextReader *r)
{
    struct paragraph *p = &b->at[b->depth - 1];

    if (docx_is_open(r, "pStyle"))
        p->style = docx_attr(b->out->a, r, "val");
    else if (docx_is_open(r, "numId"))
        p->num_id = docx_attr_int(r, "val", -1);
    else if (docx_is_open(r, "ilvl"))
        p->level = docx_attr_int(r, "val", -1);
    else if (docx_is_open(r, "outlineLvl"))
        p->outline = docx_attr_int(r, "val", -1);
    else if (docx_is_open(r, "tab") || docx_is_open(r, "ptab"))
        buf_addc(&p->text, ' ');
    else if (docx_is_open(r, "br") || docx_is_open(r, "cr"))
        buf_addc(&p->text, '\n');
    else if (docx_is_open(r, "noBreakHyphen"))
        buf_addc(&p->text, '-');
}

static void table_open(struct body *b)
{
    if (b->table_depth++ > 0)
        return;
    b->table = ARENA_NEW(b->out->a, struct grid);
    b->table->a = b->out->a;
}

static void table_close(struct body *b)
{
    if (b->table_depth == 0 || --b->table_depth > 0)
        return;
    if (grid_is_data(b->table))
        grid_emit(b->table, b->out);
    else
        grid_emit_layout(b->table, b->out);
    b->table = NULL;
}

static void cell_close(struct body *b)
{
    struct str text = arena_str(b->out->a, buf_str(&b->cell));

    if (b->goes_on)
        grid_cell_below(b->table, b->across);
    else
        grid_cell(b->table, text, b->across, 1, b->head);
}

/* Only the outermost table makes rows; one inside a cell is part of that cell's text. */
static void table_node(struct body *b, xmlTextReader *r)
{
    if (b->table_depth != 1)
        return;
    if (docx_is_open(r, "tr")) {
        b->head = false;
        grid_row(b->table, false);
    } else if (docx_is_open(r, "tblHeader")) {
        b->head = true;
    } else if (docx_is_open(r, "tc")) {
        buf_reset(&b->cell);
        b->across = 1;
        b->goes_on = false;
    } else if (docx_is_open(r, "gridSpan")) {
        b->across = docx_attr_int(r, "val", 1);
    } else if (docx_is_open(r, "vMerge")) {
        b->goes_on = !str_eqz(docx_attr(b->out->a, r, "val"), "restart");
    } else if (docx_is_close(r, "tc")) {
        cell_close(b);
    }
}

/* The second form of the same drawing, deleted text, field codes. */
static bool left_out(xmlTextReader *r)
{
    static const char *const names[] = { "Fallback",    "del",       "moveFrom",  "instrText",
                                         "delText",     "pPrChange", "rPrChange", "sectPrChange",
                                         "tblPrChange", NULL };

    for (int i = 0; names[i]; i++)
        if (docx_is_open(r, names[i]))
            return true;
    return false;
}

static bool skipping(struct body *b, xmlTextReader *r)
{
    int depth = xmlTextReaderDepth(r);

    if (b->skip_depth) {
        if (depth > b->skip_depth - 1)
            return true;
        b->skip_depth = 0;
        return true; /* its end tag */
    }
    if (!left_out(r))
        return false;
    if (!xmlTextReaderIsEmptyElement(r))
        b->skip_depth = depth + 1;
    return true;
}

static void body_node(struct body *b, xmlTextReader *r)
{
    int type = xmlTextReaderNodeType(r);

    if (type == XML_READER_TYPE_TEXT || type == XML_READER_TYPE_CDATA ||
        type == XML_READER_TYPE_SIGNIFICANT_WHITESPACE) {
        if (text_of(b) && b->in_text)
            buf_addz(text_of(b), (const char *)xmlTextReaderConstValue(r));
        return;
    }
    if (docx_is_open(r, "t") || docx_is_close(r, "t"))
        b->in_text = !docx_is_close(r, "t");
    if (docx_is_open(r, "p"))
        paragraph_open(b);
    else if (docx_is_open(r, "tbl"))
        table_open(b);
    if (b->depth)
        paragraph_node(b, r);
    table_node(b, r);
    if (docx_is_close(r, "p"))
        paragraph_close(b);
    else if (docx_is_close(r, "tbl"))
        table_close(b);
}

static enum tb_code body_read(struct body *b, struct str xml, struct tb_err *e)
{
    xmlTextReader *r;
    bool more;

    if (docx_open(b->out->a, xml, &r, e))
        return e->code;
    while (!docx_next(r, &more, e) && more)
        if (!skipping(b, r))
            body_node(b, r);
    return e->code;
}

static enum tb_code part_read(struct zipped *z, const char *name, struct str *out, struct tb_err *e)
{
    size_t i;

    *out = STR("");
    return zipped_find(z, name, &i) ? zipped_read(z, i, ZIP_MEMBER_MAX, out, e) : TB_OK;
}

enum tb_code docx_read(struct zipped *z, struct blocks *out, struct tb_err *e)
{
    struct body *b = ARENA_NEW(out->a, struct body);
    struct str document, styles, numbering;
    enum tb_code c;

    b->out = out;
    b->cell.max = BLOCKS_TEXT_MAX;
    for (int i = 0; i < NEST_MAX; i++)
        b->at[i].text.max = BLOCKS_TEXT_MAX;
    if (part_read(z, "word/document.xml", &document, e) ||
        part_read(z, "word/styles.xml", &styles, e) ||
        part_read(z, "word/numbering.xml", &numbering, e) ||
        docx_styles_read(out->a, styles, numbering, &b->styles, e))
        return e->code;
    c = body_read(b, document, e);
    buf_release(&b->cell);
    for (int i = 0; i < NEST_MAX; i++)
        buf_release(&b->at[i].text);
    return c;
}
