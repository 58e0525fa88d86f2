#include "knowledge/search_int.h"

#include "text/segment.h"

static void drop_view(void *v)
{
    view_drop(v);
}

enum tb_code search_standard(struct search *s, struct talk *t, struct str question, int32_t as_of,
                             int64_t *answer_id, double *score, struct tb_err *e)
{
    struct view *v = view_hold(s);
    const struct search_standards *q = v->standards;
    struct units u = normal_units(&t->mem, question);

    (void)e;
    arena_defer(&t->mem, drop_view, v);
    *answer_id = 0;
    *score = 0;
    for (size_t i = 0; q && i < q->n; i++) {
        double alike;

        if (as_of < q->v[i].from || as_of > q->v[i].to)
            continue;
        alike = segment_alike(u, q->v[i].u);
        if (alike > *score) {
            *score = alike;
            *answer_id = q->v[i].answer_id;
        }
    }
    return TB_OK;
}
