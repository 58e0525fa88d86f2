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
/* Costs; NAME_SINGLES_MORE: what two characters cost at most over what they cost as words. */
enum { NAME_SINGLES_MORE = 56, NAME_UNKNOWN = 150, NAME_NONE = 255, NAME_GIVEN_UNKNOWN = 112 };
enum {
    NAME_IS_FOREIGN = 1,
    NAME_IS_NEVER = 2,
    NAME_IS_PLACE = 4,
    NAME_IS_PURE = 8,
    NAME_MAY_BE_PLACE = 16,
    NAME_IS_TITLE = 32,
    NAME_ENDS_BEFORE = 64,  /* a word of NAME_BEFORE ends with it */
    NAME_BEGINS_AFTER = 128 /* a word of NAME_AFTER or NAME_NO_AFTER begins with it */
};
/* A character's costs and flags, in one word so that a look at one touches one place. */
enum { NAME_SINGLE_AT = 0, NAME_SURNAME_AT = 8, NAME_GIVEN_AT = 16, NAME_FLAGS_AT = 24 };

extern const uint32_t name_slots[NAME_SLOTS], name_han[NAME_HANS]; /* by the build */

/* What is known of a character that the table does not hold. */
enum {
    NAME_NO_HAN =
        NAME_UNKNOWN << NAME_SINGLE_AT | NAME_NONE << NAME_SURNAME_AT | NAME_NONE << NAME_GIVEN_AT
};
/* All that is known of a character by itself. */
static inline uint32_t name_han_of(uint32_t c)
{
    return c - NAME_HAN < NAME_HANS ? name_han[c - NAME_HAN] : NAME_NO_HAN;
}

static inline uint64_t name_hash_begin(enum name_list list)
{
    return 0x9e3779b97f4a7c15ULL * ((uint64_t)list + 1);
}
static inline uint64_t name_hash_add(uint64_t h, uint32_t c)
{
    h = (h ^ c) * 0xff51afd7ed558ccdULL;
    return h ^ h >> 29;
}
/* A slot holds 23 bits of the hash, NAME_MORE where a longer word begins with these two characters,
 * and the cost; 0 when it is free. */
enum { NAME_MORE = 0x100 };
#define NAME_MARK 0xfffffe00U
static inline uint32_t name_slot(uint64_t h)
{
    return (uint32_t)h & (NAME_SLOTS - 1);
}
static inline uint32_t name_mark(uint64_t h)
{
    return (uint32_t)(h >> 32) & NAME_MARK;
}

#endif
