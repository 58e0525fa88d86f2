/* The learned order of the live search: read from the store, then a part of the view. */
#include "knowledge/search_int.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "knowledge/authority.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PLACES_MAX = 64 };
/* With so many questions the plain formula has half the say that it has with none. */
static const float HALF_AT = 400;

void tuned_drop(struct search_tuned *t)
{
    if (!t || atomic_fetch_sub(&t->holders, 1) > 1)
        return;
    ranker_free(t->ranker);
    memory_free(t->memory);
    tb_free(t);
}

enum tb_code tuned_current(struct db *d, int64_t *id, struct tb_err *e)
{
    *id = 0;
    return db_ask_int(d, SQL("SELECT id FROM tuned WHERE state = 'kept' ORDER BY id DESC LIMIT 1"),
                      NO_ARGS, id, NULL, e);
}

/* -- reading -- */

static size_t read_places(struct arena *a, struct str text, struct rank_hit *out)
{
    struct tb_err e = TB_ERR_INIT;
    const struct json_value *v;
    struct json_walk w;
    size_t n = 0;

    if (json_read(a, text, &v, &e))
        return 0;
    for (w = json_walk(v); w.left >= 3 && n < PLACES_MAX; n++) {
        out[n].policy = (uint64_t)json_i64(json_step(&w), 0);
        out[n].chapter = (uint64_t)json_i64(json_step(&w), 0);
        out[n].clause = (uint64_t)json_i64(json_step(&w), 0);
    }
    return n;
}

/* place: room for PLACES_MAX. */
static void remember(struct search_tuned *t, struct arena *a, struct rows *r,
                     struct rank_hit *place)
{
    struct memory_question q = { .u = normal_units(a, rows_str(r, 0)) };
    size_t n = read_places(a, rows_str(r, 1), place);
    struct embedding vector;

    if (t->model[0] && embed_unpack(rows_str(r, 2), &vector))
        q.vector = &vector;
    if (n)
        memory_add(t->memory, &q, place, n);
}

static enum tb_code read_memory(struct db *d, struct search_tuned *t, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct rank_hit *place = ARENA_ARRAY(&a, struct rank_hit, PLACES_MAX);
    struct rows *r;
    bool more;

    t->memory = memory_new();
    if (!db_ask(d, &a,
                SQL("SELECT text, places, vector FROM tuned_question WHERE tuned_id = :id"
                    " ORDER BY id"),
                ARGS(db_int("id", t->id)), &r, e)) {
        while (!rows_next(r, &more, e) && more)
            remember(t, &a, r, place);
        rows_close(r);
    }
    arena_release(&a);
    return e->code;
}

static bool fit_for_use(struct search_tuned *t, struct arena *a, struct rows *r)
{
    struct tb_err why = TB_ERR_INIT;
    const struct json_value *v;
    struct str model = rows_str(r, 1);

    if (rows_int(r, 0) != RANK_SCALE || model.n >= sizeof t->model) {
        log_line(LOG_WARN, "search_tuned", "id=%lld of another version, passed over",
                 (long long)t->id);
        return false;
    }
    snprintf(t->model, sizeof t->model, "%.*s", STR_FMT(model));
    if (!json_read(a, rows_str(r, 2), &v, &why))
        t->ranker = ranker_read(v);
    if (!t->ranker)
        log_line(LOG_WARN, "search_tuned", "id=%lld cannot be read", (long long)t->id);
    return t->ranker != NULL;
}

enum tb_code tuned_read(struct db *d, int64_t id, struct search_tuned **out, struct tb_err *e)
{
    struct search_tuned *t = tb_zalloc(sizeof *t);
    struct arena a = ARENA_INIT;
    struct rows *r;
    bool more = false, fit = false;

    atomic_store(&t->holders, 1);
    t->id = id;
    *out = NULL;
    if (!db_ask(d, &a, SQL("SELECT scale, model, ranker FROM tuned WHERE id = :id"),
                ARGS(db_int("id", id)), &r, e) &&
        !rows_next(r, &more, e) && more)
        fit = fit_for_use(t, &a, r);
    arena_release(&a);
    if (fit && !e->code && !read_memory(d, t, e))
        *out = t;
    else
        tuned_drop(t);
    return e->code;
}

/* -- at work -- */

void view_authority(const struct view *v, float **out)
{
    const struct index **x = tb_alloc((v->n + 1) * sizeof(struct index *));

    for (size_t i = 0; i < v->n; i++) {
        x[i] = &v->parts[i].part->x;
        out[i] = tb_zalloc((x[i]->head->groups + 1) * sizeof(float));
    }
    authority_measure(x, v->n, out);
    tb_free(x);
}

/* Features of a search with vectors and of one without are not alike: what was learned of the one
 * says nothing of the other. */
static bool of_this_kind(const struct search_found *f, const struct search_tuned *t)
{
    struct embedder *m = atomic_load(&f->s->model);

    return f->embedded ? m && strcmp(t->model, embed_model_name(m)) == 0 : !t->model[0];
}

/* 1 / standard deviation of the scores; 0 when they are all one. */
static float inverse_spread(const struct rank_list *l)
{
    double sum = 0, square = 0, var;

    for (size_t i = 0; i < l->n; i++) {
        sum += (double)l->v[i].score;
        square += (double)l->v[i].score * (double)l->v[i].score;
    }
    var = l->n ? (square - sum * sum / (double)l->n) / (double)l->n : 0;
    return var > 1e-12 ? (float)(1.0 / sqrt(var)) : 0;
}

/* How often a clause answered before says what officers wrote standard answers about, not what is
 * asked: it drew questions on other matters away from their clauses, and is left out. */
void tuned_mark(const struct memory *m, const struct memory_question *q, size_t skip,
                struct rank_list *l)
{
    memory_mark(m, q, skip, l);
    for (size_t i = 0; i < l->n; i++)
        l->v[i].f[RANK_SEEN_POLICY] = l->v[i].f[RANK_SEEN_CHAPTER] = l->v[i].f[RANK_SEEN_CLAUSE] =
            0;
}

/* The plain formula keeps a say: a few dozen questions teach less than it knows. */
void tuned_score(const struct ranker *r, const struct memory *m, const struct memory_question *q,
                 struct rank_list *l)
{
    float share = HALF_AT / (HALF_AT + (float)memory_count(m)) * inverse_spread(l), own;

    tuned_mark(m, q, SIZE_MAX, l);
    for (size_t i = 0; i < l->n; i++)
        l->v[i].plain = l->v[i].score;
    ranker_apply(r, l);
    own = inverse_spread(l);
    for (size_t i = 0; i < l->n; i++)
        l->v[i].score = l->v[i].score * own + l->v[i].plain * share;
    rank_sort(l);
}

void tuned_order(const struct search_found *f, struct rank_list *l)
{
    const struct search_tuned *t = f->view->tuned;
    struct memory_question q = { .u = f->query.u, .vector = f->embedded ? &f->vector : NULL };
    float *plain;

    if (!t || !l->n || !of_this_kind(f, t))
        return;
    plain = ARENA_ARRAY(&f->t->mem, float, l->n);
    for (size_t i = 0; i < l->n; i++)
        plain[i] = l->v[i].score;
    tuned_score(t->ranker, t->memory, &q, l);
    for (size_t i = 0; i < l->n; i++)
        l->v[i].score = plain[i];
}
