/* Tables out of spreadsheets and other programs (RFC 4180 and its usual bends): comma, semicolon or
 * tab, whichever the first line has most of; quoted fields with doubled quotes, line ends inside
 * quotes, CR LF or LF; a mark of UTF-8 at the beginning is passed over. */
#ifndef BASE_CSV_READ_H
#define BASE_CSV_READ_H
#include "base/arena.h"

enum { CSV_FIELDS_MAX = 64 };

struct csv_reader {
    struct arena *a;
    struct str text;
    size_t at;
    char separator;
    int line; /* 1-based, of the row that was read last */
    int next; /* line at which reading goes on */
};

/* text: UTF-8; must outlive the reader. */
struct csv_reader csv_reader(struct arena *a, struct str text);
/* False at the end. Fields past CSV_FIELDS_MAX are left out; an empty line is a row of one empty
 * field. Fields live in a or are views of the text. */
bool csv_next(struct csv_reader *r, struct str fields[CSV_FIELDS_MAX], size_t *n);

#endif
