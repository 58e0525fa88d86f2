#include "guard/mask_int.h"

#include "base/utf8.h"

uint32_t mask_back(struct str s, size_t *at)
{
    size_t look;

    if (*at == 0)
        return 0;
    *at = look = mask_step_back(s, *at);
    return mask_char(s, &look);
}

struct str mask_before(struct str s, size_t at, size_t bytes)
{
    size_t from = at > bytes ? at - bytes : 0;

    while (from > 0 && from < at && ((unsigned char)s.p[from] & 0xc0) == 0x80)
        from++;
    return str_sub(s, from, at - from);
}

/* Most words are told apart by their first and last bytes. */
bool mask_ends(struct str s, const struct str *words)
{
    const char *end = s.p + s.n;

    for (; words->p; words++) {
        size_t n = words->n;

        if (n <= s.n && end[-1] == words->p[n - 1] && *(end - n) == *words->p &&
            memcmp(end - n, words->p, n) == 0)
            return true;
    }
    return false;
}

bool mask_begins(struct str s, const struct str *words)
{
    for (; words->p; words++)
        if (words->n <= s.n && *s.p == *words->p && memcmp(s.p, words->p, words->n) == 0)
            return true;
    return false;
}

/* Small and capital Chinese digits, and 幺 as it is said for one. */
static char han_digit(uint32_t c)
{
    switch (c) {
    case 0x3007:
    case 0x96f6:
        return '0';
    case 0x4e00:
    case 0x58f9:
    case 0x5e7a:
        return '1';
    case 0x4e8c:
    case 0x8d30:
        return '2';
    case 0x4e09:
    case 0x53c1:
        return '3';
    case 0x56db:
    case 0x8086:
        return '4';
    case 0x4e94:
    case 0x4f0d:
        return '5';
    case 0x516d:
    case 0x9646:
        return '6';
    case 0x4e03:
    case 0x67d2:
        return '7';
    case 0x516b:
    case 0x634c:
        return '8';
    case 0x4e5d:
    case 0x7396:
        return '9';
    default:
        return 0;
    }
}

char mask_wide_figure(uint32_t c, bool *han)
{
    c = mask_half_width(c);
    if (mask_is_alnum(c))
        return (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
    if (c >= 0x2460 && c <= 0x2468) /* ① to ⑨ */
        return (char)('1' + (c - 0x2460));
    if (c == 0x24ea)
        return '0';
    if (c != 0x3007 && (c < 0x4e00 || c > 0x9fff))
        return 0;
    *han = true;
    return han_digit(c);
}

/* What may stand between two groups, as ' ', '-', '.', '\n'; '0': nothing that is seen. */
static char gap_of(uint32_t c)
{
    switch (c) {
    case ' ':
    case '\t':
    case 0xa0:
    case 0x3000:
    case 0x2002:
    case 0x2003:
    case 0x2009:
        return ' ';
    case '-':
    case '_':
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2014:
    case 0x2015:
    case 0x2212:
    case 0xff0d:
        return '-';
    case '.':
    case 0xb7:
    case 0x2022:
    case 0xff0e:
        return '.';
    case '\n':
    case '\r':
        return '\n';
    case 0x200b:
    case 0x200c:
    case 0x200d:
    case 0x2060:
    case 0xfeff:
    case 0xad:
        return '0';
    default:
        return 0;
    }
}

struct reading {
    struct figures *f;
    char gap; /* since the last figure */
    int gaps;
};

/* false: the gap is too wide. */
static bool take_gap(struct reading *r, char g)
{
    static const char order[] = "0 .-\n"; /* the strongest names the gap */

    if (!r->gap || strchr(order, g) > strchr(order, r->gap))
        r->gap = g;
    return (g == '0' || ++r->gaps <= 3);
}

/* false: no room. */
static bool take_figure(struct reading *r, char d, size_t end)
{
    struct figures *f = r->f;

    if (f->groups == 0 || (r->gap && r->gap != '0')) {
        if (f->groups == FIGURE_GROUPS)
            return false;
        f->gap[f->groups] = r->gap;
        f->first[f->groups++] = (uint8_t)f->n;
    }
    if (f->n == FIGURES)
        return false;
    f->s[f->n] = d;
    f->ends[f->n++] = (uint32_t)end;
    r->gap = 0;
    r->gaps = 0;
    return true;
}

/* The last group has no room: it is as if the text ended before it. */
static void drop_last(struct figures *f)
{
    f->groups -= f->groups > 0;
    f->n = f->first[f->groups];
}

void figures_read(struct str s, size_t at, bool mixed, struct figures *f)
{
    struct reading r = { .f = f };
    bool first = true, was_han = false, full = false;

    *f = (struct figures){ .n = 0 };
    while (at < s.n && !full) {
        uint32_t c = mask_char(s, &at);
        bool han;
        char d = mask_figure(c, &han), g = d || first ? 0 : gap_of(c);

        if (c == 0xd7 && f->n == 17) /* × for X */
            d = 'X';
        if ((c == ')' || c == 0xff09) && f->groups == 1 && f->s[0] == '0' && f->n <= 4)
            g = '-'; /* (0571) 8888 6666 */
        f->cut = d && !mixed && !first && han != was_han;
        if (f->cut || (g && !take_gap(&r, g)) || (!g && !d))
            break;
        if (!d)
            continue;
        full = !take_figure(&r, d, at);
        first = false;
        was_han = han;
    }
    if (full)
        drop_last(f);
    f->s[f->n] = 0;
    f->first[f->groups] = (uint8_t)f->n;
}

/* What of s stands behind the last of these signs, of three bytes each, or of a character of one.
 */
static struct str behind_last(struct str s, const char *signs, char one)
{
    for (size_t at = s.n; at > 0; at--) {
        const char *p = s.p + at - 1;

        if (*p == one)
            return str_from(s, at);
        for (const char *k = signs; at >= 3 && *k; k += 3)
            if (*p == k[2] && memcmp(p - 2, k, 3) == 0)
                return str_from(s, at);
    }
    return s;
}

struct str mask_sentence(struct str s)
{
    return behind_last(s, "。；！？", '\n');
}

struct str mask_clause(struct str s)
{
    return behind_last(mask_sentence(s), "，：", ',');
}
