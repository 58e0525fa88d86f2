/* What the files of the DOCX reader share; never seen outside. */
#ifndef EXTRACT_DOCX_INT_H
#define EXTRACT_DOCX_INT_H
#include "extract/docx.h"

#include <libxml/xmlreader.h>

enum { DOCX_LEVELS = 9 };

struct docx_level {
    struct str format, text; /* w:numFmt, w:lvlText */
    int start;
};
struct docx_abstract {
    int id;
    struct docx_level level[DOCX_LEVELS];
    int count[DOCX_LEVELS]; /* how far the document has counted */
};
struct docx_num {
    int id, abstract;         /* index of the abstract, or -1 */
    int restart[DOCX_LEVELS]; /* startOverride; -1: none */
    bool restarted[DOCX_LEVELS];
};
struct docx_style {
    struct str id, based_on;
    int outline;       /* 0 … 8; -1: none */
    int num_id, level; /* -1: none */
};
struct docx_styles {
    struct arena *a;
    struct docx_abstract *abstracts;
    struct docx_num *nums;
    struct docx_style *styles;
    size_t abstract_n, abstract_cap, num_n, num_cap, style_n, style_cap;
};

/* A reader over one part of the package; closed by the arena. */
enum tb_code docx_open(struct arena *a, struct str xml, xmlTextReader **out,
                       struct tb_err *e) MUST_USE;
/* Next node: *more false at the end. Refuses a document type, brokenness and depth. */
enum tb_code docx_next(xmlTextReader *r, bool *more, struct tb_err *e) MUST_USE;
bool docx_is_open(xmlTextReader *r, const char *name);  /* <w:name> or <w:name/> */
bool docx_is_close(xmlTextReader *r, const char *name); /* </w:name> or <w:name/> */
struct str docx_attr(struct arena *a, xmlTextReader *r, const char *name); /* w:name; "" if none */
int docx_attr_int(xmlTextReader *r, const char *name, int otherwise);

/* docx_number.c. Either part may be "" (absent). */
enum tb_code docx_styles_read(struct arena *a, struct str styles_xml, struct str numbering_xml,
                              struct docx_styles *out, struct tb_err *e) MUST_USE;
const struct docx_style *docx_style(const struct docx_styles *s, struct str id);
/* Counts on and returns the number as printed: 第一条, 一、, 1.; "" for bullets and none. */
struct str docx_number(struct docx_styles *s, int num_id, int level);

#endif
