#include "review/ground.h"

#include "review/choice.h"
#include "review/support.h"

static struct ground_passage ground_passage(struct arena *a, const struct passage *p,
                                            const struct fact_list *asked)
{
    struct ground_passage v = { .p = p };

    v.all =
        arena_printf(a, "%.*s %.*s %.*s %.*s %.*s", STR_FMT(p->title), STR_FMT(p->document_number),
                     STR_FMT(p->issuing_body), STR_FMT(p->heading), STR_FMT(p->text));
    v.words = pairs_of(a, v.all);
    v.facts = facts_of(a, v.all);
    v.lines = segments_of(a, p->text);
    v.line_words = ARENA_ARRAY(a, struct pairs, v.lines.n + 1);
    for (size_t i = 0; i < v.lines.n; i++)
        v.line_words[i] = pairs_of(a, v.lines.v[i].text);
    choice_places(a, asked, &v);
    return v;
}

struct support_ground *support_ground(struct arena *a, const struct passage_list *evidence,
                                      struct str question)
{
    struct support_ground *g = ARENA_NEW(a, struct support_ground);

    *g = (struct support_ground){ .v = ARENA_ARRAY(a, struct ground_passage, evidence->n + 1),
                                  .n = evidence->n,
                                  .question = pairs_of(a, question),
                                  .asked = facts_of(a, question) };
    for (size_t i = 0; i < g->n; i++)
        g->v[i] = ground_passage(a, &evidence->items[i], &g->asked);
    return g;
}
