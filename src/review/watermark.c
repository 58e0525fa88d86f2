#include "review/watermark.h"

#include "base/buf.h"
#include "base/utf8.h"

enum { FRAME = 0x2060, ZERO = 0x200B, ONE = 0x200C };

static uint16_t crc16(struct str s)
{
    uint16_t c = 0xFFFF;

    for (size_t i = 0; i < s.n; i++) {
        c ^= (uint16_t)((unsigned char)s.p[i] << 8);
        for (int k = 0; k < 8; k++)
            c = (uint16_t)(c & 0x8000 ? (c << 1) ^ 0x1021 : c << 1);
    }
    return c;
}

static void put_byte(struct buf *b, unsigned v)
{
    for (int k = 7; k >= 0; k--)
        buf_addz(b, (v >> k) & 1 ? "\xE2\x80\x8C" : "\xE2\x80\x8B");
}

struct str watermark_make(struct arena *a, struct str says)
{
    struct buf b = BUF_INIT((WATERMARK_MAX + 3) * 24 + 8);
    uint16_t crc = crc16(says);

    if (says.n == 0 || says.n > WATERMARK_MAX)
        return STR("");
    buf_addz(&b, "\xE2\x81\xA0");
    put_byte(&b, (unsigned)says.n);
    for (size_t i = 0; i < says.n; i++)
        put_byte(&b, (unsigned char)says.p[i]);
    put_byte(&b, crc >> 8);
    put_byte(&b, crc & 0xFF);
    buf_addz(&b, "\xE2\x81\xA0");
    return arena_buf(a, &b);
}

bool watermark_sign(uint32_t c)
{
    return c == FRAME || c == ZERO || c == ONE;
}

struct reading {
    char bytes[WATERMARK_MAX + 3];
    size_t bits;
    bool in, signs;
};

static bool whole(const struct reading *r, struct str *says)
{
    size_t n = (unsigned char)r->bytes[0];

    if (r->bits % 8 || r->bits / 8 < 4 || n + 3 != r->bits / 8 || n > WATERMARK_MAX)
        return false;
    *says = str_of(r->bytes + 1, n);
    return crc16(*says) ==
           (uint16_t)((unsigned char)r->bytes[n + 1] << 8 | (unsigned char)r->bytes[n + 2]);
}

static void take_bit(struct reading *r, bool one)
{
    size_t at = r->bits / 8;

    r->signs = true;
    if (!r->in || at >= sizeof(r->bytes)) {
        r->in = false;
        return;
    }
    if (r->bits % 8 == 0)
        r->bytes[at] = 0;
    r->bytes[at] = (char)((unsigned char)r->bytes[at] << 1 | one);
    r->bits++;
}

int watermark_read(struct arena *a, struct str text, struct str *says, bool *broken)
{
    struct reading r = { .bits = 0 };
    struct str found;
    int copies = 0;

    *says = STR("");
    for (size_t at = 0; at < text.n;) {
        uint32_t c = utf8_next(text, &at);

        if (c == FRAME && r.in && whole(&r, &found)) {
            if (copies == 0)
                *says = arena_str(a, found);
            copies += str_eq(*says, found);
            r.in = false;
        } else if (c == FRAME) {
            r.in = r.signs = true;
            r.bits = 0;
        } else if (c == ZERO || c == ONE) {
            take_bit(&r, c == ONE);
        } else {
            r.in = false;
        }
    }
    *broken = r.signs && copies == 0;
    return copies;
}
