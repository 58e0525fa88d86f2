/* Foreign names whose parts a dot joins: 丹尼斯·霍珀. */
#include "base/utf8.h"
#include "guard/mask_int.h"
#include "guard/name_int.h"

enum { WORD_PAIR = 105 }; /* pairs that cost less are words wherever they stand */

bool name_is_dot(uint32_t c)
{
    return c == 0xb7 || c == 0x2022 || c == 0x30fb || c == 0x2027;
}

/* Characters that foreign names are written with where a dot says that it is one. */
static bool is_dotted(uint32_t c)
{
    static const char more[] = "文廉诗佳美达露翠萝妲梵珀彤黛绍孟妍怀华尤维娅盖因坦范";

    if (flags_of(c) & NAME_IS_FOREIGN)
        return true;
    for (size_t at = 0; at < sizeof more - 1;)
        if (utf8_next(str_of(more, sizeof more - 1), &at) == c)
            return true;
    return false;
}

/* The part of a name that begins at `at`: where it ends. 史密斯特别: a word takes its last one. */
static size_t part_end(struct str s, size_t at)
{
    size_t to = at, last = at, n = 0;
    uint32_t c = 0, next = 0;

    for (size_t end = at; n < FOREIGN_MAX && end < s.n; n++) {
        uint32_t k = mask_char(s, &end);

        if (!is_dotted(k))
            break;
        c = k;
        last = to;
        to = end;
    }
    next = mask_peek(s, to);
    return n > 2 && is_table_han(next) && pair_of(c, next) < WORD_PAIR ? last : to;
}

/* Is there more of a foreign name behind a dot? 丹尼斯·霍珀 */
size_t name_behind_dot(struct str s, size_t at)
{
    for (;;) {
        size_t part = at, to;

        if (!name_is_dot(mask_peek(s, at)))
            return at;
        utf8_next(s, &part);
        to = part_end(s, part);
        if (to < part + 6 && !name_is_dot(mask_peek(s, to)))
            return at;
        if (to == part)
            return at;
        at = to;
    }
}

/* Where the part of a name that a dot at `at` ends begins, not before `least`. */
static size_t part_from(struct str s, size_t at, size_t least)
{
    size_t from = at, back = at;

    for (int n = 0; n < FOREIGN_MAX && back > least; n++) {
        if (!is_dotted(mask_back(s, &back)) || back < least)
            break;
        from = back;
    }
    return from;
}

bool name_around_dot(struct str s, size_t at, size_t least, struct name_place *out)
{
    size_t from = part_from(s, at, least), to;

    if (from == at)
        return false;
    to = name_behind_dot(s, at);
    *out = (struct name_place){ from, to };
    return to > at && (at - from >= 6 || to >= at + 8);
}
