#include "model/affinity.h"

#include "base/alloc.h"

#include "model/engines.h"

#include <string.h>

/* A set-associative table: a digest can lie in one of WAYS places of its set, and pushes out the
 * one there that was not seen for longest. */
enum { SETS = 1024, WAYS = 4, SHORTEST = 256 /* bytes, of a beginning that is looked at */ };

struct affinity {
    uint32_t clock;
    struct {
        uint64_t digest; /* 0: free */
        uint32_t seen;
    } at[SETS][WAYS];
};

struct affinity *affinity_new(void)
{
    return tb_zalloc(sizeof(struct affinity));
}

void affinity_free(struct affinity *a)
{
    tb_free(a);
}

void affinity_forget(struct affinity *a)
{
    memset(a, 0, sizeof(*a));
}

static size_t set_of(uint64_t digest)
{
    return (size_t)(digest * 0x9e3779b97f4a7c15u >> 54) % SETS;
}

static void saw(struct affinity *a, uint64_t digest)
{
    size_t set = set_of(digest), oldest = 0;

    for (size_t i = 0; i < WAYS; i++) {
        if (a->at[set][i].digest == digest) {
            a->at[set][i].seen = a->clock;
            return;
        }
        if (a->clock - a->at[set][i].seen > a->clock - a->at[set][oldest].seen)
            oldest = i;
    }
    a->at[set][oldest].digest = digest;
    a->at[set][oldest].seen = a->clock;
}

void affinity_saw(struct affinity *a, const uint64_t *prefix, size_t n)
{
    a->clock++;
    for (size_t i = 0; i < n; i++)
        if (prefix[i])
            saw(a, prefix[i]);
}

size_t affinity_match(const struct affinity *a, const uint64_t *prefix, size_t n)
{
    for (size_t i = n; i-- > 0;) {
        size_t set = set_of(prefix[i]);

        for (size_t k = 0; prefix[i] && k < WAYS; k++)
            if (a->at[set][k].digest == prefix[i])
                return i + 1;
    }
    return 0;
}

/* ---- digests ---- */

_Static_assert((int)PREFIX_MAX == (int)ENGINES_PREFIX, "what is digested is what is wanted");

static uint64_t mix(uint64_t hash, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i += 8) {
        uint64_t word = n - i;

        memcpy(&word, p + i, n - i < 8 ? n - i : 8);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }
    return hash;
}

/* A step ends at each length that is digested, so that what comes after does not change it. */
void prefix_add(struct prefix *p, struct str part)
{
    while (p->n < PREFIX_MAX) {
        size_t next = (size_t)SHORTEST << p->n, room = next - p->bytes;
        size_t n = part.n < room ? part.n : room;

        p->hash = mix(p->hash + 1, part.p, n);
        p->bytes += n;
        if (n < room)
            return;
        p->digests[p->n++] = p->hash ? p->hash : 1;
        part = str_from(part, n);
    }
}
