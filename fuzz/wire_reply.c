/* An engine's HTTP reply as bytes from anybody: read at once and cut anywhere, it is the same. */
#include "model/wire_reply.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    bool ok, over;
    int status;
    struct buf body;
};

static void read_all(struct wire_reply *r, struct str in, struct seen *s)
{
    while (s->ok && in.n) {
        struct str body;
        size_t before = in.n;

        s->ok = wire_reply_feed(r, &in, &body);
        if (s->ok)
            buf_add(&s->body, body);
        if (in.n > before)
            abort();
    }
}

static struct seen read_in(const uint8_t *data, size_t size, size_t step)
{
    struct seen s = { .ok = true, .body = BUF_INIT(1 << 20) };
    struct wire_reply r = { 0 };

    wire_reply_begin(&r);
    for (size_t at = 0; at < size && s.ok; at += step)
        read_all(&r, str_of((const char *)data + at, size - at < step ? size - at : step), &s);
    s.over = s.ok && wire_reply_end(&r);
    s.status = r.head.status;
    wire_reply_release(&r);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen whole, cut;

    if (size > 1 << 16)
        return 0;
    whole = read_in(data, size, size ? size : 1);
    cut = read_in(data, size, 1);
    if (whole.ok != cut.ok || whole.over != cut.over || (whole.ok && whole.status != cut.status) ||
        (whole.ok && !str_eq(buf_str(&whole.body), buf_str(&cut.body))))
        abort();
    buf_release(&whole.body);
    buf_release(&cut.body);
    return 0;
}
