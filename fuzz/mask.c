/* What a person writes, on its way in: what is masked is put back as it was, every token stands for
 * something, what was found stands in order and cuts no character, and the same is found again. */
#include "guard/mask.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge_places(struct arena *a, struct str text)
{
    struct mask_places p = mask_find(a, text), again = mask_find(a, text);
    size_t last = 0;

    if (p.n != again.n)
        abort();
    for (size_t i = 0; i < p.n; i++) {
        if (p.v[i].from < last || p.v[i].to <= p.v[i].from || p.v[i].to > text.n ||
            p.v[i].from != again.v[i].from || utf8_floor(text, p.v[i].from) != p.v[i].from ||
            utf8_floor(text, p.v[i].to) != p.v[i].to)
            abort();
        last = p.v[i].to;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct mask m = { .n = 0 }, back = { .n = 0 };
    struct buf b = BUF_INIT(size * 3 + 16);
    struct str text, out;

    for (size_t at = 0; at < size;)
        utf8_add(&b, utf8_next(str_of((const char *)data, size), &at));
    text = b.n ? buf_str(&b) : STR("");
    judge_places(&a, text);
    if (mask_text(&a, &m, text, &out, &e) || !utf8_valid(out))
        abort();
    if (!str_eq(mask_restore(&a, &m, out), text))
        abort();
    if (mask_from_json(&a, mask_to_json(&a, &m), &back, &e) ||
        !str_eq(mask_restore(&a, &back, out), text))
        abort();
    buf_release(&b);
    arena_release(&a);
    return 0;
}
