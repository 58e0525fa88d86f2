/* Numbers as an engine says them, for the way out: one blank or dash between two figures. */
#include "guard/mask_int.h"

#include "base/utf8.h"

/* No kind has a run with this letter in it but a passport's second place. */
static bool ends_hope(const struct mask_run *r, char c)
{
    bool foreign = c == 'I' || c == 'O' || c == 'S' || c == 'V' || c == 'Z';

    return foreign && !(r->n == 1 && (r->digits[0] == 'E' || r->digits[0] == 'G'));
}

static bool is_gap(uint32_t c)
{
    return c == ' ' || c == '-' || c == 0x3000 || c == 0x2014 || c == 0x2013 || c == 0xa0;
}

void mask_run_read(struct str s, size_t at, size_t most, struct mask_run *r)
{
    bool gap = false;

    r->n = 0;
    r->open = true;
    while (at < s.n) {
        unsigned char b = (unsigned char)s.p[at];
        uint32_t c = b < 0x80 ? b : mask_half_width(utf8_next(s, &at));

        at += b < 0x80;
        if (is_gap(c) && !gap && r->n > 0) {
            gap = true;
            continue;
        }
        r->open = mask_is_alnum(c) && r->n < most;
        if (!r->open)
            break;
        gap = false;
        c = c >= 'a' && c <= 'z' ? c - 32 : c;
        if (most == MASK_RUN && ends_hope(r, (char)c)) {
            r->n = 0;
            r->open = false;
            break;
        }
        r->digits[r->n] = (char)c;
        r->ends[r->n++] = at;
    }
    r->digits[r->n] = 0;
}

/* The kind of a run that is digits and nothing else; NULL: not personal. */
static const char *kind_of_digits(const char *p, size_t n)
{
    if (n >= 16 && n <= 19 && p[0] >= '3' && number_is_luhn(p, n))
        return MASK_BANK_CARD;
    if (n == 13 && memcmp(p, "861", 3) == 0 && p[3] >= '3')
        return MASK_MOBILE;
    if (n == 11 && p[0] == '1' && p[1] >= '3')
        return MASK_MOBILE;
    if ((n == 11 || n == 12) && p[0] == '0' && p[1] >= '1')
        return MASK_PHONE;
    return NULL;
}

const char *mask_run_kind(const struct mask_run *r)
{
    const char *p = r->digits;

    if (r->n == 18 && number_is_id(p))
        return MASK_ID;
    if (r->n == 18 && !number_is_digits(p, 18) && number_is_credit_code(p))
        return MASK_CREDIT;
    if (r->n == 9 && (p[0] == 'E' || p[0] == 'G') && number_is_digits(p + 2, 7))
        return MASK_PASSPORT;
    return number_is_digits(p, r->n) ? kind_of_digits(p, r->n) : NULL;
}
