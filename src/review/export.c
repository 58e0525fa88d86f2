#include "review/export.h"

#include "base/csv.h"
#include "base/date.h"
#include "base/json.h"
#include "base/program.h"
#include "review/pdf.h"
#include "review/watermark.h"

#include <zip.h>

static const struct {
    const char *name, *media;
} kinds[] = {
    [EXPORT_JSON] = { "json", "application/json; charset=utf-8" },
    [EXPORT_HTML] = { "html", "text/html; charset=utf-8" },
    [EXPORT_CSV] = { "csv", "text/csv; charset=utf-8" },
    [EXPORT_DOCX] = { "docx",
                      "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
    [EXPORT_PDF] = { "pdf", "application/pdf" },
};

bool export_parse(struct str s, enum export_kind *out)
{
    for (enum export_kind k = EXPORT_JSON; k <= EXPORT_PDF; k++) {
        if (str_eqz(s, kinds[k].name)) {
            *out = k;
            return true;
        }
    }
    return false;
}

const char *export_media_type(enum export_kind k)
{
    return kinds[k].media;
}

const char *export_suffix(enum export_kind k)
{
    return kinds[k].name;
}

/* ---- what every form holds ---- */

struct exporting {
    struct arena *a;
    const struct export_answer *x;
    struct str mark;    /* invisible */
    struct str visible; /* 周志远 2026-11-22 09:10 导出，Q… */
    struct str aigc;    /* "" where nothing was generated */
};

static struct str said(struct arena *a, const struct export_answer *x)
{
    struct buf b = BUF_INIT(1 << 20);

    for (size_t i = 0; i < x->sentence_n; i++)
        buf_add(&b, x->sentences[i]);
    return arena_buf(a, &b);
}

/* The implicit label over text; "" where nothing was generated. */
static struct str aigc_of(struct arena *a, const struct export_answer *x, struct str text)
{
    struct aigc l = { .label = STR("1"),
                      .producer = x->city,
                      .produce_id = x->receipt,
                      .propagator = x->city,
                      .propagate_id = x->receipt,
                      .reserved2 = STR("") };

    if (!x->generated)
        return STR("");
    l.reserved1 = x->key ? label_sign(a, x->key, &l, text) : label_digest(a, text);
    return label_json(a, &l);
}

static struct exporting begin(struct arena *a, const struct export_answer *x)
{
    struct exporting g = { .a = a, .x = x };
    char at[32];

    time_text(x->at, at);
    g.visible = arena_printf(a, "%.*s %.10s %.5s 导出，编号 %.*s", STR_FMT(x->by), at, at + 11,
                             STR_FMT(x->receipt));
    g.mark = watermark_make(
        a, arena_printf(a, "%.*s|%.16s|%.*s", STR_FMT(x->by), at, STR_FMT(x->receipt)));
    g.aigc = aigc_of(a, x, said(a, x));
    return g;
}

/* The lines of the text, marked: question, explicit label, sentences, sources, who took it. */
typedef void (*line_maker)(struct buf *out, struct str text, const char *style);

static void lines(const struct exporting *g, struct buf *out, line_maker line)
{
    const struct export_answer *x = g->x;

    line(out, x->question, "asked");
    if (x->generated)
        line(out, label_begin, "label");
    for (size_t i = 0; i < x->sentence_n; i++)
        line(out, arena_printf(g->a, "%.*s%.*s", STR_FMT(x->sentences[i]), STR_FMT(g->mark)),
             "said");
    if (x->generated)
        line(out, label_end, "label");
    for (size_t i = 0; i < x->source_n; i++)
        line(out, x->sources[i], "source");
    if (x->label.n)
        line(out, x->label, "label");
    line(out, g->visible, "mark");
}

static void escape(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        const char *as = s.p[i] == '&'   ? "&amp;"
                         : s.p[i] == '<' ? "&lt;"
                         : s.p[i] == '>' ? "&gt;"
                         : s.p[i] == '"' ? "&quot;"
                                         : NULL;

        if (as)
            buf_addz(out, as);
        else if ((unsigned char)s.p[i] >= ' ' || s.p[i] == '\n')
            buf_add(out, str_sub(s, i, 1));
    }
}

/* ---- HTML ---- */

static void html_line(struct buf *out, struct str text, const char *style)
{
    buf_addz(out, "<p class=\"");
    buf_addz(out, style);
    buf_addz(out, "\">");
    escape(out, text);
    buf_addz(out, "</p>\n");
}

static struct str html(const struct exporting *g)
{
    struct buf b = BUF_INIT(4 << 20);

    buf_addz(&b, "<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\n");
    if (g->aigc.n) {
        buf_addz(&b, "<meta name=\"AIGC\" content=\"");
        escape(&b, g->aigc);
        buf_addz(&b, "\">\n");
    }
    buf_addz(&b, "<title>");
    escape(&b, g->x->question);
    buf_addz(&b, "</title>\n<style>body{max-width:40em;margin:2em auto;font:16px/1.8 sans-serif}"
                 ".asked{font-weight:700}.label,.mark,.source{color:#555;font-size:14px}"
                 ".over{position:fixed;inset:0;pointer-events:none;display:grid;place-items:center;"
                 "transform:rotate(-24deg);font-size:28px;color:rgba(0,0,0,.12)}</style></head>\n"
                 "<body>\n");
    lines(g, &b, html_line);
    buf_addz(&b, "<div class=\"over\" aria-hidden=\"true\">");
    escape(&b, g->visible);
    buf_addz(&b, "</div>\n</body></html>\n");
    return arena_buf(g->a, &b);
}

/* ---- JSON ---- */

static struct str json(const struct exporting *g)
{
    struct buf b = BUF_INIT(4 << 20), text = BUF_INIT(4 << 20);
    struct json j = JSON_INIT(&b);
    const struct export_answer *x = g->x;

    if (x->generated)
        buf_add(&text, label_begin);
    for (size_t i = 0; i < x->sentence_n; i++) {
        buf_add(&text, x->sentences[i]);
        buf_add(&text, g->mark);
    }
    if (x->generated)
        buf_add(&text, label_end);
    json_obj(&j);
    if (g->aigc.n) {
        json_key(&j, "AIGC"); /* the object alone: its own braces and name are cut off */
        json_raw(&j, str_sub(g->aigc, 8, g->aigc.n - 9));
    }
    json_kstr(&j, "receipt", x->receipt);
    json_kstr(&j, "question", x->question);
    json_kstr(&j, "answer", arena_buf(g->a, &text));
    json_karr(&j, "sources");
    for (size_t i = 0; i < x->source_n; i++)
        json_str(&j, x->sources[i]);
    json_end(&j);
    json_kstr(&j, "label", x->label);
    json_kstr(&j, "exported", g->visible);
    json_end(&j);
    return arena_buf(g->a, &b);
}

/* ---- CSV: one row a line ---- */

static void csv_line(struct csv *c, struct str text, const char *style)
{
    static const char *const titles[][2] = { { "asked", "问题" },
                                             { "label", "标识" },
                                             { "said", "回答" },
                                             { "source", "依据" },
                                             { "mark", "导出人" } };

    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
        if (str_eqz(str_z(style), titles[i][0]))
            csv_str(c, str_z(titles[i][1]));
    csv_str(c, text);
    csv_row(c);
}

/* The answer is one cell, marks and all, so that a spreadsheet keeps them together. */
static struct str cell_of(const struct exporting *g)
{
    const struct export_answer *x = g->x;
    struct buf b = BUF_INIT(4 << 20);

    if (x->generated)
        buf_add(&b, label_begin);
    for (size_t i = 0; i < x->sentence_n; i++) {
        buf_add(&b, x->sentences[i]);
        buf_add(&b, g->mark);
        buf_addz(&b, "\n");
    }
    if (x->generated)
        buf_add(&b, label_end);
    return arena_buf(g->a, &b);
}

static struct str as_csv(const struct exporting *g)
{
    const struct export_answer *x = g->x;
    struct buf b = BUF_INIT(4 << 20);
    struct csv c = csv_begin(&b);

    csv_line(&c, x->question, "asked");
    csv_line(&c, cell_of(g), "said");
    for (size_t i = 0; i < x->source_n; i++)
        csv_line(&c, x->sources[i], "source");
    if (x->label.n)
        csv_line(&c, x->label, "label");
    csv_line(&c, g->visible, "mark");
    if (g->aigc.n) { /* a text file has no metadata: the implicit label is its last row */
        buf_addz(&b, "\"AIGC\",\"");
        escape(&b, g->aigc);
        buf_addz(&b, "\"\r\n");
    }
    return arena_buf(g->a, &b);
}

/* ---- DOCX (ECMA-376): the label is a custom property of the document ---- */

static void docx_line(struct buf *out, struct str text, const char *style)
{
    bool small = !str_eqz(str_z(style), "said") && !str_eqz(str_z(style), "asked");

    buf_addz(out, "<w:p><w:r><w:rPr>");
    buf_addz(out, str_eqz(str_z(style), "asked") ? "<w:b/>" : "");
    buf_addz(out,
             small ? "<w:color w:val=\"555555\"/><w:sz w:val=\"21\"/>" : "<w:sz w:val=\"28\"/>");
    buf_addz(out, "</w:rPr><w:t xml:space=\"preserve\">");
    escape(out, text);
    buf_addz(out, "</w:t></w:r></w:p>");
}

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define OX "http://schemas.openxmlformats.org/"

static struct str document_xml(const struct exporting *g)
{
    struct buf b = BUF_INIT(8 << 20);

    buf_addz(&b, XML "<w:document xmlns:w=\"" OX "wordprocessingml/2006/main\"><w:body>");
    lines(g, &b, docx_line);
    buf_addz(&b,
             "<w:sectPr><w:pgSz w:w=\"11906\" w:h=\"16838\"/></w:sectPr></w:body></w:document>");
    return arena_buf(g->a, &b);
}

static struct str custom_xml(const struct exporting *g)
{
    struct buf b = BUF_INIT(1 << 20);

    buf_addz(&b,
             XML "<Properties xmlns=\"" OX "officeDocument/2006/custom-properties\" xmlns:vt=\"" OX
                 "officeDocument/2006/docPropsVTypes\">");
    if (g->aigc.n) {
        buf_addz(&b, "<property fmtid=\"{D5CDD505-2E9C-101B-9397-08002B2CF9AE}\" pid=\"2\" "
                     "name=\"AIGC\"><vt:lpwstr>");
        escape(&b, g->aigc);
        buf_addz(&b, "</vt:lpwstr></property>");
    }
    buf_addz(&b, "</Properties>");
    return arena_buf(g->a, &b);
}

static const char types_xml[] = XML
    "<Types xmlns=\"" OX "package/2006/content-types\"><Default Extension=\"rels\" "
    "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default "
    "Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/word/document.xml\" "
    "ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+"
    "xml\"/><Override PartName=\"/docProps/custom.xml\" ContentType=\"application/"
    "vnd.openxmlformats-officedocument.custom-properties+xml\"/></Types>";
static const char rels_xml[] =
    XML "<Relationships xmlns=\"" OX "package/2006/relationships\"><Relationship Id=\"rId1\" "
        "Type=\"" OX "officeDocument/2006/relationships/officeDocument\" "
        "Target=\"word/document.xml\"/><Relationship Id=\"rId2\" Type=\"" OX
        "officeDocument/2006/relationships/custom-properties\" "
        "Target=\"docProps/custom.xml\"/></Relationships>";

static bool add_part(zip_t *z, const char *name, struct str text)
{
    zip_source_t *s = zip_source_buffer(z, text.p, text.n, 0);
    zip_int64_t i = s ? zip_file_add(z, name, s, ZIP_FL_ENC_UTF_8) : -1;

    if (s && i < 0)
        zip_source_free(s);
    return i >= 0 && zip_file_set_mtime(z, (zip_uint64_t)i, 315532800, 0) == 0;
}

static bool read_back(struct arena *a, zip_source_t *s, struct str *out)
{
    zip_stat_t st;
    char *p;

    if (zip_source_open(s) || zip_source_stat(s, &st))
        return false;
    p = arena_alloc(a, (size_t)st.size + 1);
    *out = str_of(p, (size_t)st.size);
    if (zip_source_read(s, p, st.size) != (zip_int64_t)st.size)
        return false;
    (void)zip_source_close(s);
    return true;
}

static bool docx(const struct exporting *g, struct str *out)
{
    zip_error_t ze;
    zip_source_t *s;
    zip_t *z;
    bool done;

    zip_error_init(&ze);
    s = zip_source_buffer_create(NULL, 0, 0, &ze);
    z = s ? zip_open_from_source(s, ZIP_TRUNCATE, &ze) : NULL;
    if (!z) {
        zip_source_free(s);
        return false;
    }
    zip_source_keep(s);
    done = add_part(z, "[Content_Types].xml", str_z(types_xml)) &&
           add_part(z, "_rels/.rels", str_z(rels_xml)) &&
           add_part(z, "word/document.xml", document_xml(g)) &&
           add_part(z, "docProps/custom.xml", custom_xml(g));
    if (zip_close(z) != 0)
        zip_discard(z);
    else
        done = done && read_back(g->a, s, out);
    zip_source_free(s);
    return done && out->n > 0;
}

/* ---- PDF: drawn by a program of its own, which loads the fonts ---- */

enum { PDF_MS = 20000, PDF_MAX = 32 << 20, PDF_NO_FONT = 3 };

static void json_line(struct buf *out, struct str text, const char *style)
{
    struct json j = JSON_INIT(out);

    if (out->n && out->p[out->n - 1] == '}')
        buf_addc(out, ',');
    json_obj(&j);
    json_kstr(&j, "style", str_z(style));
    json_kstr(&j, "text", text);
    json_end(&j);
}

static struct str pdf_input(const struct exporting *g)
{
    struct exporting bare = *g;
    struct buf b = BUF_INIT(8 << 20), list = BUF_INIT(8 << 20);
    struct json j = JSON_INIT(&b);

    bare.mark = STR(""); /* the drawn text carries the visible one */
    lines(&bare, &list, json_line);
    json_obj(&j);
    json_kstr(&j, "title", g->x->question);
    json_kstr(&j, "mark", g->visible);
    json_key(&j, "lines");
    json_raw(&j, arena_printf(g->a, "[%.*s]", (int)list.n, list.p));
    json_end(&j);
    buf_release(&list);
    return arena_buf(g->a, &b);
}

static enum tb_code pdf(const struct exporting *g, struct str *out, struct tb_err *e)
{
    struct program_run p = { "tongban-pdf", pdf_input(g), PDF_MS, PDF_MAX };
    struct pdf_says says = { .explicit_ = g->x->generated ? label_begin : STR(""),
                             .visible = g->visible,
                             .mark = g->mark };
    struct str drawn;
    int status;

    if (program_run(g->a, &p, &drawn, &status, e))
        return e->code;
    if (status == PDF_NO_FONT)
        return tb_fail(e, TB_UNSUPPORTED,
                       "服务器没有能显示这些字的字体，请管理员安装中文字体，或者保存成其他格式",
                       "tongban-pdf no font");
    says.aigc = aigc_of(g->a, g->x, pdf_text(g->a, drawn, g->visible));
    *out = pdf_label(g->a, drawn, &says);
    return status == 0 && out->n ? TB_OK
                                 : tb_fail(e, TB_INTERNAL, "文件没有做成，请再试一次",
                                           "tongban-pdf status=%d", status);
}

enum tb_code export_make(struct arena *a, const struct export_answer *x, enum export_kind k,
                         struct str *out, struct tb_err *e)
{
    struct exporting g = begin(a, x);

    *out = STR("");
    if (k == EXPORT_DOCX)
        return docx(&g, out) ? TB_OK : tb_fail(e, TB_INTERNAL, "文件没有做成，请再试一次", "docx");
    if (k == EXPORT_PDF)
        return pdf(&g, out, e);
    *out = k == EXPORT_HTML ? html(&g) : k == EXPORT_CSV ? as_csv(&g) : json(&g);
    return TB_OK;
}
