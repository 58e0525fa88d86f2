#include "scenario/policy/siblings.h"

#include "knowledge/clause.h"
#include "knowledge/likeness.h"
#include "review/facts.h"

enum { CANDIDATES = 1000, SIBLINGS = 50, CITED = 12 };
static const int64_t half_year_ms = 183LL * 24 * 3600 * 1000;
/* By words alone: near the same question, as standard answers are found. */
static const double ALIKE_LEAST = 0.72;

struct cited {
    struct str document_number, clause;
};

/* One side of a comparison. */
struct told {
    struct units question;
    struct fact_list facts;
    struct cited cited[CITED];
    size_t cited_n;
};

struct looking {
    struct talk *t;
    const struct correction *c;
    struct told right;
    struct likeness_weights *weights;
    size_t found;
};

/* The clauses that the shown sentences name. */
static enum tb_code cited_of(struct arena *a, struct str sentences, struct str clauses,
                             struct told *o, struct tb_err *e)
{
    const struct json_value *s, *c;

    if (json_read(a, sentences, &s, e) || json_read(a, clauses, &c, e))
        return e->code;
    for (size_t i = 0; i < json_len(s); i++) {
        const struct json_value *one = json_at(s, i), *at = json_get(one, "citations");

        if (!json_get_bool(one, "shown", false))
            continue;
        for (size_t k = 0; k < json_len(at) && o->cited_n < CITED; k++) {
            const struct json_value *v = json_at(c, (size_t)json_i64(json_at(at, k), 1) - 1);

            o->cited[o->cited_n++] =
                (struct cited){ json_get_str(v, "document_number"), json_get_str(v, "clause") };
        }
    }
    return TB_OK;
}

static bool same_clause(const struct told *a, const struct told *b)
{
    for (size_t i = 0; i < a->cited_n; i++)
        for (size_t k = 0; k < b->cited_n; k++)
            if (a->cited[i].document_number.n &&
                str_eq(a->cited[i].document_number, b->cited[k].document_number) &&
                (clause_within(a->cited[i].clause, b->cited[k].clause) ||
                 clause_within(b->cited[k].clause, a->cited[i].clause)))
                return true;
    return false;
}

static bool alike(const struct looking *w, const struct told *b)
{
    struct likeness_side x = { .u = w->right.question }, y = { .u = b->question };

    return likeness_of(w->weights, &x, &y) >= ALIKE_LEAST;
}

/* Says the same facts as the correction: there is nothing to look at. */
static bool agrees(const struct looking *w, struct str answer, const struct told *b)
{
    for (size_t i = 0; i < b->facts.n; i++)
        if (!fact_stands(&b->facts.v[i], w->c->text, &w->right.facts))
            return false;
    return b->facts.n > 0 || str_eq(answer, w->c->text);
}

static enum tb_code consider(struct looking *w, struct sibling *s, struct told *b, struct tb_err *e)
{
    bool question = alike(w, b), clause = same_clause(&w->right, b);

    if (w->found == SIBLINGS || (!question && !clause) || agrees(w, s->answer, b))
        return TB_OK;
    s->correction_id = w->c->id;
    s->why = question ? STR("question") : STR("clause");
    w->found++;
    return sibling_add(w->t, s, e);
}

static enum tb_code exchanges(struct looking *w, struct tb_err *e)
{
    struct arena *a = &w->t->mem;
    struct sibling *all = ARENA_ARRAY(a, struct sibling, CANDIDATES);
    struct told *told = ARENA_ARRAY(a, struct told, CANDIDATES);
    size_t n = 0;
    struct rows *r;
    bool more = true;

    if (db_ask(
            w->t->db, a,
            SQL("SELECT id, question, answer, sentences, clauses FROM exchange WHERE id <> :id "
                "AND created_at >= :since AND outcome IN ('answered', 'partial') AND NOT EXISTS "
                "(SELECT 1 FROM correction c WHERE c.exchange_id = exchange.id) "
                "ORDER BY id DESC LIMIT 1000"),
            ARGS(db_int("id", w->c->exchange_id), db_int("since", w->c->created_at - half_year_ms)),
            &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            break;
        all[n] = (struct sibling){ .exchange_id = rows_int(r, 0), .answer = rows_str(r, 2) };
        told[n].question = normal_units(a, rows_str(r, 1));
        told[n].facts = facts_of(a, all[n].answer);
        if (cited_of(a, rows_str(r, 3), rows_str(r, 4), &told[n], e))
            return e->code;
        likeness_count(w->weights, told[n++].question);
    }
    for (size_t i = 0; i < n; i++)
        if (consider(w, &all[i], &told[i], e))
            return e->code;
    return TB_OK;
}

static enum tb_code cited_standard(struct looking *w, int64_t id, struct told *b, struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(w->t->db, &w->t->mem,
               SQL("SELECT document_number, clause FROM standard_citation "
                   "WHERE standard_answer_id = :id"),
               ARGS(db_int("id", id)), &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        if (b->cited_n < CITED)
            b->cited[b->cited_n++] = (struct cited){ rows_str(r, 0), rows_str(r, 1) };
    }
}

struct standing {
    int64_t id;
    struct str question, answer;
};

static enum tb_code standings(struct looking *w, struct standing **out, size_t *n, struct tb_err *e)
{
    struct rows *r;
    size_t cap = 0;
    bool more;

    *out = NULL;
    *n = 0;
    if (db_ask(w->t->db, &w->t->mem,
               SQL("SELECT s.id, q.text, s.answer FROM standard_answer s JOIN standard_question q "
                   "ON q.standard_answer_id = s.id WHERE s.state = 'approved' AND s.id <> :own "
                   "ORDER BY s.id, q.id"),
               ARGS(db_int("own", w->c->standard_answer_id)), &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        *out = arena_grow(&w->t->mem, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] = (struct standing){ rows_int(r, 0), rows_str(r, 1), rows_str(r, 2) };
    }
}

/* A standard answer stands for all its questions: one of them that is alike is enough. */
static enum tb_code standards(struct looking *w, struct tb_err *e)
{
    struct standing *all;
    int64_t last = 0;
    size_t n;

    if (standings(w, &all, &n, e))
        return e->code;
    for (size_t i = 0; i < n; i++) {
        struct sibling s = { .standard_answer_id = all[i].id, .answer = all[i].answer };
        struct told b = { .question = normal_units(&w->t->mem, all[i].question),
                          .facts = facts_of(&w->t->mem, all[i].answer) };
        size_t before = w->found;

        if (all[i].id == last)
            continue;
        if (cited_standard(w, all[i].id, &b, e) || consider(w, &s, &b, e))
            return e->code;
        if (w->found > before)
            last = all[i].id;
    }
    return TB_OK;
}

enum tb_code siblings_find(struct talk *t, const struct correction *c, const struct exchange *x,
                           struct tb_err *e)
{
    struct looking w = { .t = t, .c = c };

    w.weights = ARENA_NEW(&t->mem, struct likeness_weights);
    w.right.question = normal_units(&t->mem, x->question);
    w.right.facts = facts_of(&t->mem, c->text);
    likeness_count(w.weights, w.right.question);
    if (cited_of(&t->mem, x->sentences, x->clauses, &w.right, e) || exchanges(&w, e) ||
        standards(&w, e))
        return e->code;
    return TB_OK;
}
