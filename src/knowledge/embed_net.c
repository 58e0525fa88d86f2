#include "knowledge/embed_net.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "knowledge/embed.h"
#include "knowledge/embed_layer.h"
#include "knowledge/embed_onnx.h"
#include "knowledge/embed_words.h"

#include <string.h>

enum {
    LAYERS = 4,
    DIM = EMBED_DIM,
    HEADS = DIM / HEAD,
    WIDE_DIM = 2048,
    QKV = 3 * DIM,
    QKV_LD = QKV + 16,
    FEED_ROWS = 96, /* rows whose widened form is kept in the cache */
    NAME_MAX_BYTES = 128
};

struct net_table { /* an embedding table: value = (q - zero) * scale */
    const uint8_t *q;
    float scale, zero;
};
struct net_layer {
    struct embed_weight qkv, out, up, down;
    float *gain1, *shift1, *gain2, *shift2;
};
struct embed_net {
    struct arena mem;
    struct embed_onnx file; /* stays mapped: the tables are read where they lie */
    struct net_table word, position, kind;
    float *gain, *shift;
    struct net_layer layers[LAYERS];
};

/* ---- reading the model ---- */

static enum tb_code no_such(struct str name, struct tb_err *e)
{
    return tb_fail(e, TB_UNSUPPORTED, "语义检索模型的结构与预期不同",
                   "onnx has no fitting tensor %.*s", STR_FMT(name));
}

static enum tb_code read_floats(struct embed_net *m, struct str name, float *out, size_t n,
                                struct tb_err *e)
{
    const struct embed_tensor *t = embed_onnx_tensor(&m->file, name, ONNX_FLOAT, n);

    if (!t)
        return no_such(name, e);
    memcpy(out, t->bytes.p, n * sizeof(*out));
    return TB_OK;
}

static enum tb_code read_vector(struct embed_net *m, struct str name, float **out, size_t n,
                                struct tb_err *e)
{
    *out = ARENA_ARRAY(&m->mem, float, n);
    return read_floats(m, name, *out, n, e);
}

static struct str named(struct embed_net *m, struct str base, const char *end)
{
    return arena_printf(&m->mem, "%.*s%s", STR_FMT(base), end);
}

static enum tb_code read_table(struct embed_net *m, const char *which, size_t rows,
                               struct net_table *out, struct tb_err *e)
{
    struct str base = arena_printf(&m->mem, "embeddings.%s_embeddings.weight", which);
    struct str quantised = named(m, base, "_quantized"), zero = named(m, base, "_zero_point");
    const struct embed_tensor *q = embed_onnx_tensor(&m->file, quantised, ONNX_UINT8, rows * DIM);
    const struct embed_tensor *z = embed_onnx_tensor(&m->file, zero, ONNX_UINT8, 1);

    if (!q || !z)
        return no_such(quantised, e);
    out->q = (const uint8_t *)q->bytes.p;
    out->zero = (float)(uint8_t)z->bytes.p[0];
    return read_floats(m, named(m, base, "_scale"), &out->scale, 1, e);
}

static bool all_zero(const struct embed_tensor *t)
{
    for (size_t i = 0; t && i < t->bytes.n; i++)
        if (t->bytes.p[i])
            return false;
    return t != NULL;
}

/* Tiles and wide vectors are loaded fastest from whole cache lines. */
static void *cache_lines(struct arena *a, size_t bytes)
{
    uintptr_t at = (uintptr_t)arena_zalloc(a, bytes + 64);

    return (void *)((at + 63) / 64 * 64);
}

static void weight_room(struct embed_net *m, struct embed_weight *w, size_t n, size_t k)
{
    w->n = n;
    w->k = k;
    w->packed = cache_lines(&m->mem, n * k);
    w->scale = ARENA_ARRAY(&m->mem, float, n);
    w->offset = ARENA_ARRAY(&m->mem, float, n);
    w->bias = ARENA_ARRAY(&m->mem, float, n);
}

/* The part of w that begins at output `from`, as a weight of its own. */
static struct embed_weight weight_part(const struct embed_weight *w, size_t from, size_t n)
{
    return (struct embed_weight){
        n, w->k, w->packed + from * w->k, w->scale + from, w->offset + from, w->bias + from
    };
}

/* part: "attention/self/query" in node names, "attention.self.query" in names of weights. */
static enum tb_code read_weight(struct embed_net *m, int layer, const char *part,
                                struct embed_weight w, struct tb_err *e)
{
    struct str node = arena_printf(&m->mem, "/encoder/layer.%d/%s/MatMul_quant", layer, part);
    struct str bias = arena_printf(&m->mem, "encoder.layer.%d.%s.bias", layer, part);
    struct str weight = embed_onnx_weight(&m->file, node), base;
    const struct embed_tensor *t = embed_onnx_tensor(&m->file, weight, ONNX_INT8, w.n * w.k);
    char *dots = arena_z(&m->mem, bias);

    if (!t || !str_ends(weight, STR("_quantized")) || (size_t)t->dims[0] != w.k)
        return no_such(node, e);
    base = str_sub(weight, 0, weight.n - STR("_quantized").n);
    if (!all_zero(embed_onnx_tensor(&m->file, named(m, base, "_zero_point"), ONNX_INT8, w.n)))
        return no_such(node, e);
    for (char *c = dots; *c; c++)
        if (*c == '/')
            *c = '.';
    if (read_floats(m, named(m, base, "_scale"), w.scale, w.n, e) ||
        read_floats(m, str_z(dots), w.bias, w.n, e))
        return e->code;
    embed_gemm_pack(&w, (const int8_t *)t->bytes.p);
    return TB_OK;
}

/* Queries are divided by the root of HEAD once, here, and not at every score. */
static void scale_queries(struct embed_weight *qkv)
{
    for (size_t i = 0; i < DIM; i++) {
        qkv->scale[i] /= 8;
        qkv->offset[i] /= 8;
        qkv->bias[i] /= 8;
    }
}

static enum tb_code read_layer(struct embed_net *m, int i, struct tb_err *e)
{
    struct net_layer *l = &m->layers[i];
    struct str base = arena_printf(&m->mem, "encoder.layer.%d.", i);

    weight_room(m, &l->qkv, QKV, DIM);
    weight_room(m, &l->out, DIM, DIM);
    weight_room(m, &l->up, WIDE_DIM, DIM);
    weight_room(m, &l->down, DIM, WIDE_DIM);
    if (read_weight(m, i, "attention/self/query", weight_part(&l->qkv, 0, DIM), e) ||
        read_weight(m, i, "attention/self/key", weight_part(&l->qkv, DIM, DIM), e) ||
        read_weight(m, i, "attention/self/value", weight_part(&l->qkv, 2 * DIM, DIM), e) ||
        read_weight(m, i, "attention/output/dense", l->out, e) ||
        read_weight(m, i, "intermediate/dense", l->up, e) ||
        read_weight(m, i, "output/dense", l->down, e) ||
        read_vector(m, named(m, base, "attention.output.LayerNorm.weight"), &l->gain1, DIM, e) ||
        read_vector(m, named(m, base, "attention.output.LayerNorm.bias"), &l->shift1, DIM, e) ||
        read_vector(m, named(m, base, "output.LayerNorm.weight"), &l->gain2, DIM, e) ||
        read_vector(m, named(m, base, "output.LayerNorm.bias"), &l->shift2, DIM, e))
        return e->code;
    scale_queries(&l->qkv);
    return TB_OK;
}

static enum tb_code read_model(struct embed_net *m, const char *path, struct tb_err *e)
{
    if (embed_onnx_open(path, &m->file, e) || read_table(m, "word", EMBED_NET_WORDS, &m->word, e) ||
        read_table(m, "position", EMBED_TOKENS, &m->position, e) ||
        read_table(m, "token_type", 2, &m->kind, e) ||
        read_vector(m, STR("embeddings.LayerNorm.weight"), &m->gain, DIM, e) ||
        read_vector(m, STR("embeddings.LayerNorm.bias"), &m->shift, DIM, e))
        return e->code;
    for (int i = 0; i < LAYERS; i++)
        if (read_layer(m, i, e))
            return e->code;
    return TB_OK;
}

enum tb_code embed_net_open(const char *model, struct embed_net **out, struct tb_err *e)
{
    struct embed_net *m;

    if (embed_gemm_best() == GEMM_NONE)
        return tb_fail(e, TB_UNSUPPORTED, "这台机器的处理器没有 AVX-512 VNNI", "no avx512vnni");
    m = tb_zalloc(sizeof(*m));
    if (read_model(m, model, e)) {
        embed_net_close(m);
        return e->code;
    }
    *out = m;
    return TB_OK;
}

void embed_net_close(struct embed_net *m)
{
    if (!m)
        return;
    embed_onnx_close(&m->file);
    arena_release(&m->mem);
    tb_free(m);
}

/* ---- running it ---- */

struct net_run {
    const struct embed_net *m;
    enum embed_gemm_kind kind;
    struct arena mem;
    const size_t *counts;
    size_t texts, rows;
    float *x, *qkv, *y, *wide; /* rows x DIM, x QKV_LD, x DIM; FEED_ROWS x WIDE_DIM */
    float *keys, *scores;
    struct embed_rows q, wide_q;
};

static struct embed_rows rows_room(struct arena *a, size_t n, size_t k)
{
    size_t room = (n + GEMM_STEP - 1) / GEMM_STEP * GEMM_STEP;

    return (struct embed_rows){ cache_lines(a, room * k), ARENA_ARRAY(a, float, room),
                                ARENA_ARRAY(a, float, room), n, k };
}

static void run_room(struct net_run *r)
{
    struct arena *a = &r->mem;
    size_t feed = r->rows < FEED_ROWS ? r->rows : FEED_ROWS;

    r->x = arena_alloc(a, r->rows * DIM * sizeof(float));
    r->y = arena_alloc(a, r->rows * DIM * sizeof(float));
    r->qkv = arena_alloc(a, r->rows * QKV_LD * sizeof(float));
    r->wide = arena_alloc(a, feed * WIDE_DIM * sizeof(float));
    r->keys = arena_alloc(a, (size_t)HEAD * EMBED_TOKENS * sizeof(float));
    r->scores = arena_alloc(a, 4 * (size_t)EMBED_TOKENS * sizeof(float));
    r->q = rows_room(a, r->rows, DIM);
    r->wide_q = rows_room(a, feed, WIDE_DIM);
}

static void add_row(const struct net_table *t, size_t row, float *x)
{
    const uint8_t *q = t->q + row * DIM;

    for (size_t i = 0; i < DIM; i++)
        x[i] += ((float)q[i] - t->zero) * t->scale;
}

static void run_words(struct net_run *r, const int32_t *ids)
{
    size_t row = 0;

    memset(r->x, 0, r->rows * DIM * sizeof(float));
    memset(r->y, 0, r->rows * DIM * sizeof(float));
    for (size_t t = 0; t < r->texts; t++)
        for (size_t i = 0; i < r->counts[t]; i++, row++) {
            float *x = r->x + row * DIM;

            add_row(&r->m->word, (size_t)ids[row], x);
            add_row(&r->m->kind, 0, x);
            add_row(&r->m->position, i, x);
        }
    embed_layer_norm(r->x, r->y, r->rows, DIM, r->m->gain, r->m->shift);
}

/* From where it was computed (qkv) to y. */
static void run_heads(struct net_run *r)
{
    for (size_t t = 0, row = 0; t < r->texts; row += r->counts[t++])
        for (size_t h = 0; h < HEADS; h++) {
            const float *q = r->qkv + row * QKV_LD + h * HEAD;
            struct embed_head head = {
                q,      q + DIM,      q + 2 * DIM,  QKV_LD,
                QKV_LD, r->counts[t], r->counts[t], r->y + row * DIM + h * HEAD,
                DIM,    r->keys,      r->scores,
            };

            embed_layer_attend(&head);
        }
}

/* As run_heads, for the first token of each text: its queries stand in x2, one row a text. */
static void run_first_heads(struct net_run *r, const float *queries)
{
    for (size_t t = 0, row = 0; t < r->texts; row += r->counts[t++])
        for (size_t h = 0; h < HEADS; h++) {
            const float *k = r->qkv + row * QKV_LD + DIM + h * HEAD;
            struct embed_head head = {
                queries + t * DIM + h * HEAD, k,   k + DIM, DIM,       QKV_LD, 1, r->counts[t],
                r->y + t * DIM + h * HEAD,    DIM, r->keys, r->scores,
            };

            embed_layer_attend(&head);
        }
}

/* y through the output weights, added to x: the second half of attention. */
static void run_attended(struct net_run *r, const struct net_layer *l, size_t n)
{
    embed_layer_quantise(r->y, DIM, n, DIM, &r->q);
    embed_gemm(r->kind, &r->q, &l->out, 0, DIM, r->y, DIM, false);
    embed_layer_norm(r->x, r->y, n, DIM, l->gain1, l->shift1);
}

static void run_feed(struct net_run *r, const struct net_layer *l, size_t n)
{
    for (size_t at = 0; at < n; at += FEED_ROWS) {
        size_t rows = n - at < FEED_ROWS ? n - at : FEED_ROWS;
        float *x = r->x + at * DIM, *y = r->y + at * DIM;

        embed_layer_quantise(x, DIM, rows, DIM, &r->q);
        embed_gemm(r->kind, &r->q, &l->up, 0, WIDE_DIM, r->wide, WIDE_DIM, true);
        embed_layer_quantise(r->wide, WIDE_DIM, rows, WIDE_DIM, &r->wide_q);
        embed_gemm(r->kind, &r->wide_q, &l->down, 0, DIM, y, DIM, false);
        embed_layer_norm(x, y, rows, DIM, l->gain2, l->shift2);
    }
}

static void run_layer(struct net_run *r, const struct net_layer *l)
{
    embed_layer_quantise(r->x, DIM, r->rows, DIM, &r->q);
    embed_gemm(r->kind, &r->q, &l->qkv, 0, QKV, r->qkv, QKV_LD, false);
    run_heads(r);
    run_attended(r, l, r->rows);
    run_feed(r, l, r->rows);
}

/* Only the first token of a text is asked for: keys and values for all, the rest for it alone. */
static void run_last_layer(struct net_run *r, const struct net_layer *l)
{
    float *queries = arena_alloc(&r->mem, r->texts * DIM * sizeof(float));

    embed_layer_quantise(r->x, DIM, r->rows, DIM, &r->q);
    embed_gemm(r->kind, &r->q, &l->qkv, DIM, QKV, r->qkv + DIM, QKV_LD, false);
    for (size_t t = 0, row = 0; t < r->texts; row += r->counts[t++])
        memmove(r->x + t * DIM, r->x + row * DIM, DIM * sizeof(float));
    embed_layer_quantise(r->x, DIM, r->texts, DIM, &r->q);
    embed_gemm(r->kind, &r->q, &l->qkv, 0, DIM, queries, DIM, false);
    run_first_heads(r, queries);
    run_attended(r, l, r->texts);
    run_feed(r, l, r->texts);
}

void embed_net_run(const struct embed_net *m, enum embed_gemm_kind kind, const int32_t *ids,
                   const size_t *counts, size_t texts, float *out)
{
    struct net_run r = { .m = m, .kind = kind, .counts = counts, .texts = texts };

    for (size_t t = 0; t < texts; t++)
        r.rows += counts[t];
    run_room(&r);
    run_words(&r, ids);
    embed_gemm_begin(kind);
    for (int i = 0; i < LAYERS - 1; i++)
        run_layer(&r, &m->layers[i]);
    run_last_layer(&r, &m->layers[LAYERS - 1]);
    embed_gemm_end(kind);
    memcpy(out, r.x, texts * DIM * sizeof(*out));
    arena_release(&r.mem);
}
