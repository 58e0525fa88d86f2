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

static unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

bool str_case_same(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i] && lower((unsigned char)a[i]) != lower((unsigned char)b[i]))
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
    bool minus = s.n && s.p[0] == '-';
    size_t at = s.n && (minus || s.p[0] == '+');
    int64_t v = 0;

    if (at == s.n || s.n >= 24)
        return false;
    for (; at < s.n; at++) {
        int digit = s.p[at] - '0';

        if (digit < 0 || digit > 9 || __builtin_mul_overflow(v, 10, &v) ||
            __builtin_sub_overflow(v, digit, &v)) /* below zero: there is one number more there */
            return false;
    }
    if (!minus && v == INT64_MIN)
        return false;
    *out = minus ? v : -v;
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

static uint64_t stir(uint64_t h, const char *p, size_t n)
{
    uint64_t word = 0;

    memcpy(&word, p, n);
    h = (h ^ word) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

/* In four lanes: a multiplication need not wait for the one before. */
uint64_t str_sum(struct str s)
{
    uint64_t h[4] = { s.n, 1, 2, 3 };
    size_t i = 0;

    for (; s.n - i >= 32; i += 32)
        for (size_t k = 0; k < 4; k++)
            h[k] = stir(h[k], s.p + i + 8 * k, 8);
    for (; s.n - i >= 8; i += 8)
        h[0] = stir(h[0], s.p + i, 8);
    if (i < s.n)
        h[1] = stir(h[1], s.p + i, s.n - i);
    for (size_t k = 1; k < 4; k++)
        h[0] = stir(h[0], (const char *)&h[k], 8);
    return h[0] ^ h[0] >> 32;
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
