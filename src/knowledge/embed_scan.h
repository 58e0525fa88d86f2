/* Exact dot products of int8 vectors, one against many, by the best instructions the processor has.
 * Every kind gives the same integers. No element of a vector is -128 (embed_run makes none). */
#ifndef KNOWLEDGE_EMBED_SCAN_H
#define KNOWLEDGE_EMBED_SCAN_H
#include "knowledge/embed.h"

enum embed_cpu { EMBED_CPU_PLAIN, EMBED_CPU_AVX2, EMBED_CPU_VNNI, EMBED_CPU_COUNT };

enum embed_cpu embed_cpu_best(void);
/* As embed_scan, by the kind named, which must not be above embed_cpu_best(). */
size_t embed_scan_by(enum embed_cpu cpu, const struct embedding *query, const int8_t *vectors,
                     const float *scales, size_t n, const uint8_t *live, struct embed_hit *best,
                     size_t k);

#endif
