#include "knowledge/embed.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/log.h"
#include "knowledge/embed_net.h"
#include "knowledge/embed_ort.h"
#include "knowledge/embed_words.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum {
    THREADS_MAX = 64,
    MODEL_BYTES = 512 << 20,
    SLICE = 8, /* texts that a thread takes at a time */
    BULK = 16, /* from so many texts on it is background work */
    BULK_NICE = 5
};

static const char model_folder[] = "models/bge-small-zh-v1.5-q";
static const char model_name[] = "bge-small-zh-v1.5-q";
static const char library_path[] = "deps/onnxruntime/libonnxruntime.so";
/* The model was trained with these words before every query and with nothing before a passage. */
#define QUERY_HEAD "为这个句子生成表示以用于检索相关文章："

struct embedder {
    struct embed_words *words;
    struct embed_net *net; /* our own, where the processor allows it */
    struct embed_ort *ort; /* else ONNX Runtime */
    int threads;
    char name[64];
};

/* One embed_run: slices of texts are taken by whoever is free. */
struct embed_work {
    const struct embedder *m;
    const struct str *texts;
    size_t n, slice, max_tokens;
    bool query, bulk;
    struct embedding *out;
    atomic_size_t next;
    atomic_bool stop;
    pthread_mutex_t lock; /* of code and e */
    enum tb_code code;
    struct tb_err *e;
};

static char *model_file(struct arena *a, const char *cache_dir, const char *name)
{
    return fs_join(a, fs_join(a, cache_dir, model_folder), name);
}

bool embed_available(const char *cache_dir)
{
    struct arena a = ARENA_INIT;
    bool there =
        (embed_gemm_best() != GEMM_NONE || fs_exists(fs_join(&a, cache_dir, library_path))) &&
        fs_exists(model_file(&a, cache_dir, "model.onnx")) &&
        fs_exists(model_file(&a, cache_dir, "vocab.txt"));

    arena_release(&a);
    return there;
}

/* Another model's vectors must never be compared with these: the name holds the file's hash. */
static enum tb_code embed_name(struct embedder *m, const char *path, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct str bytes;
    enum tb_code c = fs_read(&a, path, MODEL_BYTES, &bytes, e);

    if (!c)
        snprintf(m->name, sizeof(m->name), "%s:%016llx", model_name,
                 (unsigned long long)str_hash(bytes));
    arena_release(&a);
    return c;
}

static enum tb_code open_model(struct embedder *m, const char *library, const char *model,
                               struct tb_err *e)
{
    struct tb_err why = TB_ERR_INIT;
    enum tb_code c;

    if (embed_words_count(m->words) > EMBED_NET_WORDS)
        return tb_fail(e, TB_CORRUPT, "语义检索模型的词表不正确，请重新获取模型文件",
                       "vocab tokens=%zu", embed_words_count(m->words));
    c = embed_net_open(model, &m->net, &why);
    if (c == TB_UNSUPPORTED)
        return embed_ort_open(library, model, &m->ort, e);
    if (c)
        *e = why;
    return c;
}

enum tb_code embed_open(const char *cache_dir, int threads, struct embedder **out, struct tb_err *e)
{
    static const char *const by[] = { "onnxruntime", "avx512-vnni", "amx" };
    struct arena a = ARENA_INIT;
    struct embedder *m = tb_zalloc(sizeof(*m));
    const char *model = model_file(&a, cache_dir, "model.onnx");
    enum tb_code c = embed_name(m, model, e);

    m->threads = threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : threads;
    if (!c)
        c = embed_words_open(model_file(&a, cache_dir, "vocab.txt"), &m->words, e);
    if (!c)
        c = open_model(m, fs_join(&a, cache_dir, library_path), model, e);
    arena_release(&a);
    if (c) {
        embed_close(m);
        return c;
    }
    log_line(LOG_INFO, "embed_open", "model=%s threads=%d by=%s", m->name, m->threads,
             by[m->net ? embed_gemm_best() : GEMM_NONE]);
    *out = m;
    return TB_OK;
}

void embed_close(struct embedder *m)
{
    if (!m)
        return;
    embed_net_close(m->net);
    embed_ort_close(m->ort);
    embed_words_close(m->words);
    tb_free(m);
}

void embed_pack(const struct embedding *v, char out[EMBED_BLOB])
{
    memcpy(out, v->v, EMBED_DIM);
    memcpy(out + EMBED_DIM, &v->scale, sizeof v->scale);
}

bool embed_unpack(struct str blob, struct embedding *out)
{
    if (blob.n != EMBED_BLOB)
        return false;
    memcpy(out->v, blob.p, EMBED_DIM);
    memcpy(&out->scale, blob.p + EMBED_DIM, sizeof out->scale);
    return true;
}

const char *embed_model_name(const struct embedder *m)
{
    return m->name;
}

/* Unit length, then the largest element becomes 127: -128 never occurs. */
static bool embed_quantise(const float *row, struct embedding *out)
{
    float norm = 0, top = 0, to_int;

    for (int i = 0; i < EMBED_DIM; i++) {
        norm += row[i] * row[i];
        top = fmaxf(top, fabsf(row[i]));
    }
    if (!(norm > 0) || !isfinite(norm))
        return false;
    to_int = 127.0F / top;
    for (int i = 0; i < EMBED_DIM; i++)
        out->v[i] = (int8_t)lrintf(row[i] * to_int);
    out->scale = top / 127.0F / sqrtf(norm);
    return true;
}

/* What one thread works with. */
struct embed_slice {
    int32_t ids[SLICE * EMBED_TOKENS];
    size_t counts[SLICE];
    float rows[SLICE * EMBED_DIM];
};

/* As many texts together as fill the model's rows. */
static void slice_by_net(const struct embed_net *net, struct embed_slice *s, size_t n)
{
    const int32_t *ids = s->ids;

    for (size_t i = 0, k; i < n; i += k) {
        size_t rows = s->counts[i];

        for (k = 1; i + k < n && rows + s->counts[i + k] <= EMBED_NET_ROWS; k++)
            rows += s->counts[i + k];
        embed_net_run(net, embed_gemm_best(), ids, s->counts + i, k, s->rows + i * EMBED_DIM);
        ids += rows;
    }
}

/* One text a run: the quantised model scales its numbers by the largest of a whole batch there, so
 * a neighbour would change a text's vector; and a batch is no faster. */
static enum tb_code slice_by_ort(const struct embed_ort *o, struct embed_slice *s, size_t n,
                                 struct tb_err *e)
{
    const int32_t *ids = s->ids;
    int64_t wide[EMBED_TOKENS];

    for (size_t i = 0; i < n; ids += s->counts[i++]) {
        for (size_t t = 0; t < s->counts[i]; t++)
            wide[t] = ids[t];
        if (embed_ort_run(o, wide, s->counts[i], s->rows + i * EMBED_DIM, EMBED_DIM, e))
            return e->code;
    }
    return TB_OK;
}

static enum tb_code slice_run(const struct embed_work *w, struct embed_slice *s, size_t from,
                              size_t n, struct tb_err *e)
{
    struct str head = w->query ? STR(QUERY_HEAD) : STR_NONE;
    int32_t *ids = s->ids;

    for (size_t i = 0; i < n; ids += s->counts[i++])
        s->counts[i] = embed_words_cut(w->m->words, head, w->texts[from + i], ids, w->max_tokens);
    if (w->m->net)
        slice_by_net(w->m->net, s, n);
    else if (slice_by_ort(w->m->ort, s, n, e))
        return e->code;
    for (size_t i = 0; i < n; i++)
        if (!embed_quantise(s->rows + i * EMBED_DIM, &w->out[from + i]))
            return tb_fail(e, TB_CORRUPT, "语义检索模型的结果不正确，本次只按字词检索",
                           "embed text %zu: no finite vector", from + i);
    return TB_OK;
}

static void work_failed(struct embed_work *w, const struct tb_err *e)
{
    pthread_mutex_lock(&w->lock);
    if (!w->code)
        *w->e = *e;
    w->code = e->code;
    pthread_mutex_unlock(&w->lock);
    w->stop = true;
}

static void *embed_worker(void *arg)
{
    struct embed_work *w = arg;
    struct embed_slice *s = tb_alloc(sizeof(*s));
    struct tb_err e = TB_ERR_INIT;

    if (w->bulk) /* of this thread only, on Linux: who asks a question goes first */
        setpriority(PRIO_PROCESS, 0, BULK_NICE);
    while (!w->stop) {
        size_t from = atomic_fetch_add(&w->next, w->slice);

        if (from >= w->n)
            break;
        if (slice_run(w, s, from, w->n - from < w->slice ? w->n - from : w->slice, &e))
            work_failed(w, &e);
    }
    tb_free(s);
    return NULL;
}

/* Background work is done by threads of its own, whose lower priority dies with them. */
enum tb_code embed_run(struct embedder *m, const struct str *texts, size_t n, bool query,
                       int max_tokens, struct embedding *out, struct tb_err *e)
{
    struct embed_work w = { .m = m, .texts = texts, .n = n, .query = query, .out = out, .e = e };
    size_t threads = (size_t)m->threads, made = 0;
    pthread_t helpers[THREADS_MAX];

    w.bulk = n >= BULK;
    w.slice = n / threads < SLICE ? n / threads + 1 : SLICE;
    w.slice = w.slice > SLICE ? SLICE : w.slice;
    w.max_tokens = max_tokens < 2 || max_tokens > EMBED_TOKENS ? EMBED_TOKENS : (size_t)max_tokens;
    pthread_mutex_init(&w.lock, NULL);
    while (w.bulk && made < threads && !pthread_create(&helpers[made], NULL, embed_worker, &w))
        made++;
    if (!made) {
        w.bulk = false;
        embed_worker(&w);
    }
    for (size_t i = 0; i < made; i++)
        pthread_join(helpers[i], NULL);
    pthread_mutex_destroy(&w.lock);
    return w.code;
}
