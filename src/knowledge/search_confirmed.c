#include "knowledge/search_confirmed.h"

#include "base/json.h"
#include "knowledge/clause.h"
#include "store/db.h"
#include "text/normal.h"

enum { QUESTIONS_MAX = 3000, PER_DEVICE = 10, GOLD_MAX = 64 };

struct giver { /* of thumbs up */
    struct str device;
    int n;
};
struct gather {
    struct talk *t;
    struct confirmed_list *out;
    uint64_t *wording; /* of each of out->v */
    size_t wording_cap;
    uint64_t *useless; /* wordings that somebody found useless */
    size_t useless_n, useless_cap;
    struct giver *giver;
    size_t givers, giver_cap;
};

static uint64_t wording_of(struct gather *g, struct str question)
{
    return str_hash(normal_text(&g->t->mem, str_trim(question)));
}

static bool among(const uint64_t *v, size_t n, uint64_t key)
{
    for (size_t i = 0; i < n; i++)
        if (v[i] == key)
            return true;
    return false;
}

static void keep(struct gather *g, const struct confirmed *c)
{
    struct arena *a = &g->t->mem;
    uint64_t wording = wording_of(g, c->question);
    size_t n = g->out->n;

    if (!c->question.n || !c->golds || n == QUESTIONS_MAX || among(g->wording, n, wording))
        return;
    g->out->v = arena_grow(a, g->out->v, n, &g->out->cap, sizeof *g->out->v);
    g->wording = arena_grow(a, g->wording, n, &g->wording_cap, sizeof *g->wording);
    g->wording[n] = wording;
    g->out->v[g->out->n++] = *c;
}

/* -- standard answers -- */

static enum tb_code cited_by(struct gather *g, int64_t answer, struct confirmed *c,
                             struct tb_err *e)
{
    struct rows *r;
    bool more;

    c->gold = ARENA_ARRAY(&g->t->mem, int64_t, GOLD_MAX);
    c->golds = 0;
    if (db_ask(g->t->db, &g->t->mem,
               SQL("SELECT document_number, clause FROM standard_citation"
                   " WHERE standard_answer_id = :id ORDER BY id"),
               ARGS(db_int("id", answer)), &r, e))
        return e->code;
    while (!rows_next(r, &more, e) && more) {
        struct passage_list found;

        if (clause_find(g->t, rows_str(r, 0), rows_str(r, 1), c->day, &found, e))
            break;
        for (size_t i = 0; i < found.n && c->golds < GOLD_MAX; i++)
            c->gold[c->golds++] = found.items[i].id;
    }
    rows_close(r);
    return e->code;
}

/* Phrasings, the questions that answers were made from, and the words of those whom the answer was
 * given and who found it useful. */
static enum tb_code standards(struct gather *g, struct tb_err *e)
{
    struct confirmed c = { .day = g->t->as_of };
    struct rows *r;
    bool more;

    if (db_ask(g->t->db, &g->t->mem,
               SQL("SELECT a.id, q.text, 0 AS kind FROM standard_answer a"
                   " JOIN standard_question q ON q.standard_answer_id = a.id WHERE"
                   " a.state = 'approved' AND (a.valid_from IS NULL OR a.valid_from <= :day)"
                   " AND (a.valid_to IS NULL OR a.valid_to >= :day)"
                   " UNION ALL SELECT a.id, h.question, 1 FROM standard_answer a"
                   " JOIN handoff h ON h.id = a.handoff_id WHERE"
                   " a.state = 'approved' AND (a.valid_from IS NULL OR a.valid_from <= :day)"
                   " AND (a.valid_to IS NULL OR a.valid_to >= :day)"
                   " UNION ALL SELECT a.id, x.question, 2 FROM standard_answer a"
                   " JOIN exchange x ON x.standard_answer_id = a.id WHERE"
                   " a.state = 'approved' AND (a.valid_from IS NULL OR a.valid_from <= :day)"
                   " AND (a.valid_to IS NULL OR a.valid_to >= :day)"
                   " AND x.outcome = 'standard' AND x.feedback = 1 ORDER BY 1, 3"),
               ARGS(db_int("day", c.day)), &r, e))
        return e->code;
    while (!rows_next(r, &more, e) && more) {
        if (c.matter != (uint64_t)rows_int(r, 0) && cited_by(g, rows_int(r, 0), &c, e))
            break;
        c.matter = (uint64_t)rows_int(r, 0);
        c.question = rows_str(r, 1);
        c.useful = rows_int(r, 2) == 2;
        keep(g, &c);
    }
    rows_close(r);
    return e->code;
}

/* -- useful answers -- */

static enum tb_code find_useless(struct gather *g, struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(g->t->db, &g->t->mem, SQL("SELECT question FROM exchange WHERE feedback = -1"),
               NO_ARGS, &r, e))
        return e->code;
    while (!rows_next(r, &more, e) && more) {
        g->useless =
            arena_grow(&g->t->mem, g->useless, g->useless_n, &g->useless_cap, sizeof *g->useless);
        g->useless[g->useless_n++] = wording_of(g, rows_str(r, 0));
    }
    rows_close(r);
    return e->code;
}

static bool may_give(struct gather *g, struct str device)
{
    size_t i = 0;

    if (!device.n)
        return true; /* staff, who are known by name */
    while (i < g->givers && !str_eq(g->giver[i].device, device))
        i++;
    if (i == g->givers) {
        g->giver = arena_grow(&g->t->mem, g->giver, g->givers, &g->giver_cap, sizeof *g->giver);
        g->giver[g->givers++] = (struct giver){ device, 0 };
    }
    return g->giver[i].n++ < PER_DEVICE;
}

static void add_gold(struct confirmed *c, int64_t passage)
{
    for (size_t i = 0; i < c->golds; i++)
        if (c->gold[i] == passage)
            return;
    if (passage && c->golds < GOLD_MAX)
        c->gold[c->golds++] = passage;
}

/* Citations of shown sentences, 1 and up, into the list of what was shown. */
static void shown_citations(struct gather *g, struct str sentences, struct str passages,
                            struct confirmed *c)
{
    const struct json_value *said, *shown;
    struct tb_err why = TB_ERR_INIT;
    struct json_walk w;

    c->gold = ARENA_ARRAY(&g->t->mem, int64_t, GOLD_MAX);
    c->golds = 0;
    if (json_read(&g->t->mem, sentences, &said, &why) ||
        json_read(&g->t->mem, passages, &shown, &why))
        return;
    w = json_walk(said);
    for (const struct json_value *s = json_step(&w); s; s = json_step(&w)) {
        const struct json_value *cited = json_get(s, "citations");

        for (size_t i = 0; json_get_bool(s, "shown", false) && i < json_len(cited); i++) {
            int64_t n = json_i64(json_at(cited, i), 0);

            if (n >= 1 && n <= (int64_t)json_len(shown))
                add_gold(c, json_get_int(json_at(shown, (size_t)n - 1), "passage", 0));
        }
    }
}

static enum tb_code useful_answers(struct gather *g, struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(g->t->db, &g->t->mem,
               SQL("SELECT x.question, x.as_of, x.sentences, x.passages, c.device FROM exchange x"
                   " JOIN conversation c ON c.id = x.conversation_id WHERE x.feedback = 1"
                   " AND x.outcome IN ('answered', 'partial') ORDER BY x.id DESC LIMIT :n"),
               ARGS(db_int("n", QUESTIONS_MAX)), &r, e))
        return e->code;
    while (!rows_next(r, &more, e) && more) {
        struct confirmed c = { .question = rows_str(r, 0), .day = rows_day(r, 1), .useful = true };
        uint64_t wording = wording_of(g, c.question);

        if (among(g->useless, g->useless_n, wording)) {
            g->out->contradicted++;
            continue;
        }
        if (among(g->wording, g->out->n, wording) || !may_give(g, rows_str(r, 4)))
            continue;
        c.matter = wording | 1ULL << 63;
        shown_citations(g, rows_str(r, 2), rows_str(r, 3), &c);
        keep(g, &c);
    }
    rows_close(r);
    return e->code;
}

enum tb_code confirmed_gather(struct talk *t, struct confirmed_list *out, struct tb_err *e)
{
    struct gather g = { .t = t, .out = out };

    *out = (struct confirmed_list){ 0 };
    if (standards(&g, e) || find_useless(&g, e))
        return e->code;
    return useful_answers(&g, e);
}
