#include "base/buf.h"

#include "base/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Makes room for n more bytes and the NUL; false when that would pass the maximum. */
static bool room_for(struct buf *b, size_t n)
{
    size_t need;

    if (b->over || n > b->max - b->n) {
        b->over = true;
        return false;
    }
    need = b->n + n + 1;
    if (need > b->cap) {
        b->cap = b->cap * 2 > need ? b->cap * 2 : need;
        if (b->cap < 64)
            b->cap = 64;
        b->p = tb_realloc(b->p, b->cap);
    }
    return true;
}

void buf_add_far(struct buf *b, struct str s)
{
    if (!room_for(b, s.n))
        return;
    if (s.n)
        memcpy(b->p + b->n, s.p, s.n);
    b->n += s.n;
    b->p[b->n] = 0;
}

void buf_addc(struct buf *b, char c)
{
    buf_add(b, str_of(&c, 1));
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
    char text[256];
    va_list ap, again;
    int n;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < sizeof(text)) {
        buf_add(b, str_of(text, (size_t)n));
    } else if (n >= 0 && room_for(b, (size_t)n)) {
        vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

void buf_add_i64(struct buf *b, int64_t v)
{
    char space[STR_I64];

    buf_add(b, str_from_i64(space, v));
}

void buf_add_percent(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '.' || c == '_' || c == '~';

        if (plain)
            buf_addc(b, (char)c);
        else
            buf_addf(b, "%%%02X", c);
    }
}

void buf_drop_front(struct buf *b, size_t n)
{
    if (n > b->n)
        n = b->n;
    if (n == 0)
        return;
    memmove(b->p, b->p + n, b->n - n + 1);
    b->n -= n;
}

void buf_reset(struct buf *b)
{
    b->n = 0;
    b->over = false;
    if (b->p)
        b->p[0] = 0;
}

void buf_release(struct buf *b)
{
    tb_free(b->p);
    b->p = NULL;
    b->n = b->cap = 0;
    b->over = false;
}
