#include "knowledge/search_tune.h"

#include "base/alloc.h"
#include "knowledge/search_confirmed.h"
#include "knowledge/search_int.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = QUALITY_DEPTH, FOLDS = SEARCH_TUNE_FOLDS, RANKER_BYTES = 64 << 20 };

struct lesson { /* a confirmed question and what the search has for it; arrays owned */
    const struct confirmed *c;
    struct str text; /* as the search sees it; in the talk's arena */
    struct units u;
    struct embedding vector;
    bool embedded;
    struct rank_list list;
    uint8_t *right;
    struct rank_hit *gold; /* places */
    size_t golds;
    bool answerable; /* something right is among the candidates */
    /* Place of the first right one, DEPTH: below. */
    size_t before, fresh, reworded;
};
struct search_learned {
    struct ranker *ranker;
    struct lesson *v;
    size_t n;
    char model[128];
    bool embedded;
};
struct where { /* a passage and its place in the view */
    int64_t id;
    uint32_t part, doc;
};
struct tuning {
    struct search *s;
    struct talk *t;
    const struct search_tune_ask *ask;
    struct search_tuning *out;
    struct search_learned *l;
    struct view *view;
    float **authority;
    struct where *where; /* by id */
    size_t wheres;
    struct confirmed_list confirmed;
    int64_t done, steps;
};

static void tick(struct tuning *w)
{
    w->done++;
    if (w->ask->tick)
        w->ask->tick(w->ask->self, w->done, w->steps);
}

/* -- places -- */

static int by_id(const void *a, const void *b)
{
    const struct where *x = a, *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

static void find_places(struct tuning *w)
{
    size_t docs = 0;

    for (size_t i = 0; i < w->view->n; i++)
        docs += w->view->parts[i].part->x.head->docs;
    w->where = tb_alloc((docs + 1) * sizeof *w->where);
    for (size_t i = 0; i < w->view->n; i++) {
        const struct view_part *p = w->view->parts + i;

        for (uint32_t d = 0; d < p->part->x.head->docs; d++)
            if (p->state[d].live)
                w->where[w->wheres++] = (struct where){ p->part->x.docs[d].id, (uint32_t)i, d };
    }
    if (w->wheres)
        qsort(w->where, w->wheres, sizeof *w->where, by_id);
}

static void place_gold(const struct tuning *w, struct lesson *l)
{
    l->gold = tb_zalloc((l->c->golds + 1) * sizeof *l->gold);
    for (size_t i = 0; i < l->c->golds; i++) {
        struct where key = { .id = l->c->gold[i] }, *at = NULL;

        if (w->wheres)
            at = bsearch(&key, w->where, w->wheres, sizeof key, by_id);
        if (!at)
            continue;
        l->gold[l->golds].part = at->part;
        l->gold[l->golds].doc = at->doc;
        rank_place(&w->view->parts[at->part].part->x, l->gold + l->golds++);
    }
}

/* The same words in another version of the policy answer too. */
static void mark_right(struct lesson *l)
{
    l->right = tb_zalloc(l->list.n + 1);
    for (size_t i = 0; i < l->list.n; i++) {
        for (size_t g = 0; g < l->golds; g++)
            l->right[i] |= l->list.v[i].clause == l->gold[g].clause;
        l->answerable |= l->right[i] != 0;
    }
}

/* -- candidates -- */

/* As search_find gets them; what is not kept goes with the arena of a talk of its own. */
static void look_up(struct tuning *w, const struct confirmed *c, struct lesson *l)
{
    struct talk once = *w->t;
    struct search_ask ask = { .question = c->question, .as_of = c->day, .limit = DEPTH };
    struct search_found *f;
    struct rank_list found;

    once.mem = (struct arena)ARENA_INIT;
    f = ARENA_NEW(&once.mem, struct search_found);
    *f = (struct search_found){ .s = w->s, .t = &once, .view = w->view, .authority = w->authority };
    found = search_look_up(f, &ask);
    *l = (struct lesson){ .c = c, .vector = f->vector, .embedded = f->embedded };
    l->text = arena_str(&w->t->mem, normal_utf8(&once.mem, f->query.u));
    l->u = normal_units(&w->t->mem, l->text);
    l->list = (struct rank_list){ tb_dup(found.v, found.n * sizeof *found.v), found.n };
    place_gold(w, l);
    mark_right(l);
    arena_release(&once.mem);
}

static void count(struct tuning *w, const struct lesson *l)
{
    struct search_tuning *o = w->out;
    bool known = false;

    o->useful += l->c->useful;
    o->standards += !l->c->useful;
    o->answerable += l->answerable;
    for (const struct lesson *k = w->l->v; k < l && l->answerable && !known; k++)
        known = k->answerable && k->c->matter == l->c->matter;
    o->matters += l->answerable && !known;
}

static void look_up_all(struct tuning *w)
{
    w->l->v = tb_zalloc((w->confirmed.n + 1) * sizeof *w->l->v);
    for (; w->l->n < w->confirmed.n; w->l->n++) {
        look_up(w, w->confirmed.v + w->l->n, w->l->v + w->l->n);
        count(w, w->l->v + w->l->n);
        tick(w);
    }
    w->l->embedded = w->l->n > 0;
    for (size_t i = 0; i < w->l->n; i++)
        w->l->embedded &= w->l->v[i].embedded;
    if (w->l->embedded)
        snprintf(w->l->model, sizeof w->l->model, "%s",
                 embed_model_name(atomic_load(&w->s->model)));
}

/* -- learning -- */

static struct memory_question remembered(const struct search_learned *s, const struct lesson *l)
{
    return (struct memory_question){ .u = l->u,
                                     .vector = s->embedded ? &l->vector : NULL,
                                     .matter = l->c->matter };
}

static struct memory *remember(const struct search_learned *s, struct lesson *const *from, size_t n,
                               bool matters)
{
    struct memory *m = memory_new();

    for (size_t i = 0; i < n; i++) {
        struct memory_question q = remembered(s, from[i]);

        q.matter = matters ? q.matter : 0;
        memory_add(m, &q, from[i]->gold, from[i]->golds);
    }
    return m;
}

/* Half of the questions are marked as though nothing of their matter were known, half as another
 * wording of one that is: those who ask do both. */
static struct ranker *fit(const struct search_learned *s, struct lesson *const *from, size_t n)
{
    struct ranker_question *q = tb_alloc((n + 1) * sizeof *q);
    struct memory *of[] = { remember(s, from, n, true), remember(s, from, n, false) };
    struct ranker *r;

    for (size_t i = 0; i < n; i++) {
        struct memory_question what = remembered(s, from[i]);

        tuned_mark(of[i % 2], &what, i, &from[i]->list);
        q[i] = (struct ranker_question){ from[i]->list, from[i]->right };
    }
    r = ranker_fit(q, n);
    memory_free(of[0]);
    memory_free(of[1]);
    tb_free(q);
    return r;
}

/* -- measuring -- */

static size_t first_right(const struct lesson *l, const struct rank_list *order)
{
    for (size_t i = 0; i < order->n && i < DEPTH; i++)
        for (size_t g = 0; g < l->golds; g++)
            if (order->v[i].clause == l->gold[g].clause)
                return i;
    return DEPTH;
}

static size_t answer(const struct search_learned *s, const struct memory *m, const struct ranker *r,
                     const struct lesson *l)
{
    struct rank_list copy = { tb_dup(l->list.v, l->list.n * sizeof *copy.v), l->list.n };
    struct memory_question q = remembered(s, l);
    size_t place;

    tuned_score(r, m, &q, &copy);
    place = first_right(l, &copy);
    tb_free(copy.v);
    return place;
}

/* fresh: all wordings of a matter in one fold; else wordings are dealt one by one. */
static size_t fold_of(const struct search_learned *s, size_t i, bool fresh)
{
    uint64_t x = ((fresh ? s->v[i].c->matter : i) + 1) * 0x9e3779b97f4a7c15U;

    return (size_t)((x ^ x >> 29) >> 7) % FOLDS;
}

static void run_fold(struct tuning *w, size_t fold, bool fresh)
{
    struct search_learned *s = w->l;
    struct lesson **from = tb_alloc((s->n + 1) * sizeof(struct lesson *));
    struct memory *m;
    struct ranker *r;
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        if (fold_of(s, i, fresh) != fold && s->v[i].golds)
            from[n++] = s->v + i;
    m = remember(s, from, n, false);
    r = fit(s, from, n);
    for (size_t i = 0; i < s->n; i++) {
        struct lesson *l = s->v + i;

        if (fold_of(s, i, fresh) == fold)
            *(fresh ? &l->fresh : &l->reworded) = answer(s, m, r, l);
    }
    ranker_free(r);
    memory_free(m);
    tb_free(from);
    tick(w);
}

/* Mean gain of the matter that begins at i; false when it began earlier. */
static bool matter_gain(const struct search_learned *s, size_t i, double *out)
{
    double sum = 0, n = 0;

    for (size_t k = 0; k < s->n; k++) {
        if (!s->v[k].golds || s->v[k].c->matter != s->v[i].c->matter)
            continue;
        if (k < i)
            return false;
        sum += (quality_worth(s->v[k].fresh) + quality_worth(s->v[k].reworded)) / 2 -
               quality_worth(s->v[k].before);
        n++;
    }
    *out = n > 0 ? sum / n : 0;
    return n > 0;
}

/* Phrasings of a matter go up and down together: the error is taken over matters. */
static void judge_gain(struct tuning *w)
{
    double sum = 0, square = 0, n = 0, var, one;

    for (size_t i = 0; i < w->l->n; i++) {
        if (!w->l->v[i].golds || !matter_gain(w->l, i, &one))
            continue;
        sum += one;
        square += one * one;
        n++;
    }
    w->out->gain = n > 0 ? sum / n : 0;
    var = n > 1 ? (square - sum * sum / n) / (n - 1) : 0;
    w->out->noise = n > 1 ? sqrt(fmax(var, 0) / n) : 0;
}

static bool not_worse(const struct quality *x, const struct quality *than)
{
    return x->hit1 >= than->hit1 - 1e-9 && x->hit10 >= than->hit10 - 1e-9 &&
           x->mrr10 >= than->mrr10 - 1e-9;
}

static void measure(struct tuning *w)
{
    struct search_tuning *o = w->out;
    double n = 0;

    for (size_t i = 0; i < w->l->n; i++)
        n += w->l->v[i].golds > 0;
    for (size_t i = 0; i < w->l->n; i++) {
        struct lesson *l = w->l->v + i;

        l->before = first_right(l, &l->list);
        if (!l->golds)
            continue;
        quality_add(&o->before, l->before, 1 / n);
        quality_add(&o->fresh, l->fresh, 1 / n);
        quality_add(&o->reworded, l->reworded, 1 / n);
    }
    judge_gain(w);
    o->better = o->gain > o->noise && not_worse(&o->fresh, &o->before) &&
                not_worse(&o->reworded, &o->before);
}

static void learn(struct tuning *w)
{
    struct search_learned *s = w->l;
    struct lesson **all = tb_alloc((s->n + 1) * sizeof(struct lesson *));
    size_t n = 0;

    for (size_t fold = 0; fold < FOLDS; fold++) {
        run_fold(w, fold, true);
        run_fold(w, fold, false);
    }
    measure(w);
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].golds)
            all[n++] = s->v + i;
    s->ranker = fit(s, all, n);
    tb_free(all);
    tick(w);
}

/* -- all of it -- */

void search_learned_free(struct search_learned *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->n; i++) {
        tb_free(l->v[i].list.v);
        tb_free(l->v[i].right);
        tb_free(l->v[i].gold);
    }
    ranker_free(l->ranker);
    tb_free(l->v);
    tb_free(l);
}

static void tune(struct tuning *w)
{
    w->steps = (int64_t)w->confirmed.n + 2 * FOLDS + 1;
    w->authority = tb_zalloc((w->view->n + 1) * sizeof(float *));
    view_authority(w->view, w->authority);
    find_places(w);
    look_up_all(w);
    w->out->embedded = w->l->embedded;
    w->out->enough = w->out->matters >= SEARCH_TUNE_MATTERS;
    if (w->out->enough)
        learn(w);
    for (size_t i = 0; i < w->view->n; i++)
        tb_free(w->authority[i]);
    tb_free(w->authority);
    tb_free(w->where);
}

enum tb_code search_tune(struct search *s, struct talk *t, const struct search_tune_ask *ask,
                         struct search_tuning *out, struct tb_err *e)
{
    struct tuning w = { .s = s, .t = t, .ask = ask, .out = out };

    *out = (struct search_tuning){ 0 };
    if (confirmed_gather(t, &w.confirmed, e))
        return e->code;
    out->contradicted = w.confirmed.contradicted;
    w.l = tb_zalloc(sizeof *w.l);
    w.view = view_hold(s);
    tune(&w);
    view_drop(w.view);
    if (out->enough)
        out->learned = w.l;
    else
        search_learned_free(w.l);
    return TB_OK;
}

/* -- keeping -- */

static void quality_part(struct json *j, const char *key, const struct quality *q)
{
    json_kobj(j, key);
    quality_json(j, q);
    json_end(j);
}

void search_tuning_json(struct json *j, const struct search_tuning *x)
{
    json_kint(j, "standards", x->standards);
    json_kint(j, "useful", x->useful);
    json_kint(j, "contradicted", x->contradicted);
    json_kint(j, "answerable", x->answerable);
    json_kint(j, "matters", x->matters);
    json_kint(j, "folds", x->enough ? FOLDS : 0);
    json_kbool(j, "embedded", x->embedded);
    if (x->enough) {
        quality_part(j, "before", &x->before);
        quality_part(j, "new_matters", &x->fresh);
        quality_part(j, "new_wordings", &x->reworded);
        json_kreal(j, "gain", x->gain);
        json_kreal(j, "noise", x->noise);
    }
    json_kbool(j, "better", x->better);
}

static enum tb_code keep_question(struct db *d, int64_t id, const struct search_learned *s,
                                  const struct lesson *l, struct tb_err *e)
{
    struct buf b = BUF_INIT(64 * 1024);
    struct json j = JSON_INIT(&b);
    char blob[EMBED_BLOB];
    enum tb_code c;

    json_arr(&j);
    for (size_t i = 0; i < l->golds; i++) {
        json_int(&j, (int64_t)l->gold[i].policy);
        json_int(&j, (int64_t)l->gold[i].chapter);
        json_int(&j, (int64_t)l->gold[i].clause);
    }
    json_end(&j);
    embed_pack(&l->vector, blob);
    c = db_run(d,
               SQL("INSERT INTO tuned_question(tuned_id, text, places, vector)"
                   " VALUES (:id, :text, :places, :vector)"),
               ARGS(db_int("id", id), db_text("text", l->text), db_text("places", str_of(b.p, b.n)),
                    s->embedded ? db_blob("vector", str_of(blob, sizeof blob)) : db_null("vector")),
               e);
    buf_release(&b);
    return c;
}

static enum tb_code retire(struct db *d, const char *state, bool *was, struct tb_err *e)
{
    if (db_run(d, SQL("DELETE FROM tuned_question"), NO_ARGS, e) ||
        db_run(d, SQL("UPDATE tuned SET state = :state, ranker = '' WHERE state = 'kept'"),
               ARGS(db_text("state", str_z(state))), e))
        return e->code;
    *was = db_changed(d) > 0;
    return TB_OK;
}

static enum tb_code keep_row(struct talk *t, const struct search_tuning *x, int64_t *id,
                             struct tb_err *e)
{
    struct buf ranker = BUF_INIT(RANKER_BYTES), measured = BUF_INIT(64 * 1024);
    struct json r = JSON_INIT(&ranker), m = JSON_INIT(&measured);

    ranker_write(x->learned->ranker, &r);
    json_obj(&m);
    search_tuning_json(&m, x);
    json_end(&m);
    return db_insert(t->db,
                     SQL("INSERT INTO tuned(scale, model, ranker, measured, made_at)"
                         " VALUES (:scale, :model, :ranker, :measured, :now)"),
                     ARGS(db_int("scale", RANK_SCALE), db_text("model", str_z(x->learned->model)),
                          db_text("ranker", arena_buf(&t->mem, &ranker)),
                          db_text("measured", arena_buf(&t->mem, &measured)),
                          db_int("now", world_now_ms(t->world))),
                     id, e);
}

static enum tb_code keep_all(struct talk *t, const struct search_tuning *x, int64_t *id,
                             struct tb_err *e)
{
    const struct search_learned *s = x->learned;
    bool was;

    if (retire(t->db, "replaced", &was, e) || keep_row(t, x, id, e))
        return e->code;
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].golds && keep_question(t->db, *id, s, s->v + i, e))
            return e->code;
    return TB_OK;
}

enum tb_code search_tune_keep(struct talk *t, const struct search_tuning *x, int64_t *id,
                              struct tb_err *e)
{
    *id = 0;
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, keep_all(t, x, id, e), e);
}

enum tb_code search_tune_undo(struct talk *t, bool *was, struct tb_err *e)
{
    *was = false;
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, retire(t->db, "undone", was, e), e);
}
