#include "cli/eval_vectors.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TOKENS = 256, AT_ONCE = 256 };

static char *file_of(struct arena *a, struct embedder *m, const char *cache_dir,
                     const struct str *texts, size_t n, struct tb_err *e)
{
    uint64_t digest = str_hash(str_z(embed_model_name(m))) + TOKENS;
    char *dir = fs_join(a, cache_dir, "eval");

    for (size_t i = 0; i < n; i++)
        digest = (digest ^ str_hash(texts[i])) * 0x9e3779b97f4a7c15U + (digest >> 29);
    if (fs_mkdirs(dir, 0700, e))
        return NULL;
    return fs_join(a, dir, arena_printf(a, "%016llx.vectors", (unsigned long long)digest).p);
}

static void keep(struct eval_vectors *out, size_t at, const struct embedding *one)
{
    memcpy(out->v + at * EMBED_DIM, one->v, EMBED_DIM);
    out->scale[at] = one->scale;
}

/* What is there already; a record that is cut short does not count. */
static size_t read_known(const char *path, struct eval_vectors *out)
{
    FILE *f = fopen(path, "rb");
    char record[EMBED_BLOB];
    struct embedding one;
    size_t n = 0;

    while (f && n < out->n && fread(record, sizeof record, 1, f) == 1 &&
           embed_unpack(str_of(record, sizeof record), &one))
        keep(out, n++, &one);
    if (f)
        fclose(f);
    return n;
}

static void take(struct eval_vectors *out, size_t at, const struct embedding *made, size_t n,
                 FILE *f)
{
    char record[EMBED_BLOB];

    for (size_t i = 0; i < n; i++) {
        keep(out, at + i, made + i);
        embed_pack(made + i, record);
        if (f)
            fwrite(record, sizeof record, 1, f);
    }
    if (f)
        fflush(f);
}

static enum tb_code compute(struct cli *c, struct embedder *m, const struct str *texts, size_t from,
                            FILE *f, struct eval_vectors *out, struct tb_err *e)
{
    struct embedding *made = tb_alloc(AT_ONCE * sizeof *made);
    struct progress bar;

    progress_begin(&bar, c, "计算语义向量");
    for (size_t i = from; i < out->n && !e->code; i += AT_ONCE) {
        size_t n = out->n - i < AT_ONCE ? out->n - i : AT_ONCE;

        if (embed_run(m, texts + i, n, false, TOKENS, made, e))
            break;
        take(out, i, made, n, f);
        progress_at(&bar, (int64_t)(i + n), (int64_t)out->n);
    }
    progress_end(&bar, e->code ? "没有完成" : "完成，已存入缓存");
    tb_free(made);
    return e->code;
}

enum tb_code eval_vectors_make(struct cli *c, struct embedder *m, const char *cache_dir,
                               const struct str *texts, size_t n, struct eval_vectors *out,
                               struct tb_err *e)
{
    char *path = file_of(&c->mem, m, cache_dir, texts, n, e);
    size_t known;
    FILE *f;

    *out = (struct eval_vectors){ .n = n };
    if (!path)
        return e->code;
    out->v = tb_zalloc(n * EMBED_DIM);
    out->scale = tb_zalloc(n * sizeof *out->scale);
    known = read_known(path, out);
    out->cached = known == n;
    if (out->cached)
        return TB_OK;
    f = fopen(path, "ab");
    if (f && truncate(path, (off_t)(known * EMBED_BLOB)) != 0) {
        fclose(f);
        f = NULL;
    }
    if (compute(c, m, texts, known, f, out, e))
        eval_vectors_release(out);
    if (f)
        fclose(f);
    return e->code;
}

void eval_vectors_release(struct eval_vectors *v)
{
    tb_free(v->v);
    tb_free(v->scale);
    *v = (struct eval_vectors){ 0 };
}
