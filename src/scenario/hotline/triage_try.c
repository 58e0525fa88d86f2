#include "scenario/hotline/triage_int.h"

#include <math.h>

static uint32_t find(const struct str *labels, size_t n, struct str name)
{
    for (uint32_t i = 0; i < n; i++)
        if (str_eq(labels[i], name))
            return i;
    return UINT32_MAX;
}

static uint32_t find_topic(const struct triage *t, struct str l1, struct str l3)
{
    for (uint32_t i = 0; i < t->classes.n; i++)
        if (str_eq(t->classes.v[i].l3, l3) && (!l1.n || str_eq(t->classes.v[i].l1, l1)))
            return i;
    return UINT32_MAX;
}

uint32_t triage_truth_of(const struct triage *t, int model, const struct triage_message *m)
{
    switch (model) {
    case TRIAGE_CLASS:
        return m->class1.n ? find(t->labels[model], t->label_n[model], m->class1) : UINT32_MAX;
    case TRIAGE_DEPARTMENT:
        return m->department.n ? find(t->labels[model], t->label_n[model], m->department)
                               : UINT32_MAX;
    default:
        return m->class3.n ? find_topic(t, m->class1, m->class3) : UINT32_MAX;
    }
}

static double chance_of(const struct triage_served *s, int model, const struct learn_verdict *o,
                        uint32_t truth)
{
    for (uint32_t k = 0; k < learn_label_count(s->model[model]); k++)
        if (s->row[model][k] == truth)
            return (double)o->p[k];
    return 0;
}

struct triage_trial triage_try(const struct triage *t, const struct triage_served *s, int model,
                               const struct triage_message *v, size_t n)
{
    struct triage_trial out = { 0 };

    for (size_t i = 0; i < n; i++) {
        uint32_t truth = triage_truth_of(t, model, &v[i]);
        struct arena a = ARENA_INIT;
        struct learn_verdict o;

        if (truth == UINT32_MAX)
            continue;
        learn_judge(s->model[model], v[i].title, v[i].text, &a, &o);
        out.n++;
        out.right += o.known && s->row[model][o.best] == truth;
        out.loss -= log(chance_of(s, model, &o, truth) + 1e-6);
        arena_release(&a);
    }
    return out;
}
