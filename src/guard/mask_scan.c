/* The look through a text: nearly all of it is passed over by one table. */
#include "guard/mask_int.h"

#include "base/utf8.h"
#include "guard/name.h"

/* The character of three bytes at p, 0 if none stands there. */
static inline uint32_t three(const unsigned char *p, size_t left)
{
    return left < 3 ? 0 : mask_of_three(p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16);
}

static bool is_gap(uint32_t c)
{
    return c == ' ' || c == '-' || c == '.' || c == '_' || c == ')' || c == '\t' || c == '\n' ||
           c == '\r';
}

static bool is_figure(uint32_t c)
{
    return c < 0x10000 && (mask_may[c] & MAY_FIGURE);
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

    if (c < 0x10000 && (mask_may[c] & IS_UNIT))
        return at > 0 && (mask_may[mask_back(z->in, &at) & 0xffff] & IS_PLACE) ? TRY_ADDRESS : 0;
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

static size_t try_name(struct mask_scan *z, bool worth, struct mask_span *out)
{
    struct name_place p;
    uint32_t a = three((const unsigned char *)z->in.p + z->at, z->in.n - z->at);

    if ((!worth && !name_worth(z->in, z->at, a)) || !name_at(z->in, z->at, &p))
        return 0;
    for (size_t dot = p.from; dot < p.to; dot = mask_step(z->in, dot))
        if (name_is_dot(mask_peek(z->in, dot)) && name_around_dot(z->in, dot, z->done, &p))
            break; /* it may begin earlier: 克里斯蒂娜·里奇 */
    *out = (struct mask_span){ p.from, p.to, MASK_NAME };
    return p.to - p.from;
}

static size_t try_dot(struct mask_scan *z, struct mask_span *out)
{
    struct name_place p;

    if (!name_around_dot(z->in, z->at, z->done, &p))
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
    if ((worth & TRY_ADDRESS) && (before < 0x10000 && (mask_may[before] & IS_PLACE)))
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
        n = try_name(z, (what & MAY_ANY) == MAY_NAME, out); /* then mask_pass has looked */
    if (!n && (what & MAY_FIGURE))
        n = try_figures(z, out);
    if (!n && (what & MAY_PLATE))
        n = try_plate(z, out);
    if (!n && (what & MAY_LABEL))
        n = try_label(z, out);
    if (!n && (what & MAY_CASE))
        n = try_case(z, out);
    if (!n && (what & MAY_MAIL))
        n = is_sign(mask_peek(z->in, z->at)) ? try_mail(z, out) : 0;
    if (!n && (what & MAY_MAIL))
        n = try_dot(z, out);
    return n;
}

static void pass_over(struct mask_scan *z)
{
    size_t at = mask_pass(z->in, z->at);

    z->after = z->after && at == z->at;
    z->at = at;
}

bool mask_scan_next(struct mask_scan *z, struct mask_span *out)
{
    for (;;) {
        uint32_t c;
        bool plain;

        pass_over(z);
        if (z->at >= z->in.n)
            return false;
        if (mask_is_dot(z->in, z->at)) {
            if (try_dot(z, out)) {
                z->at = z->done = out->to;
                z->after = false;
                return true;
            }
            z->at += 2;
            z->after = false;
            continue;
        }
        c = three((const unsigned char *)z->in.p + z->at, z->in.n - z->at);
        c = c ? c : (unsigned char)z->in.p[z->at];
        plain = (mask_may[c] & MAY_FIGURE) && mask_is_alnum(mask_half_width(c));
        if (!(plain && z->after) && try_at(z, mask_may[c], out)) {
            z->at = z->done = out->to;
            z->after = false;
            return true;
        }
        z->after = plain;
        z->at += c >= 0x800 ? 3 : 1;
    }
}
