/* The look for forbidden words that nearly all of a text needs no more than: a class and a bit for
 * each character, eight of them at a time where the processor can. */
#include "guard/eight.h"
#include "guard/forbid_int.h"

#include "base/utf8.h"

/* The class of the character at *at, which is passed. */
static inline uint16_t class_at(const struct forbid *f, struct str s, size_t *at, size_t to)
{
    const unsigned char *p = (const unsigned char *)s.p;
    uint32_t c = p[*at];

    if (c < 0x80) {
        ++*at;
        return f->class_of[c];
    }
    if (*at + 2 < to && (c & 0xf0) == 0xe0 &&
        ((p[*at + 1] ^ 0x80U) | (p[*at + 2] ^ 0x80U)) < 0x40) {
        c = (c & 0x0fU) << 12 | (p[*at + 1] & 0x3fU) << 6 | (p[*at + 2] & 0x3fU);
        *at += 3;
        return f->class_of[c];
    }
    c = utf8_next(s, at);
    return c < 0x10000 ? f->class_of[c] : FORBID_NONE;
}

static inline bool bit(const uint8_t *set, uint32_t i)
{
    return set[i >> 3] >> (i & 7) & 1;
}

/* Two symbols that begin a phrase stand there: does a third that follows them in one? */
static bool goes_on(const struct forbid *f, struct str s, uint16_t a, uint16_t b, size_t at,
                    size_t to)
{
    uint16_t c;

    if (at >= to || bit(f->pairs_end, forbid_pair(a, b)))
        return true;
    c = class_at(f, s, &at, to);
    return c == FORBID_SKIP || c == FORBID_GAP || bit(f->triples, forbid_triple(a, b, c));
}

/* May a phrase begin at `at`? *next: the character behind it. */
static bool may_begin(const struct forbid *f, struct str s, size_t at, size_t to, size_t *next)
{
    uint16_t a = class_at(f, s, &at, to), b;

    *next = at;
    if (!f->root[a])
        return false;
    if (at >= to)
        return true;
    b = class_at(f, s, &at, to);
    return b != FORBID_NONE &&
           (b <= FORBID_GAP || (bit(f->pairs, forbid_pair(a, b)) && goes_on(f, s, a, b, at, to)));
}

static size_t quiet_plain(const struct forbid *f, struct str s, size_t at, size_t to)
{
    size_t next;

    while (at < to && !may_begin(f, s, at, to, &next))
        at = next;
    return at;
}

#if defined(__x86_64__)

/* What of `bits`, a set, stands at each of the places i. */
EIGHT_TARGET static inline __m256i eight_in(const uint8_t *bits, __m256i i)
{
    __m256i v = _mm256_i32gather_epi32((const int *)(const void *)bits, _mm256_srli_epi32(i, 3), 1);

    v = _mm256_srlv_epi32(v, _mm256_and_si256(i, _mm256_set1_epi32(7)));
    return _mm256_and_si256(v, _mm256_set1_epi32(1));
}

/* Where of eight symbols k a phrase may begin: a bit each for the first six. What is a blank, or is
 * not there, may stand in a phrase. */
EIGHT_TARGET static inline unsigned six_may(const struct forbid *f, __m256i k)
{
    const __m256i one = _mm256_setr_epi32(1, 2, 3, 4, 5, 6, 7, 7);
    const __m256i two = _mm256_setr_epi32(2, 3, 4, 5, 6, 7, 7, 7);
    __m256i b = _mm256_permutevar8x32_epi32(k, one), c = _mm256_permutevar8x32_epi32(k, two);
    __m256i pair = _mm256_mullo_epi32(_mm256_or_si256(_mm256_slli_epi32(k, 16), b),
                                      _mm256_set1_epi32((int)0x9E3779B1U));
    __m256i at = _mm256_srli_epi32(pair, 32 - 19), more,
            odd = _mm256_cmpgt_epi32(_mm256_set1_epi32(FORBID_GAP + 1), k);
    unsigned may = eight_bits(eight_in(f->pairs, at)), gaps;

    odd = _mm256_andnot_si256(_mm256_cmpeq_epi32(k, _mm256_setzero_si256()), odd);
    gaps = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(odd));
    may |= gaps >> 1; /* behind it stands a gap */
    if (!(may & 0x3f))
        return 0;
    more = _mm256_mullo_epi32(_mm256_add_epi32(pair, c), _mm256_set1_epi32((int)0x85EBCA6BU));
    more = _mm256_or_si256(eight_in(f->triples, _mm256_srli_epi32(more, 32 - 21)),
                           eight_in(f->pairs_end, at));
    return may & (eight_bits(more) | gaps >> 1 | gaps >> 2) & 0x3f;
}

EIGHT_TARGET static size_t quiet_wide(const struct forbid *f, struct str s, size_t at, size_t to)
{
    const __m256i low = _mm256_set1_epi32(0xffff);
    size_t next;

    while (to - at > EIGHT_READ) {
        unsigned good, may;
        __m256i c = eight_chars(s.p + at, &good);

        if (good != 0xff) {
            for (unsigned n = (unsigned)__builtin_ctz(~good) + 1; n > 0; n--, at = next)
                if (may_begin(f, s, at, to, &next))
                    return at;
            continue;
        }
        c = _mm256_i32gather_epi32((const int *)(const void *)f->class_of, c, 2);
        for (may = six_may(f, _mm256_and_si256(c, low)); may; may &= may - 1) {
            size_t here = at + 3 * (size_t)__builtin_ctz(may);

            if (may_begin(f, s, here, to, &next))
                return here;
        }
        at += (size_t)3 * 6;
    }
    return quiet_plain(f, s, at, to);
}

#endif

size_t forbid_quiet(const struct forbid *f, struct str s, size_t at, size_t to)
{
#if defined(__x86_64__)
    if (to - at > EIGHT_READ && eight_here())
        return quiet_wide(f, s, at, to);
#endif
    return quiet_plain(f, s, at, to);
}
