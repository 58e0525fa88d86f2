#include "scenario/hotline/lessons.h"

/* Of a word beside a message: classes have hundreds of words, departments a few. */
static const float class_weight = 0.1F, duty_weight = 0.5F;

void lessons_add(struct lessons *l, struct learn_example ex)
{
    l->v = arena_grow(l->a, l->v, l->n, &l->cap, sizeof(ex));
    l->v[l->n++] = ex;
}

static void add_word(struct lessons *l, struct str word, uint32_t label, float weight)
{
    if (word.n)
        lessons_add(l, (struct learn_example){
                           .title = word, .label = label, .prior = true, .weight = weight });
}

void lessons_add_words(struct lessons *l, struct str words, uint32_t label, float weight)
{
    while (words.p)
        add_word(l, str_trim(str_cut(&words, STR("、"))), label, weight);
}

void lessons_add_classes(struct lessons *l, const struct classes *c, const struct str *labels,
                         size_t label_n)
{
    for (size_t i = 0; i < c->n; i++)
        for (uint32_t k = 0; k < label_n; k++)
            if (str_eq(c->v[i].l1, labels[k])) {
                add_word(l,
                         arena_printf(l->a, "%.*s，%.*s", STR_FMT(c->v[i].l2), STR_FMT(c->v[i].l3)),
                         k, class_weight);
                lessons_add_words(l, c->v[i].words, k, class_weight);
            }
}

void lessons_add_topics(struct lessons *l, const struct classes *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        add_word(l, c->v[i].l3, i, duty_weight);
        lessons_add_words(l, c->v[i].words, i, duty_weight);
    }
}

void lessons_add_common(struct lessons *l, const struct duties *d, const struct str *labels,
                        size_t label_n)
{
    for (uint32_t k = 0; k < label_n; k++) {
        add_word(l, labels[k], k, duty_weight);
        for (size_t i = 0; i < d->common_n; i++)
            if (duties_common_fits(&d->common[i], labels[k]))
                lessons_add_words(l, d->common[i].words, k, duty_weight);
    }
}

void lessons_add_duties(struct lessons *l, const struct duties *d)
{
    for (size_t i = 0; i < d->n; i++) {
        add_word(l, d->v[i].does, d->v[i].department, duty_weight);
        lessons_add_words(l, d->v[i].words, d->v[i].department, duty_weight);
    }
}
