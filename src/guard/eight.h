/* Eight characters of three bytes at a time, for who passes over most of a text by tables: on
 * processors with AVX2, which eight_here tells when the program runs. */
#ifndef GUARD_EIGHT_H
#define GUARD_EIGHT_H
#if defined(__x86_64__)
#include <immintrin.h>
#include <stdbool.h>

#define EIGHT_TARGET __attribute__((target("avx2")))
enum { EIGHT = 8, EIGHT_READ = 28 }; /* characters; bytes that are read of a text */

static inline bool eight_here(void)
{
    return __builtin_cpu_supports("avx2");
}

/* The characters at p; *good: a bit for each that is one of three bytes. */
EIGHT_TARGET static inline __m256i eight_chars(const char *p, unsigned *good)
{
    const __m256i order = _mm256_setr_epi8(2, 1, 0, -1, 5, 4, 3, -1, 8, 7, 6, -1, 11, 10, 9, -1, 2,
                                           1, 0, -1, 5, 4, 3, -1, 8, 7, 6, -1, 11, 10, 9, -1);
    __m256i v = _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)p)),
        _mm_loadu_si128((const __m128i *)(const void *)(p + 12)), 1);
    __m256i marks;

    v = _mm256_shuffle_epi8(v, order);
    marks = _mm256_cmpeq_epi32(_mm256_and_si256(v, _mm256_set1_epi32(0xf0c0c0)),
                               _mm256_set1_epi32(0xe08080));
    *good = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(marks));
    return _mm256_or_si256(
        _mm256_and_si256(v, _mm256_set1_epi32(0x3f)),
        _mm256_or_si256(_mm256_and_si256(_mm256_srli_epi32(v, 2), _mm256_set1_epi32(0xfc0)),
                        _mm256_and_si256(_mm256_srli_epi32(v, 4), _mm256_set1_epi32(0xf000))));
}

/* A bit for each that is not nothing. */
EIGHT_TARGET static inline unsigned eight_bits(__m256i v)
{
    __m256i none = _mm256_cmpeq_epi32(v, _mm256_setzero_si256());

    return ~(unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(none)) & 0xff;
}

#endif
#endif
