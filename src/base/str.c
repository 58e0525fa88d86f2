#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SHORT = 8 }; /* what is sought and so short begins with a byte that is soon found */

struct str str_from_i64(char space[STR_I64], int64_t v)
{
    uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    size_t at = STR_I64;

    do
        space[--at] = (char)('0' + left % 10);
    while (left /= 10);
    if (v < 0)
        space[--at] = '-';
    return str_of(space + at, STR_I64 - at);
}

bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

bool str_case_eq(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower((unsigned char)a.p[i]) != lower((unsigned char)b.p[i]))
            return false;
    return true;
}

int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;

    return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n &&
           (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

size_t str_find_from(struct str s, struct str what, size_t from)
{
    const char *at;

    if (from > s.n || what.n > s.n - from)
        return SIZE_MAX;
    if (what.n == 0)
        return from;
    if (what.n > SHORT) {
        at = memmem(s.p + from, s.n - from, what.p, what.n);
        return at ? (size_t)(at - s.p) : SIZE_MAX;
    }
    for (size_t last = s.n - what.n; from <= last; from = (size_t)(at - s.p) + 1) {
        at = memchr(s.p + from, what.p[0], last - from + 1);
        if (!at)
            return SIZE_MAX;
        if (memcmp(at, what.p, what.n) == 0)
            return (size_t)(at - s.p);
    }
    return SIZE_MAX;
}

size_t str_find(struct str s, struct str what)
{
    return str_find_from(s, what, 0);
}

bool str_has(struct str s, struct str what)
{
    return str_find(s, what) != SIZE_MAX;
}

struct str str_sub(struct str s, size_t from, size_t n)
{
    if (from > s.n)
        from = s.n;
    if (n > s.n - from)
        n = s.n - from;
    return (struct str){ s.p ? s.p + from : NULL, n };
}

struct str str_from(struct str s, size_t from)
{
    return str_sub(s, from, SIZE_MAX);
}

/* Length of the blank at the start of s, 0 if there is none. */
static size_t blank_at(struct str s)
{
    unsigned char c = s.n ? (unsigned char)s.p[0] : 'x';

    if (c == ' ' || (c >= '\t' && c <= '\r'))
        return 1;
    if (str_starts(s, STR("\xe3\x80\x80")) || str_starts(s, STR("\xef\xbb\xbf")))
        return 3;
    return str_starts(s, STR("\xc2\xa0")) ? 2 : 0;
}

static size_t blank_before_end(struct str s)
{
    for (size_t k = 1; k <= 3 && k <= s.n; k++)
        if (blank_at(str_from(s, s.n - k)) == k)
            return k;
    return 0;
}

struct str str_trim(struct str s)
{
    size_t k;

    while ((k = blank_at(s)) > 0)
        s = str_from(s, k);
    while ((k = blank_before_end(s)) > 0)
        s.n -= k;
    return s;
}

struct str str_cut(struct str *rest, struct str sep)
{
    size_t at = str_find(*rest, sep);
    struct str head = *rest;

    if (at == SIZE_MAX) {
        *rest = STR_NONE;
        return head;
    }
    head.n = at;
    *rest = str_from(*rest, at + sep.n);
    return head;
}

bool str_i64(struct str s, int64_t *out)
{
    char z[24];
    char *end;
    long long v;

    if (s.n == 0 || s.n >= sizeof(z) || blank_at(s))
        return false;
    memcpy(z, s.p, s.n);
    z[s.n] = 0;
    errno = 0;
    v = strtoll(z, &end, 10);
    if (errno || *end || end != z + s.n)
        return false;
    *out = v;
    return true;
}

bool str_real(struct str s, double *out)
{
    char z[48];
    char *end;
    double v;

    if (s.n == 0 || s.n >= sizeof(z) || blank_at(s))
        return false;
    memcpy(z, s.p, s.n);
    z[s.n] = 0;
    errno = 0;
    v = strtod(z, &end);
    if (errno || end != z + s.n)
        return false;
    *out = v;
    return true;
}

uint64_t str_hash(struct str s)
{
    uint64_t h = 1469598103934665603u;

    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 1099511628211u;
    h ^= h >> 32; /* FNV's low bits are weak for short keys */
    return h * 0x9e3779b97f4a7c15u;
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}
