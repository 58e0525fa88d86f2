#include "http/multipart.h"

#include "base/utf8.h"

#include <string.h>

enum { FIRST, AFTER_MARK, HEAD, DATA, CLOSED };
enum { SLICE = 64 * 1024, NAME_MAX_BYTES = 512 };

static enum tb_code bad(struct tb_err *e, const char *why)
{
    return tb_fail(e, TB_INVALID, "上传的内容不完整或格式不对，请重新上传", "multipart=%s", why);
}

/* One `; name=value` off *rest. The value is unescaped into room (512 bytes). */
static bool next_param(struct str *rest, struct str *name, char *room, struct str *value)
{
    struct str s = str_trim(*rest);
    size_t n = 0, i;

    if (s.n == 0 || s.p[0] != ';')
        return false;
    s = str_trim(str_from(s, 1));
    i = str_find(s, STR("="));
    if (i == SIZE_MAX)
        return false;
    *name = str_trim(str_sub(s, 0, i));
    s = str_from(s, i + 1);
    if (s.n == 0 || s.p[0] != '"') {
        i = str_find(s, STR(";"));
        *value = str_trim(str_sub(s, 0, i));
        *rest = i == SIZE_MAX ? str_of("", 0) : str_from(s, i);
        return value->n <= NAME_MAX_BYTES;
    }
    for (i = 1; i < s.n && s.p[i] != '"'; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n && (s.p[i + 1] == '"' || s.p[i + 1] == '\\'))
            i++;
        if (n == NAME_MAX_BYTES)
            return false;
        room[n++] = s.p[i];
    }
    *value = str_of(room, n);
    *rest = str_from(s, i + 1);
    return i < s.n;
}

/* Undoes %XX in place: all of them (RFC 8187), or only the quote that forms escape so. */
static struct str unescape(char *p, size_t n, bool all)
{
    size_t k = 0;

    for (size_t i = 0; i < n; i++) {
        if (p[i] == '%' && i + 2 < n && hex_digit(p[i + 1]) >= 0 && hex_digit(p[i + 2]) >= 0) {
            int c = hex_digit(p[i + 1]) * 16 + hex_digit(p[i + 2]);

            if (all || c == '"') {
                p[k++] = (char)c;
                i += 2;
                continue;
            }
        }
        p[k++] = p[i];
    }
    return str_of(p, k);
}

static bool name_ok(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
            return false;
    return utf8_valid(s);
}

struct disposition {
    struct str field, file, file_star;
    char room[3][NAME_MAX_BYTES];
};

static bool parse_disposition(struct str value, struct disposition *d)
{
    struct str rest = value, name, v;
    char room[NAME_MAX_BYTES];
    size_t semi = str_find(rest, STR(";"));

    if (semi == SIZE_MAX || !str_case_eq(str_trim(str_sub(rest, 0, semi)), STR("form-data")))
        return false;
    rest = str_from(rest, semi);
    while (next_param(&rest, &name, room, &v)) {
        bool star = str_case_eq(name, STR("filename*"));
        struct str *to = str_case_eq(name, STR("name"))       ? &d->field
                         : str_case_eq(name, STR("filename")) ? &d->file
                         : star                               ? &d->file_star
                                                              : NULL;
        char *keep = to == &d->field ? d->room[0] : to == &d->file ? d->room[1] : d->room[2];

        if (!to)
            continue;
        if (to->p)
            return false;
        if (star && (v.n < 7 || !str_case_eq(str_sub(v, 0, 7), STR("utf-8''"))))
            return false;
        if (star)
            v = str_from(v, 7);
        memcpy(keep, v.p, v.n);
        *to = unescape(keep, v.n, star);
        if (!name_ok(*to))
            return false;
    }
    return str_trim(rest).n == 0 && d->field.n > 0;
}

static enum tb_code begin_part(struct multipart *m, struct str head, struct tb_err *e)
{
    struct disposition d = { 0 };
    struct str type = STR("application/octet-stream"), rest = head;
    bool seen = false;

    while (rest.n) {
        struct str value = str_cut(&rest, STR("\r\n"));
        struct str name = str_cut(&value, STR(":"));

        if (!value.p)
            return bad(e, "header");
        if (str_case_eq(name, STR("content-disposition"))) {
            if (seen || !parse_disposition(str_trim(value), &d))
                return bad(e, "disposition");
            seen = true;
        } else if (str_case_eq(name, STR("content-type"))) {
            type = str_trim(value);
        }
    }
    if (!seen || ++m->parts > MULTIPART_PARTS_MAX || !name_ok(type))
        return bad(e, seen ? "parts" : "disposition");
    m->state = DATA;
    return m->sink.begin(m->sink.self, d.field, d.file_star.p ? d.file_star : d.file, type, e);
}

static enum tb_code step_head(struct multipart *m, bool *more, struct tb_err *e)
{
    struct str held = buf_str(&m->held);
    size_t end = str_find(held, STR("\r\n\r\n"));
    enum tb_code c;

    *more = end != SIZE_MAX;
    if (end == SIZE_MAX)
        return held.n > MULTIPART_HEAD_MAX ? bad(e, "head_size") : TB_OK;
    if (end > MULTIPART_HEAD_MAX)
        return bad(e, "head_size");
    c = begin_part(m, str_sub(held, 0, end), e);
    buf_drop_front(&m->held, end + 4);
    return c;
}

/* Gives on all that cannot be the beginning of a mark. */
static enum tb_code step_data(struct multipart *m, bool *more, struct tb_err *e)
{
    struct str held = buf_str(&m->held);
    size_t at = str_find(held, str_of(m->mark, m->mark_n)), n;
    enum tb_code c = TB_OK;

    n = at != SIZE_MAX ? at : held.n >= m->mark_n ? held.n - m->mark_n + 1 : 0;
    *more = at != SIZE_MAX;
    if (n)
        c = m->sink.data(m->sink.self, str_sub(held, 0, n), e);
    buf_drop_front(&m->held, n + (at != SIZE_MAX ? m->mark_n : 0));
    if (!c && at != SIZE_MAX) {
        m->state = AFTER_MARK;
        c = m->sink.end(m->sink.self, e);
    }
    return c;
}

static enum tb_code step_mark(struct multipart *m, bool *more, struct tb_err *e)
{
    struct str held = buf_str(&m->held);

    *more = held.n >= 2;
    if (held.n < 2)
        return TB_OK;
    if (str_starts(held, STR("--")))
        m->state = CLOSED;
    else if (str_starts(held, STR("\r\n")))
        m->state = HEAD;
    else
        return bad(e, "mark");
    buf_drop_front(&m->held, 2);
    return TB_OK;
}

static enum tb_code step_first(struct multipart *m, bool *more, struct tb_err *e)
{
    struct str held = buf_str(&m->held);

    *more = held.n >= m->mark_n;
    if (held.n < m->mark_n)
        return TB_OK;
    if (memcmp(held.p, m->mark, m->mark_n) != 0)
        return bad(e, "first_mark");
    m->state = AFTER_MARK;
    buf_drop_front(&m->held, m->mark_n);
    return TB_OK;
}

static enum tb_code run(struct multipart *m, struct tb_err *e)
{
    enum tb_code c = TB_OK;
    bool more = true;

    while (more && !c) {
        switch (m->state) {
        case FIRST:
            c = step_first(m, &more, e);
            break;
        case AFTER_MARK:
            c = step_mark(m, &more, e);
            break;
        case HEAD:
            c = step_head(m, &more, e);
            break;
        case DATA:
            c = step_data(m, &more, e);
            break;
        default:
            buf_reset(&m->held); /* an epilogue means nothing */
            more = false;
        }
    }
    return c;
}

static bool boundary_ok(struct str b)
{
    static const char marks[] = "'()+_,-./:=? ";

    for (size_t i = 0; i < b.n; i++) {
        char c = b.p[i];

        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
              (c && strchr(marks, c))))
            return false;
    }
    return b.n > 0 && b.n <= 70 && b.p[b.n - 1] != ' ';
}

enum tb_code multipart_open(struct multipart *m, struct str content_type,
                            struct multipart_sink sink, struct tb_err *e)
{
    struct str rest = content_type, name, v, boundary = STR_NONE;
    char room[NAME_MAX_BYTES];
    size_t semi = str_find(rest, STR(";"));

    *m = (struct multipart){ .sink = sink, .held = BUF_INIT(4 * SLICE) };
    if (!str_case_eq(str_trim(str_sub(rest, 0, semi)), STR("multipart/form-data")))
        return tb_fail(e, TB_UNSUPPORTED, "请用表单方式上传文件", "content_type=other");
    rest = semi == SIZE_MAX ? STR_NONE : str_from(rest, semi);
    while (!boundary.p && next_param(&rest, &name, room, &v))
        if (str_case_eq(name, STR("boundary")))
            boundary = v;
    if (!boundary_ok(boundary))
        return bad(e, "boundary");
    memcpy(m->mark, "\r\n--", 4);
    memcpy(m->mark + 4, boundary.p, boundary.n);
    m->mark_n = boundary.n + 4;
    buf_add(&m->held, STR("\r\n")); /* so that the first mark looks like every other */
    return TB_OK;
}

enum tb_code multipart_feed(struct multipart *m, struct str bytes, struct tb_err *e)
{
    enum tb_code c = TB_OK;

    while (bytes.n && !c) {
        struct str slice = str_sub(bytes, 0, SLICE);

        bytes = str_from(bytes, slice.n);
        buf_add(&m->held, slice);
        c = run(m, e);
    }
    return c;
}

enum tb_code multipart_finish(const struct multipart *m, struct tb_err *e)
{
    return m->state == CLOSED ? TB_OK : bad(e, "not_closed");
}

void multipart_close(struct multipart *m)
{
    buf_release(&m->held);
}
