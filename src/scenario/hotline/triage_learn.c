#include "scenario/hotline/triage_int.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/log.h"
#include "learn/train.h"

#include <stdlib.h>
#include <string.h>

enum { EACH_ASIDE = 5 };
static const char corrections[] = "corrections.jsonl", aside_file[] = "aside.jsonl";

/* ---- from the beginning ---- */

struct lesson_set { /* of one model */
    struct lessons l;
    struct learn_held *held;
};

static void add_messages(const struct triage *t, int model, const struct triage_message *v,
                         size_t n, struct lessons *l)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t label = triage_truth_of(t, model, &v[i]);

        if (!v[i].aside)
            lessons_add(l, (struct learn_example){ v[i].title, v[i].text,
                                                   label == UINT32_MAX ? LEARN_UNLABELLED : label,
                                                   false, 1, v[i].group });
    }
}

static void add_tables(const struct triage *t, int model, struct lessons *l)
{
    if (model == TRIAGE_CLASS)
        lessons_add_classes(l, &t->classes, t->labels[model], t->label_n[model]);
    else if (model == TRIAGE_DEPARTMENT)
        lessons_add_duties(l, &t->duties);
    else
        lessons_add_topics(l, &t->classes);
}

struct sure {
    float p;
    bool right;
};

static int surest(const void *a, const void *b)
{
    const struct sure *x = a, *y = b;

    return (x->p < y->p) - (x->p > y->p);
}

/* Where the messages held out cost least: wrong ones above the threshold cost `wrong` each, those
 * below it a person's time. */
static void set_threshold(const struct lesson_set *s, double wrong, double person,
                          struct triage_part_report *r)
{
    struct sure *v = tb_alloc((s->l.n + 1) * sizeof(*v));
    size_t n = 0, above = 0, right = 0;
    double best, cost, sum = 0;

    for (size_t i = 0; i < s->l.n; i++)
        if (s->held[i].known) {
            v[n++] = (struct sure){ s->held[i].sure, s->held[i].best == s->l.v[i].label };
            sum += (double)s->held[i].sure;
        }
    if (n)
        qsort(v, n, sizeof(*v), surest);
    r->threshold = 1.01;
    best = cost = person * (double)n;
    for (size_t i = 0; i < n; i++) {
        right += v[i].right;
        cost += (v[i].right ? 0 : wrong) - person;
        if (cost < best && (i + 1 == n || v[i + 1].p < v[i].p)) {
            best = cost;
            above = i + 1;
            r->threshold = (double)v[i].p;
            r->right = (double)right / (double)above;
        }
    }
    r->messages = n;
    r->automatic = n ? (double)above / (double)n : 0;
    r->expected = n ? sum / (double)n : 0;
    tb_free(v);
}

static enum tb_code train_one(struct triage *t, int model, const struct triage_message *v, size_t n,
                              struct triage_served *s, struct triage_report *r, struct tb_err *e)
{
    struct learn_options class_options = LESSONS_CLASS, other = LESSONS_DEPARTMENT;
    const struct signal_costs *costs = signals_costs(t->signals);
    struct learn_options *o = model == TRIAGE_CLASS ? &class_options : &other;
    struct arena a = ARENA_INIT;
    struct lesson_set set = { .l = { .a = &a } };
    enum tb_code c;

    add_messages(t, model, v, n, &set.l);
    add_tables(t, model, &set.l);
    set.held = ARENA_ARRAY(&a, struct learn_held, set.l.n + 1);
    o->version = s->version;
    c = learn_train(set.l.v, set.l.n, t->labels[model], t->label_n[model], o, set.held,
                    &s->model[model], e);
    if (!c && model < TRIAGE_MODELS) {
        r->part[model].labels = t->label_n[model];
        set_threshold(&set, model == TRIAGE_CLASS ? costs->class1 : costs->department,
                      costs->person, &r->part[model]);
        s->threshold[model] = r->part[model].threshold;
        if (model == TRIAGE_CLASS)
            s->expected = r->part[model].expected;
    }
    arena_release(&a);
    return c;
}

/* Both on the same messages. True: b is not worse in any part and better in one. */
static bool better(const struct triage *t, const struct triage_served *was,
                   const struct triage_served *now, const struct triage_notes *aside,
                   struct triage_report *r)
{
    bool worse = false, gained = !was;

    for (int i = 0; i < TRIAGE_MODELS; i++) {
        struct triage_part_report *p = &r->part[i];
        struct triage_trial x = { 0 }, y = triage_try(t, now, i, aside->v, aside->n);
        double n = y.n ? (double)y.n : 1;

        if (was)
            x = triage_try(t, was, i, aside->v, aside->n);
        p->aside = y.n;
        p->accuracy = (double)y.right / n;
        p->loss = y.loss / n;
        p->before = (double)x.right / n;
        p->before_loss = x.loss / n;
        worse = worse || (was && y.right < x.right);
        gained = gained || y.right > x.right || (y.right == x.right && y.loss < x.loss);
    }
    return !worse && (gained || !aside->n);
}

/* Replaces what serves when it is better; what is not is freed. */
static enum tb_code settle(struct triage *t, struct triage_served *s,
                           const struct triage_notes *aside, struct triage_report *r,
                           struct tb_err *e)
{
    struct triage_served *was = t->now ? triage_take(t) : NULL;
    enum tb_code c = TB_OK;

    r->taken = better(t, was, s, aside, r);
    if (r->taken) {
        c = triage_keep(t, s, e);
        if (!c) {
            triage_serve(t, s);
            log_line(LOG_INFO, "hotline", "triage version=%lld serves accuracy=%.3f aside=%zu",
                     (long long)s->version, r->part[0].accuracy, aside->n);
        }
    }
    r->version = r->taken && !c ? s->version : was ? was->version : 0;
    if (!r->taken || c)
        triage_drop(s);
    triage_drop(was);
    return c;
}

/* Learnt: what is given and the corrections that are not kept aside. Aside: the rest. */
static enum tb_code gather(struct triage *t, struct arena *a, const struct triage_message *v,
                           size_t n, struct triage_notes *all, struct triage_notes *aside,
                           struct tb_err *e)
{
    struct triage_notes kept, notes;

    if (triage_notes_read(a, triage_path(t, a, aside_file), &kept, e) ||
        triage_notes_read(a, triage_path(t, a, corrections), &notes, e))
        return e->code;
    *all = *aside = (struct triage_notes){ 0 };
    for (size_t i = 0; i < n + notes.n + (v ? 0 : kept.n); i++) {
        const struct triage_message *m = i < n             ? &v[i]
                                         : i < n + notes.n ? &notes.v[i - n]
                                                           : &kept.v[i - n - notes.n];
        struct triage_notes *to = m->aside ? aside : all;

        to->v = arena_grow(a, to->v, to->n, &to->cap, sizeof(*m));
        to->v[to->n++] = *m;
    }
    return TB_OK;
}

static enum tb_code keep_aside(struct triage *t, struct arena *a, const struct triage_message *v,
                               size_t n, struct tb_err *e)
{
    struct triage_message *some = ARENA_ARRAY(a, struct triage_message, n + 1);
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (v[i].aside)
            some[kept++] = v[i];
    return triage_notes_write(triage_path(t, a, aside_file), some, kept, e);
}

enum tb_code triage_train(struct triage *t, const struct triage_message *v, size_t n,
                          struct triage_report *out, struct tb_err *e)
{
    struct triage_served *s = triage_served_new(t, triage_next_version(t));
    struct triage_notes all, aside;
    struct arena a = ARENA_INIT;
    enum tb_code c;

    *out = (struct triage_report){ 0 };
    pthread_mutex_lock(&t->learning);
    c = gather(t, &a, v, n, &all, &aside, e);
    s->corrections = t->noted;
    if (!c && v)
        c = keep_aside(t, &a, v, n, e);
    for (int i = 0; i < TRIAGE_FILES && !c; i++)
        c = train_one(t, i, all.v, all.n, s, out, e);
    if (c) {
        triage_served_free(s);
    } else {
        triage_served_rows(t, s);
        c = settle(t, s, &aside, out, e);
    }
    if (!c && out->taken) { /* what was half learnt has been learnt whole */
        triage_drop(t->next);
        t->next = NULL;
    }
    pthread_mutex_unlock(&t->learning);
    arena_release(&a);
    return c;
}

/* ---- from one correction ---- */

static enum tb_code check_truth(const struct triage *t, const struct triage_truth *truth,
                                const struct triage_message *m, struct tb_err *e)
{
    static const char *const what[TRIAGE_FILES] = { "分类表里没有这个一级类别",
                                                    "职责清单里没有这个部门",
                                                    "分类表里没有这个三级类别" };
    const struct str given[TRIAGE_FILES] = { truth->class1, truth->department, truth->class3 };

    for (int i = 0; i < TRIAGE_FILES; i++)
        if (given[i].n && triage_truth_of(t, i, m) == UINT32_MAX)
            return tb_fail(e, TB_INVALID, what[i], "triage truth %d=%.*s", i, STR_FMT(given[i]));
    if (!truth->class1.n && !truth->class3.n && !truth->department.n)
        return tb_fail(e, TB_INVALID, "请写明改成什么：类别或部门", "triage truth empty");
    return TB_OK;
}

/* The label number a model has for a row of the tables; UINT32_MAX: it was made before. */
static uint32_t label_in(const struct triage_served *s, int model, uint32_t row)
{
    for (uint32_t k = 0; k < learn_label_count(s->model[model]); k++)
        if (s->row[model][k] == row)
            return k;
    return UINT32_MAX;
}

/* A copy of `from` that has met the notes from the first it has not. */
static enum tb_code adapt(const struct triage *t, const struct triage_served *from,
                          const struct triage_notes *notes, struct triage_served **out,
                          struct tb_err *e)
{
    struct triage_served *s = triage_served_new(t, triage_next_version(t));
    struct arena a = ARENA_INIT;
    enum tb_code c = TB_OK;

    memcpy(s->threshold, from->threshold, sizeof(s->threshold));
    s->expected = from->expected;
    s->corrections = notes->n;
    for (int i = 0; i < TRIAGE_FILES && !c; i++) {
        struct learn_example *v = ARENA_ARRAY(&a, struct learn_example, notes->n + 1);
        size_t n = 0;

        for (size_t k = from->corrections; k < notes->n; k++) {
            uint32_t row = triage_truth_of(t, i, &notes->v[k]);
            uint32_t label = row == UINT32_MAX ? row : label_in(from, i, row);

            if (label != UINT32_MAX && !notes->v[k].aside)
                v[n++] = (struct learn_example){
                    notes->v[k].title, notes->v[k].text, label, false, 1, 0
                };
        }
        c = learn_adapt(from->model[i], v, n, s->version, &s->model[i], e);
    }
    arena_release(&a);
    if (c) {
        triage_served_free(s);
        return c;
    }
    triage_served_rows(t, s);
    *out = s;
    return TB_OK;
}

static void with_learnt(struct arena *a, const struct triage_notes *aside,
                        const struct triage_notes *notes, struct triage_notes *out)
{
    *out = (struct triage_notes){ 0 };
    for (size_t i = 0; i < aside->n + notes->n; i++) {
        const struct triage_message *m = i < aside->n ? &aside->v[i] : &notes->v[i - aside->n];

        if (i >= aside->n && m->aside)
            continue; /* it is in the first list */
        out->v = arena_grow(a, out->v, out->n, &out->cap, sizeof(*out->v));
        out->v[out->n++] = *m;
    }
}

/* On the messages kept aside not worse, with the corrections better: then it serves. */
static enum tb_code try_next(struct triage *t, const struct triage_notes *aside,
                             const struct triage_notes *notes, struct arena *a, struct tb_err *e)
{
    struct triage_served *was = triage_take(t), *s = t->next;
    struct triage_report r = { 0 };
    struct triage_notes both;
    bool good = better(t, was, s, aside, &r), worse = false;

    for (int i = 0; i < TRIAGE_MODELS; i++)
        worse = worse || r.part[i].accuracy < r.part[i].before;
    with_learnt(a, aside, notes, &both);
    good = !worse && (good || better(t, was, s, &both, &r));
    triage_drop(was);
    if (!good)
        return TB_OK;
    t->next = NULL;
    if (triage_keep(t, s, e)) {
        triage_drop(s);
        return e->code;
    }
    triage_serve(t, s);
    return TB_OK;
}

static enum tb_code learn_notes(struct triage *t, struct arena *a, struct tb_err *e)
{
    struct triage_served *now = triage_take(t), *from = t->next ? t->next : now, *s = NULL;
    struct triage_notes all, aside, notes;
    enum tb_code c = triage_notes_read(a, triage_path(t, a, corrections), &notes, e);

    if (!c && notes.n > from->corrections)
        c = adapt(t, from, &notes, &s, e);
    triage_drop(now);
    if (c || !s)
        return c;
    triage_drop(t->next);
    t->next = s;
    if (gather(t, a, NULL, 0, &all, &aside, e))
        return e->code;
    return try_next(t, &aside, &notes, a, e);
}

enum tb_code triage_count_notes(struct triage *t, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct triage_notes notes;
    enum tb_code c = triage_notes_read(&a, triage_path(t, &a, corrections), &notes, e);

    t->noted = c ? 0 : notes.n;
    arena_release(&a);
    return c;
}

enum tb_code triage_note(struct triage *t, struct str title, struct str text,
                         const struct triage_truth *truth, struct tb_err *e)
{
    struct triage_message m = { title, text, truth->class1, truth->class3, truth->department,
                                0,     false };
    struct arena a = ARENA_INIT;
    enum tb_code c;

    pthread_mutex_lock(&t->learning);
    c = check_truth(t, truth, &m, e);
    m.aside = t->noted % EACH_ASIDE == EACH_ASIDE - 1;
    if (!c)
        c = triage_notes_add(triage_path(t, &a, corrections), &m, truth, e);
    if (!c) {
        t->noted++;
        atomic_fetch_add(&t->corrected, 1);
    }
    pthread_mutex_unlock(&t->learning);
    arena_release(&a);
    return c;
}

enum tb_code triage_catch_up(struct triage *t, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    enum tb_code c = TB_OK;

    pthread_mutex_lock(&t->learning);
    if (t->noted > (t->next ? t->next : t->now)->corrections)
        c = learn_notes(t, &a, e);
    pthread_mutex_unlock(&t->learning);
    arena_release(&a);
    return c;
}

enum tb_code triage_learn(struct triage *t, struct str title, struct str text,
                          const struct triage_truth *truth, int64_t *version, struct tb_err *e)
{
    struct triage_served *s;

    if (triage_note(t, title, text, truth, e) || triage_catch_up(t, e))
        return e->code;
    s = triage_take(t);
    *version = s->version;
    triage_drop(s);
    return TB_OK;
}

enum tb_code triage_undo(struct triage *t, int64_t *version, struct tb_err *e)
{
    struct triage_served *s = NULL;
    enum tb_code c;
    int64_t now;

    pthread_mutex_lock(&t->learning);
    now = t->now->version;
    c = triage_set_back(t, now, e);
    if (!c && triage_open_newest(t, &s, e)) {
        struct tb_err again = TB_ERR_INIT;

        c = triage_keep(t, t->now, &again) ? again.code : TB_NOT_FOUND;
        tb_fail(e, c, "没有更早的模型可以退回", "triage undo version=%lld", (long long)now);
    }
    if (!c) {
        triage_drop(t->next);
        t->next = NULL;
        s->corrections = t->noted; /* what was taken back is not learnt again by itself */
        c = triage_keep_about(t, s, e);
        triage_serve(t, s);
        *version = s->version;
    }
    pthread_mutex_unlock(&t->learning);
    return c;
}
