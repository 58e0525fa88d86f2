/* Inside names: the table that the build made, and names with a dot. */
#ifndef GUARD_NAME_INT_H
#define GUARD_NAME_INT_H
#include "guard/name.h"
#include "guard/name_table.h"

enum { NONE = NAME_NONE, UNKNOWN = NAME_UNKNOWN, FOREIGN_MAX = 8 /* characters */ };

static inline bool is_table_han(uint32_t c)
{
    return c - NAME_HAN < NAME_HANS;
}

static inline unsigned single_of(uint32_t c)
{
    return name_han_of(c) >> NAME_SINGLE_AT & 0xff;
}

static inline unsigned surname_of(uint32_t c)
{
    return name_han_of(c) >> NAME_SURNAME_AT & 0xff;
}

static inline unsigned flags_of(uint32_t c)
{
    return name_han_of(c) >> NAME_FLAGS_AT & 0xff;
}

static inline unsigned given_of(uint32_t c)
{
    return name_han_of(c) >> NAME_GIVEN_AT & 0xff;
}

/* What stands under h, with NAME_MORE; 0: nothing. */
static inline unsigned slot_of(uint64_t h)
{
    uint32_t at = name_slot(h), mark = name_mark(h);

    while (name_slots[at] && (name_slots[at] & NAME_MARK) != mark)
        at = (at + 1) & (NAME_SLOTS - 1);
    return name_slots[at] & ~NAME_MARK;
}

static inline unsigned pair_of(uint32_t a, uint32_t b)
{
    unsigned v = slot_of(name_hash_add(name_hash_add(name_hash_begin(NAME_WORD), a), b)) & 0xff;

    return v ? v : NONE;
}

/* Where a foreign name ends that goes on behind the dot at `at`, if it does; else `at`. */
size_t name_behind_dot(struct str s, size_t at);

#endif
