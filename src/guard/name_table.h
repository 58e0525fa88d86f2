/* The form of the table that tools/name_table.c makes at build time and guard/name.c reads: words
 * with what they cost, tenths of a natural logarithm of how seldom they are, in an open hash. */
#ifndef GUARD_NAME_TABLE_H
#define GUARD_NAME_TABLE_H
#include <stddef.h>
#include <stdint.h>

enum { NAME_SLOTS = 1 << 18, NAME_HAN = 0x4e00, NAME_HANS = 0xa000 - 0x4e00 };
enum name_list {
    NAME_WORD,
    NAME_BEFORE,
    NAME_AFTER,
    NAME_NO_AFTER,
    NAME_LONG
}; /* lists in one table */
enum {
    NAME_IS_FOREIGN = 1,
    NAME_IS_NEVER = 2,
    NAME_IS_PLACE = 4,
    NAME_IS_PURE = 8,
    NAME_MAY_BE_PLACE = 16,
    NAME_IS_TITLE = 32
};

static inline uint64_t name_hash_begin(enum name_list list)
{
    return 0x9e3779b97f4a7c15ULL * ((uint64_t)list + 1);
}
static inline uint64_t name_hash_add(uint64_t h, uint32_t c)
{
    h = (h ^ c) * 0xff51afd7ed558ccdULL;
    return h ^ h >> 29;
}
/* A slot holds 24 bits of the hash and the cost, 0 when it is free. */
static inline uint32_t name_slot(uint64_t h)
{
    return (uint32_t)h & (NAME_SLOTS - 1);
}
static inline uint32_t name_mark(uint64_t h)
{
    return (uint32_t)(h >> 40) << 8;
}

#endif
