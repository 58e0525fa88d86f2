#include "crypto/token.h"

#include <string.h>

void token_new(const struct world *w, char out[TOKEN_TEXT])
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned char raw[33] = { 0 };
    size_t at = 0;

    world_random(w, raw, 32);
    for (size_t i = 0; i < 33; i += 3) {
        unsigned v = (unsigned)raw[i] << 16 | (unsigned)raw[i + 1] << 8 | raw[i + 2];

        for (int shift = 18; shift >= 0 && at < TOKEN_TEXT - 1; shift -= 6)
            out[at++] = digit[v >> shift & 63];
    }
    out[at] = 0;
    explicit_bzero(raw, sizeof(raw));
}

bool token_shaped(struct str s)
{
    if (s.n != TOKEN_TEXT - 1)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool ok = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';

        if (!ok)
            return false;
    }
    return true;
}

void token_code(const struct world *w, char *out, size_t n)
{
    static const char digit[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"; /* 32 of them */

    world_random(w, out, n);
    for (size_t i = 0; i < n; i++)
        out[i] = digit[(unsigned char)out[i] & 31];
    out[n] = 0;
}
