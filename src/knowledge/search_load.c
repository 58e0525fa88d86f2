/* Bringing a view up to date with the store. Passages of a version never change once written, so
 * what is compared is the list of confirmed versions; a version comes in as a whole. New versions
 * go into a part of their own; parts are merged so that there are few and the largest is on disk.
 */
#include "knowledge/search_int.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/log.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS_MAX = 8 };

struct row { /* a confirmed version */
    int64_t id, document_id;
    uint64_t stamp;
    struct str title;
    int32_t from, to;
    uint8_t level;
    bool placed;
};
struct rows_of {
    struct row *v;
    size_t n;
};
struct bring {
    struct search *s;
    struct db *d;
    struct arena mem;
    struct rows_of rows; /* by id */
    struct view *old, *made;
    bool same; /* as the old view, so far */
};

static int32_t last_day(int32_t expires_on, int32_t repealed_on)
{
    int32_t to = expires_on == DAY_NONE ? INT32_MAX : expires_on;

    return repealed_on != DAY_NONE && repealed_on - 1 < to ? repealed_on - 1 : to;
}

static uint64_t mix(uint64_t digest, const struct row *v)
{
    uint64_t parts[] = { digest,          (uint64_t)v->id, v->stamp, (uint32_t)v->from,
                         (uint32_t)v->to, v->level };

    return str_hash(str_of((const char *)parts, sizeof parts));
}

/* Sensitive documents of more departments than there are levels are found by nobody. */
static uint8_t owner_level(struct view *v, struct str department)
{
    size_t i = 0;

    while (i < v->owner_n && !str_eqz(department, v->owners[i]))
        i++;
    if (i < v->owner_n)
        return (uint8_t)(OWNER_FIRST + i);
    if (!department.n || OWNER_FIRST + i >= OWNER_NOBODY)
        return OWNER_NOBODY;
    v->owners = tb_realloc(v->owners, (i + 1) * sizeof(*v->owners));
    v->owners[v->owner_n] = tb_alloc(department.n + 1);
    memcpy(v->owners[v->owner_n], department.p, department.n);
    v->owners[v->owner_n++][department.n] = 0;
    return (uint8_t)(OWNER_FIRST + i);
}

static uint8_t level_of(struct view *v, struct str class, struct str department)
{
    if (str_eqz(class, "public"))
        return INDEX_PUBLIC;
    return str_eqz(class, "internal") ? INDEX_INTERNAL : owner_level(v, department);
}

static enum tb_code read_versions(struct bring *b, struct tb_err *e)
{
    struct rows *r;
    size_t cap = 0;
    bool more;

    if (db_ask(b->d, &b->mem,
               SQL("SELECT v.id, v.document_id, v.digest, v.title, v.effective_from, v.expires_on,"
                   " v.repealed_on, d.classification, coalesce(d.department_id, '') FROM version v"
                   " JOIN document d ON d.id = v.document_id"
                   " WHERE v.state = 'confirmed' ORDER BY v.id"),
               NO_ARGS, &r, e))
        return e->code;
    while (!rows_next(r, &more, e) && more) {
        struct row *v;

        b->rows.v = arena_grow(&b->mem, b->rows.v, b->rows.n, &cap, sizeof *b->rows.v);
        v = b->rows.v + b->rows.n++;
        *v = (struct row){ .id = rows_int(r, 0),
                           .document_id = rows_int(r, 1),
                           .title = rows_str(r, 3),
                           .from = rows_day(r, 4),
                           .to = last_day(rows_day(r, 5), rows_day(r, 6)),
                           .level = level_of(b->made, rows_str(r, 7), rows_str(r, 8)) };
        v->stamp = str_hash(rows_str(r, 2)) ^ str_hash(v->title);
        b->made->digest = mix(b->made->digest, v);
        if (v->level > INDEX_INTERNAL)
            b->made->digest ^= str_hash(rows_str(r, 8));
    }
    rows_close(r);
    return e->code;
}

static struct row *find_row(const struct rows_of *rows, const struct index_group *g)
{
    size_t lo = 0, hi = rows->n;

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;

        if (rows->v[mid].id < g->id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < rows->n && rows->v[lo].id == g->id && rows->v[lo].stamp == g->stamp ? rows->v + lo
                                                                                    : NULL;
}

/* Which documents of a part may be found; a version stands in one part only. Returns how many. */
static size_t make_state(struct rows_of *rows, const struct index *x, struct index_state *state)
{
    size_t live = 0;

    for (uint32_t g = 0; g < x->head->groups; g++) {
        const struct index_group *k = x->groups + g;
        struct row *r = find_row(rows, k);

        if (!r || r->placed)
            continue;
        r->placed = true;
        live += k->docs;
        for (uint32_t d = k->first; d < k->first + k->docs; d++)
            state[d] = (struct index_state){ r->from, r->to, 1, r->level };
    }
    return live;
}

static enum tb_code add_passages(struct bring *b, struct index_builder *to, const struct row *v,
                                 struct tb_err *e)
{
    struct arena mem = ARENA_INIT;
    struct rows *r;
    bool more;

    index_builder_group(to, v->id, v->document_id, v->stamp, v->title);
    if (!db_ask(b->d, &mem,
                SQL("SELECT id, heading, text FROM passage WHERE version_id = :v"
                    " ORDER BY ordinal"),
                ARGS(db_int("v", v->id)), &r, e)) {
        while (!rows_next(r, &more, e) && more)
            index_builder_add(to, rows_int(r, 0), rows_str(r, 1), rows_str(r, 2));
        rows_close(r);
    }
    arena_release(&mem);
    return e->code;
}

/* A part of every version that has no place yet; NULL when there is none. */
static enum tb_code build_part(struct bring *b, struct search_part **out, struct tb_err *e)
{
    struct index_builder *to = index_builder_new();
    struct search_part *p;

    for (size_t i = 0; i < b->rows.n && !e->code; i++)
        if (!b->rows.v[i].placed && add_passages(b, to, b->rows.v + i, e))
            break;
    if (e->code) {
        index_builder_free(to);
        return e->code;
    }
    p = tb_zalloc(sizeof *p);
    atomic_store(&p->holders, 1);
    if (index_builder_end(to, &p->bytes, e) || index_view(p->bytes, &p->x, e)) {
        part_drop(p);
        return e->code;
    }
    *out = p;
    return TB_OK;
}

static void add_part(struct view *v, struct search_part *p, struct search_vectors *vectors,
                     struct index_state *state)
{
    v->parts = tb_realloc(v->parts, (v->n + 1) * sizeof *v->parts);
    v->parts[v->n++] = (struct view_part){ .part = p, .vectors = vectors, .state = state };
}

static struct search_vectors *vectors_hold(struct search_vectors *v)
{
    if (v)
        atomic_fetch_add(&v->holders, 1);
    return v;
}

/* How many parts may stay: all while they are few, else the large first one, unless the others
 * have outgrown a quarter of it. */
static size_t parts_to_keep(const struct view *v)
{
    uint64_t rest = 0;

    if (v->n < PARTS_MAX)
        return v->n;
    for (size_t i = 1; i < v->n; i++)
        rest += v->parts[i].part->x.head->docs;
    return rest * 4 > v->parts[0].part->x.head->docs ? 0 : 1;
}

/* Old parts with new states; a part in which less than half is still wanted is left out, as are
 * the small ones when they have become many: what was in them is then indexed anew. */
static void carry_over(struct bring *b)
{
    size_t keep = b->same ? b->old->n : parts_to_keep(b->old);

    for (size_t i = 0; i < keep; i++) {
        const struct view_part *p = b->old->parts + i;
        uint32_t docs = p->part->x.head->docs;
        struct index_state *state = tb_zalloc((docs + 1) * sizeof *state);
        size_t live = make_state(&b->rows, &p->part->x, state);

        if (live * 2 < docs || live == 0) {
            for (uint32_t g = 0; g < p->part->x.head->groups; g++) {
                struct row *r = find_row(&b->rows, p->part->x.groups + g);

                if (r)
                    r->placed = false;
            }
            tb_free(state);
            continue;
        }
        atomic_fetch_add(&p->part->holders, 1);
        add_part(b->made, p->part, b->s->forget ? NULL : vectors_hold(p->vectors), state);
    }
}

static bool anything_left(const struct bring *b)
{
    for (size_t i = 0; i < b->rows.n; i++)
        if (!b->rows.v[i].placed)
            return true;
    return false;
}

/* The first part, which holds most, goes to disk whenever it is new. */
static enum tb_code keep_snapshot(struct bring *b, const struct search_part *p, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct tb_err why = TB_ERR_INIT;

    (void)e;
    if (b->s->data_dir && b->made->n == 1 &&
        snapshot_write(fs_join(&a, b->s->data_dir, "search.snapshot"), &p->x, &why))
        log_line(LOG_WARN, "search_snapshot", "not written: %s", why.log);
    arena_release(&a);
    return TB_OK;
}

static enum tb_code add_new(struct bring *b, struct tb_err *e)
{
    struct search_part *p = NULL;
    struct index_state *state;

    if (!anything_left(b))
        return TB_OK;
    if (build_part(b, &p, e))
        return e->code;
    state = tb_zalloc((p->x.head->docs + 1) * sizeof *state);
    make_state(&b->rows, &p->x, state);
    add_part(b->made, p, NULL, state);
    return keep_snapshot(b, p, e);
}

/* -- vectors -- */

static struct search_vectors *vectors_copy(const struct search_vectors *from, uint32_t n)
{
    struct search_vectors *v = tb_zalloc(sizeof *v);

    atomic_store(&v->holders, 1);
    v->n = n;
    v->v = from ? tb_dup(from->v, (size_t)n * EMBED_DIM) : tb_zalloc((size_t)n * EMBED_DIM);
    v->scale = from ? tb_dup(from->scale, n * sizeof(float)) : tb_zalloc(n * sizeof(float));
    v->has = from ? tb_dup(from->has, n) : tb_zalloc(n);
    v->have = from ? from->have : 0;
    return v;
}

void vectors_drop(struct search_vectors *v)
{
    if (!v || atomic_fetch_sub(&v->holders, 1) > 1)
        return;
    tb_free(v->v);
    tb_free(v->scale);
    tb_free(v->has);
    tb_free(v);
}

static void take_vector(struct search_vectors *v, uint32_t doc, struct str blob)
{
    struct embedding one;

    if (v->has[doc] || !embed_unpack(blob, &one))
        return;
    memcpy(v->v + (size_t)doc * EMBED_DIM, one.v, EMBED_DIM);
    v->scale[doc] = one.scale;
    v->has[doc] = 1;
    v->have++;
}

static enum tb_code group_vectors(struct bring *b, const struct index *x,
                                  const struct index_group *g, struct search_vectors *v,
                                  struct tb_err *e)
{
    struct arena mem = ARENA_INIT;
    struct rows *r;
    uint32_t doc = g->first;
    bool more;

    if (!db_ask(b->d, &mem,
                SQL("SELECT id, embedding FROM passage WHERE version_id = :v"
                    " AND embedding_model = :m ORDER BY ordinal"),
                ARGS(db_int("v", g->id), db_text("m", str_z(b->s->model_name))), &r, e)) {
        while (!rows_next(r, &more, e) && more) {
            int64_t id = rows_int(r, 0);

            while (doc < g->first + g->docs && x->docs[doc].id != id)
                doc++;
            if (doc < g->first + g->docs)
                take_vector(v, doc, rows_str(r, 1));
        }
        rows_close(r);
    }
    arena_release(&mem);
    return e->code;
}

static bool group_complete(const struct search_vectors *v, const struct index_group *g)
{
    for (uint32_t d = g->first; d < g->first + g->docs; d++)
        if (!v->has[d])
            return false;
    return true;
}

static enum tb_code part_vectors(struct bring *b, struct view_part *p, struct tb_err *e)
{
    const struct index *x = &p->part->x;
    struct search_vectors *v;

    if (p->vectors && p->vectors->have == x->head->docs)
        return TB_OK;
    v = vectors_copy(p->vectors, x->head->docs);
    for (uint32_t g = 0; g < x->head->groups && !e->code; g++)
        if (x->groups[g].docs && p->state[x->groups[g].first].live &&
            !group_complete(v, x->groups + g) && group_vectors(b, x, x->groups + g, v, e))
            break;
    if (e->code || v->have == 0) {
        vectors_drop(v);
        return e->code;
    }
    vectors_drop(p->vectors);
    p->vectors = v;
    return TB_OK;
}

/* Whose vectors are in the store; the loaded model's name goes first. */
static enum tb_code learn_model_name(struct bring *b, struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (b->s->model_name[0])
        return TB_OK;
    if (db_ask(b->d, &b->mem,
               SQL("SELECT embedding_model FROM passage WHERE embedding_model IS NOT NULL"
                   " ORDER BY id DESC LIMIT 1"),
               NO_ARGS, &r, e))
        return e->code;
    if (!rows_next(r, &more, e) && more) {
        struct str name = rows_str(r, 0);

        if (name.n < sizeof b->s->model_name)
            memcpy(b->s->model_name, name.p, name.n);
    }
    rows_close(r);
    return e->code;
}

/* Vectors of another model are forgotten. */
void search_name_model(struct search *s, const char *name)
{
    pthread_mutex_lock(&s->writing);
    if (strcmp(s->model_name, name) != 0) {
        s->forget = s->model_name[0] != 0;
        snprintf(s->model_name, sizeof s->model_name, "%s", name);
    }
    pthread_mutex_unlock(&s->writing);
}

static enum tb_code all_vectors(struct bring *b, struct tb_err *e)
{
    if (learn_model_name(b, e) ||
        db_ask_int(b->d, SQL("SELECT count(*) FROM passage WHERE embedding_model IS NULL"), NO_ARGS,
                   &b->made->unembedded, NULL, e))
        return e->code;
    if (b->same && !b->s->forget && b->made->unembedded == b->old->unembedded)
        return TB_OK;
    b->same = b->s->forget = false;
    for (size_t i = 0; i < b->made->n && b->s->model_name[0]; i++)
        if (part_vectors(b, b->made->parts + i, e))
            return e->code;
    return TB_OK;
}

/* -- standard questions -- */

void standards_drop(struct search_standards *s)
{
    if (!s || atomic_fetch_sub(&s->holders, 1) > 1)
        return;
    arena_release(&s->mem);
    tb_free(s);
}

static enum tb_code read_standards(struct bring *b, struct search_standards *s, struct tb_err *e)
{
    struct arena mem = ARENA_INIT;
    struct rows *r;
    size_t cap = 0;
    bool more;

    s->weights = ARENA_NEW(&s->mem, struct likeness_weights);
    if (db_ask(b->d, &mem,
               SQL("SELECT a.id, a.valid_from, a.valid_to, q.text FROM standard_question q"
                   " JOIN standard_answer a ON a.id = q.standard_answer_id"
                   " WHERE a.state = 'approved' ORDER BY q.id"),
               NO_ARGS, &r, e))
        return e->code;
    while (!rows_next(r, &more, e) && more) {
        struct str text = rows_str(r, 3);
        struct search_standard *q;

        s->v = arena_grow(&s->mem, s->v, s->n, &cap, sizeof *s->v);
        q = s->v + s->n++;
        *q = (struct search_standard){ .answer_id = rows_int(r, 0),
                                       .from = rows_day(r, 1),
                                       .to = last_day(rows_day(r, 2), DAY_NONE),
                                       .text = arena_str(&s->mem, text),
                                       .u = normal_units(&s->mem, text) };
        likeness_count(s->weights, q->u);
        s->digest = (s->digest ^ str_hash(text) ^ (uint64_t)q->answer_id) * 0x100000001b3U +
                    (uint32_t)q->from + (uint32_t)q->to;
    }
    rows_close(r);
    arena_release(&mem);
    return e->code;
}

/* Vectors that were made for the same words are carried over. */
static void carry_standard_vectors(const struct search_standards *old, struct search_standards *s)
{
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < old->n && !s->v[i].embedded; k++)
            if (old->v[k].embedded && str_eq(old->v[k].text, s->v[i].text)) {
                s->v[i].vector = old->v[k].vector;
                s->v[i].embedded = true;
            }
}

static enum tb_code bring_standards(struct bring *b, struct tb_err *e)
{
    struct search_standards *s = tb_zalloc(sizeof *s), *old = b->old->standards;

    atomic_store(&s->holders, 1);
    if (read_standards(b, s, e)) {
        standards_drop(s);
        return e->code;
    }
    if (old && old->digest == s->digest && old->n == s->n) {
        standards_drop(s);
        atomic_fetch_add(&old->holders, 1);
        s = old;
    } else {
        b->same = false;
        if (old)
            carry_standard_vectors(old, s);
    }
    b->made->standards = s;
    return TB_OK;
}

/* -- the learned order -- */

static void measure_authority(struct bring *b)
{
    struct view *v = b->made;
    float *made[PARTS_MAX + 1] = { NULL };

    if (v->n > PARTS_MAX + 1)
        return;
    view_authority(v, made);
    for (size_t i = 0; i < v->n; i++)
        v->parts[i].authority = made[i];
}

/* Last, when all parts are there. */
static enum tb_code bring_tuned(struct bring *b, struct tb_err *e)
{
    struct search_tuned *old = b->old->tuned;
    int64_t id;

    if (tuned_current(b->d, &id, e))
        return e->code;
    if (id == b->s->tuned_seen) {
        if (old)
            atomic_fetch_add(&old->holders, 1);
        b->made->tuned = old;
    } else if (id && tuned_read(b->d, id, &b->made->tuned, e)) {
        return e->code;
    }
    b->same = b->same && id == b->s->tuned_seen;
    b->s->tuned_seen = id;
    if (b->made->tuned && !b->same)
        measure_authority(b);
    return TB_OK;
}

/* -- all of it -- */

static enum tb_code bring(struct bring *b, struct tb_err *e)
{
    if (read_versions(b, e))
        return e->code;
    b->same = b->old->digest == b->made->digest && b->old->standards;
    carry_over(b);
    if (add_new(b, e) || all_vectors(b, e) || bring_standards(b, e))
        return e->code;
    return bring_tuned(b, e);
}

enum tb_code search_bring(struct search *s, struct db *d, struct tb_err *e)
{
    struct bring b = { .s = s, .d = d, .mem = ARENA_INIT };

    pthread_mutex_lock(&s->writing);
    b.old = view_hold(s);
    b.made = tb_zalloc(sizeof *b.made);
    atomic_store(&b.made->holders, 1);
    if (bring(&b, e) || b.same)
        view_drop(b.made);
    else
        view_put(s, b.made);
    view_drop(b.old);
    arena_release(&b.mem);
    pthread_mutex_unlock(&s->writing);
    return e->code;
}
