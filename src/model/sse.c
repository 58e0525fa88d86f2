#include "model/sse.h"

#include <string.h>

void sse_init(struct sse *s)
{
    *s = (struct sse){ .line = BUF_INIT(SSE_LINE_MAX) };
}

void sse_release(struct sse *s)
{
    buf_release(&s->line);
}

static enum tb_code sse_line(struct str line, sse_event *event, void *self, struct tb_err *e)
{
    if (!str_starts(line, STR("data:")))
        return TB_OK;
    line = str_from(line, 5);
    if (line.n && line.p[0] == ' ')
        line = str_from(line, 1);
    return line.n ? event(self, line, e) : TB_OK;
}

static size_t line_length(struct str s)
{
    const char *lf = memchr(s.p, '\n', s.n);
    size_t n = lf ? (size_t)(lf - s.p) : s.n;
    const char *cr = n ? memchr(s.p, '\r', n) : NULL;

    return cr ? (size_t)(cr - s.p) : n;
}

static enum tb_code sse_too_long(struct tb_err *e)
{
    return tb_fail(e, TB_UPSTREAM, "推理引擎返回的内容无法识别，回答不完整，请稍后重试或转人工",
                   "sse line>%d bytes", SSE_LINE_MAX);
}

/* A line that came in one piece is handed on where it lies; only a cut one is copied. */
static enum tb_code sse_finish(struct sse *s, struct str tail, sse_event *event, void *self,
                               struct tb_err *e)
{
    enum tb_code c;

    if (!s->line.n)
        return tail.n > SSE_LINE_MAX ? sse_too_long(e) : sse_line(tail, event, self, e);
    buf_add(&s->line, tail);
    c = s->line.over ? sse_too_long(e) : sse_line(buf_str(&s->line), event, self, e);
    buf_reset(&s->line);
    return c;
}

static struct str skip_mark(struct sse *s, struct str bytes)
{
    if (!s->begun && bytes.n) {
        s->begun = true;
        if (str_starts(bytes, STR("\xef\xbb\xbf")))
            return str_from(bytes, 3);
    }
    return bytes;
}

enum tb_code sse_feed(struct sse *s, struct str bytes, sse_event *event, void *self,
                      struct tb_err *e)
{
    bytes = skip_mark(s, bytes);
    while (bytes.n) {
        size_t n;

        if (s->after_cr && bytes.p[0] == '\n')
            bytes = str_from(bytes, 1);
        s->after_cr = false;
        if (!bytes.n)
            break;
        n = line_length(bytes);
        if (n == bytes.n) {
            buf_add(&s->line, bytes);
            return s->line.over ? sse_too_long(e) : TB_OK;
        }
        s->after_cr = bytes.p[n] == '\r';
        if (sse_finish(s, str_sub(bytes, 0, n), event, self, e))
            return e->code;
        bytes = str_from(bytes, n + 1);
    }
    return TB_OK;
}

enum tb_code sse_end(struct sse *s, sse_event *event, void *self, struct tb_err *e)
{
    return sse_finish(s, STR_NONE, event, self, e);
}
