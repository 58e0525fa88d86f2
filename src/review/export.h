/* An answer as a file that goes out: HTML, JSON, CSV, DOCX or PDF, with the labels of GB 45438-2025
 * where it was generated (review/label.h) and the watermark that names who took it
 * (review/watermark.h). */
#ifndef REVIEW_EXPORT_H
#define REVIEW_EXPORT_H
#include "review/label.h"

enum export_kind { EXPORT_JSON = 1, EXPORT_HTML, EXPORT_CSV, EXPORT_DOCX, EXPORT_PDF };
bool export_parse(struct str s, enum export_kind *out); /* "json", "html", "csv", "docx", "pdf" */
const char *export_media_type(enum export_kind k);
const char *export_suffix(enum export_kind k); /* "json" … */

struct export_answer {
    struct str city, receipt, question, label; /* label: the explicit line as the page shows it */
    struct str *sentences;
    size_t sentence_n;
    struct str *sources; /* 《…》第五条（明民规〔2024〕3号） */
    size_t source_n;
    bool generated;
    struct str by;         /* who takes it: a name, or 市民本人 */
    int64_t at;            /* ms */
    const struct sm2 *key; /* signs the label; NULL: its digest alone */
};
enum tb_code export_make(struct arena *a, const struct export_answer *x, enum export_kind k,
                         struct str *out, struct tb_err *e) MUST_USE;

#endif
