#include "store/like.h"

struct str like_of(struct arena *a, struct str words)
{
    struct buf b = BUF_INIT(words.n * 2 + 8);

    buf_addc(&b, '%');
    for (size_t i = 0; i < words.n; i++) {
        if (words.p[i] == '%' || words.p[i] == '_' || words.p[i] == '\\')
            buf_addc(&b, '\\');
        buf_addc(&b, words.p[i]);
    }
    buf_addc(&b, '%');
    return arena_buf(a, &b);
}
