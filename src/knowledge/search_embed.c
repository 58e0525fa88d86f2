/* The embedding model of the live search: loaded on first use, and put to work on what has no
 * vector yet. */
#include "knowledge/search_int.h"

#include "base/log.h"

#include <unistd.h>

enum { BATCH_MAX = 256 };

struct embedder *search_model(struct search *s)
{
    struct tb_err e = TB_ERR_INIT;
    struct embedder *m = atomic_load(&s->model);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (m || !s->cache_dir || atomic_load(&s->model_failed))
        return m;
    pthread_mutex_lock(&s->loading);
    m = atomic_load(&s->model);
    if (!m && !atomic_load(&s->model_failed) && embed_available(s->cache_dir)) {
        if (embed_open(s->cache_dir, cores < 1 ? 1 : (int)cores, &m, &e)) {
            log_line(LOG_WARN, "search_model", "%s", e.log);
            atomic_store(&s->model_failed, true);
            m = NULL;
        }
        atomic_store(&s->model, m);
    }
    pthread_mutex_unlock(&s->loading);
    return m;
}

bool search_vector(struct search *s, struct str question, int8_t out[EMBED_DIM])
{
    struct embedder *m = search_model(s);
    struct tb_err e = TB_ERR_INIT;
    struct embedding v;

    if (!m || embed_run(m, &question, 1, true, SEARCH_QUESTION_TOKENS, &v, &e))
        return false;
    for (size_t i = 0; i < EMBED_DIM; i++)
        out[i] = v.v[i] < -127 ? -127 : v.v[i];
    return true;
}

const char *search_vector_model(struct search *s)
{
    struct embedder *m = search_model(s);

    return m ? embed_model_name(m) : "";
}

struct str search_embed_text(struct arena *a, struct str title, struct str text)
{
    return arena_printf(a, "%.*s %.*s", STR_FMT(title), STR_FMT(text));
}

struct batch {
    int64_t id[BATCH_MAX];
    struct str text[BATCH_MAX];
    struct embedding made[BATCH_MAX];
    size_t n;
};

static enum tb_code read_batch(struct db *d, struct arena *a, const char *model, int want,
                               struct batch *b, struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(d, a,
               SQL("SELECT p.id, v.title, p.text FROM passage p JOIN version v"
                   " ON v.id = p.version_id WHERE (p.embedding_model IS NULL"
                   " OR p.embedding_model <> :m) AND v.state <> 'withdrawn' LIMIT :n"),
               ARGS(db_text("m", str_z(model)), db_int("n", want)), &r, e))
        return e->code;
    while (b->n < (size_t)want && !rows_next(r, &more, e) && more) {
        b->id[b->n] = rows_int(r, 0);
        b->text[b->n++] = search_embed_text(a, rows_str(r, 1), rows_str(r, 2));
    }
    rows_close(r);
    return e->code;
}

static enum tb_code keep_one(struct db *d, const char *model, int64_t id, const struct embedding *v,
                             struct tb_err *e)
{
    char blob[EMBED_BLOB];

    embed_pack(v, blob);
    return db_run(
        d, SQL("UPDATE passage SET embedding = :b, embedding_model = :m WHERE id = :id"),
        ARGS(db_blob("b", str_of(blob, sizeof blob)), db_text("m", str_z(model)), db_int("id", id)),
        e);
}

static enum tb_code keep_batch(struct db *d, const char *model, const struct batch *b,
                               struct tb_err *e)
{
    enum tb_code c = db_begin(d, e);

    if (c)
        return c;
    for (size_t i = 0; i < b->n && !c; i++)
        c = keep_one(d, model, b->id[i], b->made + i, e);
    return db_end(d, c, e);
}

/* Standard questions are few: all of them at once, kept in memory only. */
static enum tb_code embed_standards(struct search *s, struct embedder *m, struct tb_err *e)
{
    struct view *v = view_hold(s);
    struct search_standards *q = v->standards;

    for (size_t i = 0; q && i < q->n && !e->code; i++) {
        struct embedding made;

        if (atomic_load(&q->v[i].embedded))
            continue;
        if (!embed_run(m, &q->v[i].text, 1, false, SEARCH_EMBED_TOKENS, &made, e)) {
            q->v[i].vector = made;
            atomic_store(&q->v[i].embedded, true);
        }
    }
    view_drop(v);
    return e->code;
}

static enum tb_code count_left(struct db *d, const char *model, int64_t *left, struct tb_err *e)
{
    return db_ask_int(d,
                      SQL("SELECT count(*) FROM passage p JOIN version v ON v.id = p.version_id"
                          " WHERE (p.embedding_model IS NULL OR p.embedding_model <> :m)"
                          " AND v.state <> 'withdrawn'"),
                      ARGS(db_text("m", str_z(model))), left, NULL, e);
}

static enum tb_code embed_batch(struct search *s, struct embedder *m, struct db *d, int want,
                                struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct batch *b = ARENA_NEW(&a, struct batch);
    const char *model = embed_model_name(m);

    if (!read_batch(d, &a, model, want, b, e) && b->n &&
        !embed_run(m, b->text, b->n, false, SEARCH_EMBED_TOKENS, b->made, e) &&
        !keep_batch(d, model, b, e))
        atomic_fetch_add(&s->fresh, (int64_t)b->n);
    arena_release(&a);
    return e->code;
}

enum tb_code search_embed_some(struct search *s, struct db *d, int batch, int64_t *left,
                               struct tb_err *e)
{
    struct embedder *m = search_model(s);
    struct search_state now;

    *left = 0;
    if (!m)
        return TB_OK;
    search_name_model(s, embed_model_name(m));
    if (embed_standards(s, m, e) ||
        embed_batch(s, m, d,
                    batch < 1           ? 1
                    : batch > BATCH_MAX ? BATCH_MAX
                                        : batch,
                    e) ||
        count_left(d, embed_model_name(m), left, e))
        return e->code;
    search_state(s, &now);
    if (*left && atomic_load(&s->fresh) * 4 < now.embedded + 256)
        return TB_OK; /* a new view costs as much as it holds: not for every few */
    atomic_store(&s->fresh, 0);
    return search_bring(s, d, e);
}
