/* Inside masking: how a text is looked through, and what a personal value is recognised by. */
#ifndef GUARD_MASK_INT_H
#define GUARD_MASK_INT_H
#include "base/utf8.h"
#include "guard/mask.h"
#include "guard/name.h"
#include "guard/number.h"
#include "guard/speech_view.h"

#include <endian.h>
#include <string.h>

/* ---- characters ---- */

static inline uint32_t mask_half_width(uint32_t c)
{
    return c >= 0xff01 && c <= 0xff5e ? c - 0xfee0 : c;
}
static inline bool mask_is_alnum(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
static inline bool mask_is_han(uint32_t c)
{
    return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf);
}
/* The character of three bytes that are the lowest of v, the first one lowest; 0 if it is none. */
static inline uint32_t mask_of_three(uint32_t v)
{
    uint32_t c = (v & 0xf) << 12 | (v >> 2 & 0xfc0) | (v >> 16 & 0x3f);

    return (v & 0xc0c0f0) == 0x8080e0 ? c : 0;
}
static inline uint32_t mask_four_bytes(const char *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof v);
    return le32toh(v);
}
/* The character at *at, which moves behind it; *at is before the end. Nearly all are of one byte or
 * three. */
static inline uint32_t mask_char(struct str s, size_t *at)
{
    unsigned char first = (unsigned char)s.p[*at];
    uint32_t c = s.n - *at > 3 ? mask_of_three(mask_four_bytes(s.p + *at)) : 0;

    if (c >= 0x800 && (c & 0xf800) != 0xd800) {
        *at += 3;
        return c;
    }
    if (first >= 0x80)
        return utf8_next(s, at);
    *at += 1;
    return first;
}
/* Where the character behind the one at `at`, which is before the end, begins. */
static inline size_t mask_step(struct str s, size_t at)
{
    mask_char(s, &at);
    return at;
}
/* Where the character before `at`, which is not 0, begins. */
static inline size_t mask_step_back(struct str s, size_t at)
{
    const unsigned char *p = (const unsigned char *)s.p;

    if (p[at - 1] < 0x80)
        return at - 1;
    if (at >= 3 && (p[at - 3] & 0xf0) == 0xe0 && ((p[at - 2] ^ 0x80U) | (p[at - 1] ^ 0x80U)) < 0x40)
        return at - 3;
    do
        at--;
    while (at > 0 && (p[at] & 0xc0) == 0x80);
    return at;
}
/* The character before `at` (0 at the beginning), which moves to where it begins. */
uint32_t mask_back(struct str s, size_t *at);
/* The character that begins at `at`, 0 at the end. */
static inline uint32_t mask_peek(struct str s, size_t at)
{
    return at < s.n ? mask_char(s, &at) : 0;
}
/* What of s stands before `at`, at most `bytes` of it, and no cut character. */
struct str mask_before(struct str s, size_t at, size_t bytes);
struct str mask_clause(struct str s);   /* the clause that s ends in */
struct str mask_sentence(struct str s); /* the sentence */
/* A word of a list; { NULL, 0 } ends the list. */
#define W(word)                                                                                    \
    {                                                                                              \
        "" word, sizeof(word) - 1                                                                  \
    }
/* Does s end with one of the words of a list? */
bool mask_ends(struct str s, const struct str *words);
bool mask_begins(struct str s, const struct str *words);

/* ---- figures: numbers as people write them ---- */

enum { FIGURES = 24, FIGURE_GROUPS = 20 };
/* Letters and digits, full width and Chinese ones as plain ones, in groups: between two groups
 * stand at most three blanks, dashes or dots, or an end of line. */
struct figures {
    char s[FIGURES + 1];
    uint32_t ends[FIGURES];           /* byte offset after each */
    uint8_t first[FIGURE_GROUPS + 1]; /* of each group; the last one: n */
    char gap[FIGURE_GROUPS];          /* before each group: ' ', '-', '.', '\n' */
    size_t n, groups;
    bool cut; /* a figure of the other script stands behind them */
};
char mask_wide_figure(uint32_t c, bool *han);
/* As a figure: '0' to '9', 'A' to 'Z'; 0: none. *han: a Chinese digit. */
static inline char mask_figure(uint32_t c, bool *han)
{
    *han = false;
    if (c < 0x80)
        return mask_is_alnum(c) ? (char)(c >= 'a' ? c - 32 : c) : 0;
    return mask_wide_figure(c, han);
}
/* mixed: Chinese digits and others may follow each other. */
void figures_read(struct str s, size_t at, bool mixed, struct figures *f);

/* ---- recognisers: bytes of a value that begins at `at`, 0: none ---- */

/* A number of any kind; *kind says which. */
size_t mask_number_at(struct str s, size_t at, const char **kind);
size_t mask_mail_at(struct str s, size_t at);
/* Where the address may begin that has its @ at `at`, not before `least`. */
size_t mask_mail_from(struct str s, size_t at, size_t least);
size_t mask_plate_at(struct str s, size_t at);
size_t mask_birth_at(struct str s, size_t at); /* a date of birth */
size_t mask_case_at(struct str s, size_t at);  /* the number of a court's case, from its bracket */
/* An address that has its number at `at`; it begins at *from, not before `least`. */
size_t mask_address_at(struct str s, size_t at, size_t least, size_t *from);
/* The word that says what the number at `at` is; STR_NONE where there is none. */
struct str mask_label_before(struct str s, size_t at);

/* ---- the look through a text ---- */

/* What a character may begin. */
enum {
    MAY_FIGURE = 1,
    MAY_PLATE = 2,
    MAY_NAME = 4,
    MAY_CASE = 8,
    MAY_LABEL = 16,
    IS_UNIT = 32,  /* begins what the number of an address counts */
    IS_PLACE = 64, /* ends what a number stands behind in an address */
    MAY_MAIL = 128 /* or it joins the parts of a foreign name */
};
enum { MAY_ANY = MAY_FIGURE | MAY_PLATE | MAY_NAME | MAY_CASE | MAY_LABEL | MAY_MAIL };
enum { MASK_MAY = 0x10000 + 4 };   /* four bytes can be read at each */
extern uint8_t mask_may[MASK_MAY]; /* by character; filled by the first mask_pass */
/* U+00B7, of two bytes: 丹尼斯·霍珀 */
static inline bool mask_is_dot(struct str s, size_t at)
{
    return s.n - at > 1 && (unsigned char)s.p[at] == 0xc2 && (unsigned char)s.p[at + 1] == 0xb7;
}
/* The first place from `at` on where something may begin, s.n if nothing does: nearly all of a text
 * is passed over here. */
size_t mask_pass(struct str s, size_t at);

struct mask_span {
    size_t from, to; /* bytes of the text as it is read */
    const char *kind;
};
struct mask_scan {
    struct str in;
    size_t at, done; /* looked through until here; the last value ended here */
    bool after;      /* a letter or digit stands before `at` */
};
/* The next personal value; false: no more. */
bool mask_scan_next(struct mask_scan *z, struct mask_span *out);

struct mask_spans {
    struct mask_span *v; /* in order, they do not overlap; live in the arena */
    size_t n, cap;
};
/* All of a text; what is a name at one place, or in m (NULL: nothing known), is one everywhere. */
void mask_spans_find(struct arena *a, const struct mask *m, struct str in, struct mask_spans *out);

/* ---- the way out: numbers that an engine says ---- */

enum { MASK_RUN = 20 }; /* one more than the longest number of any kind */

/* Digits (and letters for codes) with what stands between them removed. */
struct mask_run {
    char digits[MASK_RUN + 4]; /* half-width, upper case */
    size_t n;
    size_t ends[MASK_RUN + 4]; /* byte offset after each of them */
    bool open;                 /* the text ended before the run did */
};
/* Reads letters and digits from `at`, at most `most` of them, a single gap allowed between two.
 * With MASK_RUN it gives up with n = 0 at a letter that no kind of number can hold. */
void mask_run_read(struct str s, size_t at, size_t most, struct mask_run *r);
const char *mask_run_kind(const struct mask_run *r); /* NULL: not personal */

/* As mask_more for `in`, read as v, a view of it. A bare number of JSON becomes a string. */
enum tb_code mask_view(struct arena *a, struct mask *m, const struct speech_view *v, struct str in,
                       struct str *out, struct tb_err *e) MUST_USE;

#endif
