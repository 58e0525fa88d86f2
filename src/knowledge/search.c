#include "knowledge/search_int.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/share.h"
#include "knowledge/confidence.h"
#include "knowledge/query_sound.h"

#include <math.h>
#include <string.h>

enum { POOL = 200, NAMED_WITHIN = 12, MATTERS = 8 };

static const double NAME_MISSING = 0.5, MATTER_MISSING = 0.3; /* of the confidence is left */
/* confidence.c was fitted to scores of this scale. */
static const struct rank_weights live_weights = { .singles = 0.6F, .cosine = 130.0F };

/* -- views -- */

struct view *view_hold(struct search *s)
{
    struct view *v;

    pthread_mutex_lock(&s->lock);
    v = s->view;
    atomic_fetch_add(&v->holders, 1);
    pthread_mutex_unlock(&s->lock);
    return v;
}

void view_drop(struct view *v)
{
    if (!v || atomic_fetch_sub(&v->holders, 1) > 1)
        return;
    for (size_t i = 0; i < v->n; i++) {
        part_drop(v->parts[i].part);
        vectors_drop(v->parts[i].vectors);
        tb_free(v->parts[i].state);
        tb_free(v->parts[i].authority);
    }
    for (size_t i = 0; i < v->owner_n; i++)
        tb_free(v->owners[i]);
    tb_free(v->owners);
    standards_drop(v->standards);
    tuned_drop(v->tuned);
    tb_free(v->parts);
    tb_free(v);
}

void view_put(struct search *s, struct view *v)
{
    struct view *old;

    pthread_mutex_lock(&s->lock);
    old = s->view;
    s->view = v;
    pthread_mutex_unlock(&s->lock);
    view_drop(old);
}

static void drop_view(void *v)
{
    view_drop(v);
}

/* -- opening -- */

static char *copy_z(const char *z)
{
    return z ? tb_dup(z, strlen(z) + 1) : NULL;
}

/* A view of the snapshot alone, nothing of which may be found until the store has been asked. */
static struct view *first_view(const struct search *s)
{
    struct view *v = tb_zalloc(sizeof *v);
    struct arena a = ARENA_INIT;
    struct search_part *p = NULL;

    atomic_store(&v->holders, 1);
    if (s->data_dir)
        p = snapshot_open(fs_join(&a, s->data_dir, "search.snapshot"));
    if (p) {
        v->parts = tb_zalloc(sizeof *v->parts);
        v->parts[0].part = p;
        v->parts[0].state = tb_zalloc((p->x.head->docs + 1) * sizeof(struct index_state));
        v->n = 1;
    }
    arena_release(&a);
    return v;
}

/* A table with a mistake is said in the log and left out: the city can still be asked. */
static void load_plain(struct search *s)
{
    struct arena a = ARENA_INIT;
    struct tb_err why = TB_ERR_INIT;
    char *path = fs_join(&a, share_dir(&a), "rules/plain_words.yaml");

    if (plain_load(path, &s->plain, &why))
        log_line(LOG_WARN, "plain_words", "%s", why.log);
    arena_release(&a);
}

enum tb_code search_open(const struct search_options *o, struct db *d, struct search **out,
                         struct tb_err *e)
{
    struct search *s = tb_zalloc(sizeof *s);

    s->options = *o;
    s->data_dir = copy_z(o->data_dir);
    s->cache_dir = copy_z(o->cache_dir);
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->writing, NULL);
    pthread_mutex_init(&s->loading, NULL);
    s->view = first_view(s);
    load_plain(s);
    if (search_bring(s, d, e)) {
        search_close(s);
        return e->code;
    }
    *out = s;
    return TB_OK;
}

void search_close(struct search *s)
{
    if (!s)
        return;
    view_drop(s->view);
    embed_close(atomic_load(&s->model));
    plain_free(s->plain);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->writing);
    pthread_mutex_destroy(&s->loading);
    tb_free(s->data_dir);
    tb_free(s->cache_dir);
    tb_free(s);
}

enum tb_code search_refresh(struct search *s, struct db *d, struct tb_err *e)
{
    return search_bring(s, d, e);
}

enum tb_code search_look(struct search *s, struct db *d, struct tb_err *e)
{
    int64_t id, seen;

    if (tuned_current(d, &id, e))
        return e->code;
    pthread_mutex_lock(&s->writing);
    seen = s->tuned_seen;
    pthread_mutex_unlock(&s->writing);
    if (id == seen && !atomic_load(&s->behind))
        return TB_OK;
    atomic_store(&s->behind, false); /* first: who fails meanwhile says so again */
    if (search_bring(s, d, e))
        atomic_store(&s->behind, true);
    return e->code;
}

void search_catch_up(struct search *s, struct db *d)
{
    struct tb_err e = TB_ERR_INIT;

    if (!s || !search_refresh(s, d, &e))
        return;
    atomic_store(&s->behind, true);
    log_line(LOG_WARN, "search", "refresh=failed and tried again soon: %s", e.log);
}

/* -- finding -- */

static void lay_out(struct search_found *f, struct str question)
{
    const struct index *x[SEARCH_PARTS_MAX];

    f->parts = f->view->n < SEARCH_PARTS_MAX ? f->view->n : SEARCH_PARTS_MAX;
    for (size_t i = 0; i < f->parts; i++) {
        const struct view_part *p = f->view->parts + i;

        x[i] = &p->part->x;
        f->source[i] = (struct rank_source){
            .x = x[i], .state = p->state, .authority = f->authority ? f->authority[i] : p->authority
        };
        if (p->vectors) {
            f->source[i].vectors = p->vectors->v;
            f->source[i].scales = p->vectors->scale;
            f->source[i].has = p->vectors->has;
        }
    }
    query_make(&f->t->mem, question, x, f->parts, &f->query);
    query_sound(&f->t->mem, x, f->parts, &f->query);
}

static bool any_vectors(const struct search_found *f)
{
    for (size_t i = 0; i < f->parts; i++)
        if (f->source[i].vectors)
            return true;
    return false;
}

/* Without a vector the search goes on by words. */
static void embed_question(struct search_found *f, struct str question)
{
    struct tb_err why = TB_ERR_INIT;
    struct embedder *m = search_model(f->s);

    if (!m)
        return;
    if (embed_run(m, &question, 1, false, SEARCH_EMBED_TOKENS, &f->vector, &why))
        log_line(LOG_WARN, "search_embed", "%s", why.log);
    else
        f->embedded = true;
}

static enum tb_code read_passage(struct talk *t, int64_t id, struct passage *p, bool *found,
                                 struct tb_err *e)
{
    struct rows *r;

    if (db_ask(t->db, &t->mem,
               SQL("SELECT v.document_id, v.id, v.title, v.document_number, v.issuing_body,"
                   " p.clause, p.heading, p.text, p.begin_at, p.end_at, v.effective_from,"
                   " v.expires_on, v.repealed_on FROM passage p JOIN version v"
                   " ON v.id = p.version_id WHERE p.id = :id AND v.state = 'confirmed'"),
               ARGS(db_int("id", id)), &r, e) ||
        rows_next(r, found, e))
        return e->code;
    if (*found)
        *p = (struct passage){ .id = id,
                               .document_id = rows_int(r, 0),
                               .version_id = rows_int(r, 1),
                               .title = rows_str(r, 2),
                               .document_number = rows_str(r, 3),
                               .issuing_body = rows_str(r, 4),
                               .clause = rows_str(r, 5),
                               .heading = rows_str(r, 6),
                               .text = rows_str(r, 7),
                               .begin = rows_int(r, 8),
                               .end = rows_int(r, 9),
                               .effective_from = rows_day(r, 10),
                               .expires_on = rows_day(r, 11),
                               .repealed_on = rows_day(r, 12) };
    rows_close(r);
    return TB_OK;
}

/* The records of what was found. What the store no longer confirms (it changed a moment ago) is
 * left out, whatever the view said. */
static enum tb_code read_all(struct search_found *f, const struct search_ask *ask,
                             const struct rank_hit *hit, size_t n, struct search_result *out,
                             struct tb_err *e)
{
    out->passages.items = ARENA_ARRAY(&f->t->mem, struct passage, n + 1);
    out->marks = ARENA_ARRAY(&f->t->mem, struct search_mark, n + 1);
    for (size_t i = 0; i < n; i++) {
        struct passage *p = out->passages.items + out->passages.n;
        bool found = false;

        if (read_passage(f->t, f->source[hit[i].part].x->docs[hit[i].doc].id, p, &found, e))
            return e->code;
        if (!found)
            continue;
        p->validity = validity_on(ask->as_of, p->effective_from, p->expires_on, p->repealed_on);
        p->score = hit[i].score;
        out->marks[out->passages.n].cosine = hit[i].f[RANK_COSINE];
        out->marks[out->passages.n].cover = hit[i].f[RANK_COVER];
        if (ask->any_validity || p->validity == VALIDITY_IN_FORCE)
            out->passages.n++;
    }
    return TB_OK;
}

static struct rank_ask rank_ask_of(const struct search_found *f, const struct search_ask *ask,
                                   size_t n)
{
    return (struct rank_ask){ .query = &f->query,
                              .vector = f->embedded ? &f->vector : NULL,
                              .day = ask->as_of,
                              .mode = ask->any_validity ? INDEX_ANY : INDEX_IN_FORCE,
                              .internal_too = ask->internal_too,
                              .owners = f->owners,
                              .weights = &live_weights,
                              .pool = n };
}

/* How many that are out of force would have stood above the last of the list. */
static int count_expired(struct search_found *f, const struct search_ask *ask,
                         const struct rank_hit *hit, size_t n)
{
    struct rank_ask out_of_force = rank_ask_of(f, ask, (size_t)ask->limit);
    struct rank_list more;
    int count = 0;

    if (ask->any_validity)
        return 0;
    out_of_force.mode = INDEX_OUT_OF_FORCE;
    more = rank_run(&f->t->mem, f->source, f->parts, &out_of_force);
    for (size_t i = 0; i < more.n && i < (size_t)ask->limit; i++)
        count += n < (size_t)ask->limit || more.v[i].score > hit[n - 1].score;
    return count;
}

static double confidence_in(struct search_found *f, const struct rank_hit *hit, size_t n)
{
    struct confidence_hit *h = ARENA_ARRAY(&f->t->mem, struct confidence_hit, n + 1);

    for (size_t i = 0; i < n; i++) {
        const struct index *x = f->source[hit[i].part].x;

        h[i] = (struct confidence_hit){ .document = x->groups[x->docs[hit[i].doc].group].id,
                                        .score = hit[i].score,
                                        .cosine = hit[i].f[RANK_COSINE],
                                        .cover = hit[i].f[RANK_COVER] };
    }
    return confidence_of(&f->t->mem, h, n, f->embedded);
}

static bool stands_in(struct units u, struct units name)
{
    for (size_t i = 0; i + name.n <= u.n; i++)
        if (memcmp(u.c + i, name.c, name.n * sizeof *u.c) == 0)
            return true;
    return false;
}

/* Does one of the best clauses bear one of these names? */
static bool any_bears(const struct search_found *f, const struct rank_list *l, size_t looked,
                      struct units name)
{
    for (size_t i = 0; i < looked && name.n; i++) {
        const struct index *x = f->source[l->v[i].part].x;

        if (stands_in(index_text(x, l->v[i].doc), name) ||
            stands_in(index_title(x, x->docs[l->v[i].doc].group), name))
            return true;
    }
    return false;
}

/* The matter has an official name (rules/plain_words.yaml) and none of the best clauses bears it:
 * 最低工资 is asked for, 最低生活保障 found. Then they only sound alike. */
static bool name_is_missing(const struct search_found *f, const struct rank_list *l, size_t looked)
{
    struct str names = f->names;

    if (names.n == 0)
        return false;
    while (names.p)
        if (any_bears(f, l, looked, normal_units(&f->t->mem, str_cut(&names, STR(" ")))))
            return false;
    return true;
}

static bool matter_is_missing(const struct search_found *f, const struct rank_list *l,
                              size_t looked, struct str question)
{
    struct plain_matter m[MATTERS];
    size_t n = plain_matters(f->s->plain, question, m, MATTERS);

    for (size_t i = 0; i < n; i++) {
        bool borne = false;

        for (size_t k = 0; k < m[i].n && !borne; k++)
            borne = any_bears(f, l, looked, normal_units(&f->t->mem, m[i].names[k]));
        if (!borne)
            return true;
    }
    return false;
}

/* What is left of the confidence when the best clauses do not speak of what was named. */
static double named_in_vain(const struct search_found *f, const struct rank_list *l, size_t limit,
                            struct str question)
{
    size_t most = limit < NAMED_WITHIN ? limit : NAMED_WITHIN, looked = l->n < most ? l->n : most;

    if (looked == 0)
        return 1;
    if (matter_is_missing(f, l, looked, question))
        return MATTER_MISSING;
    return name_is_missing(f, l, looked) ? NAME_MISSING : 1;
}

struct rank_list search_look_up(struct search_found *f, const struct search_ask *ask)
{
    struct rank_ask r;
    struct str question = plain_words(f->s->plain, &f->t->mem, ask->question, &f->names);

    if (f->names.n)
        question = arena_printf(&f->t->mem, "%.*s %.*s", STR_FMT(question), STR_FMT(f->names));
    lay_out(f, question);
    if (!ask->no_embedding && any_vectors(f))
        embed_question(f, question);
    f->embedded_at = world_mono_us(f->t->world);
    r = rank_ask_of(f, ask, POOL);
    return rank_run(&f->t->mem, f->source, f->parts, &r);
}

/* What is said of the whole list is said of the plain one: it was fitted to that. */
static enum tb_code find(struct search_found *f, const struct search_ask *ask,
                         struct search_result *out, struct tb_err *e)
{
    const struct world *w = f->t->world;
    int64_t start = world_mono_us(w);
    struct rank_list found = search_look_up(f, ask);
    size_t limit = (size_t)ask->limit, n = found.n < limit ? found.n : limit;

    out->confidence = confidence_in(f, found.v, found.n);
    out->confidence *= named_in_vain(f, &found, limit, ask->question);
    out->left_out_expired = count_expired(f, ask, found.v, n);
    tuned_order(f, &found);
    out->lexical_us = world_mono_us(w) - f->embedded_at;
    out->embed_us = f->embedded_at - start;
    out->embedded = f->embedded;
    if (read_all(f, ask, found.v, n, out, e))
        return e->code;
    out->total_us = world_mono_us(w) - start;
    return TB_OK;
}

static void owners_open(struct search_found *f, const struct search_ask *ask)
{
    for (size_t i = 0; i < f->view->owner_n; i++)
        for (size_t k = 0; k < ask->sensitive_n; k++)
            if (str_eqz(ask->sensitive[k], f->view->owners[i]))
                f->owners[OWNER_FIRST + i] = true;
}

enum tb_code search_find(struct search *s, struct talk *t, const struct search_ask *ask,
                         struct search_result *out, struct tb_err *e)
{
    struct search_found *f = ARENA_NEW(&t->mem, struct search_found);
    struct search_ask within = *ask;

    *out = (struct search_result){ 0 };
    within.limit = ask->limit < 1 ? 1 : ask->limit > 100 ? 100 : ask->limit;
    f->s = s;
    f->t = t;
    f->view = view_hold(s);
    arena_defer(&t->mem, drop_view, f->view);
    owners_open(f, &within);
    return find(f, &within, out, e);
}

/* -- state -- */

uint64_t search_version(struct search *s)
{
    struct view *v = view_hold(s);
    uint64_t version = v->digest;

    view_drop(v);
    return version;
}

void search_state(struct search *s, struct search_state *out)
{
    struct view *v = view_hold(s);

    *out = (struct search_state){ .model_loaded = atomic_load(&s->model) != NULL,
                                  .tuned = v->tuned != NULL };
    for (size_t i = 0; i < v->n; i++) {
        const struct view_part *p = v->parts + i;

        for (uint32_t d = 0; d < p->part->x.head->docs; d++)
            out->passages += p->state[d].live;
        out->embedded += p->vectors ? p->vectors->have : 0;
        out->terms += p->part->x.head->terms;
        out->bytes += (int64_t)p->part->bytes.n;
        if (p->vectors)
            out->bytes += (int64_t)p->vectors->n * (EMBED_DIM + 5);
    }
    view_drop(v);
    out->model_available = s->cache_dir && !atomic_load(&s->model_failed) &&
                           (out->model_loaded || embed_available(s->cache_dir));
}
