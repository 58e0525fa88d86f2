/* Ranges of addresses as people write them: "10.1.0.0/16", "2001:db8::/32", "192.168.1.7". An IPv4
 * address written as IPv6 (::ffff:10.1.2.3) is that IPv4 address. */
#ifndef BASE_CIDR_H
#define BASE_CIDR_H
#include "base/str.h"

struct cidr {
    unsigned char net[16]; /* IPv4 as ::ffff:a.b.c.d */
    int bits;              /* of the 128 */
};

/* False when s is no range; bits beyond the mask must be 0 ("10.1.2.3/8" is a mistake). */
bool cidr_parse(struct str s, struct cidr *out);
bool cidr_has(const struct cidr *c, struct str address); /* false for what is no address */

#endif
