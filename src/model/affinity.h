/* What beginnings of prompts an engine has read lately, as digests: an engine that has read one
 * answers sooner and for less. Bounded; the beginning not seen for longest is forgotten first. */
#ifndef MODEL_AFFINITY_H
#define MODEL_AFFINITY_H
#include "base/str.h"

/* Digests of the beginnings of a prompt, at 256 bytes, 512, 1,024 … as it is added part by part
 * (role, text, role, text …), for engines_want. */
enum { PREFIX_MAX = 16 };
struct prefix {
    uint64_t hash;
    size_t bytes, n;
    uint64_t digests[PREFIX_MAX];
};
#define PREFIX_INIT                                                                                \
    {                                                                                              \
        0, 0, 0,                                                                                   \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
void prefix_add(struct prefix *p, struct str part);

struct affinity;

struct affinity *affinity_new(void);
void affinity_free(struct affinity *a);
void affinity_saw(struct affinity *a, const uint64_t *prefix, size_t n);
/* How many of the growing beginnings it has read: the longest known one's place, from 1. */
size_t affinity_match(const struct affinity *a, const uint64_t *prefix, size_t n);
void affinity_forget(struct affinity *a); /* the engine has been started again */

#endif
