#include "base/chunk.h"

enum {
    SIZE = 0,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    LINE, /* first byte of a trailer line */
    TRAILER,
    TRAILER_LF,
    LAST_LF
};
enum { OVERHEAD_MAX = 4096 };

static bool plain(struct chunk *c, char b)
{
    return ++c->overhead <= OVERHEAD_MAX && ((unsigned char)b >= ' ' || b == '\t') && b != 0x7f;
}

static bool step_size(struct chunk *c, char b)
{
    int v = hex_digit(b);

    if (v >= 0) {
        c->left = c->left * 16 + (unsigned)v;
        return ++c->digits <= 12;
    }
    if (c->digits == 0)
        return false;
    if (b == '\r')
        c->state = SIZE_LF;
    else if (b == ';')
        c->state = EXTENSION;
    else
        return false;
    return true;
}

/* One byte outside the data; false: not in the grammar. */
static bool step(struct chunk *c, char b)
{
    switch (c->state) {
    case SIZE:
        return step_size(c, b);
    case EXTENSION:
        if (b != '\r')
            return plain(c, b);
        c->state = SIZE_LF;
        return true;
    case SIZE_LF:
        c->state = c->left ? DATA : LINE;
        c->overhead = c->left ? 0 : c->overhead;
        return b == '\n';
    case DATA_CR:
        c->state = DATA_LF;
        return b == '\r';
    case DATA_LF:
        c->state = SIZE;
        c->digits = 0;
        return b == '\n';
    case LINE:
    case TRAILER:
        if (b != '\r') {
            c->state = TRAILER;
            return plain(c, b);
        }
        c->state = c->state == LINE ? LAST_LF : TRAILER_LF;
        return true;
    default: /* TRAILER_LF */
        c->state = LINE;
        return b == '\n';
    }
}

enum chunk_result chunk_next(struct chunk *c, struct str *in, struct str *data)
{
    while (in->n) {
        if (c->state == DATA) {
            size_t n = in->n < c->left ? in->n : (size_t)c->left;

            *data = str_sub(*in, 0, n);
            *in = str_from(*in, n);
            c->left -= n;
            if (c->left == 0)
                c->state = DATA_CR;
            return CHUNK_DATA;
        }
        if (c->state == LAST_LF) {
            bool ok = in->p[0] == '\n';

            *in = str_from(*in, 1);
            return ok ? CHUNK_END : CHUNK_BAD;
        }
        if (!step(c, in->p[0]))
            return CHUNK_BAD;
        *in = str_from(*in, 1);
    }
    return CHUNK_MORE;
}
