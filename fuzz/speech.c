/* What an engine says, on its way through the guard: the same is said however the text is cut, what
 * is held back stays within its bound, and what is refused whole is refused in parts. The first
 * byte says how long the parts are and whether it is JSON text. */
#include "guard/speech.h"
#include "guard/forbid.h"

#include "base/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char table[] = "version: 1\n"
                            "forbidden:\n"
                            "  - kind: A.1 h\n"
                            "    way: both\n"
                            "    words: [出售枪支, 枪支弹药, buy guns, aab, 12号炸药]\n"
                            "    fine: [枪支弹药管理, 出售枪支的处罚, aaabc]\n";

static struct forbid *words;

struct said {
    struct buf out;
    enum tb_code code;
};

static struct said speak(struct speech *s, struct str text, size_t step, bool json)
{
    struct said r = { .out = BUF_INIT(text.n * 32 + 4096) };
    struct speech_lane l = { .at = 0 };
    struct tb_err e = TB_ERR_INIT;
    struct str kind = STR("");

    for (size_t at = 0, to = 0; !r.code && (at < text.n || !at); at = to) {
        to = utf8_floor(text, at + step < text.n ? at + step : text.n);
        r.code =
            speech_out(s, &l, str_sub(text, at, to - at), to == text.n, json, &r.out, &kind, &e);
        if (l.held.n > GUARD_HOLD_MAX || r.code != e.code || (r.code && (!kind.n || !e.say[0])) ||
            (to == text.n && l.held.n))
            abort();
        if (to == text.n)
            break;
    }
    speech_lane_release(&l);
    return r;
}

static void judge(struct speech *s, struct str text, size_t step, bool json)
{
    struct said whole = speak(s, text, text.n, json), parts = speak(s, text, step, json);
    struct str out = buf_str(&whole.out);
    struct forbid_hit hit;

    if (whole.code != parts.code || !str_eq(out, buf_str(&parts.out)) || !utf8_valid(out))
        abort();
    if (!whole.code && str_eq(out, text) && !str_has(text, STR("\\")) &&
        forbid_find(words, FORBID_OUT, text, &hit))
        abort();
    buf_release(&whole.out);
    buf_release(&parts.out);
}

static void judge_in(struct speech *s, struct str text)
{
    struct tb_err e = TB_ERR_INIT;
    struct str out, kind;
    bool plain;
    enum tb_code c = speech_in(s, text, &out, &kind, &e);

    if (c != e.code || (c && c != TB_FORBIDDEN && c != TB_TOO_LARGE))
        abort();
    plain = !str_has(text, STR("〔")) && !str_has(text, STR("\\")) && !str_has(text, STR("[")) &&
            !str_has(text, STR("{"));
    if (!c && plain && !str_eq(mask_restore(s->mem, &s->mask, out), text))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena mem = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct buf text = BUF_INIT(size * 3 + 16);
    struct speech s = { .mem = &mem };
    struct str kind, masked;

    if (size < 2)
        return 0;
    if (!words && forbid_read(str_z(table), "fuzz", &words, &e))
        abort();
    s.forbid = words;
    if (speech_in(&s, STR("我叫张伟，电话13812345678"), &masked, &kind, &e))
        abort();
    for (size_t at = 1; at < size;)
        utf8_add(&text, utf8_next(str_of((const char *)data, size), &at));
    judge(&s, buf_str(&text), data[0] % 16 + 4U, data[0] & 128);
    judge_in(&s, buf_str(&text));
    buf_release(&text);
    arena_release(&mem);
    return 0;
}
