/* What beginnings of prompts an engine has read lately, as digests: an engine that has read one
 * answers sooner and for less. Bounded; the beginning not seen for longest is forgotten first. */
#ifndef MODEL_AFFINITY_H
#define MODEL_AFFINITY_H
#include <stddef.h>
#include <stdint.h>

struct affinity;

struct affinity *affinity_new(void);
void affinity_free(struct affinity *a);
void affinity_saw(struct affinity *a, const uint64_t *prefix, size_t n);
/* How many of the growing beginnings it has read: the longest known one's place, from 1. */
size_t affinity_match(const struct affinity *a, const uint64_t *prefix, size_t n);
void affinity_forget(struct affinity *a); /* the engine has been started again */

#endif
