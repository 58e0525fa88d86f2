#include "text/numeral.h"

#include "base/utf8.h"

enum { LONGEST = 128 }; /* bytes of one number */

/* One character as a figure or a unit. */
struct sign {
    int digit;   /* 0..9, or -1 */
    double unit; /* 10, 100, 1000, 1e4, 1e8, or 0 */
    bool arabic; /* 0-9 in ASCII or full width */
};

/* By code point: sign_of looks in the middle. */
static const struct {
    uint32_t cp;
    int digit;
    double unit;
} table[] = {
    { 0x25cb, 0, 0 },    { 0x3007, 0, 0 },    { 0x4e00, 1, 0 },     { 0x4e03, 7, 0 },
    { 0x4e07, -1, 1e4 }, { 0x4e09, 3, 0 },    { 0x4e24, 2, 0 },     { 0x4e5d, 9, 0 },
    { 0x4e8c, 2, 0 },    { 0x4e94, 5, 0 },    { 0x4ebf, -1, 1e8 },  { 0x4edf, -1, 1000 },
    { 0x4f0d, 5, 0 },    { 0x4f70, -1, 100 }, { 0x5104, -1, 1e8 },  { 0x516b, 8, 0 },
    { 0x516d, 6, 0 },    { 0x5341, -1, 10 },  { 0x5343, -1, 1000 }, { 0x53c1, 3, 0 },
    { 0x56db, 4, 0 },    { 0x58f9, 1, 0 },    { 0x62fe, -1, 10 },   { 0x634c, 8, 0 },
    { 0x67d2, 7, 0 },    { 0x7396, 9, 0 },    { 0x767e, -1, 100 },  { 0x8086, 4, 0 },
    { 0x842c, -1, 1e4 }, { 0x8d30, 2, 0 },    { 0x9646, 6, 0 },     { 0x96f6, 0, 0 },
};

static struct sign sign_of(uint32_t cp)
{
    struct sign g = { -1, 0, false };

    if (cp >= 0xff10 && cp <= 0xff19)
        cp = cp - 0xff10 + '0';
    if (cp >= '0' && cp <= '9') {
        g.digit = (int)(cp - '0');
        g.arabic = true;
        return g;
    }
    for (size_t low = 0, high = sizeof(table) / sizeof(table[0]); low < high;) {
        size_t mid = (low + high) / 2;

        if (table[mid].cp == cp)
            return (struct sign){ table[mid].digit, table[mid].unit, false };
        if (table[mid].cp < cp)
            low = mid + 1;
        else
            high = mid;
    }
    return g;
}

static uint32_t peek(struct str s, size_t at)
{
    return at < s.n ? utf8_next(s, &at) : 0;
}

static size_t step(struct str s, size_t at)
{
    if (at < s.n)
        utf8_next(s, &at);
    return at;
}

static struct sign sign_at(struct str s, size_t at)
{
    return sign_of(peek(s, at));
}

/* 千克, 千米 and 百分点 are units of measure, not factors. */
static double factor_at(struct str s, size_t at)
{
    double unit = sign_at(s, at).unit;
    struct str after = str_from(s, step(s, at));

    if (unit == 1000 && (str_starts(after, STR("克")) || str_starts(after, STR("米")) ||
                         str_starts(after, STR("瓦"))))
        return 0;
    return unit == 100 && str_starts(after, STR("分")) ? 0 : unit;
}

/* 12, 3,000, 12.5, １２．５: figures only. digits counts those before the point. */
static size_t arabic_read(struct str s, double *out, int *digits)
{
    size_t at = 0;
    double v = 0, place = 1;
    struct sign g;

    *digits = 0;
    for (; (g = sign_at(s, at)).arabic; at = step(s, at), ++*digits) {
        v = v * 10 + g.digit;
        /* a comma holds exactly three figures: 3,000 but not 3,5 */
        while (peek(s, step(s, at)) == ',' && at + 5 <= s.n && sign_at(s, at + 2).arabic &&
               sign_at(s, at + 3).arabic && sign_at(s, at + 4).arabic &&
               !sign_at(s, at + 5).arabic && s.p[at] >= '0' && s.p[at] <= '9') {
            for (size_t k = 2; k < 5; k++, ++*digits)
                v = v * 10 + sign_at(s, at + k).digit;
            at += 4;
        }
    }
    if (at == 0)
        return 0;
    if ((peek(s, at) == '.' || peek(s, at) == 0xff0e) && sign_at(s, step(s, at)).arabic)
        for (at = step(s, at); (g = sign_at(s, at)).arabic; at = step(s, at))
            v += g.digit * (place /= 10);
    *out = v;
    return at;
}

/* 3万, 5千万, 1亿2000万, 3万500: what follows the figures. */
static size_t arabic_units(struct str s, size_t at, double *v)
{
    double unit, scale = 1, more;
    int digits;
    size_t k;

    while ((unit = factor_at(s, at)) > 0) {
        scale *= unit;
        at = step(s, at);
    }
    if (scale == 1)
        return at;
    *v *= scale;
    k = arabic_read(str_from(s, at), &more, &digits);
    if (k > 0) {
        size_t end = arabic_units(s, at + k, &more);

        if (more < scale && (end > at + k || digits >= 3)) {
            *v += more;
            return end;
        }
    }
    return at;
}

struct chinese {
    double total, section; /* finished 亿/万 parts, the part below them */
    double digit;          /* waiting for its unit; -1: none */
    double last_unit;      /* of the figure before, for 三万五 = 35,000 */
    bool zero;             /* a 零 stood since */
    bool any;
};

static void chinese_unit(struct chinese *c, double unit)
{
    double d = c->digit;

    if (unit < 1e4) {
        c->section += (d < 0 ? 1 : d) * unit;
    } else {
        double part = c->section + (d < 0 ? 0 : d);

        if (part == 0 && c->total > 0) { /* 三万亿 */
            c->total *= unit;
        } else if (unit == 1e8) {
            c->total = (c->total + part) * unit;
        } else {
            c->total += part * unit;
        }
        c->section = 0;
    }
    c->digit = -1;
    c->last_unit = unit;
    c->zero = false;
}

/* 二〇二五: figures one after another. */
static size_t positional_read(struct str s, double *out)
{
    size_t at = 0;
    struct sign g;
    double v = 0;
    int n = 0;

    for (; (g = sign_at(s, at)).digit >= 0; at = step(s, at), n++)
        v = v * 10 + g.digit;
    *out = v;
    return n >= 2 && n <= 15 ? at : 0;
}

/* 三点五: the part after 点, at at. */
static size_t decimals_read(struct str s, size_t at, double *v)
{
    struct str rest = str_from(s, at);
    double place = 1;
    struct sign g;

    if (!str_starts(rest, STR("点")) || sign_at(s, at + 3).digit < 0)
        return at;
    for (at += 3; (g = sign_at(s, at)).digit >= 0 && !g.arabic; at = step(s, at))
        *v += g.digit * (place /= 10);
    return at;
}

static size_t chinese_read(struct str s, double *out)
{
    struct chinese c = { 0, 0, -1, 0, false, false };
    struct sign g = sign_at(s, 0);
    double v, unit;
    size_t at = positional_read(s, out);

    if (at)
        return at;
    if (g.digit < 0 && g.unit != 10)
        return 0; /* 百 千 万 begin no number; 十 does */
    for (at = 0;; at = step(s, at)) {
        g = sign_at(s, at);
        if (g.digit >= 0 && c.digit <= 0 && !g.arabic) {
            c.zero |= g.digit == 0;
            c.digit = g.digit;
        } else if (g.unit > 0 && (unit = factor_at(s, at)) > 0) {
            chinese_unit(&c, unit);
        } else {
            break;
        }
    }
    v = c.total + c.section;
    if (c.digit > 0)
        v += c.last_unit >= 100 && !c.zero ? c.digit * c.last_unit / 10 : c.digit;
    at = decimals_read(s, at, &v);
    if (c.last_unit == 0)
        while ((unit = factor_at(s, at)) > 0) { /* 三点五万 */
            v *= unit;
            at = step(s, at);
        }
    *out = v;
    return at;
}

static size_t plain_read(struct str s, double *out)
{
    int digits;
    size_t at = arabic_read(s, out, &digits);

    if (at)
        return arabic_units(s, at, out);
    return chinese_read(s, out);
}

/* 百分之, 千分之, 万分之 and 三分之: the denominator and the bytes up to the numerator. */
static size_t fraction_head(struct str s, double *below)
{
    struct sign g = sign_at(s, 0);
    size_t at = step(s, 0);

    if (g.unit < 100) {
        at = plain_read(s, below);
    } else {
        *below = g.unit;
    }
    return at && *below > 0 && str_starts(str_from(s, at), STR("分之")) ? at + 6 : 0;
}

size_t numeral_read(struct str s, double *out)
{
    double below;
    size_t head, at;
    uint32_t cp;

    s = str_sub(s, 0, LONGEST); /* 1万1万1万… recurses, so hostile text is cut */
    head = fraction_head(s, &below);

    if (head) {
        at = plain_read(str_from(s, head), out);
        if (at) {
            *out /= below;
            return head + at;
        }
    }
    at = plain_read(s, out);
    cp = at ? peek(s, at) : 0;
    if (cp == '%' || cp == 0xff05) {
        *out /= 100;
        return step(s, at);
    }
    if (cp == 0x2030) {
        *out /= 1000;
        return step(s, at);
    }
    return at;
}

/* ---- dates ---- */

static size_t skip_space(struct str s, size_t at)
{
    for (uint32_t cp; (cp = peek(s, at)) == ' ' || cp == 0x3000 || cp == 0xa0;)
        at = step(s, at);
    return at;
}

/* A whole number of at most `most` figures at at; Chinese ones too. */
static size_t part_read(struct str s, size_t at, int most, int *out)
{
    struct sign g = sign_at(s, at);
    size_t begin = at;
    double v = 0;
    int n = 0;

    if (g.arabic) {
        for (; (g = sign_at(s, at)).arabic && n <= most; at = step(s, at), n++)
            v = v * 10 + g.digit;
        if (n > most)
            return 0;
    } else {
        at += chinese_read(str_from(s, at), &v);
    }
    if (v < 0 || v > 9999)
        return 0;
    *out = (int)v;
    return at > begin ? at : 0;
}

/* What stands between the parts of a date: 年 月 日, or - / . all through. */
static size_t mark_read(struct str s, size_t at, const char *han, char plain)
{
    at = skip_space(s, at);
    if (plain)
        return at < s.n && s.p[at] == plain ? at + 1 : 0;
    return str_starts(str_from(s, at), str_z(han)) ? at + 3 : 0;
}

static char plain_mark(struct str s, size_t at)
{
    char c = at < s.n ? s.p[at] : 0;

    return c == '-' || c == '/' || c == '.' ? c : 0;
}

size_t date_read(struct str s, int32_t *day)
{
    int y, m, d;
    size_t at;
    char plain;

    s = str_sub(s, 0, LONGEST);
    at = part_read(s, 0, 4, &y);
    plain = at ? plain_mark(s, at) : 0;

    if (!at || y < 1900 || y > 2199 || !(at = mark_read(s, at, "年", plain)) ||
        !(at = part_read(s, skip_space(s, at), 2, &m)) || !(at = mark_read(s, at, "月", plain)) ||
        !(at = part_read(s, skip_space(s, at), 2, &d)))
        return 0;
    if (plain) {
        if (sign_at(s, at).arabic)
            return 0;
    } else {
        size_t end = mark_read(s, at, "日", 0);

        if (!end)
            end = mark_read(s, at, "号", 0);
        if (!end)
            return 0;
        at = end;
    }
    *day = day_of(y, m, d);
    return *day == DAY_NONE ? 0 : at;
}

bool date_find(struct str s, size_t from, size_t *begin, size_t *end, int32_t *day)
{
    bool after_figure = false;

    for (size_t at = from, next; at < s.n; at = next) {
        struct sign g = sign_at(s, at);
        size_t k;

        next = step(s, at);
        if (g.digit > 0 && g.digit <= 2 && !after_figure && (k = date_read(str_from(s, at), day))) {
            *begin = at;
            *end = at + k;
            return true;
        }
        after_figure = g.digit >= 0;
    }
    return false;
}
