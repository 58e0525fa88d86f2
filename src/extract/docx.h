/* Word documents (OOXML, ECMA-376): body text in reading order, headings by style or outline level,
 * automatic numbers written out (第一条, 一、, （一） …), tables with merged cells, text boxes,
 * text inserted under revision; deleted text, comments, headers and fields' instructions left out.
 * A document type declaration is refused (OPC forbids it), so no entity is ever expanded. */
#ifndef EXTRACT_DOCX_H
#define EXTRACT_DOCX_H
#include "extract/blocks.h"
#include "extract/zip.h"

bool docx_is(const struct zipped *z); /* has word/document.xml */
enum tb_code docx_read(struct zipped *z, struct blocks *out, struct tb_err *e) MUST_USE;

#endif
