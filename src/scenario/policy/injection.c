/* Words that would make a model leave its rules: a question with such words is not put to it, and a
 * clause with such words is neither shown nor put to it. What was written stays out of the trail;
 * the asker is told which words, why, and where a person is. */
#include "base/log.h"
#include "base/metrics.h"
#include "base/utf8.h"
#include "guard/risk.h"
#include "knowledge/search.h"
#include "scenario/policy/answer_int.h"

#include <stdio.h>

enum { WORDS_SAID = 40 };
_Static_assert((int)INJECT_DIM == (int)SEARCH_VECTOR, "one model for both");

static bool vector(void *self, struct str text, int8_t out[INJECT_DIM])
{
    return search_vector(self, text, out);
}

/* What the question means is asked of the model that the search will ask too. */
static void judge(struct making *m, const struct inject *x, struct str text,
                  struct inject_verdict *out)
{
    struct search *s = m->t->at->search;
    struct inject_meaning meaning = { .vector = vector, .self = s };

    meaning.model = s ? search_vector_model(s) : "";
    inject_judge_meaning(x, s ? &meaning : NULL, &m->t->mem, text, out);
}

static void count(struct making *m, const char *where, const struct inject_verdict *v)
{
    struct str trace = inject_trace(&m->t->mem, v);
    char label[96];

    snprintf(label, sizeof(label), "where=\"%s\",kind=\"%.*s\"", where, STR_FMT(v->kind));
    metric_add("tongban_injection_total", label, 1);
    log_line(LOG_WARN, "policy.injection", "request=%s where=%s %.*s", m->t->request_id, where,
             STR_FMT(trace));
}

/* The words as they stand in the masked question, so that nothing personal is kept with them. */
static struct str words_of(struct making *m, const struct inject *x)
{
    struct inject_verdict v;

    judge(m, x, m->out->x.question, &v);
    return v.attack ? utf8_head(v.words, WORDS_SAID) : STR("");
}

static struct str message(struct making *m, const struct inject *x, struct str why)
{
    struct arena *a = &m->t->mem;
    struct str words = words_of(m, x);
    struct str what = words.n ? arena_printf(a, "“%.*s”这句话", STR_FMT(words)) : STR("这段话");

    return arena_printf(a,
                        "%.*s看起来是%.*s，所以没有交给智能助手。"
                        "如果您是来问事、办事的，请换成平常的说法再问一次，"
                        "或者点“找人工”，由工作人员答复您。",
                        STR_FMT(what), STR_FMT(why));
}

enum tb_code step_injection(struct making *m, struct tb_err *e)
{
    const struct inject *x = risk_inject(answer_rules(m));
    struct arena *a = &m->t->mem;
    struct answer *o = m->out;
    struct inject_verdict v;

    (void)e;
    if (!x)
        return TB_OK;
    judge(m, x, str_trim(m->ask->question), &v);
    if (!v.attack)
        return TB_OK;
    count(m, "question", &v);
    if (o->risk.care.n) /* somebody in need too: a person gets it */
        o->risk.to_person = true;
    else
        o->risk = (struct answer_risk){ .kind = STR("injection"),
                                        .title = arena_str(a, v.why),
                                        .act = "refuse",
                                        .by = v.sure ? "word" : "model" };
    o->risk.trace = inject_trace(a, &v);
    o->message = message(m, x, v.why);
    o->x.outcome = STR("refused");
    m->finished = true;
    return TB_OK;
}

static bool poisoned(struct making *m, const struct inject *x, const struct passage *p)
{
    struct inject_verdict v;

    inject_judge(x, &m->t->mem, p->text, &v);
    if (!v.certain)
        return false;
    count(m, "clause", &v);
    log_line(LOG_WARN, "policy.injection", "passage=%lld version=%lld is left out",
             (long long)p->id, (long long)p->version_id);
    return true;
}

void injection_sift(struct making *m)
{
    const struct inject *x = risk_inject(answer_rules(m));
    struct passage_list *l = &m->out->evidence;
    size_t kept = 0;

    for (size_t i = 0; x && i < l->n; i++)
        if (!poisoned(m, x, &l->items[i]))
            l->items[kept++] = l->items[i];
    if (x) {
        m->out->sifted = l->n - kept;
        l->n = kept;
    }
}
