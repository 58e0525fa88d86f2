#include "scenario/hotline/triage.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/utf8.h"
#include "scenario/hotline/triage_int.h"

#include <string.h>

/* A verdict's `sure` enters the moving mean with this share: the last thousand or so count. */
static const float moving = 0.002F;
static const double least_helper = 0.15, part_sure = 0.4;
enum { LEAST_PART = 10, LEAST_TEXT = 4, WARM = 500 };

/* ---- what serves ---- */

struct triage_served *triage_take(const struct triage *t)
{
    struct triage *own = (struct triage *)(uintptr_t)t; /* the lock is no part of what it says */
    struct triage_served *s;

    pthread_mutex_lock(&own->lock);
    s = own->now;
    atomic_fetch_add(&s->users, 1);
    pthread_mutex_unlock(&own->lock);
    return s;
}

void triage_drop(struct triage_served *s)
{
    if (s && atomic_fetch_sub(&s->users, 1) == 1)
        triage_served_free(s);
}

void triage_serve(struct triage *t, struct triage_served *s)
{
    struct triage_served *before;

    pthread_mutex_lock(&t->lock);
    before = t->now;
    t->now = s;
    pthread_mutex_unlock(&t->lock);
    atomic_store(&t->sure, (float)s->expected);
    triage_drop(before);
}

/* ---- reading the tables ---- */

static void name_labels(struct triage *t)
{
    size_t n = t->classes.n, d = t->duties.department_n;

    t->labels[TRIAGE_CLASS] = ARENA_ARRAY(&t->mem, struct str, t->classes.name_n);
    t->labels[TRIAGE_DEPARTMENT] = ARENA_ARRAY(&t->mem, struct str, d);
    t->labels[TRIAGE_TOPIC] = ARENA_ARRAY(&t->mem, struct str, n);
    t->departments = ARENA_ARRAY(&t->mem, struct triage_department, d);
    for (size_t i = 0; i < t->classes.name_n; i++)
        t->labels[TRIAGE_CLASS][i] = t->classes.names[i];
    for (size_t i = 0; i < d; i++) {
        t->labels[TRIAGE_DEPARTMENT][i] = t->duties.departments[i].id;
        t->departments[i] = (struct triage_department){ t->duties.departments[i].id,
                                                        t->duties.departments[i].name };
    }
    for (size_t i = 0; i < n; i++) {
        const struct topic *p = &t->classes.v[i];

        t->labels[TRIAGE_TOPIC][i] =
            arena_printf(&t->mem, "%.*s/%.*s/%.*s", STR_FMT(p->l1), STR_FMT(p->l2), STR_FMT(p->l3));
    }
    t->label_n[TRIAGE_CLASS] = t->classes.name_n;
    t->label_n[TRIAGE_DEPARTMENT] = d;
    t->label_n[TRIAGE_TOPIC] = n;
}

static enum tb_code load_tables(struct triage *t, const char *rules, struct tb_err *e)
{
    struct arena *a = &t->mem;

    if (classes_load(a, fs_join(a, rules, "hotline_classes.yaml"), &t->classes, e) ||
        duties_load(a, fs_join(a, rules, "duties.yaml"), &t->duties, e) ||
        signals_load(a, rules, &t->duties, &t->signals, e))
        return e->code;
    name_labels(t);
    return TB_OK;
}

enum tb_code triage_load(const char *rules, const char *dir, struct triage **out, struct tb_err *e)
{
    struct triage *t = tb_zalloc(sizeof(*t));
    struct triage_report report;

    pthread_mutex_init(&t->lock, NULL);
    pthread_mutex_init(&t->learning, NULL);
    t->dir = arena_z(&t->mem, str_z(dir));
    if (load_tables(t, rules, e) || fs_mkdirs(dir, 0700, e))
        goto bad;
    if (triage_count_notes(t, e))
        goto bad;
    if (triage_open_newest(t, &t->now, e)) {
        tb_err_clear(e);
        if (triage_train(t, NULL, 0, &report, e))
            goto bad;
    }
    atomic_store(&t->sure, (float)t->now->expected);
    *out = t;
    return TB_OK;
bad:
    triage_free(t);
    return e->code;
}

void triage_free(struct triage *t)
{
    if (!t)
        return;
    triage_drop(t->now);
    triage_drop(t->next);
    pthread_mutex_destroy(&t->lock);
    pthread_mutex_destroy(&t->learning);
    arena_release(&t->mem);
    tb_free(t);
}

size_t triage_departments(const struct triage *t, const struct triage_department **out)
{
    *out = t->departments;
    return t->duties.department_n;
}

/* ---- judging ---- */

struct judging {
    const struct triage *t;
    const struct triage_served *s;
    struct arena *a;
    struct str title, text;
    const struct learn_text *counted;
};

/* Best first, of what the tables still have; allowed: rows that may come out, or NULL. */
static size_t best_rows(const struct judging *g, int model, const struct learn_verdict *o,
                        const struct str *refused, uint32_t *labels, size_t n)
{
    size_t found = 0, all = learn_label_count(g->s->model[model]);

    while (found < n) {
        uint32_t best = UINT32_MAX;

        for (uint32_t k = 0; k < all; k++) {
            bool used = g->s->row[model][k] == UINT32_MAX;

            for (size_t i = 0; i < found; i++)
                used = used || labels[i] == k;
            used = used ||
                   (refused && refused->n && str_eq(learn_label(g->s->model[model], k), *refused));
            if (!used && (best == UINT32_MAX || o->p[k] > o->p[best]))
                best = k;
        }
        if (best == UINT32_MAX)
            break;
        labels[found++] = best;
    }
    return found;
}

static struct triage_choice choice(const struct judging *g, int model,
                                   const struct learn_verdict *o, uint32_t label)
{
    return (struct triage_choice){ .value = g->t->labels[model][g->s->row[model][label]],
                                   .sure = o->known ? (double)o->p[label] : 0 };
}

static void say_why(const struct judging *g, int model, uint32_t label, uint32_t against,
                    struct triage_choice *c)
{
    c->word_n = learn_words_text(g->s->model[model], g->counted, label, against, g->a, c->words,
                                 TRIAGE_WORDS);
}

static void judge_class(const struct judging *g, struct triage_verdict *v)
{
    struct learn_verdict o;
    uint32_t best[2];
    size_t n;

    learn_judge_text(g->s->model[TRIAGE_CLASS], g->counted, g->a, &o);
    n = best_rows(g, TRIAGE_CLASS, &o, NULL, best, 2);
    if (!n)
        return;
    v->level[0] = choice(g, TRIAGE_CLASS, &o, best[0]);
    v->level[0].certain = v->level[0].sure >= g->s->threshold[TRIAGE_CLASS];
    say_why(g, TRIAGE_CLASS, best[0], best[n - 1], &v->level[0]);
}

/* The second and third level are chosen within the first. */
static void judge_topic(const struct judging *g, struct triage_verdict *v)
{
    double in_class = 0, in_group = 0, top = -1;
    const struct topic *best = NULL;
    struct learn_verdict o;
    size_t n = learn_label_count(g->s->model[TRIAGE_TOPIC]);

    learn_judge_text(g->s->model[TRIAGE_TOPIC], g->counted, g->a, &o);
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t k = 0; k < n; k++) {
            uint32_t row = g->s->row[TRIAGE_TOPIC][k];
            const struct topic *p = row == UINT32_MAX ? NULL : &g->t->classes.v[row];
            double chance = (double)o.p[k];

            if (!p || !str_eq(p->l1, v->level[0].value))
                continue;
            if (pass == 0) {
                in_class += chance;
                best = chance > top ? p : best;
                top = chance > top ? chance : top;
            } else {
                in_group += best && str_eq(p->l2, best->l2) ? chance : 0;
            }
        }
    if (!best || in_class <= 0)
        return;
    v->level[1] =
        (struct triage_choice){ .value = best->l2, .sure = v->level[0].sure * in_group / in_class };
    v->level[2] =
        (struct triage_choice){ .value = best->l3, .sure = v->level[0].sure * top / in_class };
    for (int i = 1; i < TRIAGE_LEVELS; i++)
        v->level[i].certain = v->level[i].sure >= g->s->threshold[TRIAGE_CLASS];
}

/* The clause of the department's duties whose words stand in the message. */
static void say_duty(const struct judging *g, uint32_t row, struct triage_verdict *v)
{
    const struct duty *best = NULL;
    size_t most = 0;

    for (size_t i = 0; i < g->t->duties.n; i++) {
        const struct duty *d = &g->t->duties.v[i];
        struct str words = d->words;
        size_t hits = 0;

        if (d->department != row)
            continue;
        while (words.p) {
            struct str word = str_trim(str_cut(&words, STR("、")));

            hits += word.n && (str_has(g->title, word) || str_has(g->text, word)) ? word.n : 0;
        }
        if (!best || hits > most) {
            best = d;
            most = hits;
        }
    }
    if (!best)
        return;
    v->duty = best->does;
    v->duty_at = arena_printf(g->a, "duties.yaml:%d", best->line);
}

static void judge_department(const struct judging *g, struct triage_verdict *v)
{
    uint32_t best[TRIAGE_CANDIDATES];
    struct learn_verdict o;
    size_t n;

    learn_judge_text(g->s->model[TRIAGE_DEPARTMENT], g->counted, g->a, &o);
    n = best_rows(g, TRIAGE_DEPARTMENT, &o, &v->accused, best, TRIAGE_CANDIDATES);
    for (size_t i = 0; i < n; i++) {
        struct triage_choice *c = &v->candidates[v->candidate_n++];

        *c = choice(g, TRIAGE_DEPARTMENT, &o, best[i]);
        if (i && c->sure >= least_helper && v->helper_n < TRIAGE_HELPERS)
            v->helpers[v->helper_n++] = c->value;
    }
    if (!n)
        return;
    say_why(g, TRIAGE_DEPARTMENT, best[0], best[n > 1 ? 1 : 0], &v->candidates[0]);
    v->department = v->candidates[0];
    v->department.certain = v->department.sure >= g->s->threshold[TRIAGE_DEPARTMENT];
    v->department_name = g->t->duties.departments[g->s->row[TRIAGE_DEPARTMENT][best[0]]].name;
    say_duty(g, g->s->row[TRIAGE_DEPARTMENT][best[0]], v);
}

/* ---- several matters ---- */

static bool judge_part(const struct judging *g, struct str text, struct triage_part *out)
{
    const struct learn_text *counted;
    struct learn_verdict o, d;
    uint32_t l, r;

    if (utf8_count(text) < LEAST_PART)
        return false;
    counted = learn_text_of(g->a, STR(""), text);
    learn_judge_text(g->s->model[TRIAGE_CLASS], counted, g->a, &o);
    learn_judge_text(g->s->model[TRIAGE_DEPARTMENT], counted, g->a, &d);
    if (o.sure < part_sure || !best_rows(g, TRIAGE_CLASS, &o, NULL, &l, 1) ||
        !best_rows(g, TRIAGE_DEPARTMENT, &d, NULL, &r, 1))
        return false;
    *out = (struct triage_part){ text, choice(g, TRIAGE_CLASS, &o, l).value,
                                 choice(g, TRIAGE_DEPARTMENT, &d, r).value };
    return true;
}

/* Pieces between the turns; two that belong to different departments are two matters. */
static void offer_split(const struct judging *g, const struct message *m, struct triage_verdict *v)
{
    size_t turns[TRIAGE_PARTS], n = signals_turns(g->t->signals, m, g->a, turns, TRIAGE_PARTS - 1);
    size_t from = m->title_n, kept = 0;
    bool differ = false;

    if (!n)
        return;
    turns[n++] = m->n;
    for (size_t i = 0; i < n; i++) {
        struct units u = { m->c + from, turns[i] - from };

        if (judge_part(g, str_trim(normal_utf8(g->a, u)), &v->parts[kept]))
            kept++;
        from = turns[i];
    }
    for (size_t i = 1; i < kept; i++)
        differ = differ || (!str_eq(v->parts[i].department, v->parts[0].department) &&
                            !str_eq(v->parts[i].class1, v->parts[0].class1));
    v->part_n = differ ? kept : 0;
    if (differ)
        triage_need_person(v, g->a, STR("一条里可能有几件事，可以拆分"));
}

/* ---- all of it ---- */

static size_t letters(const struct message *m)
{
    size_t n = 0;

    for (size_t i = 0; i < m->n; i++) /* faces stand above the characters */
        n += (unit_is_han(m->c[i]) && m->c[i] < 0xA000) || (m->c[i] >= 'a' && m->c[i] <= 'z');
    return n;
}

static void ask_person(const struct judging *g, const struct message *m, struct triage_verdict *v)
{
    if (letters(m) < LEAST_TEXT) {
        triage_need_person(v, g->a, STR("没有写清楚要反映什么"));
        v->level[0].sure = v->department.sure = 0;
        v->level[0].certain = v->department.certain = false;
        return;
    }
    if (!v->level[0].certain)
        triage_need_person(v, g->a, STR("分类把握不够"));
    if (!v->department.certain)
        triage_need_person(v, g->a, STR("承办部门把握不够"));
}

static void watch(const struct triage *t, double sure)
{
    struct triage *own = (struct triage *)(uintptr_t)t;
    float mean = atomic_load(&own->sure);

    atomic_fetch_add(&own->judged, 1);
    atomic_store(&own->sure, mean + moving * ((float)sure - mean));
}

void triage_judge(const struct triage *t, struct str title, struct str text, struct arena *a,
                  struct triage_verdict *v)
{
    struct triage_served *s = triage_take(t);
    struct message m = message_of(a, title, text, TRIAGE_CHARS);
    struct judging g = { t, s, a, title, text, learn_text_of(a, title, text) };

    *v = (struct triage_verdict){ .model = s->version };
    signals_read(t->signals, &m, a, v);
    judge_class(&g, v);
    judge_topic(&g, v);
    judge_department(&g, v);
    offer_split(&g, &m, v);
    ask_person(&g, &m, v);
    watch(t, v->level[0].sure);
    triage_drop(s);
}

void triage_state(const struct triage *t, struct triage_state *out)
{
    struct triage *own = (struct triage *)(uintptr_t)t;
    struct triage_served *s = triage_take(t);

    *out = (struct triage_state){ .version = s->version,
                                  .judged = atomic_load(&own->judged),
                                  .corrected = atomic_load(&own->corrected),
                                  .sure = (double)atomic_load(&own->sure),
                                  .expected = s->expected };
    out->drifting = out->judged >= WARM && out->sure < out->expected - 0.1;
    triage_drop(s);
}
