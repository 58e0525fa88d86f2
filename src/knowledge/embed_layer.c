#include "knowledge/embed_layer.h"

#include "knowledge/embed_wide.h"

#include <math.h>
#include <string.h>

#if EMBED_WIDE
enum { LANES = 16, BLOCK = 64, QUERIES = 4 };

WIDE static void row_range(const float *x, size_t k, float *least, float *greatest)
{
    __m512 low = _mm512_setzero_ps(), high = low;

    for (size_t i = 0; i < k; i += LANES) {
        __m512 v = _mm512_loadu_ps(x + i);

        low = _mm512_min_ps(low, v);
        high = _mm512_max_ps(high, v);
    }
    *least = _mm512_reduce_min_ps(low);
    *greatest = _mm512_reduce_max_ps(high);
}

WIDE static void row_quantise(const float *x, const struct embed_rows *out, size_t row)
{
    float low, high, per, *scale = &out->scale[row], *zero = &out->zero[row];
    __m512 by;
    __m512i shift;

    row_range(x, out->k, &low, &high);
    *scale = high > low ? (high - low) / 255.0F : 1.0F;
    per = 1.0F / *scale;
    *zero = nearbyintf(-low * per);
    by = _mm512_set1_ps(per);
    shift = _mm512_set1_epi32((int)*zero);
    for (size_t i = 0; i < out->k; i += LANES) {
        __m512i v = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x + i), by));

        v = _mm512_max_epi32(_mm512_add_epi32(v, shift), _mm512_setzero_si512());
        _mm_storeu_si128((void *)embed_rows_at(out, row, i), _mm512_cvtusepi32_epi8(v));
    }
}

void embed_layer_quantise(const float *x, size_t ld, size_t n, size_t k, struct embed_rows *out)
{
    out->n = n;
    out->k = k;
    for (size_t r = 0; r < n; r++)
        row_quantise(x + r * ld, out, r);
}

WIDE static void row_norm(float *x, const float *add, size_t k, const float *gain,
                          const float *shift)
{
    __m512 sum = _mm512_setzero_ps(), square = sum, mean, by;
    float m, spread;

    for (size_t i = 0; i < k; i += LANES) {
        __m512 v = _mm512_add_ps(_mm512_loadu_ps(x + i), _mm512_loadu_ps(add + i));

        _mm512_storeu_ps(x + i, v);
        sum = _mm512_add_ps(sum, v);
    }
    m = _mm512_reduce_add_ps(sum) / (float)k;
    mean = _mm512_set1_ps(m);
    for (size_t i = 0; i < k; i += LANES) {
        __m512 v = _mm512_sub_ps(_mm512_loadu_ps(x + i), mean);

        square = _mm512_fmadd_ps(v, v, square);
    }
    spread = _mm512_reduce_add_ps(square) / (float)k;
    by = _mm512_set1_ps(1.0F / sqrtf(spread + 1e-12F));
    for (size_t i = 0; i < k; i += LANES) {
        __m512 v = _mm512_mul_ps(_mm512_sub_ps(_mm512_loadu_ps(x + i), mean), by);

        _mm512_storeu_ps(x + i,
                         _mm512_fmadd_ps(v, _mm512_loadu_ps(gain + i), _mm512_loadu_ps(shift + i)));
    }
}

void embed_layer_norm(float *x, const float *add, size_t n, size_t k, const float *gain,
                      const float *shift)
{
    for (size_t r = 0; r < n; r++)
        row_norm(x + r * k, add + r * k, k, gain, shift);
}

/* ---- attention ---- */

/* out[4][64] = in[4][n] * m[n][64], or only looked at where a row is asked for twice. */
WIDE static void four_by_64(const float *const in[QUERIES], size_t n, const float *m, size_t ld,
                            float *out, size_t out_ld)
{
    __m512 sum[QUERIES][BLOCK / LANES];

#pragma GCC unroll 4
    for (int r = 0; r < QUERIES; r++)
#pragma GCC unroll 4
        for (int c = 0; c < BLOCK / LANES; c++)
            sum[r][c] = _mm512_setzero_ps();
    for (size_t i = 0; i < n; i++, m += ld) {
        __m512 a = _mm512_loadu_ps(m), b = _mm512_loadu_ps(m + LANES);
        __m512 c = _mm512_loadu_ps(m + 2 * LANES), d = _mm512_loadu_ps(m + 3 * LANES);

#pragma GCC unroll 4
        for (int r = 0; r < QUERIES; r++) {
            __m512 x = _mm512_set1_ps(in[r][i]);

            sum[r][0] = _mm512_fmadd_ps(x, a, sum[r][0]);
            sum[r][1] = _mm512_fmadd_ps(x, b, sum[r][1]);
            sum[r][2] = _mm512_fmadd_ps(x, c, sum[r][2]);
            sum[r][3] = _mm512_fmadd_ps(x, d, sum[r][3]);
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < QUERIES; r++)
#pragma GCC unroll 4
        for (int c = 0; c < BLOCK / LANES; c++)
            _mm512_storeu_ps(out + (size_t)r * out_ld + c * LANES, sum[r][c]);
}

/* 2^t for t <= 0: the whole part into the exponent, the rest by a polynomial. */
WIDE static inline __m512 power_of_2(__m512 t)
{
    __m512 whole = _mm512_roundscale_ps(t, 0), f = _mm512_sub_ps(t, whole);
    __m512 p = _mm512_set1_ps(1.3333558e-3F);

    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(9.6181291e-3F));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(5.5504109e-2F));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(2.4022651e-1F));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(6.9314718e-1F));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(1.0F));
    return _mm512_scalef_ps(p, whole);
}

static __mmask16 lanes(size_t i, size_t n)
{
    unsigned all = n - i >= LANES ? 0xFFFFU : (1U << (n - i)) - 1U;

    return (__mmask16)all;
}

/* s becomes e^(s - max); returns one over their sum. */
WIDE static float soft(float *s, size_t n)
{
    const __m512 log2e = _mm512_set1_ps(1.44269504F);
    __m512 high = _mm512_set1_ps(-3e38F), sum = _mm512_setzero_ps();

    for (size_t i = 0; i < n; i += LANES)
        high = _mm512_mask_max_ps(high, lanes(i, n), high, _mm512_loadu_ps(s + i));
    high = _mm512_set1_ps(_mm512_reduce_max_ps(high));
    for (size_t i = 0; i < n; i += LANES) {
        __m512 t = _mm512_sub_ps(_mm512_loadu_ps(s + i), high);
        __m512 p = power_of_2(_mm512_mul_ps(t, log2e));

        _mm512_storeu_ps(s + i, p);
        sum = _mm512_mask_add_ps(sum, lanes(i, n), sum, p);
    }
    return 1.0F / _mm512_reduce_add_ps(sum);
}

/* Keys as columns, so that a query meets 64 of them at a time; missing ones are zero. */
static size_t turn_keys(const struct embed_head *h)
{
    size_t room = (h->tokens + BLOCK - 1) / BLOCK * BLOCK;

    for (size_t d = 0; d < HEAD; d++)
        memset(h->keys + d * room + h->tokens, 0, (room - h->tokens) * sizeof(float));
    for (size_t j = 0; j < h->tokens; j++)
        for (size_t d = 0; d < HEAD; d++)
            h->keys[d * room + j] = h->key[j * h->ld + d];
    return room;
}

WIDE static void head_out(const struct embed_head *h, const float *const s[QUERIES], size_t from,
                          size_t rows, const float by[QUERIES])
{
    float sum[QUERIES * HEAD];

    four_by_64(s, h->tokens, h->value, h->ld, sum, HEAD);
    for (size_t r = 0; r < rows; r++)
        for (size_t d = 0; d < HEAD; d += LANES)
            _mm512_storeu_ps(
                h->out + (from + r) * h->out_ld + d,
                _mm512_mul_ps(_mm512_loadu_ps(sum + r * HEAD + d), _mm512_set1_ps(by[r])));
}

void embed_layer_attend(const struct embed_head *h)
{
    size_t room = turn_keys(h);

    for (size_t i = 0; i < h->queries; i += QUERIES) {
        size_t rows = h->queries - i < QUERIES ? h->queries - i : QUERIES;
        const float *ask[QUERIES], *score[QUERIES];
        float by[QUERIES];

        for (size_t r = 0; r < QUERIES; r++) { /* the last rows may be asked for again */
            ask[r] = h->query + (i + (r < rows ? r : 0)) * h->query_ld;
            score[r] = h->scores + r * room;
        }
        for (size_t j = 0; j < room; j += BLOCK)
            four_by_64(ask, HEAD, h->keys + j, room, h->scores + j, room);
        for (size_t r = 0; r < QUERIES; r++)
            by[r] = soft(h->scores + r * room, h->tokens);
        head_out(h, score, i, rows, by);
    }
}
#else
void embed_layer_quantise(const float *x, size_t ld, size_t n, size_t k, struct embed_rows *out)
{
    (void)x, (void)ld, (void)n, (void)k, (void)out;
}
void embed_layer_norm(float *x, const float *add, size_t n, size_t k, const float *gain,
                      const float *shift)
{
    (void)x, (void)add, (void)n, (void)k, (void)gain, (void)shift;
}
void embed_layer_attend(const struct embed_head *h)
{
    (void)h;
}
#endif
