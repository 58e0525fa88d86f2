#include "base/csv.h"

#include "base/utf8.h"

#include <string.h>

struct csv csv_begin(struct buf *out)
{
    buf_addz(out, "\xef\xbb\xbf");
    return (struct csv){ .out = out };
}

static void field(struct csv *c)
{
    if (c->more)
        buf_addc(c->out, ',');
    c->more = true;
}

/* Also the wide forms, which spreadsheets take for the narrow ones. */
static bool formula(struct str s)
{
    size_t at = 0;
    uint32_t c = s.n ? utf8_next(s, &at) : 0;

    return c == '=' || c == '+' || c == '-' || c == '@' || c == '\t' || c == '\r' || c == '\n' ||
           c == 0xff1d || c == 0xff0b || c == 0xff0d || c == 0xff20;
}

void csv_str(struct csv *c, struct str s)
{
    bool quote = formula(s);

    field(c);
    for (size_t i = 0; i < s.n && !quote; i++)
        quote = strchr(",\"\r\n'", s.p[i]) != NULL;
    if (!quote) {
        buf_add(c->out, s);
        return;
    }
    buf_addc(c->out, '"');
    if (formula(s))
        buf_addc(c->out, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            buf_addc(c->out, '"');
        buf_addc(c->out, s.p[i]);
    }
    buf_addc(c->out, '"');
}

void csv_int(struct csv *c, int64_t v)
{
    field(c);
    buf_add_i64(c->out, v);
}

void csv_micro(struct csv *c, int64_t v)
{
    uint64_t size = v < 0 ? -(uint64_t)v : (uint64_t)v;

    field(c);
    buf_addf(c->out, "%s%llu.%06llu", v < 0 ? "-" : "", (unsigned long long)(size / 1000000),
             (unsigned long long)(size % 1000000));
}

void csv_row(struct csv *c)
{
    buf_addz(c->out, "\r\n");
    c->more = false;
}
