/* Saved web pages to blocks: scripts, navigation, footers and whatever else is not the document are
 * dropped; the page's own metadata (ArticleTitle, PubDate, 文号, 发布机构 …, as the government site
 * guideline 《政府网站发展指引》 prescribes them) become facts. */
#ifndef EXTRACT_HTML_H
#define EXTRACT_HTML_H
#include "extract/blocks.h"

enum { HTML_BYTES_MAX = 24 * 1024 * 1024 };

/* text: the page in UTF-8, whatever its own charset declaration says. */
enum tb_code html_read(struct str text, struct blocks *out, struct tb_err *e) MUST_USE;

#endif
