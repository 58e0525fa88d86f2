/* Standard questions: few, so every one is compared. An answer given word for word must be the
 * answer to what was asked: a close second of another answer lowers the score. */
#include "knowledge/search_int.h"

#include "base/log.h"

static const double CLOSE = 0.03, DOUBT = 0.9;

struct best {
    int64_t answer_id;
    double score, other; /* other: the best of another answer */
};

static void drop_view(void *v)
{
    view_drop(v);
}

static void enter(struct best *b, int64_t answer_id, double score)
{
    if (answer_id == b->answer_id) {
        b->score = score > b->score ? score : b->score;
    } else if (score > b->score) {
        b->other = b->score;
        b->score = score;
        b->answer_id = answer_id;
    } else if (score > b->other) {
        b->other = score;
    }
}

static bool any_embedded(const struct search_standards *q)
{
    for (size_t i = 0; i < q->n; i++)
        if (atomic_load(&q->v[i].embedded))
            return true;
    return false;
}

static const struct embedding *vector_of(struct search *s, struct str question,
                                         struct embedding *room)
{
    struct tb_err why = TB_ERR_INIT;
    struct embedder *m = search_model(s);

    if (!m)
        return NULL;
    if (embed_run(m, &question, 1, false, SEARCH_EMBED_TOKENS, room, &why)) {
        log_line(LOG_WARN, "search_embed", "%s", why.log);
        return NULL;
    }
    return room;
}

enum tb_code search_standard(struct search *s, struct talk *t, struct str question, int32_t as_of,
                             int64_t *answer_id, double *score, struct tb_err *e)
{
    struct view *v = view_hold(s);
    const struct search_standards *q = v->standards;
    struct embedding room;
    struct likeness_side asked = { .u = normal_units(&t->mem, question) };
    struct best best = { 0 };

    (void)e;
    arena_defer(&t->mem, drop_view, v);
    if (q && any_embedded(q))
        asked.vector = vector_of(s, question, &room);
    for (size_t i = 0; q && i < q->n; i++) {
        const struct search_standard *k = q->v + i;
        struct likeness_side known = { k->u, atomic_load(&k->embedded) ? &k->vector : NULL };

        if (as_of >= k->from && as_of <= k->to)
            enter(&best, k->answer_id, likeness_of(q->weights, &asked, &known));
    }
    if (best.score < 1 && best.score - best.other < CLOSE)
        best.score *= DOUBT;
    *answer_id = best.answer_id;
    *score = best.score;
    return TB_OK;
}
