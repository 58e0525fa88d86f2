/* Products of unsigned 8-bit rows with signed 8-bit weights, summed in 32 bits and made floats
 * again: AMX tiles where the processor and the kernel give them, AVX-512 VNNI else. Both give the
 * same integers. Rows are scaled one by one, so a row's result does not depend on its neighbours.
 */
#ifndef KNOWLEDGE_EMBED_GEMM_H
#define KNOWLEDGE_EMBED_GEMM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GEMM_STEP = 32, GEMM_TILE_ROWS = 16, GEMM_TILE_BYTES = 64 };

enum embed_gemm_kind { GEMM_NONE, GEMM_VNNI, GEMM_AMX };

/* k inputs to n outputs; both multiples of 64. out = in * w * scale + bias. */
struct embed_weight {
    size_t n, k;
    int8_t *packed;        /* 16 columns by 16 columns, each four inputs at a time */
    float *scale, *offset; /* of each output; offset: the sum of its weights times scale */
    float *bias;
};

/* Quantised rows: value ~ (q - zero) * scale. q holds tiles of 16 rows by 64 inputs, each tile's
 * bytes together (embed_rows_at), the tiles of 16 rows one after another; it has memory for n
 * rounded up to GEMM_STEP rows. */
struct embed_rows {
    uint8_t *q;
    float *scale, *zero;
    size_t n, k;
};

/* Where input i (a multiple of 16) of a row stands. */
static inline uint8_t *embed_rows_at(const struct embed_rows *a, size_t row, size_t i)
{
    return a->q + row / GEMM_TILE_ROWS * GEMM_TILE_ROWS * a->k +
           i / GEMM_TILE_BYTES * (size_t)(GEMM_TILE_ROWS * GEMM_TILE_BYTES) +
           row % GEMM_TILE_ROWS * GEMM_TILE_BYTES + i % GEMM_TILE_BYTES;
}

/* The best kind this machine gives. The first call asks the kernel for the tiles. */
enum embed_gemm_kind embed_gemm_best(void);
void embed_gemm_pack(struct embed_weight *w, const int8_t *rows); /* rows: k x n, as in ONNX */
/* Around all products of one piece of work on one thread: sets up and gives back the tiles. */
void embed_gemm_begin(enum embed_gemm_kind kind);
void embed_gemm_end(enum embed_gemm_kind kind);
/* Outputs from..to (multiples of GEMM_STEP) of a's rows to out, whose first column is `from`;
 * gelu: through the activation. */
void embed_gemm(enum embed_gemm_kind kind, const struct embed_rows *a, const struct embed_weight *w,
                size_t from, size_t to, float *out, size_t ld, bool gelu);

#endif
