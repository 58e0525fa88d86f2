/* The first look at a text: nearly all of it is passed over by one table, eight characters at a
 * time where the processor can. */
#include "guard/mask_int.h"

#include "guard/eight.h"
#include "guard/name.h"
#include "guard/name_table.h"

#include <pthread.h>

uint8_t mask_may[MASK_MAY];
static pthread_once_t may_once = PTHREAD_ONCE_INIT;

static void mark(const char *chars, uint8_t what)
{
    struct str s = str_z(chars);

    for (size_t at = 0; at < s.n;)
        mask_may[utf8_next(s, &at)] |= what;
}

static void may_fill(void)
{
    bool han;

    for (uint32_t c = 0x80; c < 0x10000; c++)
        if (mask_figure(c, &han))
            mask_may[c] |= MAY_FIGURE;
    mark("十", MAY_FIGURE);
    mark("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼", MAY_PLATE);
    mark("（〔", MAY_CASE);
    for (uint32_t c = 0x4e00; c < 0xa000; c++)
        if (name_may_begin(c))
            mask_may[c] |= MAY_NAME;
    mark("：", MAY_LABEL);
    mark("号栋幢座弄单室組组號", IS_UNIT);
    mark("路街道巷弄同里村区园苑寓厦场城湾庭坊舍楼寨屯庄院府镇段组期墅郡阁轩沟坡乡港桥坪塘线栋幢座"
         "号元",
         IS_PLACE);
    for (uint32_t c = 0; c < 0x80; c++)
        mask_may[c] = mask_is_alnum(c) ? MAY_FIGURE : 0;
    mark("＠•・‧", MAY_MAIL);
    mask_may['@'] = MAY_MAIL;
    mask_may['('] = MAY_CASE;
    mask_may[':'] = MAY_LABEL;
}

/* May a call stand before it? 叫, ：, : */
static inline bool after_call(struct str s, size_t at)
{
    unsigned char last = at ? (unsigned char)s.p[at - 1] : 0;

    return last == ':' || last == 0xab || last == 0x9a;
}

/* May what stands at `at`, whose character c is, begin something? Most of what may is a surname in
 * a word. */
static inline bool may_begin(struct str s, size_t at, uint32_t c)
{
    unsigned what = mask_may[c] & MAY_ANY;

    if (what != MAY_NAME)
        return what != 0;
    return (name_can_begin(c, mask_peek(s, at + 3)) || after_call(s, at)) && name_worth(s, at, c);
}

/* One character, or the first byte of what is none; *stop: something may begin there. */
static inline size_t pass_one(struct str s, size_t at, bool *stop)
{
    const unsigned char *p = (const unsigned char *)s.p + at;
    uint32_t c = s.n - at > 3   ? mask_of_three(mask_four_bytes(s.p + at))
                 : s.n - at > 2 ? mask_of_three(p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16)
                                : 0;

    *stop = c           ? may_begin(s, at, c)
            : *p < 0x80 ? (mask_may[*p] & MAY_ANY) != 0
                        : mask_is_dot(s, at);
    return *stop ? at : at + (c ? 3 : 1);
}

static size_t pass_plain(struct str s, size_t at)
{
    bool stop = false;

    while (at < s.n && !stop)
        at = pass_one(s, at, &stop);
    return at;
}

#if defined(__x86_64__)

/* Of which of the characters a name can begin, by the next one (name_can_begin); the first and the
 * last one may always: what stands beside them is not seen. */
EIGHT_TARGET static inline unsigned eight_names(__m256i c)
{
    const __m256i byte = _mm256_set1_epi32(0xff), none = _mm256_set1_epi32(NAME_NONE);
    const __m256i next = _mm256_setr_epi32(1, 2, 3, 4, 5, 6, 7, 7);
    const __m256i last = _mm256_setr_epi32(0, 0, 1, 2, 3, 4, 5, 6);
    __m256i at = _mm256_sub_epi32(c, _mm256_set1_epi32(NAME_HAN));
    __m256i here = _mm256_and_si256(_mm256_cmpgt_epi32(at, _mm256_set1_epi32(-1)),
                                    _mm256_cmpgt_epi32(_mm256_set1_epi32(NAME_HANS), at));
    __m256i x = _mm256_mask_i32gather_epi32(_mm256_set1_epi32(NAME_NO_HAN), (const int *)name_han,
                                            at, here, 4);
    __m256i y = _mm256_permutevar8x32_epi32(x, next), before = _mm256_permutevar8x32_epi32(c, last);
    __m256i surname = _mm256_and_si256(_mm256_srli_epi32(x, NAME_SURNAME_AT), byte);
    __m256i given = _mm256_and_si256(_mm256_srli_epi32(y, NAME_GIVEN_AT), byte);
    __m256i words = _mm256_add_epi32(_mm256_and_si256(x, byte), _mm256_and_si256(y, byte));
    __m256i can = _mm256_cmpgt_epi32(_mm256_add_epi32(words, _mm256_set1_epi32(NAME_SINGLES_MORE)),
                                     _mm256_add_epi32(surname, given));

    can = _mm256_andnot_si256(
        _mm256_or_si256(_mm256_cmpeq_epi32(surname, none), _mm256_cmpeq_epi32(given, none)), can);
    x = _mm256_and_si256(_mm256_and_si256(x, y),
                         _mm256_set1_epi32(NAME_IS_FOREIGN << NAME_FLAGS_AT));
    before = _mm256_or_si256(_mm256_cmpeq_epi32(before, _mm256_set1_epi32(0x53eb)),  /* 叫 */
                             _mm256_cmpeq_epi32(before, _mm256_set1_epi32(0xff1a))); /* ： */
    return eight_bits(_mm256_or_si256(_mm256_or_si256(can, before), x)) | 0x81;
}

/* Which of the first n characters may begin something, a bit for each. */
EIGHT_TARGET static inline unsigned eight_may(__m256i c, unsigned n)
{
    __m256i may =
        _mm256_and_si256(_mm256_i32gather_epi32((const int *)(const void *)mask_may, c, 1),
                         _mm256_set1_epi32(MAY_ANY));
    unsigned some = eight_bits(may) & ((1U << n) - 1), names;

    if (!some)
        return 0;
    names = (unsigned)_mm256_movemask_ps(
        _mm256_castsi256_ps(_mm256_cmpeq_epi32(may, _mm256_set1_epi32(MAY_NAME))));
    names &= some & ~(1U << (n - 1));
    return names ? some & (~names | eight_names(c)) : some;
}

EIGHT_TARGET static size_t pass_wide(struct str s, size_t at)
{
    bool stop = false;

    while (s.n - at > EIGHT_READ && !stop) {
        unsigned good, may, n;
        __m256i c = eight_chars(s.p + at, &good);

        n = (unsigned)__builtin_ctz(~good); /* that follow each other */
        may = n ? eight_may(c, n) : 0;
        for (; may; may &= may - 1) {
            size_t here = at + 3 * (size_t)__builtin_ctz(may);

            if (may_begin(s, here, mask_of_three(mask_four_bytes(s.p + here))))
                return here;
        }
        at += 3 * (size_t)n;
        if (n < EIGHT)
            at = pass_one(s, at, &stop);
    }
    return stop ? at : pass_plain(s, at);
}

static bool is_wide; /* set with the table */

#endif

static void begin(void)
{
    may_fill();
#if defined(__x86_64__)
    is_wide = eight_here();
#endif
}

size_t mask_pass(struct str s, size_t at)
{
    pthread_once(&may_once, begin);
#if defined(__x86_64__)
    if (is_wide)
        return pass_wide(s, at);
#endif
    return pass_plain(s, at);
}
