#include "extract/docx_int.h"

#include <string.h>

static void close_reader(void *what)
{
    xmlFreeTextReader(what);
}

static enum tb_code declared(struct tb_err *e)
{
    return tb_fail(e, TB_INVALID, "文档里有不允许的实体声明，疑似恶意文件，已拒绝",
                   "doctype in ooxml");
}

enum tb_code docx_open(struct arena *a, struct str xml, xmlTextReader **out, struct tb_err *e)
{
    if (str_has(xml, STR("<!DOCTYPE")) || str_has(xml, STR("<!ENTITY")))
        return declared(e);
    *out = xmlReaderForMemory(xml.p, (int)xml.n, NULL, NULL,
                              XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (!*out)
        return tb_fail(e, TB_INVALID, "文档已损坏，读不出来", "xml reader");
    arena_defer(a, close_reader, *out);
    return TB_OK;
}

enum tb_code docx_next(xmlTextReader *r, bool *more, struct tb_err *e)
{
    int k = xmlTextReaderRead(r), type;

    *more = k == 1;
    if (k < 0)
        return tb_fail(e, TB_INVALID, "文档已损坏，读不出来；可在 Word 中打开后另存一份再试",
                       "xml line=%d", xmlTextReaderGetParserLineNumber(r));
    type = k == 1 ? xmlTextReaderNodeType(r) : 0;
    if (type == XML_READER_TYPE_DOCUMENT_TYPE || type == XML_READER_TYPE_ENTITY_REFERENCE)
        return declared(e);
    return TB_OK;
}

static bool named(xmlTextReader *r, const char *name)
{
    const char *n = (const char *)xmlTextReaderConstLocalName(r);

    return n && strcmp(n, name) == 0;
}

bool docx_is_open(xmlTextReader *r, const char *name)
{
    return xmlTextReaderNodeType(r) == XML_READER_TYPE_ELEMENT && named(r, name);
}

bool docx_is_close(xmlTextReader *r, const char *name)
{
    int type = xmlTextReaderNodeType(r);

    return (type == XML_READER_TYPE_END_ELEMENT ||
            (type == XML_READER_TYPE_ELEMENT && xmlTextReaderIsEmptyElement(r))) &&
           named(r, name);
}

struct str docx_attr(struct arena *a, xmlTextReader *r, const char *name)
{
    struct str s = STR("");
    int k = xmlTextReaderMoveToFirstAttribute(r);

    for (; k == 1; k = xmlTextReaderMoveToNextAttribute(r))
        if (named(r, name)) {
            s = arena_str(a, str_z((const char *)xmlTextReaderConstValue(r)));
            break;
        }
    xmlTextReaderMoveToElement(r);
    return s;
}

int docx_attr_int(xmlTextReader *r, const char *name, int otherwise)
{
    struct arena a = ARENA_INIT;
    int64_t v;
    bool ok = str_i64(docx_attr(&a, r, name), &v);

    arena_release(&a);
    return ok && v >= -1000000000 && v <= 1000000000 ? (int)v : otherwise;
}
