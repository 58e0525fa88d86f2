/* The labels of a PDF that we made: an XMP packet (ISO 16684-1) appended as one incremental update
 * (ISO 32000-1, 7.5.6), so that the bytes before it are what was drawn. What is signed is the
 * digest of those bytes with what the watermark says; the update itself is made again and compared,
 * so that nothing else can have been added. */
#ifndef REVIEW_PDF_H
#define REVIEW_PDF_H
#include "base/arena.h"

struct pdf_says {
    struct str aigc;      /* {"AIGC":…}; "" none */
    struct str explicit_; /* the explicit label as it stands on the pages; "" none */
    struct str visible;   /* the visible watermark */
    struct str mark;      /* the invisible one */
};
/* The drawn file with its labels. "" when `drawn` is no PDF with a plain trailer. */
struct str pdf_label(struct arena *a, struct str drawn, const struct pdf_says *says);
/* What is signed of it. */
struct str pdf_text(struct arena *a, struct str drawn, struct str visible);
/* A file that has such an update: what it says; *whole: the update is just that. */
bool pdf_split(struct arena *a, struct str file, struct str *drawn, struct pdf_says *says,
               bool *whole);

#endif
