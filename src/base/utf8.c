#include "base/utf8.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

/* Length of the valid character at p (n bytes left), 0 if broken. */
static size_t valid_len(const unsigned char *p, size_t n)
{
    unsigned char c = p[0];
    size_t k = c < 0x80                ? 1
               : c >= 0xc2 && c < 0xe0 ? 2
               : c >= 0xe0 && c < 0xf0 ? 3
               : c >= 0xf0 && c < 0xf5 ? 4
                                       : 0;

    if (k == 0 || k > n)
        return 0;
    for (size_t i = 1; i < k; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f) || (c == 0xf0 && p[1] < 0x90) ||
        (c == 0xf4 && p[1] > 0x8f))
        return 0;
    return k;
}

static bool ascii_8(const unsigned char *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return !(v & 0x8080808080808080u);
}

bool utf8_valid(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t i = 0;

    while (i < s.n) {
        size_t k = p[i] < 0x80 ? 1 : valid_len(p + i, s.n - i);

        if (k == 0)
            return false;
        i += k;
        while (s.n - i >= 8 && ascii_8(p + i)) /* most of what machines say */
            i += 8;
    }
    return true;
}

bool utf8_printable(struct str s)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    const unsigned char *p = (const unsigned char *)s.p;
    uint64_t bad = 0, v;
    size_t i = 0;

    for (; s.n - i >= 8; i += 8) {
        memcpy(&v, p + i, sizeof(v));
        bad |= ((v - ones * 0x20) & ~v) | (v + ones) | v; /* < 0x20, 0x7f, >= 0x80 */
    }
    for (; i < s.n; i++)
        bad |= p[i] < 0x20 || p[i] > 0x7e ? high : 0;
    return !(bad & high);
}

bool utf8_has_controls(struct str s)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    const unsigned char *p = (const unsigned char *)s.p;
    uint64_t found = 0, v, del;
    size_t i = 0;

    for (; s.n - i >= 8; i += 8) {
        memcpy(&v, p + i, sizeof(v));
        del = v ^ (ones * 0x7f);
        found |= ((v - ones * 0x20) & ~v) | ((del - ones) & ~del);
    }
    for (; i < s.n; i++)
        found |= p[i] < 0x20 || p[i] == 0x7f ? high : 0;
    return (found & high) != 0;
}

uint32_t utf8_next(struct str s, size_t *at)
{
    const unsigned char *p = (const unsigned char *)s.p + *at;
    uint32_t cp;
    size_t k;

    if (p[0] < 0x80) {
        *at += 1;
        return p[0];
    }
    /* Chinese, but for what could be written shorter or is half a pair. */
    if (p[0] > 0xe0 && p[0] < 0xed && s.n - *at > 2 && (p[1] & 0xc0) == 0x80 &&
        (p[2] & 0xc0) == 0x80) {
        *at += 3;
        return (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
    }
    k = valid_len(p, s.n - *at);
    if (k == 0) {
        *at += 1;
        return 0xfffd;
    }
    *at += k;
    cp = k == 1 ? p[0] : (uint32_t)(p[0] & (0xff >> (k + 1)));
    for (size_t i = 1; i < k; i++)
        cp = cp << 6 | (p[i] & 0x3f);
    return cp;
}

size_t utf8_put(char out[4], uint32_t cp)
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xc0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3f));
        return 2;
    }
    if (cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
        cp = 0xfffd;
    if (cp < 0x10000) {
        out[0] = (char)(0xe0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
        out[2] = (char)(0x80 | (cp & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
    out[3] = (char)(0x80 | (cp & 0x3f));
    return 4;
}

void utf8_add(struct buf *b, uint32_t cp)
{
    char c[4];

    buf_add(b, str_of(c, utf8_put(c, cp)));
}

size_t utf8_count(struct str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

size_t utf8_floor(struct str s, size_t n)
{
    if (n >= s.n)
        return s.n;
    while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    return n;
}

struct str utf8_head(struct str s, size_t chars)
{
    size_t at = 0;

    while (chars-- > 0 && at < s.n)
        utf8_next(s, &at);
    return str_sub(s, 0, at);
}

static enum tb_code convert(struct arena *a, struct str in, const char *from, struct str *out,
                            struct tb_err *e)
{
    iconv_t cd = iconv_open("UTF-8", from);
    size_t cap = in.n * 2 + 16, left_in = in.n, left = cap, rc;
    char *to = arena_alloc(a, cap), *at = to, *src = (char *)(uintptr_t)in.p;

    if (cd == (iconv_t)-1)
        return tb_fail(e, TB_INTERNAL, "系统不能转换这种文字编码", "iconv_open %s", from);
    rc = iconv(cd, &src, &left_in, &at, &left);
    iconv_close(cd);
    if (rc == (size_t)-1 || left_in)
        return tb_fail(e, TB_UNSUPPORTED, "文字编码无法识别，请另存为 UTF-8 后再试",
                       "encoding=%s errno=%d", from, errno);
    *out = str_of(to, (size_t)(at - to));
    return TB_OK;
}

static bool is_everyday(uint32_t cp)
{
    return cp == '\t' || cp == '\n' || cp == '\r' || (cp >= ' ' && cp < 0x7f) ||
           (cp >= 0x2010 && cp <= 0x2030) || (cp >= 0x3000 && cp < 0x3040) ||
           (cp >= 0x4e00 && cp < 0xa000) || (cp >= 0xff00 && cp < 0xfff0);
}

/* UTF-16 without a BOM: read that way, nearly every character is an everyday Chinese one. Zero
 * bytes alone mislead: U+4E00 (一) has one too. */
static const char *utf16_guess(struct str b)
{
    size_t little = 0, big = 0, n = b.n < 4096 ? b.n & ~(size_t)1 : 4096;

    if (b.n < 2 || b.n % 2)
        return NULL;
    for (size_t i = 0; i < n; i += 2) {
        uint32_t x = (unsigned char)b.p[i], y = (unsigned char)b.p[i + 1];

        little += is_everyday(y << 8 | x);
        big += is_everyday(x << 8 | y);
    }
    if (little > big && little * 20 >= n / 2 * 19)
        return "UTF-16LE";
    return big > little && big * 20 >= n / 2 * 19 ? "UTF-16BE" : NULL;
}

enum tb_code utf8_from_any(struct arena *a, struct str bytes, struct str *out, struct tb_err *e)
{
    const char *guess;
    bool zeros, valid;

    if (str_starts(bytes, STR("\xef\xbb\xbf")))
        bytes = str_from(bytes, 3);
    if (str_starts(bytes, STR("\xff\xfe")))
        return convert(a, str_from(bytes, 2), "UTF-16LE", out, e);
    if (str_starts(bytes, STR("\xfe\xff")))
        return convert(a, str_from(bytes, 2), "UTF-16BE", out, e);
    zeros = memchr(bytes.p ? bytes.p : "", 0, bytes.n) != NULL;
    valid = utf8_valid(bytes);
    guess = valid && !zeros ? NULL : utf16_guess(bytes);
    if (guess)
        return convert(a, bytes, guess, out, e);
    if (zeros)
        return tb_fail(e, TB_UNSUPPORTED, "文件里有空字节，不是文本文件", "nul byte in text");
    if (valid) {
        *out = bytes;
        return TB_OK;
    }
    return convert(a, bytes, "GB18030", out, e);
}
