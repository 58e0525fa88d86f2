/* Spreadsheets (OOXML, ECMA-376 part 1, 18): the first sheet's rows, shared and inline strings,
 * numbers as they stand (a date is its serial number), results of formulas. Everything else is
 * left out. A document type declaration is refused, as in docx.h. */
#ifndef EXTRACT_XLSX_H
#define EXTRACT_XLSX_H
#include "extract/blocks.h"
#include "extract/zip.h"

enum { XLSX_ROWS_MAX = 20000, XLSX_STRINGS_MAX = 500000 };

bool xlsx_is(const struct zipped *z); /* has xl/workbook.xml */
/* Each row that holds something becomes a row of table 1, the first one its header. TB_TOO_LARGE
 * past the limits. */
enum tb_code xlsx_read(struct zipped *z, struct blocks *out, struct tb_err *e) MUST_USE;

#endif
