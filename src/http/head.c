#include "http/head.h"

#include <string.h>

/* RFC 9110 5.6.2 */
static bool is_tchar(unsigned char c)
{
    static const uint64_t set[4] = { 0x03ff6cfa00000000u, 0x57ffffffc7fffffeu, 0, 0 };

    return set[c >> 6] >> (c & 63) & 1;
}

bool head_is_token(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_tchar((unsigned char)s.p[i]))
            return false;
    return s.n > 0;
}

static int too_big(struct str bytes)
{
    return memchr(bytes.p, '\n', HEAD_LINE_MAX) ? -431 : -414;
}

int head_end(struct str bytes, size_t *scanned)
{
    size_t i = *scanned;

    while (i < bytes.n) {
        const char *nl = memchr(bytes.p + i, '\n', bytes.n - i);
        size_t at;

        if (!nl)
            break;
        at = (size_t)(nl - bytes.p);
        if (at == 0 || bytes.p[at - 1] != '\r')
            return -400;
        if (at >= 3 && bytes.p[at - 2] == '\n')
            return at < HEAD_MAX ? (int)at + 1 : too_big(bytes);
        i = at + 1;
    }
    *scanned = bytes.n;
    return bytes.n < HEAD_MAX ? 0 : too_big(bytes);
}

/* Cuts one line off *rest; false on a stray CR (an LF without CR cannot get here). */
static bool next_line(struct str *rest, struct str *line)
{
    const char *cr = rest->n ? memchr(rest->p, '\r', rest->n - 1) : NULL;

    if (!cr || cr[1] != '\n')
        return false;
    *line = str_of(rest->p, (size_t)(cr - rest->p));
    *rest = str_from(*rest, line->n + 2);
    return true;
}

static int parse_version(struct str v, struct head *h)
{
    if (v.n != 8 || memcmp(v.p, "HTTP/", 5) != 0 || v.p[6] != '.' || v.p[5] < '0' || v.p[5] > '9' ||
        v.p[7] < '0' || v.p[7] > '9')
        return 400;
    if (v.p[5] != '1')
        return 505;
    h->minor = v.p[7] == '0' ? 0 : 1;
    h->keep_alive = h->minor == 1;
    return 0;
}

static int parse_request_line(struct str line, struct head *h)
{
    struct str rest = line;

    if (line.n > HEAD_LINE_MAX)
        return 414;
    h->method = str_cut(&rest, STR(" "));
    if (!rest.p || !head_is_token(h->method))
        return 400;
    h->target = str_cut(&rest, STR(" "));
    if (!rest.p || h->target.n == 0)
        return 400;
    for (size_t i = 0; i < h->target.n; i++)
        if ((unsigned char)h->target.p[i] <= ' ' || (unsigned char)h->target.p[i] >= 0x7f)
            return 400;
    return parse_version(rest, h);
}

static int parse_field(struct str line, struct head_field *f)
{
    const char *colon = memchr(line.p, ':', line.n);

    if (!colon)
        return 400;
    f->name = str_of(line.p, (size_t)(colon - line.p));
    f->value = str_from(line, f->name.n + 1);
    if (!head_is_token(f->name))
        return 400;
    while (f->value.n && (f->value.p[0] == ' ' || f->value.p[0] == '\t'))
        f->value = str_from(f->value, 1);
    while (f->value.n && (f->value.p[f->value.n - 1] == ' ' || f->value.p[f->value.n - 1] == '\t'))
        f->value.n--;
    for (size_t i = 0; i < f->value.n; i++) {
        unsigned char c = (unsigned char)f->value.p[i];

        if ((c < ' ' && c != '\t') || c == 0x7f)
            return 400;
    }
    return 0;
}

static int take_length(struct head *h, struct str v)
{
    if (h->has_length || v.n == 0 || v.n > 15)
        return 400;
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < '0' || v.p[i] > '9')
            return 400;
        h->content_length = h->content_length * 10 + (v.p[i] - '0');
    }
    h->has_length = true;
    return 0;
}

static int take_coding(struct head *h, struct str v)
{
    if (h->chunked || h->minor == 0)
        return 400;
    if (!str_case_eq(v, STR("chunked")))
        return 501;
    h->chunked = true;
    return 0;
}

static int take_host(struct head *h, struct str v)
{
    if (h->host.p)
        return 400;
    for (size_t i = 0; i < v.n; i++)
        if (strchr("/\\@?# ,\"<>", v.p[i]))
            return 400;
    h->host = v;
    return 0;
}

static void take_connection(struct head *h, struct str v)
{
    while (v.p) {
        struct str word = str_trim(str_cut(&v, STR(",")));

        if (str_case_eq(word, STR("close")))
            h->keep_alive = false;
        else if (str_case_eq(word, STR("keep-alive")) && h->minor == 0)
            h->keep_alive = true;
    }
}

static int take_field(struct head *h, const struct head_field *f)
{
    if (str_case_eq(f->name, STR("content-length")))
        return take_length(h, f->value);
    if (str_case_eq(f->name, STR("transfer-encoding")))
        return take_coding(h, f->value);
    if (str_case_eq(f->name, STR("host")))
        return take_host(h, f->value);
    if (str_case_eq(f->name, STR("connection")))
        take_connection(h, f->value);
    if (str_case_eq(f->name, STR("expect"))) {
        if (!str_case_eq(f->value, STR("100-continue")))
            return 417;
        h->expects_continue = h->minor == 1;
    }
    return 0;
}

/* An absolute target names the host itself and overrules the field (RFC 9112 §3.2.2). */
static int take_absolute(struct head *h)
{
    struct str t = h->target;
    size_t slash;

    if (t.p[0] == '/' || (str_eqz(t, "*") && str_eqz(h->method, "OPTIONS")))
        return 0;
    if (str_starts(t, STR("http://")))
        t = str_from(t, 7);
    else if (str_starts(t, STR("https://")))
        t = str_from(t, 8);
    else
        return 400;
    slash = str_find(t, STR("/"));
    h->host = STR_NONE;
    if (slash == SIZE_MAX || slash == 0)
        return 400;
    h->target = str_from(t, slash);
    return take_host(h, str_sub(t, 0, slash));
}

int head_parse(struct str bytes, struct head *h)
{
    struct str rest = bytes, line;
    int status;

    *h = (struct head){ 0 };
    if (!next_line(&rest, &line))
        return 400;
    if (line.n == 0 && !next_line(&rest, &line)) /* one empty line before is allowed, §2.2 */
        return 400;
    status = parse_request_line(line, h);
    while (!status) {
        if (!next_line(&rest, &line))
            return 400;
        if (line.n == 0)
            break;
        if (h->n == HEAD_FIELDS_MAX)
            return 431;
        status = parse_field(line, &h->fields[h->n]);
        if (!status)
            status = take_field(h, &h->fields[h->n++]);
    }
    if (status)
        return status;
    if (rest.n != 0 || (h->chunked && h->has_length) || (h->minor == 1 && !h->host.p))
        return 400;
    return take_absolute(h);
}

struct str head_value(const struct head *h, const char *name)
{
    struct str want = str_z(name);

    for (size_t i = 0; i < h->n; i++)
        if (str_case_eq(h->fields[i].name, want))
            return h->fields[i].value;
    return str_of("", 0);
}
