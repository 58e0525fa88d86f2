#include "model/mend.h"

#include "base/utf8.h"

#include <string.h>

enum { CARRIED = 0x10FF00, REPLACED = 0xFFFD };

struct str mend_carry(struct arena *a, struct str s)
{
    struct buf b = BUF_INIT(4 * s.n + 1);

    if (utf8_valid(s))
        return s;
    for (size_t at = 0; at < s.n;) {
        size_t from = at;
        uint32_t cp = utf8_next(s, &at);

        if (cp == REPLACED && at == from + 1)
            utf8_add(&b, CARRIED + (uint8_t)s.p[from]);
        else
            buf_add(&b, str_sub(s, from, at - from));
    }
    return arena_buf(a, &b);
}

static struct str mend_bytes(const struct mend *m, struct arena *a, struct str s)
{
    struct buf b = BUF_INIT(s.n + sizeof(m->held) + 1);

    buf_add(&b, str_of(m->held, m->n));
    for (size_t at = 0; at < s.n;) {
        size_t from = at;
        uint32_t cp = utf8_next(s, &at);

        if (cp >= CARRIED + 0x80 && cp <= CARRIED + 0xFF)
            buf_addc(&b, (char)(cp - CARRIED));
        else
            buf_add(&b, str_sub(s, from, at - from));
    }
    return arena_buf(a, &b);
}

/* Bytes at the end of s that are the beginning of a character and no more. */
static size_t mend_tail(struct str s)
{
    for (size_t n = 1; n <= 3 && n <= s.n; n++) {
        uint8_t c = (uint8_t)s.p[s.n - n];

        if (c >= 0xC2 && c <= 0xF4)
            return n < (c >= 0xF0 ? 4U : c >= 0xE0 ? 3U : 2U) ? n : 0;
        if (c < 0x80 || c >= 0xC0)
            return 0;
    }
    return 0;
}

enum tb_code mend_join(struct mend *m, struct arena *a, struct str s, struct str *out,
                       struct tb_err *e)
{
    size_t tail;

    *out = s;
    if (!m->n && !str_has(s, STR("\xf4\x8f\xbe")) && !str_has(s, STR("\xf4\x8f\xbf")))
        return TB_OK;
    s = mend_bytes(m, a, s);
    tail = mend_tail(s);
    *out = str_sub(s, 0, s.n - tail);
    m->n = tail;
    memcpy(m->held, s.p + s.n - tail, tail);
    if (!utf8_valid(*out))
        return tb_fail(e, TB_UPSTREAM, "推理引擎返回了乱码，回答不完整，请稍后重试或转人工",
                       "engine sent broken utf-8");
    return TB_OK;
}
