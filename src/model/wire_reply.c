#include "model/wire_reply.h"

#include <string.h>

void wire_reply_begin(struct wire_reply *r)
{
    buf_release(&r->held);
    *r = (struct wire_reply){ .held = BUF_INIT(WIRE_REPLY_HEAD_MAX) };
}

void wire_reply_release(struct wire_reply *r)
{
    buf_release(&r->held);
}

static bool read_status(struct str line, struct wire_reply *r)
{
    int64_t status;

    if (line.n < 12 || memcmp(line.p, "HTTP/1.", 7) != 0 ||
        (line.p[7] != '0' && line.p[7] != '1') || line.p[8] != ' ' ||
        (line.n > 12 && line.p[12] != ' ') || !str_i64(str_sub(line, 9, 3), &status) ||
        status < 100)
        return false;
    r->head.status = (int)status;
    r->keep_alive = line.p[7] == '1';
    return true;
}

static bool is_name(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 0x7f)
            return false;
    return s.n > 0;
}

static bool read_length(struct str v, struct wire_reply *r, int *lengths)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < '0' || v.p[i] > '9')
            return false;
    r->state = WIRE_COUNTED;
    return ++*lengths == 1 && v.n > 0 && v.n < 16 && str_i64(v, &r->left);
}

static bool read_field(struct str line, struct wire_reply *r, int *lengths)
{
    const char *colon = memchr(line.p, ':', line.n);
    struct str name = str_of(line.p, colon ? (size_t)(colon - line.p) : 0);
    struct str v = str_trim(str_from(line, name.n + 1));

    if (!colon || !is_name(name) || memchr(line.p, '\r', line.n) || memchr(line.p, 0, line.n))
        return false;
    if (str_case_eq(name, STR("content-length")))
        return read_length(v, r, lengths);
    if (str_case_eq(name, STR("transfer-encoding"))) {
        r->state = WIRE_CHUNKED;
        return ++*lengths == 1 && str_case_eq(v, STR("chunked"));
    }
    if (str_case_eq(name, STR("connection")) && str_case_eq(v, STR("close")))
        r->keep_alive = false;
    else if (str_case_eq(name, STR("content-type")))
        str_put(r->head.media_type, sizeof(r->head.media_type), v);
    else if (str_case_eq(name, STR("content-encoding")))
        return str_case_eq(v, STR("identity"));
    else if (str_case_eq(name, STR("retry-after")) &&
             (!str_i64(v, &r->head.retry_after_s) || r->head.retry_after_s < 0))
        r->head.retry_after_s = 0;
    return true;
}

/* text: a whole head without its empty line. */
static bool read_head(struct str text, struct wire_reply *r)
{
    struct str line = str_cut(&text, STR("\r\n"));
    int lengths = 0;

    r->head = (struct wire_head){ 0 };
    r->state = WIRE_TO_END;
    if (memchr(line.p, '\n', line.n) || !read_status(line, r))
        return false;
    while (text.p) {
        line = str_cut(&text, STR("\r\n"));
        if (memchr(line.p, '\n', line.n) || !read_field(line, r, &lengths))
            return false;
    }
    if (r->head.status < 200) { /* 100 Continue, 103: the reply itself follows */
        r->state = WIRE_HEAD;
        return r->head.status != 101;
    }
    if (r->head.status == 204 || r->head.status == 304 ||
        (r->state == WIRE_COUNTED && r->left == 0))
        r->state = WIRE_OVER;
    if (r->state == WIRE_TO_END)
        r->keep_alive = false;
    return true;
}

static bool has_bare_lf(struct str s)
{
    const char *lf = s.n ? memchr(s.p, '\n', s.n) : NULL;

    while (lf && lf > s.p && lf[-1] == '\r')
        lf = memchr(lf + 1, '\n', s.n - (size_t)(lf + 1 - s.p));
    return lf != NULL;
}

static bool feed_head(struct wire_reply *r, struct str *in)
{
    size_t before = r->held.n, end;
    struct str all;
    bool ok;

    if (before == 0 && (end = str_find(*in, STR("\r\n\r\n"))) != SIZE_MAX) { /* it came whole */
        ok = end < WIRE_REPLY_HEAD_MAX && read_head(str_sub(*in, 0, end), r);
        *in = str_from(*in, end + 4);
        return ok;
    }
    buf_add(&r->held, str_sub(*in, 0, WIRE_REPLY_HEAD_MAX - before));
    all = buf_str(&r->held);
    end = str_find_from(all, STR("\r\n\r\n"), before < 3 ? 0 : before - 3);
    if (end == SIZE_MAX) {
        *in = STR_NONE;
        return all.n < WIRE_REPLY_HEAD_MAX && !has_bare_lf(all);
    }
    ok = read_head(str_sub(all, 0, end), r);
    *in = str_from(*in, end + 4 - before);
    buf_release(&r->held);
    return ok;
}

static bool feed_chunked(struct wire_reply *r, struct str *in, struct str *body)
{
    switch (chunk_next(&r->chunk, in, body)) {
    case CHUNK_END:
        r->state = WIRE_OVER;
        return true;
    case CHUNK_BAD:
        return false;
    default:
        return true;
    }
}

bool wire_reply_feed(struct wire_reply *r, struct str *in, struct str *body)
{
    *body = str_of("", 0);
    switch (r->state) {
    case WIRE_HEAD:
        return feed_head(r, in);
    case WIRE_COUNTED:
        *body = str_sub(*in, 0, (size_t)r->left);
        *in = str_from(*in, body->n);
        r->left -= (int64_t)body->n;
        if (r->left == 0)
            r->state = WIRE_OVER;
        return true;
    case WIRE_CHUNKED:
        return feed_chunked(r, in, body);
    case WIRE_TO_END:
        *body = *in;
        *in = STR_NONE;
        return true;
    default:
        r->keep_alive = false; /* bytes after the reply: nobody asked for them */
        *in = STR_NONE;
        return true;
    }
}

bool wire_reply_end(struct wire_reply *r)
{
    if (r->state == WIRE_TO_END)
        r->state = WIRE_OVER;
    return r->state == WIRE_OVER;
}
