#include "knowledge/index_int.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

/* BM25 with fixed pivots, so that scores of parts made at different times compare. */
static const float K1 = 1.2F, B = 0.75F, PIVOT = 130.0F;
enum { TF_TABLE = 16, NORMS = 256 };
static float ratio_of[NORMS][TF_TABLE], k_of[NORMS];
static pthread_once_t ratio_once = PTHREAD_ONCE_INIT;

static void fill_ratio(void)
{
    for (int n = 0; n < NORMS; n++) {
        float len = exp2f((float)n / 16.0F);

        k_of[n] = K1 * (1.0F - B + B * len / PIVOT);
        for (int t = 0; t < TF_TABLE; t++)
            ratio_of[n][t] = (float)t / ((float)t + k_of[n]);
    }
}

float index_ratio(uint32_t tf, uint32_t norm)
{
    pthread_once(&ratio_once, fill_ratio);
    norm &= NORMS - 1;
    return tf < TF_TABLE ? ratio_of[norm][tf] : (float)tf / ((float)tf + k_of[norm]);
}

uint32_t index_norm(size_t chars)
{
    float n = 16.0F * log2f((float)chars + 1.0F);

    return n > 255 ? 255 : (uint32_t)n;
}

uint64_t index_head_check(const struct index_head *h)
{
    struct index_head copy = *h;

    copy.check = 0;
    return str_hash(str_of((const char *)&copy, sizeof copy));
}

static uint8_t bits_for(uint32_t v)
{
    return (uint8_t)(v ? 32 - __builtin_clz(v) : 0);
}

static void put_bits(uint8_t *out, size_t *at, uint32_t v, unsigned width)
{
    for (unsigned i = 0; i < width; i++, (*at)++)
        if (v >> i & 1)
            out[*at >> 3] = (uint8_t)(out[*at >> 3] | 1U << (*at & 7));
}

size_t block_pack(const uint32_t *doc, const uint32_t *tf, uint32_t n, uint32_t before,
                  struct index_block *b, uint8_t *out)
{
    uint32_t gaps = 0, tfs = 0, last = before;
    size_t at = 0, bytes;

    for (uint32_t i = 0; i < n; i++) {
        gaps |= doc[i] - last - 1;
        tfs |= tf[i] - 1;
        last = doc[i];
    }
    b->last = last;
    b->n = (uint8_t)n;
    b->doc_bits = bits_for(gaps);
    b->tf_bits = bits_for(tfs);
    bytes = ((size_t)n * (b->doc_bits + b->tf_bits) + 7) / 8;
    memset(out, 0, bytes);
    last = before;
    for (uint32_t i = 0; i < n; i++) {
        put_bits(out, &at, doc[i] - last - 1, b->doc_bits);
        last = doc[i];
    }
    for (uint32_t i = 0; i < n; i++)
        put_bits(out, &at, tf[i] - 1, b->tf_bits);
    return bytes;
}

static inline uint32_t get_bits(const uint8_t *p, size_t at, unsigned width)
{
    uint64_t w;

    memcpy(&w, p + (at >> 3), sizeof w);
    return (uint32_t)(w >> (at & 7) & ((UINT64_C(1) << width) - 1));
}

uint32_t block_unpack(const struct index *x, uint32_t i, uint32_t before, uint32_t doc[INDEX_BLOCK],
                      uint32_t tf[INDEX_BLOCK])
{
    const struct index_block *b = x->blocks + i;
    unsigned dw = b->doc_bits, tw = b->tf_bits;
    uint32_t n = b->n > INDEX_BLOCK ? INDEX_BLOCK : b->n, last = before;
    const uint8_t *p = x->data + b->at;
    size_t at = 0, bytes = ((size_t)n * (dw + tw) + 7) / 8;

    if (dw > 32 || tw > 32 || b->at + bytes > x->head->data)
        return 0;
    for (uint32_t k = 0; k < n; k++, at += dw) {
        uint64_t d = (uint64_t)(uint32_t)(last + 1) + get_bits(p, at, dw);

        if (d >= x->head->docs)
            return k;
        doc[k] = last = (uint32_t)d;
        tf[k] = 1;
    }
    if (tw)
        for (uint32_t k = 0; k < n; k++, at += tw)
            tf[k] = 1 + get_bits(p, at, tw);
    return n;
}
