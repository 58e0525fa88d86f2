/* What is written in an encoding: base64, hexadecimal, binary, and the escapes of JSON, URL, HTML.
 */
#include "guard/inject_int.h"

#include "base/utf8.h"

#include <string.h>

enum { BASE64_LEAST = 16, HEX_LEAST = 16, BINARY_LEAST = 48 };

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Text and not chance: whole UTF-8 without control characters, some letters in it. */
static bool is_text(struct str s)
{
    size_t letters = 0;

    if (s.n < 4 || !utf8_valid(s))
        return false;
    for (size_t at = 0; at < s.n;) {
        uint32_t c = utf8_next(s, &at);

        if (c < 0x20 && c != '\n' && c != '\t' && c != '\r')
            return false;
        letters += (c | 32) - 'a' < 26 || c >= 0x3400;
    }
    return letters >= 3;
}

/* GB 18030 and UTF-16 are tried too. */
static bool as_text(struct arena *a, struct buf *b, struct str *out)
{
    struct tb_err why = TB_ERR_INIT;
    struct str bytes = arena_buf(a, b);

    if (bytes.n < 4)
        return false;
    if (utf8_valid(bytes)) {
        *out = bytes;
        return is_text(bytes);
    }
    return !utf8_from_any(a, bytes, out, &why) && is_text(*out);
}

/* Lines of base64 may be broken; a blank ends it. */
static size_t base64_run(struct str s, size_t at, struct buf *out)
{
    uint32_t bits = 0;
    int have = 0;

    for (; at < s.n; at++) {
        int d = base64_digit(s.p[at]);

        if (d < 0 && (s.p[at] == '\n' || s.p[at] == '\r') && at + 1 < s.n &&
            base64_digit(s.p[at + 1]) >= 0)
            continue;
        if (d < 0)
            break;
        bits = bits << 6 | (uint32_t)d;
        have += 6;
        if (have >= 8) {
            have -= 8;
            buf_addc(out, (char)(bits >> have & 0xff));
        }
    }
    while (at < s.n && s.p[at] == '=')
        at++;
    return at;
}

/* 0x49 \x49 49:67 49 67: what stands between two bytes is passed over. */
static size_t hex_run(struct str s, size_t at, struct buf *out)
{
    size_t end = at;

    while (at + 1 < s.n) {
        int high = hex_digit(s.p[at]), low = hex_digit(s.p[at + 1]);

        if (high == 0 && (s.p[at + 1] | 32) == 'x') {
            at += 2;
            continue;
        }
        if (high < 0 || low < 0) {
            if (at > end + 1 || end == at || !strchr(" \n,:;-\\", s.p[at]))
                break;
            at++;
            continue;
        }
        buf_addc(out, (char)(high << 4 | low));
        at += 2;
        end = at;
        if (at < s.n && strchr(" \n,:;-\\", s.p[at]) && at + 2 < s.n)
            at++;
    }
    return end;
}

static size_t binary_run(struct str s, size_t at, struct buf *out)
{
    int have = 0, bits = 0;

    for (; at < s.n && (s.p[at] == '0' || s.p[at] == '1' || is_blank(s.p[at])); at++) {
        if (is_blank(s.p[at]))
            continue;
        bits = bits << 1 | (s.p[at] - '0');
        if (++have == 8) {
            buf_addc(out, (char)bits);
            have = bits = 0;
        }
    }
    return at;
}

typedef size_t (*run_reader)(struct str s, size_t at, struct buf *out);

static bool try_run(struct arena *a, struct str text, size_t from, size_t least, run_reader read,
                    struct inject_piece *p)
{
    struct buf b = BUF_INIT(INJECT_DECODED);

    p->from = from;
    p->to = read(text, from, &b);
    if (p->to - from < least) {
        buf_release(&b);
        return false;
    }
    return as_text(a, &b, &p->text);
}

static size_t run_of(struct str s, size_t at)
{
    size_t from = at;

    while (at < s.n && base64_digit(s.p[at]) >= 0)
        at++;
    return at - from;
}

static bool begins_hex(struct str s, size_t at)
{
    return at + 1 < s.n && hex_digit(s.p[at]) >= 0 &&
           (hex_digit(s.p[at + 1]) >= 0 || (s.p[at + 1] | 32) == 'x');
}

bool inject_decode_next(struct arena *a, struct str text, size_t *at, struct inject_piece *out)
{
    while (*at < text.n) {
        size_t from = *at, run = (unsigned char)text.p[from] < 0x80 ? run_of(text, from) : 0;

        if (run == 0) {
            (*at)++;
            continue;
        }
        *at += run;
        if ((begins_hex(text, from) && try_run(a, text, from, HEX_LEAST, hex_run, out)) ||
            ((text.p[from] | 1) == '1' && try_run(a, text, from, BINARY_LEAST, binary_run, out)) ||
            (run >= BASE64_LEAST && try_run(a, text, from, BASE64_LEAST, base64_run, out))) {
            *at = out->to > *at ? out->to : *at;
            return true;
        }
    }
    return false;
}

/* -- escapes, where they stand -- */

static bool hex_number(struct str s, size_t digits, uint32_t *out)
{
    *out = 0;
    if (s.n < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (hex_digit(s.p[i]) < 0)
            return false;
        *out = *out << 4 | (uint32_t)hex_digit(s.p[i]);
    }
    return true;
}

/* \n \u5ffd \x41 U+5FFD %E5 &#24573; &#x5ffd; : bytes taken, 0: none. */
static size_t backslash(struct str s, struct buf *out)
{
    uint32_t c, low;

    if (s.n > 1 && (s.p[1] == 'n' || s.p[1] == 't' || s.p[1] == 'r')) {
        buf_addc(out, '\n');
        return 2;
    }
    if (s.n > 1 && s.p[1] == 'x' && hex_number(str_from(s, 2), 2, &c)) {
        buf_addc(out, (char)c);
        return 4;
    }
    if (s.n < 2 || (s.p[1] | 32) != 'u' || !hex_number(str_from(s, 2), 4, &c))
        return 0;
    if (c >= 0xd800 && c < 0xdc00 && s.n >= 12 && s.p[6] == '\\' &&
        hex_number(str_from(s, 8), 4, &low) && low >= 0xdc00 && low < 0xe000) {
        utf8_add(out, 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00)));
        return 12;
    }
    utf8_add(out, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
    return 6;
}

static size_t entity(struct str s, struct buf *out)
{
    uint32_t c = 0;
    size_t at = 2;
    bool hex = s.n > 2 && (s.p[2] | 32) == 'x';

    if (s.n < 4 || s.p[1] != '#')
        return 0;
    for (at += hex; at < s.n && at < 12; at++) {
        int d = hex_digit(s.p[at]);

        if (d < 0 || (!hex && d > 9))
            break;
        c = c * (hex ? 16 : 10) + (uint32_t)d;
    }
    if (at == 2U + hex || c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return 0;
    utf8_add(out, c);
    return at < s.n && s.p[at] == ';' ? at + 1 : at;
}

static size_t escape_at(struct str s, struct buf *out)
{
    uint32_t c;

    switch (s.p[0]) {
    case '\\':
        return backslash(s, out);
    case '&':
        return entity(s, out);
    case '%':
    case '=': /* quoted-printable */
        if (!hex_number(str_from(s, 1), 2, &c))
            return 0;
        buf_addc(out, (char)c);
        return 3;
    case 'U':
        if (s.n < 2 || s.p[1] != '+' || !hex_number(str_from(s, 2), 4, &c) ||
            (c >= 0xd800 && c < 0xe000))
            return 0;
        utf8_add(out, c);
        return 6;
    default:
        return 0;
    }
}

bool inject_unescape(struct arena *a, struct str text, struct str *out)
{
    struct buf b = BUF_INIT(text.n + 16);
    size_t escapes = 0;

    for (size_t at = 0; at < text.n;) {
        size_t took = escape_at(str_from(text, at), &b);

        escapes += took > 2;
        if (!took)
            buf_addc(&b, text.p[at]);
        at += took ? took : 1;
    }
    if (escapes < 2) {
        buf_release(&b);
        return false;
    }
    *out = arena_buf(a, &b);
    return true;
}
