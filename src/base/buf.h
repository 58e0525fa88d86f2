/* A growing byte buffer born with a maximum. Adds beyond the maximum are dropped whole and set
 * `over`, which is checked once, at the end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include "base/str.h"

#include <string.h>

struct buf {
    char *p; /* owned; NUL-terminated whenever not NULL */
    size_t n, cap, max;
    bool over;
};

#define BUF_INIT(limit)                                                                            \
    {                                                                                              \
        NULL, 0, 0, (limit), false                                                                 \
    }

void buf_add_far(struct buf *b, struct str s); /* buf_add when there is no room yet */
static inline void buf_add(struct buf *b, struct str s)
{
    if (b->over || s.n == 0 || s.n >= b->cap - b->n || s.n > b->max - b->n) {
        buf_add_far(b, s);
        return;
    }
    memcpy(b->p + b->n, s.p, s.n);
    b->n += s.n;
    b->p[b->n] = 0;
}
static inline void buf_addz(struct buf *b, const char *z)
{
    buf_add(b, str_z(z));
}
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_add_i64(struct buf *b, int64_t v);
/* View, valid until the next add. */
static inline struct str buf_str(const struct buf *b)
{
    return (struct str){ b->p ? b->p : "", b->n };
}
void buf_add_percent(struct buf *b, struct str s); /* for a URL: all but RFC 3986 2.3 as %XX */
void buf_drop_front(struct buf *b, size_t n);
void buf_reset(struct buf *b);   /* empties, keeps the memory */
void buf_release(struct buf *b); /* frees; the buffer may be used again */

#endif
