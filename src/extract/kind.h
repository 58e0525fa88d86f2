/* What a file is, by its first bytes and never by its name. */
#ifndef EXTRACT_KIND_H
#define EXTRACT_KIND_H
#include "base/err.h"

enum kind { KIND_TEXT = 1, KIND_MARKDOWN, KIND_HTML, KIND_ZIP, KIND_GZIP, KIND_XZ, KIND_TAR };

/* TB_INVALID for an empty file; TB_UNSUPPORTED with what to do for PDF, old Word, pictures,
 * programs and the like. KIND_TEXT may still turn out to be Markdown (kind_text). */
enum tb_code kind_sniff(struct str bytes, enum kind *out, struct tb_err *e) MUST_USE;
/* Text already in UTF-8: HTML, Markdown or plain. */
enum kind kind_text(struct str text);
const char *kind_name(enum kind k); /* "text", "markdown", "html" … */

#endif
