#include "extract/read.h"

#include "base/json.h"
#include "base/utf8.h"
#include "extract/docx.h"
#include "extract/html.h"
#include "extract/kind.h"
#include "extract/text.h"
#include "extract/xlsx.h"

#include <iconv.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>

static void say_nothing(void *self, const char *fmt, ...)
{
    (void)self;
    (void)fmt;
}

/* Never closed: an open converter keeps its module loaded. Volatile, or they are optimised away. */
static iconv_t volatile kept[3];

void extract_warm_up(void)
{
    static const char *const encodings[] = { "GB18030", "UTF-16LE", "UTF-16BE", NULL };

    xmlInitParser();
    xmlSetGenericErrorFunc(NULL, say_nothing);
    for (int i = 0; encodings[i]; i++)
        kept[i] = iconv_open("UTF-8", encodings[i]);
}

static enum tb_code read_zip(struct arena *a, struct str bytes, struct reading *out,
                             struct tb_err *e)
{
    struct zipped *z;

    if (zipped_open(a, bytes, &z, e))
        return e->code;
    if (xlsx_is(z)) {
        out->kind = "xlsx";
        return xlsx_read(z, &out->blocks, e);
    }
    if (!docx_is(z))
        return tb_fail(e, TB_UNSUPPORTED,
                       "这个压缩文件不是 Word 文档；如果是装着多个文件的压缩包，请作为压缩包导入",
                       "zip without word/document.xml");
    out->kind = "docx";
    return docx_read(z, &out->blocks, e);
}

static enum tb_code read_text(struct arena *a, struct str bytes, struct reading *out,
                              struct tb_err *e)
{
    struct str text;
    enum kind k;

    if (utf8_from_any(a, bytes, &text, e))
        return e->code;
    k = kind_text(text);
    out->kind = kind_name(k);
    if (k == KIND_HTML)
        return html_read(text, &out->blocks, e);
    if (k == KIND_MARKDOWN)
        text_read_markdown(text, &out->blocks);
    else
        text_read_plain(text, &out->blocks);
    return TB_OK;
}

enum tb_code extract_read(struct arena *a, struct str bytes, struct reading *out, struct tb_err *e)
{
    enum kind k;

    *out = (struct reading){ .kind = "", .blocks = { .a = a } };
    if (bytes.n > EXTRACT_BYTES_MAX)
        return tb_fail(e, TB_TOO_LARGE, "文件太大（上限 64 MB），请拆成几个文件再上传", "bytes=%zu",
                       bytes.n);
    if (kind_sniff(bytes, &k, e))
        return e->code;
    if (k == KIND_GZIP || k == KIND_XZ || k == KIND_TAR)
        return tb_fail(e, TB_UNSUPPORTED, "这是压缩包，不是单个文件；请作为压缩包导入", "kind=%s",
                       kind_name(k));
    if ((k == KIND_ZIP ? read_zip(a, bytes, out, e) : read_text(a, bytes, out, e)) ||
        blocks_check(&out->blocks, e))
        return e->code;
    parts_make(a, &out->blocks, &out->parts);
    return TB_OK;
}

/* ---- the wire ---- */

static void write_part(struct json *j, const struct part *p)
{
    json_obj(j);
    json_kstr(j, "kind", str_z(part_kind_name(p->kind)));
    if (p->label.n)
        json_kstr(j, "label", p->label);
    if (p->level)
        json_kint(j, "level", p->level);
    if (p->table)
        json_kint(j, "table", p->table);
    if (p->row)
        json_kint(j, "row", p->row);
    json_kint(j, "begin", (int64_t)p->begin);
    json_kint(j, "end", (int64_t)p->end);
    json_end(j);
}

/* A sheet's cells as they stand, for who reads rows and not text. */
static void write_rows(struct json *j, const struct blocks *b)
{
    json_karr(j, "rows");
    for (size_t i = 0; i < b->n; i++) {
        if (b->items[i].kind != BLOCK_ROW)
            continue;
        json_arr(j);
        for (size_t k = 0; k < b->items[i].cell_n; k++)
            json_str(j, b->items[i].cells[k]);
        json_end(j);
    }
    json_end(j);
}

void extract_write(const struct reading *r, struct buf *json)
{
    struct json j = JSON_INIT(json);

    json_obj(&j);
    json_kint(&j, "format", 1);
    json_kstr(&j, "kind", str_z(r->kind));
    json_kstr(&j, "title", r->blocks.title);
    json_karr(&j, "facts");
    for (size_t i = 0; i < r->blocks.fact_n; i++) {
        json_obj(&j);
        json_kstr(&j, "name", r->blocks.facts[i].name);
        json_kstr(&j, "value", r->blocks.facts[i].value);
        json_end(&j);
    }
    json_end(&j);
    json_kstr(&j, "plain", r->parts.plain);
    json_karr(&j, "parts");
    for (size_t i = 0; i < r->parts.n; i++)
        write_part(&j, &r->parts.items[i]);
    json_end(&j);
    if (str_eqz(STR("xlsx"), r->kind))
        write_rows(&j, &r->blocks);
    json_end(&j);
}

void extract_write_error(const struct tb_err *e, struct buf *json)
{
    struct json j = JSON_INIT(json);

    json_obj(&j);
    json_kobj(&j, "error");
    json_kstr(&j, "code", str_z(tb_code_name(e->code)));
    json_kstr(&j, "say", str_z(e->say));
    json_kstr(&j, "log", str_z(e->log));
    json_end(&j);
    json_end(&j);
}
