/* What the files of the index share. */
#ifndef KNOWLEDGE_INDEX_INT_H
#define KNOWLEDGE_INDEX_INT_H
#include "knowledge/index.h"

#define INDEX_MAGIC "TBINDEX"
enum { INDEX_PAD = 8 }; /* readable bytes after the packed data */

/* BM25's share of a term that occurs tf times in a document of this length class: 0..1. */
float index_ratio(uint32_t tf, uint32_t norm);
uint32_t index_norm(size_t chars);
uint64_t index_head_check(const struct index_head *h);

/* Blocks: n (1..INDEX_BLOCK) documents, ascending, after `before` (UINT32_MAX: none). */
size_t block_pack(const uint32_t *doc, const uint32_t *tf, uint32_t n, uint32_t before,
                  struct index_block *b, uint8_t *out); /* bytes written, at most 1100 */
/* Decodes block i; documents that are out of range end it early. Returns how many. */
uint32_t block_unpack(const struct index *x, uint32_t i, uint32_t before, uint32_t doc[INDEX_BLOCK],
                      uint32_t tf[INDEX_BLOCK]);

#endif
