/* The look through a text: nearly all of it is passed over by one table. */
#include "guard/mask_int.h"

#include "base/utf8.h"
#include "guard/name.h"

#include <pthread.h>

/* What a character of three bytes may begin. */
enum { MAY_FIGURE = 1, MAY_PLATE = 2, MAY_NAME = 4, MAY_CASE = 8, MAY_LABEL = 16 };

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
}

/* The character of three bytes at p, 0 if none stands there. */
static inline uint32_t three(const unsigned char *p, size_t left)
{
    if (left < 3 || (p[0] & 0xf0) != 0xe0 || ((p[1] ^ 0x80U) | (p[2] ^ 0x80U)) >= 0x40)
        return 0;
    return (p[0] & 0x0fU) << 12 | (p[1] & 0x3fU) << 6 | (p[2] & 0x3fU);
}

/* Could a number, an address or a date go on after its first figure? Most figures stand alone. */
static bool goes_on(struct str s, size_t at)
{
    uint32_t c = mask_peek(s, at);

    return c == ' ' || c == '-' || c == '.' || c == '@' || (c < 0x80 ? mask_is_alnum(c) : true);
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

/* The names of a clause are looked for once, at the first place where one is likely. */
static void look_for_names(struct mask_scan *z)
{
    if (z->at < z->names.to || !name_worth(z->in, z->at))
        return;
    name_clause(z->in, z->at, &z->names);
    z->name = 0;
}

/* The name that begins here, or began where nothing else was found. */
static bool take_name(struct mask_scan *z, struct mask_span *out)
{
    while (z->name < z->names.n && z->names.v[z->name].from < z->done)
        z->name++;
    if (z->name == z->names.n || z->names.v[z->name].from > z->at)
        return false;
    *out = (struct mask_span){ z->names.v[z->name].from, z->names.v[z->name].to, MASK_NAME };
    z->name++;
    return true;
}

static size_t try_plate(struct mask_scan *z, struct mask_span *out)
{
    size_t n = mask_plate_at(z->in, z->at);

    *out = (struct mask_span){ z->at, z->at + n, MASK_PLATE };
    return n;
}

/* An address is looked for once in a run of its characters: what ends the run ends every part. */
static size_t try_mail(struct mask_scan *z, struct mask_span *out)
{
    size_t n;

    if (z->at < z->mail)
        return 0;
    n = mask_mail_at(z->in, z->at);
    *out = (struct mask_span){ z->at, z->at + n, MASK_MAIL };
    z->mail = z->at + 1;
    while (!n && z->mail < z->in.n && mask_is_alnum((unsigned char)z->in.p[z->mail]))
        z->mail++;
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
    size_t n = try_mail(z, out), from;

    if (n)
        return n;
    *out = (struct mask_span){ .from = z->at };
    n = mask_number_at(z->in, z->at, &out->kind);
    if (!n) {
        n = mask_birth_at(z->in, z->at);
        out->kind = MASK_BIRTH;
    }
    out->to = z->at + n;
    if (n) {
        take_bracket(z, out);
        return n;
    }
    n = mask_address_at(z->in, z->at, z->done, &from);
    *out = (struct mask_span){ from, from + n, MASK_ADDRESS };
    return n;
}

static size_t try_at(struct mask_scan *z, uint8_t what, struct mask_span *out)
{
    size_t n = 0, next = z->at;

    utf8_next(z->in, &next);
    if (what & MAY_LABEL)
        n = try_label(z, out);
    if (!n && (what & MAY_PLATE))
        n = try_plate(z, out);
    if (!n && (what & MAY_CASE))
        n = try_case(z, out);
    if (!n && (what & MAY_FIGURE) && goes_on(z->in, next))
        n = try_figures(z, out);
    if (!n && (what & MAY_NAME)) {
        look_for_names(z);
        n = take_name(z, out);
    }
    return n;
}

static uint8_t what_at(uint32_t c)
{
    if (c >= 0x80)
        return may[c];
    if (c == '(')
        return MAY_CASE;
    if (c == ':')
        return MAY_LABEL;
    return mask_is_alnum(c) ? MAY_FIGURE : 0;
}

bool mask_scan_next(struct mask_scan *z, struct mask_span *out)
{
    const unsigned char *p = (const unsigned char *)z->in.p;

    pthread_once(&may_once, may_fill);
    while (z->at < z->in.n) {
        uint32_t c = three(p + z->at, z->in.n - z->at);
        size_t step = c ? 3 : 1;
        bool plain;
        uint8_t what;

        if (!c)
            c = p[z->at] < 0x80 ? p[z->at] : 0xfffd;
        what = what_at(c);
        plain = (what & MAY_FIGURE) && mask_is_alnum(mask_half_width(c));
        if ((z->name < z->names.n && take_name(z, out)) ||
            (what && !(plain && z->after) && try_at(z, what, out))) {
            z->at = z->done = out->to;
            z->after = false;
            return true;
        }
        z->after = plain;
        z->at += step;
    }
    return false;
}
