/* What the files of the HTML reader share; never seen outside. */
#ifndef EXTRACT_HTML_INT_H
#define EXTRACT_HTML_INT_H
#include "extract/blocks.h"

#include <libxml/tree.h>

enum { HTML_DEPTH_MAX = 256 };

struct html_weight {          /* hangs on every element as _private */
    size_t text, link, prose; /* bytes: all, inside links, in runs that read like sentences */
    bool dropped;
};

struct str html_attr(const xmlNode *n, const char *name); /* "" if absent; lives with the tree */
bool html_is(const xmlNode *n, const char *tag);
bool html_is_any(const xmlNode *n, const char *const *tags); /* NULL-terminated */
/* All text below n, tidied, dropped parts left out. */
struct str html_text(struct arena *a, const xmlNode *n);
const struct html_weight *html_weight(const xmlNode *n); /* never NULL after html_weigh */

/* html_main.c: marks what is no part of the document and finds where the document stands. */
void html_weigh(struct arena *a, xmlNode *root);
const xmlNode *html_main(const xmlNode *root);
/* html_facts.c: <meta>, <title> and the 索引号/文号/成文日期 table. */
void html_facts(const xmlNode *root, struct blocks *out);

#endif
