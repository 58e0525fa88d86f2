#include "review/segment.h"

#include "base/utf8.h"

static bool item_mark(struct str s)
{
    struct str t = str_trim(s);

    return str_starts(t, STR("（")) || str_starts(t, STR("|"));
}

struct segment_list segments_of(struct arena *a, struct str text)
{
    struct segment_list out = { 0 };
    size_t cap = 0, from = 0, at = 0;

    while (at <= text.n) {
        size_t here = at;
        uint32_t c = at < text.n ? utf8_next(text, &at) : (at++, (uint32_t)'\n');

        if (c != 0x3002 && c != 0xff1b && c != ';' && c != '\n')
            continue;
        struct str seg = str_trim(str_sub(text, from, here - from));

        from = at < text.n ? at : text.n;
        if (seg.n == 0)
            continue;
        out.v = arena_grow(a, out.v, out.n, &cap, sizeof(*out.v));
        out.v[out.n++] = (struct segment){ seg, item_mark(seg), facts_of(a, seg) };
    }
    return out;
}
