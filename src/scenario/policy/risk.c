/* What is of a kind of risk (GB/T 45654-2025): the question is not answered but met with the
 * table's words, and what a model says of that kind is not shown. Somebody in need is told first
 * whom to telephone, and answered as anybody. */
#include "guard/risk.h"
#include "base/log.h"
#include "base/metrics.h"
#include "scenario/policy/answer_int.h"

#include <stdio.h>

static void count(const char *way, const struct risk_finding *f)
{
    char label[96];

    snprintf(label, sizeof(label), "kind=\"%s\",way=\"%s\",by=\"%s\"", risk_kind_ref(f->kind), way,
             f->by == RISK_BY_WORD ? "word" : "model");
    metric_add("tongban_risk_total", label, 1);
}

static struct answer_risk risk_of(const struct risk_finding *f, struct arena *a)
{
    struct answer_risk r = { .kind = arena_str(a, str_z(risk_kind_ref(f->kind))),
                             .title = arena_str(a, str_z(risk_kind_name(f->kind))),
                             .act = risk_act_name(f->answer->act),
                             .by = f->by == RISK_BY_WORD ? "word" : "model" };

    r.to_person = f->answer->act == RISK_HANDOFF || f->answer->act == RISK_HELP;
    for (size_t i = 0; i < f->answer->number_n; i++)
        r.numbers[r.number_n++] = (struct risk_number){ arena_str(a, f->answer->numbers[i].number),
                                                        arena_str(a, f->answer->numbers[i].name) };
    return r;
}

static void keep_rules(void *x)
{
    risk_drop(x);
}

/* The reading that this answer is judged by, from its question to its last sentence. */
const struct risk_rules *answer_rules(struct making *m)
{
    if (!m->rules && m->t->at && m->t->at->risk) {
        m->rules = risk_take(m->t->at->risk);
        arena_defer(&m->t->mem, keep_rules, (void *)(uintptr_t)m->rules);
    }
    return m->rules;
}

enum tb_code step_risk(struct making *m, struct tb_err *e)
{
    const struct risk_rules *rules = answer_rules(m);
    struct answer *o = m->out;
    struct arena *a = &m->t->mem;
    struct str asked = str_trim(m->ask->question); /* as written: a token could hide a word */
    struct risk_finding f;

    if (risk_asked(rules, asked, &f)) {
        count("in", &f);
        o->risk = risk_of(&f, a);
        o->message = arena_str(a, f.answer->say);
        o->x.outcome = STR("refused");
        m->finished = true;
        return TB_OK;
    }
    if (!risk_in_need(rules, asked, &f))
        return TB_OK;
    count("care", &f);
    o->risk = risk_of(&f, a);
    o->risk.care = arena_str(a, f.answer->care);
    return event_care(m, e);
}

bool answer_may_say(struct making *m, struct str text)
{
    struct risk_finding f;

    if (!risk_said(answer_rules(m), text, &f))
        return true;
    count("out", &f);
    log_line(LOG_WARN, "policy.risk", "request=%s a sentence was withheld, kind=%s",
             m->t->request_id, risk_kind_ref(f.kind));
    return false;
}
