#include "base/cidr.h"

#include <arpa/inet.h>
#include <string.h>

enum { V4_BITS = 96, TEXT_MAX = 64 };

static bool address_read(struct str s, unsigned char out[16], bool *v4)
{
    static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
    char z[TEXT_MAX];

    if (s.n == 0 || s.n >= sizeof(z))
        return false;
    memcpy(z, s.p, s.n);
    z[s.n] = 0;
    *v4 = inet_pton(AF_INET, z, out + 12) == 1;
    if (*v4)
        memcpy(out, mapped, sizeof(mapped));
    return *v4 || inet_pton(AF_INET6, z, out) == 1;
}

/* The first byte in which a and b differ within bits gives false. */
static bool same(const unsigned char *a, const unsigned char *b, int bits)
{
    int whole = bits / 8, rest = bits % 8;
    unsigned char mask = (unsigned char)(0xff00 >> rest);

    return memcmp(a, b, (size_t)whole) == 0 && (rest == 0 || ((a[whole] ^ b[whole]) & mask) == 0);
}

static bool only_net(const struct cidr *c)
{
    for (int i = c->bits; i < 128; i++)
        if (c->net[i / 8] & (0x80 >> (i % 8)))
            return false;
    return true;
}

bool cidr_parse(struct str s, struct cidr *out)
{
    struct str rest = s, address = str_cut(&rest, STR("/"));
    int64_t bits = 0;
    bool v4;

    if (!address_read(address, out->net, &v4))
        return false;
    out->bits = 128;
    if (!rest.p)
        return true;
    if (!str_i64(rest, &bits) || bits < 0 || bits > (v4 ? 32 : 128))
        return false;
    out->bits = (int)bits + (v4 ? V4_BITS : 0);
    return only_net(out);
}

bool cidr_has(const struct cidr *c, struct str address)
{
    unsigned char at[16];
    bool v4;

    return address_read(address, at, &v4) && same(c->net, at, c->bits);
}
