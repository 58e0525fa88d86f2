/* What an engine sends: stream lines, JSON events, broken characters, <think> tags. Whatever comes,
 * the person gets whole UTF-8, and the same text however the bytes were cut into packets. */
#include "model/sse.h"
#include "model/chat.h"
#include "model/mend.h"
#include "model/think.h"

#include "base/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 1 << 20 };

struct reading {
    struct arena mem;
    struct sse sse;
    struct mend mend;
    struct think think;
    struct buf text, reasoning;
    enum tb_code code;
};

static enum tb_code add_text(void *self, struct str s, struct tb_err *e)
{
    struct reading *r = self;

    (void)e;
    buf_add(&r->text, s);
    return TB_OK;
}

static void add_reasoning(void *self, struct str s)
{
    struct reading *r = self;

    buf_add(&r->reasoning, s);
}

static enum tb_code event(void *self, struct str data, struct tb_err *e)
{
    struct reading *r = self;
    struct model_sink sink = { r, add_text, add_reasoning };
    struct chat_event v;
    struct str text;
    enum tb_code c = chat_read(&r->mem, data, &v, e);

    if (!c)
        c = mend_join(&r->mend, &r->mem, v.text, &text, e);
    if (!c)
        c = think_feed(&r->think, text, &sink, e);
    arena_release(&r->mem);
    return c;
}

static void read_all(struct reading *r, struct str all, size_t piece)
{
    struct tb_err e = TB_ERR_INIT;
    struct model_sink sink = { r, add_text, add_reasoning };

    *r = (struct reading){ .text = BUF_INIT(TEXT_MAX), .reasoning = BUF_INIT(TEXT_MAX) };
    sse_init(&r->sse);
    think_init(&r->think, false);
    for (size_t at = 0; at < all.n && !r->code; at += piece)
        r->code = sse_feed(&r->sse, str_sub(all, at, piece), event, r, &e);
    if (!r->code)
        r->code = sse_end(&r->sse, event, r, &e);
    if (!r->code)
        r->code = think_end(&r->think, &sink, &e);
    if (!utf8_valid(buf_str(&r->text)) || !utf8_valid(buf_str(&r->reasoning)) ||
        r->code != e.code || (r->code && !e.say[0]))
        abort();
}

static void release(struct reading *r)
{
    sse_release(&r->sse);
    think_release(&r->think);
    buf_release(&r->text);
    buf_release(&r->reasoning);
    arena_release(&r->mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str all = str_of((const char *)data, size);
    struct reading whole, cut;

    if (size < 4)
        return 0;
    all = str_from(all, 1);
    read_all(&whole, all, all.n);
    read_all(&cut, all, data[0] % 13 + 3U);
    if (whole.code != cut.code || !str_eq(buf_str(&whole.text), buf_str(&cut.text)) ||
        !str_eq(buf_str(&whole.reasoning), buf_str(&cut.reasoning)))
        abort();
    release(&whole);
    release(&cut);
    return 0;
}
