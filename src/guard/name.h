/* Names of persons in Chinese text: where a surname and a given name explain the characters better
 * than words do, the words beside them weighed in (a Viterbi search over words and names in each
 * clause). What a word costs comes from ICU's dictionary, what a name costs from our own tables
 * (name_chars.h); both are made into one table at build time. Foreign names that are written with
 * their characters count where words beside them say so, or a dot joins them. No memory is
 * allocated; thread-safe. */
#ifndef GUARD_NAME_H
#define GUARD_NAME_H
#include "base/str.h"
#include "guard/name_table.h"

struct name_place {
    size_t from, to; /* bytes */
};

/* May a name begin with the character c (a surname)? */
bool name_may_begin(uint32_t c);
/* Can the characters a and b, b behind a, begin a name that no call (我叫) announces? Quicker
 * still. */
static inline bool name_can_begin(uint32_t a, uint32_t b)
{
    uint32_t x = name_han_of(a), y = name_han_of(b);
    int surname = x >> NAME_SURNAME_AT & 0xff, given = y >> NAME_GIVEN_AT & 0xff;
    int words = (int)(x >> NAME_SINGLE_AT & 0xff) + (int)(y >> NAME_SINGLE_AT & 0xff);

    return (surname != NAME_NONE && given != NAME_NONE &&
            surname + given < words + NAME_SINGLES_MORE) ||
           (x & y & (uint32_t)NAME_IS_FOREIGN << NAME_FLAGS_AT);
}
/* Is it worth while to look for a name at `at`, where such a character, a, stands? Quick. */
bool name_worth(struct str s, size_t at, uint32_t a);
/* The name that begins at `at`; false: none does. */
bool name_at(struct str s, size_t at, struct name_place *out);
bool name_is_dot(uint32_t c); /* joins the parts of a foreign name */
/* The foreign name that has the dot at `at` in it (丹尼斯·霍珀); it does not begin before `least`.
 */
bool name_around_dot(struct str s, size_t at, size_t least, struct name_place *out);
/* A name after a label (姓名：, 联系人:) that ends at `at`, whatever its surname: its bytes, from
 * *from on; 0: none. */
size_t name_after_label(struct str s, size_t at, size_t *from);
/* Can c be the last character of a name that was taken for one character shorter? */
bool name_may_go_on(uint32_t c);
/* Is what was found at one place likely the same elsewhere? A short name that begins with a word is
 * not. */
bool name_is_sure(struct str s);
/* Is the text a word that no name is told from (a name of two characters, elsewhere in a text)? */
bool name_is_word(struct str s);

#endif
