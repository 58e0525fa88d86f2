/* The look through a text: nearly all of it is passed over by one table. */
#include "guard/mask_int.h"

#include "base/utf8.h"
#include "guard/name.h"

#include <pthread.h>

/* What a character of three bytes may begin. */
enum {
    MAY_FIGURE = 1,
    MAY_PLATE = 2,
    MAY_NAME = 4,
    MAY_CASE = 8,
    MAY_LABEL = 16,
    IS_UNIT = 32,  /* begins what the number of an address counts */
    IS_PLACE = 64, /* ends what a number stands behind in an address */
    MAY_MAIL = 128
};
enum { MAY_ANY = MAY_FIGURE | MAY_PLATE | MAY_NAME | MAY_CASE | MAY_LABEL | MAY_MAIL };

static uint8_t may[0x10000];
static pthread_once_t may_once = PTHREAD_ONCE_INIT;

static void mark(const char *chars, uint8_t what)
{
    struct str s = str_z(chars);

    for (size_t at = 0; at < s.n;)
        may[utf8_next(s, &at)] |= what;
}

static void may_fill(void)
{
    bool han;

    for (uint32_t c = 0x80; c < 0x10000; c++)
        if (mask_figure(c, &han))
            may[c] |= MAY_FIGURE;
    mark("十", MAY_FIGURE);
    mark("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼", MAY_PLATE);
    mark("（〔", MAY_CASE);
    for (uint32_t c = 0x4e00; c < 0xa000; c++)
        if (name_may_begin(c))
            may[c] |= MAY_NAME;
    mark("：", MAY_LABEL);
    mark("号栋幢座弄单室組组號", IS_UNIT);
    mark("路街道巷弄同里村区园苑寓厦场城湾庭坊舍楼寨屯庄院府镇段组期墅郡阁轩沟坡乡港桥坪塘线栋幢座"
         "号元",
         IS_PLACE);
    for (uint32_t c = 0; c < 0x80; c++)
        may[c] = mask_is_alnum(c) ? MAY_FIGURE : 0;
    mark("＠", MAY_MAIL);
    may['@'] = MAY_MAIL;
    may['('] = MAY_CASE;
    may[':'] = MAY_LABEL;
}

/* The character of three bytes at p, 0 if none stands there. */
static inline uint32_t three(const unsigned char *p, size_t left)
{
    if (left < 3 || (p[0] & 0xf0) != 0xe0 || ((p[1] ^ 0x80U) | (p[2] ^ 0x80U)) >= 0x40)
        return 0;
    return (p[0] & 0x0fU) << 12 | (p[1] & 0x3fU) << 6 | (p[2] & 0x3fU);
}

static bool is_gap(uint32_t c)
{
    return c == ' ' || c == '-' || c == '.' || c == '_' || c == ')' || c == '\t' || c == '\n' ||
           c == '\r';
}

static bool is_figure(uint32_t c)
{
    return c < 0x10000 && (may[c] & MAY_FIGURE);
}

static bool is_sign(uint32_t c)
{
    return c == '@' || c == 0xff20;
}

enum { TRY_NUMBER = 1, TRY_BIRTH = 2, TRY_ADDRESS = 4, TRY_ALL = 7 };

/* What the first figures, which end at `next`, can go on to: a number, a date, an address. */
static unsigned goes_on(const struct mask_scan *z, size_t next)
{
    size_t at = z->at;
    uint32_t c = mask_peek(z->in, next);

    if (c < 0x10000 && (may[c] & IS_UNIT))
        return at > 0 && (may[mask_back(z->in, &at) & 0xffff] & IS_PLACE) ? TRY_ADDRESS : 0;
    if (c == 0x5e74 || c == '/') /* 年 */
        return TRY_BIRTH;
    for (int i = 0; i < 3 && is_gap(c); i++)
        c = mask_peek(z->in, ++next);
    if (is_figure(c) || (c >= 0x2000 && c < 0x3001) || c == 0xff0d || c == 0xff09 || c == 0xb7 ||
        c == 0xa0)
        return TRY_ALL;
    return 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What could begin here? Most figures stand alone. */
static unsigned worth_reading(const struct mask_scan *z)
{
    const char *p = z->in.p + z->at;
    size_t left = z->in.n - z->at, n = 0, next = z->at;

    if ((unsigned char)*p >= 0x80) {
        next += three((const unsigned char *)p, left) ? 3 : 1;
        return goes_on(z, next);
    }
    while (n < left && n < 5 && is_digit(p[n]))
        n++;
    if (n > 0)
        return n == 5 ? TRY_ALL : goes_on(z, z->at + n);
    if (left > 2 && (is_digit(p[1]) || is_digit(p[2]) || (unsigned char)p[1] >= 0x80))
        return TRY_NUMBER | TRY_ADDRESS;
    return 0;
}

static size_t try_case(struct mask_scan *z, struct mask_span *out)
{
    size_t n = mask_case_at(z->in, z->at);

    *out = (struct mask_span){ z->at, z->at + n, MASK_CASE };
    return n;
}

static size_t try_label(struct mask_scan *z, struct mask_span *out)
{
    size_t after = z->at, from, n;

    utf8_next(z->in, &after);
    n = name_after_label(z->in, after, &from);
    *out = (struct mask_span){ from, from + n, MASK_NAME };
    return n;
}

static size_t try_name(struct mask_scan *z, struct mask_span *out)
{
    struct name_place p;

    if (!name_worth(z->in, z->at) || !name_at(z->in, z->at, &p))
        return 0;
    *out = (struct mask_span){ p.from, p.to, MASK_NAME };
    return p.to - p.from;
}

static size_t try_plate(struct mask_scan *z, struct mask_span *out)
{
    unsigned char next = z->at + 3 < z->in.n ? (unsigned char)z->in.p[z->at + 3] : 0;
    size_t n = next == 0xef || mask_is_alnum(next) ? mask_plate_at(z->in, z->at) : 0;

    *out = (struct mask_span){ z->at, z->at + n, MASK_PLATE };
    return n;
}

/* An address of mail is found by its @. */
static size_t try_mail(struct mask_scan *z, struct mask_span *out)
{
    size_t from = mask_mail_from(z->in, z->at, z->done), n = mask_mail_at(z->in, from);

    *out = (struct mask_span){ from, from + n, MASK_MAIL };
    return n;
}

/* (0571)8888 6666 begins with its bracket. */
static void take_bracket(struct mask_scan *z, struct mask_span *s)
{
    size_t at = s->from;
    uint32_t before = mask_back(z->in, &at);
    struct str value = str_sub(z->in, s->from, s->to - s->from);
    bool closes = str_has(value, STR(")")) || str_has(value, STR("）"));

    if (closes && at >= z->done && (before == '(' || before == 0xff08))
        s->from = at;
}

static size_t try_figures(struct mask_scan *z, struct mask_span *out)
{
    unsigned worth = worth_reading(z);
    size_t n = 0, from = z->at;
    uint32_t before = mask_back(z->in, &from);

    if (before == 0x7b2c) /* 第三十二条, 第13812345678号 */
        return 0;

    *out = (struct mask_span){ .from = z->at };
    if (worth & TRY_NUMBER)
        n = mask_number_at(z->in, z->at, &out->kind);
    if (!n && (worth & TRY_BIRTH)) {
        n = mask_birth_at(z->in, z->at);
        out->kind = MASK_BIRTH;
    }
    out->to = z->at + n;
    if (n && is_sign(mask_peek(z->in, out->to)))
        return 0;
    if (n) {
        take_bracket(z, out);
        return n;
    }
    if ((worth & TRY_ADDRESS) && (before < 0x10000 && (may[before] & IS_PLACE)))
        n = mask_address_at(z->in, z->at, z->done, &from);
    else
        from = z->at;
    *out = (struct mask_span){ from, from + n, MASK_ADDRESS };
    return n;
}

static size_t try_at(struct mask_scan *z, uint8_t what, struct mask_span *out)
{
    size_t n = 0;

    if (what & MAY_NAME)
        n = try_name(z, out);
    if (!n && (what & MAY_FIGURE))
        n = try_figures(z, out);
    if (!n && (what & MAY_PLATE))
        n = try_plate(z, out);
    if (!n && (what & MAY_LABEL))
        n = try_label(z, out);
    if (!n && (what & MAY_CASE))
        n = try_case(z, out);
    if (!n && (what & MAY_MAIL))
        n = try_mail(z, out);
    return n;
}

/* Passes over what begins nothing, as far as `to`. */
static inline void pass_over(struct mask_scan *z, size_t to)
{
    const unsigned char *p = (const unsigned char *)z->in.p;
    size_t at = z->at;

    while (at < to) {
        uint32_t c = three(p + at, z->in.n - at);

        if ((c && (may[c] & MAY_ANY)) || (!c && p[at] < 0x80 && (may[p[at]] & MAY_ANY)))
            break;
        at += c ? 3 : 1;
    }
    z->after = z->after && at == z->at;
    z->at = at;
}

bool mask_scan_next(struct mask_scan *z, struct mask_span *out)
{
    pthread_once(&may_once, may_fill);
    for (;;) {
        uint32_t c;
        bool plain;

        pass_over(z, z->in.n);
        if (z->at >= z->in.n)
            return false;
        c = three((const unsigned char *)z->in.p + z->at, z->in.n - z->at);
        c = c ? c : (unsigned char)z->in.p[z->at];
        plain = (may[c] & MAY_FIGURE) && mask_is_alnum(mask_half_width(c));
        if (!(plain && z->after) && try_at(z, may[c], out)) {
            z->at = z->done = out->to;
            z->after = false;
            return true;
        }
        z->after = plain;
        z->at += c >= 0x800 ? 3 : 1;
    }
}
