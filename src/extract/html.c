#include "extract/html.h"

#include "extract/grid.h"
#include "extract/html_int.h"

#include <libxml/HTMLparser.h>
#include <string.h>

struct walk {
    struct blocks *out;
    struct buf line; /* text of the paragraph being gathered */
    int heading;     /* its level; 0: a paragraph */
};

static const char *const block_tags[] = {
    "p",  "div", "section", "article", "main",  "center", "blockquote", "pre",    "ul", "ol",
    "dl", "dt",  "dd",      "figure",  "table", "tbody",  "thead",      "tfoot",  "tr", "td",
    "th", "h1",  "h2",      "h3",      "h4",    "h5",     "h6",         "form",   "li", "address",
    "hr", "br",  "caption", "header",  "body",  "html",   "fieldset",   "legend", NULL
};

bool html_is(const xmlNode *n, const char *tag)
{
    return n->type == XML_ELEMENT_NODE && strcasecmp((const char *)n->name, tag) == 0;
}

bool html_is_any(const xmlNode *n, const char *const *tags)
{
    for (; *tags; tags++)
        if (html_is(n, *tags))
            return true;
    return false;
}

struct str html_attr(const xmlNode *n, const char *name)
{
    const xmlAttr *at = xmlHasProp(n, BAD_CAST name);

    if (!at || !at->children || at->children->type != XML_TEXT_NODE)
        return STR("");
    return str_z((const char *)at->children->content);
}

const struct html_weight *html_weight(const xmlNode *n)
{
    static const struct html_weight none = { 0, 0, 0, true };

    return n->_private ? n->_private : &none;
}

static void text_add(const xmlNode *n, struct buf *b, int depth)
{
    for (; n && depth < HTML_DEPTH_MAX; n = n->next) {
        if (n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE)
            buf_addz(b, (const char *)n->content);
        if (n->type != XML_ELEMENT_NODE || html_weight(n)->dropped)
            continue;
        if (html_is_any(n, block_tags))
            buf_addc(b, ' ');
        text_add(n->children, b, depth + 1);
    }
}

struct str html_text(struct arena *a, const xmlNode *n)
{
    struct buf b = BUF_INIT(BLOCKS_TEXT_MAX);
    struct str s;

    text_add(n->children, &b, 0);
    s = blocks_tidy(a, buf_str(&b));
    buf_release(&b);
    return s;
}

/* Lines that the page puts there, not the document. */
static bool is_chrome(struct str s)
{
    static const char *const whole[] = { "相关附件", "相关新闻", "分享到",   "分享到：", "打印",
                                         "关闭",     "听全文",   "相关文档", "返回顶部", NULL };

    s = str_trim(s);
    if (str_has(s, STR("ICP备")) || str_has(s, STR("公网安备")))
        return true;
    for (int i = 0; whole[i]; i++)
        if (str_eqz(s, whole[i]))
            return true;
    return false;
}

static void flush(struct walk *w)
{
    if (is_chrome(buf_str(&w->line)))
        buf_reset(&w->line);
    if (w->heading)
        blocks_heading(w->out, w->heading, buf_str(&w->line));
    else
        blocks_paragraph(w->out, buf_str(&w->line));
    buf_reset(&w->line);
}

static int span_of(const xmlNode *n, const char *name)
{
    int64_t v = 1;

    return str_i64(str_trim(html_attr(n, name)), &v) && v > 0 && v < 1000 ? (int)v : 1;
}

static void grid_row_of(struct grid *g, const xmlNode *tr, bool head)
{
    grid_row(g, head);
    for (const xmlNode *k = tr->children; k; k = k->next)
        if (html_is(k, "td") || html_is(k, "th"))
            grid_cell(g, html_text(g->a, k), span_of(k, "colspan"), span_of(k, "rowspan"),
                      html_is(k, "th"));
}

static void grid_rows_of(struct grid *g, const xmlNode *n, bool head)
{
    for (const xmlNode *k = n->children; k; k = k->next) {
        if (html_is(k, "tr"))
            grid_row_of(g, k, head);
        else if (html_is(k, "thead"))
            grid_rows_of(g, k, true);
        else if (html_is(k, "tbody") || html_is(k, "tfoot"))
            grid_rows_of(g, k, false);
    }
}

static bool holds(const xmlNode *n, const char *tag, int depth)
{
    for (const xmlNode *k = n->children; k && depth < HTML_DEPTH_MAX; k = k->next)
        if (k->type == XML_ELEMENT_NODE && (html_is(k, tag) || holds(k, tag, depth + 1)))
            return true;
    return false;
}

static bool table_read(struct walk *w, const xmlNode *table)
{
    struct grid g = { .a = w->out->a };

    if (holds(table, "table", 0))
        return false;
    grid_rows_of(&g, table, false);
    if (!grid_is_data(&g))
        return false;
    flush(w);
    grid_emit(&g, w->out);
    return true;
}

static int heading_of(const xmlNode *n)
{
    const char *t = (const char *)n->name;

    return (t[0] == 'h' || t[0] == 'H') && t[1] >= '1' && t[1] <= '6' && !t[2] ? t[1] - '0' : 0;
}

static void walk_children(struct walk *w, const xmlNode *n, int depth);

/* <ol> numbers its items itself; the number is part of what people read and cite. */
static void list_read(struct walk *w, const xmlNode *list, int depth)
{
    int n = span_of(list, "start");

    for (const xmlNode *k = list->children; k; k = k->next) {
        struct str s;

        if (!html_is(k, "li") || html_weight(k)->dropped)
            continue;
        flush(w);
        s = html_text(w->out->a, k);
        if (s.n && !(s.p[0] >= '0' && s.p[0] <= '9') && !str_starts(s, STR("（")) &&
            !str_starts(s, STR("第")))
            buf_addf(&w->line, "%d. ", n);
        n++;
        walk_children(w, k, depth + 1);
        flush(w);
    }
}

static void element_read(struct walk *w, const xmlNode *n, int depth)
{
    int level = heading_of(n);

    if (html_weight(n)->dropped || (html_is(n, "table") && table_read(w, n)))
        return;
    if (!html_is_any(n, block_tags)) {
        walk_children(w, n, depth + 1);
        return;
    }
    flush(w);
    if (html_is(n, "ol")) {
        list_read(w, n, depth);
        return;
    }
    if (level)
        w->heading = level;
    walk_children(w, n, depth + 1);
    flush(w);
    if (level)
        w->heading = 0;
}

static void walk_children(struct walk *w, const xmlNode *n, int depth)
{
    if (depth > HTML_DEPTH_MAX)
        return;
    for (const xmlNode *k = n->children; k; k = k->next) {
        if (k->type == XML_TEXT_NODE || k->type == XML_CDATA_SECTION_NODE)
            buf_addz(&w->line, (const char *)k->content);
        else if (k->type == XML_ELEMENT_NODE)
            element_read(w, k, depth);
    }
}

static void tree_read(xmlNode *root, struct blocks *out)
{
    struct walk w = { .out = out, .line = BUF_INIT(BLOCKS_TEXT_MAX) };
    const xmlNode *at;

    html_weigh(out->a, root);
    html_facts(root, out);
    at = html_main(root);
    if (html_is(at, "ol"))
        list_read(&w, at, 0);
    else
        walk_children(&w, at, 0);
    flush(&w);
    buf_release(&w.line);
}

enum tb_code html_read(struct str text, struct blocks *out, struct tb_err *e)
{
    const int how = HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                    HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC;
    htmlParserCtxt *p;
    htmlDocPtr doc;
    enum tb_code c = TB_OK;

    if (text.n > HTML_BYTES_MAX)
        return tb_fail(e, TB_TOO_LARGE, "网页太大（上限 24 MB），请只保存正文", "html=%zu", text.n);
    p = htmlNewParserCtxt();
    if (!p)
        return tb_fail(e, TB_INTERNAL, "网页读不出来", "html parser context");
    doc = htmlCtxtReadMemory(p, text.p, (int)text.n, NULL, "UTF-8", how);
    if (p->disableSAX || !doc || !xmlDocGetRootElement(doc))
        c = tb_fail(e, TB_INVALID, "网页嵌套太深或已损坏，读不出来", "html errno=%d", p->errNo);
    else
        tree_read(xmlDocGetRootElement(doc), out);
    if (doc)
        xmlFreeDoc(doc);
    htmlFreeParserCtxt(p);
    return c;
}
