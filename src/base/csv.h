/* Tables for spreadsheets (RFC 4180): UTF-8 with a mark at its beginning, by which WPS and Excel
 * know it, CR LF at the end of a row. What a spreadsheet would take for a formula is shown as the
 * text it is. */
#ifndef BASE_CSV_H
#define BASE_CSV_H
#include "base/buf.h"

struct csv {
    struct buf *out;
    bool more; /* a field of this row stands already */
};

struct csv csv_begin(struct buf *out);
void csv_str(struct csv *c, struct str s);
void csv_int(struct csv *c, int64_t v);
/* v millionths with six decimals. */
void csv_micro(struct csv *c, int64_t v);
void csv_row(struct csv *c); /* ends the row */

#endif
