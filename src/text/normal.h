/* Text as it is compared, not as it is shown: NFKC (Unicode Annex 15), so full-width becomes
 * half-width; case folded; traditional characters simplified (通用规范汉字表). */
#ifndef TEXT_NORMAL_H
#define TEXT_NORMAL_H
#include "base/arena.h"

/* The comparable form as UTF-8. Broken bytes become U+FFFD. */
struct str normal_text(struct arena *a, struct str text);

/* The comparable form, a 16-bit unit per character, for indexes: letters without their accents,
 * characters beyond U+FFFF hashed into U+E000..U+EFFF, every kind of white space one blank. */
struct units {
    const uint16_t *c;
    size_t n;
};
struct units normal_units(struct arena *a, struct str text);
/* Appends to *out (arena_grow'n, *n used of *cap). */
void normal_append(struct arena *a, struct str text, uint16_t **out, size_t *n, size_t *cap);
/* Of each character below U+10000 that becomes exactly one unit, that unit; of the others 0. */
const uint16_t *normal_table(void);
struct str normal_utf8(struct arena *a, struct units u); /* back to UTF-8, for messages and tests */

static inline bool unit_is_han(uint16_t c)
{
    return (c >= 0x3400 && c < 0xA000) || (c >= 0xE000 && c < 0xF000) || c == 0x3007;
}
static inline bool unit_is_word(uint16_t c) /* a letter or digit of the Latin kind */
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 0x00C0 && c < 0x0600);
}
/* Characters with the same non-zero sound are easily taken for each other in speech: zh/z, ch/c,
 * sh/s, n/l, f/h, -ng/-n are not told apart, nor tones. 0: not known. */
uint16_t unit_sound(uint16_t c);
/* The same number for a syllable of pinyin in small letters without tone; 0: there is no such
 * syllable. v stands for ü. */
uint16_t syllable_sound(struct str letters);

#endif
