#include "knowledge/embed.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/log.h"
#include "knowledge/embed_ort.h"
#include "knowledge/embed_words.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum { THREADS_MAX = 64, MODEL_BYTES = 512 << 20 };

static const char model_folder[] = "models/bge-small-zh-v1.5-q";
static const char model_name[] = "bge-small-zh-v1.5-q";
static const char library_path[] = "deps/onnxruntime/libonnxruntime.so";
/* The model was trained with these words before every query and with nothing before a passage. */
#define QUERY_HEAD "为这个句子生成表示以用于检索相关文章："

struct embedder {
    struct embed_words *words;
    struct embed_ort *model;
    int threads;
    char name[64];
};

/* One embed_run: texts are taken one by one by whoever is free. */
struct embed_work {
    const struct embedder *m;
    const struct str *texts;
    size_t n, max_tokens;
    bool query;
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
    bool there = fs_exists(fs_join(&a, cache_dir, library_path)) &&
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

enum tb_code embed_open(const char *cache_dir, int threads, struct embedder **out, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct embedder *m = tb_zalloc(sizeof(*m));
    const char *model = model_file(&a, cache_dir, "model.onnx");

    enum tb_code c = embed_name(m, model, e);

    m->threads = threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : threads;
    if (!c)
        c = embed_words_open(model_file(&a, cache_dir, "vocab.txt"), &m->words, e);
    if (!c)
        c = embed_ort_open(fs_join(&a, cache_dir, library_path), model, &m->model, e);
    arena_release(&a);
    if (c) {
        embed_close(m);
        return c;
    }
    log_line(LOG_INFO, "embed_open", "model=%s threads=%d", m->name, m->threads);
    *out = m;
    return TB_OK;
}

void embed_close(struct embedder *m)
{
    if (!m)
        return;
    embed_ort_close(m->model);
    embed_words_close(m->words);
    tb_free(m);
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

static enum tb_code embed_one(const struct embed_work *w, size_t i, struct tb_err *e)
{
    int32_t ids[EMBED_TOKENS];
    int64_t wide[EMBED_TOKENS];
    float row[EMBED_DIM];
    size_t n = embed_words_cut(w->m->words, w->query ? STR(QUERY_HEAD) : STR_NONE, w->texts[i], ids,
                               w->max_tokens);

    for (size_t t = 0; t < n; t++)
        wide[t] = ids[t];
    if (embed_ort_run(w->m->model, wide, n, row, EMBED_DIM, e))
        return e->code;
    if (!embed_quantise(row, &w->out[i]))
        return tb_fail(e, TB_CORRUPT, "语义检索模型的结果不正确，本次只按字词检索",
                       "embed text %zu: no finite vector", i);
    return TB_OK;
}

/* One text a run, never a padded batch: the quantised model scales its numbers by the largest of a
 * whole batch, so a neighbour would change a text's vector; and a batch is no faster. */
static void *embed_worker(void *arg)
{
    struct embed_work *w = arg;
    struct tb_err e = TB_ERR_INIT;

    while (!w->stop) {
        size_t i = atomic_fetch_add(&w->next, 1);

        if (i >= w->n)
            break;
        if (embed_one(w, i, &e)) {
            pthread_mutex_lock(&w->lock);
            if (!w->code)
                *w->e = e;
            w->code = e.code;
            pthread_mutex_unlock(&w->lock);
            w->stop = true;
        }
    }
    return NULL;
}

enum tb_code embed_run(struct embedder *m, const struct str *texts, size_t n, bool query,
                       int max_tokens, struct embedding *out, struct tb_err *e)
{
    struct embed_work w = { .m = m, .texts = texts, .n = n, .query = query, .out = out, .e = e };
    pthread_t helpers[THREADS_MAX];
    size_t want = (size_t)m->threads < n ? (size_t)m->threads : n, made = 0;

    w.max_tokens = max_tokens < 2 || max_tokens > EMBED_TOKENS ? EMBED_TOKENS : (size_t)max_tokens;
    pthread_mutex_init(&w.lock, NULL);
    while (made + 1 < want && !pthread_create(&helpers[made], NULL, embed_worker, &w))
        made++;
    embed_worker(&w);
    for (size_t i = 0; i < made; i++)
        pthread_join(helpers[i], NULL);
    pthread_mutex_destroy(&w.lock);
    return w.code;
}
