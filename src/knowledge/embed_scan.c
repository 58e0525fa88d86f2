#include "knowledge/embed_scan.h"

#include <assert.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { BLOCK = 64 }; /* vectors whose products are taken before any is looked at */

/* n products (n <= BLOCK) of q with the vectors that stand one after another. */
typedef void scan_dots(const int8_t *q, const int8_t *vectors, size_t n, int32_t *out);

static void dots_plain(const int8_t *q, const int8_t *v, size_t n, int32_t *out)
{
    for (size_t i = 0; i < n; i++, v += EMBED_DIM) {
        int32_t sum = 0;

        for (int j = 0; j < EMBED_DIM; j++)
            sum += q[j] * v[j];
        out[i] = sum;
    }
}

#if defined(__x86_64__)
/* |q| times v with q's sign; exact in 16 bits, as no element is -128 (2 * 127 * 127 < 32768). */
__attribute__((target("avx2"))) static void dots_avx2(const int8_t *q, const int8_t *v, size_t n,
                                                      int32_t *out)
{
    const __m256i one = _mm256_set1_epi16(1);

    for (size_t i = 0; i < n; i++, v += EMBED_DIM) {
        __m256i sum = _mm256_setzero_si256();
        __m128i half;

        for (int j = 0; j < EMBED_DIM; j += 32) {
            __m256i x = _mm256_loadu_si256((const void *)(q + j));
            __m256i y = _mm256_loadu_si256((const void *)(v + j));
            __m256i pair = _mm256_maddubs_epi16(_mm256_abs_epi8(x), _mm256_sign_epi8(y, x));

            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pair, one));
        }
        half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
        half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
        half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xB1));
        out[i] = _mm_cvtsi128_si32(half);
    }
}

/* vpdpbusd wants one side unsigned: v + 128 is used, and 128 times the sum of q taken off again. */
__attribute__((target("avx512f,avx512bw,avx512vnni"))) static void
dots_vnni(const int8_t *q, const int8_t *v, size_t n, int32_t *out)
{
    const __m512i flip = _mm512_set1_epi32((int)0x80808080);
    __m512i x[EMBED_DIM / 64], bias = _mm512_setzero_si512();

    for (int j = 0; j < EMBED_DIM / 64; j++) {
        x[j] = _mm512_loadu_si512((const void *)(q + 64 * j));
        bias = _mm512_dpbusd_epi32(bias, flip, x[j]);
    }
    for (size_t i = 0; i < n; i++, v += EMBED_DIM) {
        __m512i even = _mm512_setzero_si512(), odd = _mm512_sub_epi32(even, bias);

        for (int j = 0; j < EMBED_DIM / 64; j += 2) {
            __m512i y = _mm512_loadu_si512((const void *)(v + 64 * j));
            __m512i z = _mm512_loadu_si512((const void *)(v + 64 * j + 64));

            even = _mm512_dpbusd_epi32(even, _mm512_xor_si512(y, flip), x[j]);
            odd = _mm512_dpbusd_epi32(odd, _mm512_xor_si512(z, flip), x[j + 1]);
        }
        out[i] = _mm512_reduce_add_epi32(_mm512_add_epi32(even, odd));
    }
}
#else
#define dots_avx2 dots_plain
#define dots_vnni dots_plain
#endif

enum embed_cpu embed_cpu_best(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw"))
        return EMBED_CPU_VNNI;
    if (__builtin_cpu_supports("avx2"))
        return EMBED_CPU_AVX2;
#endif
    return EMBED_CPU_PLAIN;
}

/* The first of equals wins, so that a scan is the same every time. */
static bool hit_worse(const struct embed_hit *a, const struct embed_hit *b)
{
    return a->score < b->score || (a->score == b->score && a->i > b->i);
}

/* best is a heap with the worst on top. */
static void heap_sink(struct embed_hit *best, size_t n, struct embed_hit hit)
{
    size_t at = 0, child;

    while ((child = 2 * at + 1) < n) {
        if (child + 1 < n && hit_worse(&best[child + 1], &best[child]))
            child++;
        if (!hit_worse(&best[child], &hit))
            break;
        best[at] = best[child];
        at = child;
    }
    best[at] = hit;
}

static void heap_rise(struct embed_hit *best, size_t at, struct embed_hit hit)
{
    while (at) {
        size_t above = (at - 1) / 2;

        if (!hit_worse(&hit, &best[above]))
            break;
        best[at] = best[above];
        at = above;
    }
    best[at] = hit;
}

static void heap_sort(struct embed_hit *best, size_t n)
{
    while (n > 1) {
        struct embed_hit worst = best[0], last = best[--n];

        heap_sink(best, n, last);
        best[n] = worst;
    }
}

static bool any_live(const uint8_t *live, size_t n)
{
    for (size_t i = 0; live && i < n; i++)
        if (live[i])
            return true;
    return !live;
}

size_t embed_scan_by(enum embed_cpu cpu, const struct embedding *query, const int8_t *vectors,
                     const float *scales, size_t n, const uint8_t *live, struct embed_hit *best,
                     size_t k)
{
    static scan_dots *const kinds[EMBED_CPU_COUNT] = { dots_plain, dots_avx2, dots_vnni };
    int32_t dots[BLOCK];
    size_t found = 0;

    assert(cpu < EMBED_CPU_COUNT);
    for (size_t at = 0; at < n && k; at += BLOCK) {
        size_t m = n - at < BLOCK ? n - at : BLOCK;

        if (!any_live(live ? live + at : NULL, m))
            continue;
        kinds[cpu](query->v, vectors + at * EMBED_DIM, m, dots);
        for (size_t i = 0; i < m; i++) {
            struct embed_hit hit = { (uint32_t)(at + i),
                                     (float)dots[i] * (query->scale * scales[at + i]) };

            if (live && !live[at + i])
                continue;
            if (found < k)
                heap_rise(best, found++, hit);
            else if (hit_worse(&best[0], &hit))
                heap_sink(best, k, hit);
        }
    }
    heap_sort(best, found);
    return found;
}

size_t embed_scan(const struct embedding *query, const int8_t *vectors, const float *scales,
                  size_t n, const uint8_t *live, struct embed_hit *best, size_t k)
{
    return embed_scan_by(embed_cpu_best(), query, vectors, scales, n, live, best, k);
}
