#include "base/csv_read.h"

#include <string.h>

static size_t count(struct str s, char c)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n && s.p[i] != '\n'; i++)
        n += s.p[i] == c;
    return n;
}

struct csv_reader csv_reader(struct arena *a, struct str text)
{
    struct csv_reader r = { .a = a, .text = text, .separator = ',', .line = 0, .next = 1 };

    if (str_starts(text, STR("\xef\xbb\xbf")))
        r.at = 3;
    text = str_from(text, r.at);
    if (count(text, '\t') > count(text, r.separator))
        r.separator = '\t';
    if (count(text, ';') > count(text, r.separator))
        r.separator = ';';
    return r;
}

/* From behind the opening quote to behind the closing one; what stands between that and the
 * separator is left out. */
static struct str quoted(struct csv_reader *r)
{
    size_t end = r->at, n = 0;
    char *out;

    while (end < r->text.n &&
           (r->text.p[end] != '"' || (end + 1 < r->text.n && r->text.p[end + 1] == '"')))
        end += r->text.p[end] == '"' ? 2 : 1;
    out = arena_alloc(r->a, end - r->at + 1);
    for (; r->at < r->text.n; r->at++) {
        char c = r->text.p[r->at];

        if (c == '"' && r->at + 1 < r->text.n && r->text.p[r->at + 1] == '"')
            r->at++;
        else if (c == '"')
            break;
        r->next += c == '\n';
        out[n++] = c;
    }
    while (r->at < r->text.n && r->text.p[r->at] != r->separator && r->text.p[r->at] != '\n')
        r->at++;
    return str_of(out, n);
}

static struct str bare(struct csv_reader *r)
{
    size_t from = r->at;

    while (r->at < r->text.n && r->text.p[r->at] != r->separator && r->text.p[r->at] != '\n')
        r->at++;
    return str_trim(str_sub(r->text, from, r->at - from));
}

bool csv_next(struct csv_reader *r, struct str fields[CSV_FIELDS_MAX], size_t *n)
{
    *n = 0;
    if (r->at >= r->text.n)
        return false;
    r->line = r->next;
    for (;;) {
        bool quote = r->at < r->text.n && r->text.p[r->at] == '"';
        struct str field;

        r->at += quote;
        field = quote ? quoted(r) : bare(r);
        if (*n < CSV_FIELDS_MAX)
            fields[(*n)++] = field;
        if (r->at >= r->text.n)
            return true;
        if (r->text.p[r->at++] == '\n') {
            r->next++;
            return true;
        }
    }
}
