#include "model/keyed.h"

#include <string.h>

static uint64_t turn(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static void rounds(uint64_t v[4], int n)
{
    for (int i = 0; i < n; i++) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = turn(v[1], 13) ^ v[0];
        v[3] = turn(v[3], 16) ^ v[2];
        v[0] = turn(v[0], 32) + v[3];
        v[2] += v[1];
        v[3] = turn(v[3], 21) ^ v[0];
        v[1] = turn(v[1], 17) ^ v[2];
        v[2] = turn(v[2], 32);
    }
}

static uint64_t word(const uint8_t *p)
{
    uint64_t x = 0;

    for (int i = 0; i < 8; i++)
        x |= (uint64_t)p[i] << (8 * i);
    return x;
}

static void word_out(uint64_t x, uint8_t *p)
{
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(x >> (8 * i));
}

void keyed_init(struct keyed *k, const uint8_t secret[16])
{
    uint64_t a = word(secret), b = word(secret + 8);

    k->v[0] = a ^ 0x736f6d6570736575U;
    k->v[1] = b ^ 0x646f72616e646f6dU ^ 0xee;
    k->v[2] = a ^ 0x6c7967656e657261U;
    k->v[3] = b ^ 0x7465646279746573U;
    k->n = 0;
}

static void take(struct keyed *k, uint64_t m)
{
    k->v[3] ^= m;
    rounds(k->v, 2);
    k->v[0] ^= m;
}

void keyed_add(struct keyed *k, struct str s)
{
    const uint8_t *p = (const uint8_t *)s.p;
    size_t left = s.n;

    while (left && (k->n % 8 || left < 8)) {
        k->tail[k->n++ % 8] = *p++;
        left--;
        if (k->n % 8 == 0)
            take(k, word(k->tail));
    }
    for (; left >= 8; left -= 8, p += 8, k->n += 8)
        take(k, word(p));
    while (left--)
        k->tail[k->n++ % 8] = *p++;
}

void keyed_add_framed(struct keyed *k, struct str field)
{
    uint8_t n[8];

    word_out(field.n, n);
    keyed_add(k, str_of((const char *)n, sizeof(n)));
    keyed_add(k, field);
}

void keyed_end(struct keyed *k, uint8_t out[16])
{
    uint64_t m = (uint64_t)k->n << 56;

    for (size_t i = 0; i < k->n % 8; i++)
        m |= (uint64_t)k->tail[i] << (8 * i);
    take(k, m);
    k->v[2] ^= 0xee;
    rounds(k->v, 4);
    word_out(k->v[0] ^ k->v[1] ^ k->v[2] ^ k->v[3], out);
    k->v[1] ^= 0xdd;
    rounds(k->v, 4);
    word_out(k->v[0] ^ k->v[1] ^ k->v[2] ^ k->v[3], out + 8);
}
