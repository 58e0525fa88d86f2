#include "knowledge/embed_gemm.h"

#include "knowledge/embed_wide.h"

#include <string.h>

#if EMBED_WIDE
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    PANEL = 16, /* columns that stand together */
    GROUP = 4,  /* inputs that one instruction sums */
    TILE_BYTES = GEMM_TILE_BYTES,
    TILE_ROWS = GEMM_TILE_ROWS,
    TILE = TILE_BYTES * TILE_ROWS
};
#define TILES __attribute__((target("amx-tile,amx-int8,avx512f")))

/* Linux gives tiles to a process that asks (arch_prctl(2), ARCH_REQ_XCOMP_PERM, XTILEDATA). */
enum { REQUEST_PERMISSION = 0x1023, XTILEDATA = 18 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static enum embed_gemm_kind best;

static bool has_amx(void)
{
    unsigned a, b, c, d;

    __asm__("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(7), "c"(0));
    return (d >> 24 & 1) && (d >> 25 & 1) &&
           !syscall(SYS_arch_prctl, REQUEST_PERMISSION, XTILEDATA);
}

static void look(void)
{
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq") ||
        !__builtin_cpu_supports("avx512vnni"))
        return;
    best = has_amx() ? GEMM_AMX : GEMM_VNNI;
}

enum embed_gemm_kind embed_gemm_best(void)
{
    pthread_once(&once, look);
    return best;
}

void embed_gemm_pack(struct embed_weight *w, const int8_t *rows)
{
    for (size_t c = 0; c < w->n; c++) {
        int8_t *panel = w->packed + c / PANEL * PANEL * w->k + c % PANEL * GROUP;
        int32_t sum = 0;

        for (size_t i = 0; i < w->k; i++) {
            panel[i / GROUP * (size_t)(PANEL * GROUP) + i % GROUP] = rows[i * w->n + c];
            sum += rows[i * w->n + c];
        }
        w->offset[c] = (float)sum * w->scale[c];
    }
}

/* ---- 32 columns of up to 32 rows, as integers ---- */

typedef void gemm_block(const uint8_t *a, size_t rows, const int8_t *panels, size_t k,
                        int32_t *out);

/* 8 rows: the upper or lower half of a line of tiles. */
WIDE static void vnni_rows(const uint8_t *a, const int8_t *panels, size_t k, int32_t *out)
{
    const int8_t *right = panels + PANEL * k;
    __m512i sum[8][2];

#pragma GCC unroll 8
    for (int r = 0; r < 8; r++)
        sum[r][0] = sum[r][1] = _mm512_setzero_si512();
    for (size_t i = 0; i < k; i += GROUP) {
        const uint8_t *at = a + i / TILE_BYTES * TILE + i % TILE_BYTES;
        __m512i x = _mm512_loadu_si512((const void *)(panels + i * PANEL));
        __m512i y = _mm512_loadu_si512((const void *)(right + i * PANEL));

#pragma GCC unroll 8
        for (int r = 0; r < 8; r++) {
            int32_t four;

            memcpy(&four, at + r * TILE_BYTES, sizeof(four));
            sum[r][0] = _mm512_dpbusd_epi32(sum[r][0], _mm512_set1_epi32(four), x);
            sum[r][1] = _mm512_dpbusd_epi32(sum[r][1], _mm512_set1_epi32(four), y);
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < 8; r++) {
        _mm512_storeu_si512((void *)(out + r * GEMM_STEP), sum[r][0]);
        _mm512_storeu_si512((void *)(out + r * GEMM_STEP + PANEL), sum[r][1]);
    }
}

static void vnni_block(const uint8_t *a, size_t rows, const int8_t *panels, size_t k, int32_t *out)
{
    for (size_t r = 0; r < rows; r += 8)
        vnni_rows(a + r / TILE_ROWS * TILE_ROWS * k + r % TILE_ROWS * TILE_BYTES, panels, k,
                  out + r * GEMM_STEP);
}

/* Tiles 0-3: sums; 4, 5: rows; 6, 7: weights. */
TILES static void amx_block(const uint8_t *a, size_t rows, const int8_t *panels, size_t k,
                            int32_t *out)
{
    const int8_t *right = panels + PANEL * k;
    const uint8_t *low = a + TILE_ROWS * k;

    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (size_t i = 0; i < k; i += TILE_BYTES) {
        _tile_loadd(6, panels + i * PANEL, TILE_BYTES);
        _tile_loadd(7, right + i * PANEL, TILE_BYTES);
        _tile_loadd(4, a + i * TILE_ROWS, TILE_BYTES);
        _tile_dpbusd(0, 4, 6);
        _tile_dpbusd(1, 4, 7);
        if (rows > TILE_ROWS) {
            _tile_loadd(5, low + i * TILE_ROWS, TILE_BYTES);
            _tile_dpbusd(2, 5, 6);
            _tile_dpbusd(3, 5, 7);
        }
    }
    _tile_stored(0, out, GEMM_STEP * sizeof(*out));
    _tile_stored(1, out + PANEL, GEMM_STEP * sizeof(*out));
    _tile_stored(2, out + TILE_ROWS * GEMM_STEP, GEMM_STEP * sizeof(*out));
    _tile_stored(3, out + TILE_ROWS * GEMM_STEP + PANEL, GEMM_STEP * sizeof(*out));
}

struct tile_config {
    uint8_t palette, start_row, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
};

TILES static void tiles_begin(void)
{
    struct tile_config c = { .palette = 1 };

    for (int i = 0; i < 8; i++) {
        c.bytes[i] = TILE_BYTES;
        c.rows[i] = TILE_ROWS;
    }
    _tile_loadconfig(&c);
}

TILES static void tiles_end(void)
{
    _tile_release();
}

void embed_gemm_begin(enum embed_gemm_kind kind)
{
    if (kind == GEMM_AMX)
        tiles_begin();
}

void embed_gemm_end(enum embed_gemm_kind kind)
{
    if (kind == GEMM_AMX)
        tiles_end();
}

/* ---- back to floats ---- */

/* x/2 (1 + erf(x / sqrt 2)), erf by an odd polynomial within 2e-4 of it: far below what the next
 * rounding to 8 bits takes. */
WIDE static inline __m512 gelu_of(__m512 x)
{
    const __m512 four = _mm512_set1_ps(4), one = _mm512_set1_ps(1);
    __m512 c = _mm512_max_ps(_mm512_min_ps(x, four), _mm512_sub_ps(_mm512_setzero_ps(), four));
    __m512 t = _mm512_mul_ps(c, c), p = _mm512_set1_ps(4.556300354e-08F);

    p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(-3.197211123e-06F));
    p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(9.591117150e-05F));
    p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(-1.628032285e-03F));
    p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(1.754478346e-02F));
    p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(-1.291462380e-01F));
    p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(7.957667127e-01F));
    p = _mm512_mul_ps(p, c);
    p = _mm512_max_ps(_mm512_min_ps(p, one), _mm512_sub_ps(_mm512_setzero_ps(), one));
    x = _mm512_mul_ps(x, _mm512_set1_ps(0.5F));
    return _mm512_fmadd_ps(x, p, x);
}

WIDE static void to_floats(const struct embed_rows *a, const struct embed_weight *w, size_t row,
                           size_t rows, size_t col, const int32_t *sums, float *out, size_t ld,
                           bool gelu)
{
    for (size_t j = 0; j < GEMM_STEP; j += PANEL) {
        __m512 scale = _mm512_loadu_ps(w->scale + col + j);
        __m512 offset = _mm512_loadu_ps(w->offset + col + j);
        __m512 bias = _mm512_loadu_ps(w->bias + col + j);

        for (size_t r = 0; r < rows; r++) {
            __m512 sum =
                _mm512_cvtepi32_ps(_mm512_loadu_si512((const void *)(sums + r * GEMM_STEP + j)));
            __m512 zero = _mm512_mul_ps(_mm512_set1_ps(a->zero[row + r]), offset);
            __m512 y = _mm512_fmsub_ps(sum, scale, zero);

            y = _mm512_fmadd_ps(y, _mm512_set1_ps(a->scale[row + r]), bias);
            _mm512_storeu_ps(out + r * ld + j, gelu ? gelu_of(y) : y);
        }
    }
}

void embed_gemm(enum embed_gemm_kind kind, const struct embed_rows *a, const struct embed_weight *w,
                size_t from, size_t to, float *out, size_t ld, bool gelu)
{
    gemm_block *block = kind == GEMM_AMX ? amx_block : vnni_block;
    _Alignas(64) int32_t sums[GEMM_STEP * GEMM_STEP];

    for (size_t c = from; c < to; c += GEMM_STEP)
        for (size_t r = 0; r < a->n; r += GEMM_STEP) {
            size_t rows = a->n - r < GEMM_STEP ? a->n - r : GEMM_STEP;

            block(a->q + r * a->k, rows, w->packed + c * w->k, w->k, sums);
            to_floats(a, w, r, rows, c, sums, out + r * ld + (c - from), ld, gelu);
        }
}

#else

enum embed_gemm_kind embed_gemm_best(void)
{
    return GEMM_NONE;
}
void embed_gemm_pack(struct embed_weight *w, const int8_t *rows)
{
    (void)w;
    (void)rows;
}
void embed_gemm_begin(enum embed_gemm_kind kind)
{
    (void)kind;
}
void embed_gemm_end(enum embed_gemm_kind kind)
{
    (void)kind;
}
void embed_gemm(enum embed_gemm_kind kind, const struct embed_rows *a, const struct embed_weight *w,
                size_t from, size_t to, float *out, size_t ld, bool gelu)
{
    (void)kind, (void)a, (void)w, (void)from, (void)to, (void)out, (void)ld, (void)gelu;
}
#endif
