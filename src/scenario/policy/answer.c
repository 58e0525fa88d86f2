#include "scenario/policy/answer.h"

#include "base/log.h"
#include "base/metrics.h"
#include "base/utf8.h"
#include "knowledge/clause.h"
#include "scenario/policy/answer_int.h"
#include "scenario/policy/evidence.h"
#include "store/standard.h"

#include <stdio.h>

/* A standard answer goes out verbatim, without a model: only on nearly the same question. */
static const double STANDARD_LEAST = 0.80;
/* Below this no clause is an answer; set by `tongban eval answers` on the sample city. */
static const double CONFIDENCE_LEAST = 0.40;

static int64_t now_us(const struct making *m)
{
    return world_mono_us(m->t->world);
}

static enum tb_code step_mask(struct making *m, struct tb_err *e)
{
    struct answer *o = m->out;
    struct str q = str_trim(m->ask->question);

    o->begun_us = now_us(m);
    if (q.n == 0)
        return tb_fail(e, TB_INVALID, "请先写下您要问的事", "empty question");
    if (!utf8_valid(q))
        return tb_fail(e, TB_INVALID, "问题里有无法识别的文字，请重新输入", "question not utf-8");
    if (utf8_count(q) > QUESTION_MAX)
        return tb_fail(e, TB_TOO_LARGE, "问题太长，请缩短到 1000 字以内", "question chars=%zu",
                       utf8_count(q));
    if (mask_text(&m->t->mem, &o->mask, q, &o->x.question, e))
        return e->code;
    o->x.masked = masked_json(&m->t->mem, &o->mask);
    if (o->mask.n)
        o->x.personal = mask_to_json(&m->t->mem, &o->mask);
    o->masked_us = now_us(m);
    return TB_OK;
}

/* The receipt exists before the person sees anything: a crash leaves a row that says broken. */
static enum tb_code step_begin(struct making *m, struct tb_err *e)
{
    m->out->x.conversation = m->ask->conversation;
    m->out->x.as_of = m->t->as_of;
    if (exchange_begin(m->t, &m->out->x, e))
        return e->code;
    return event_start(m, e);
}

static enum tb_code resolve_citations(struct making *m, const struct standard *s, struct tb_err *e)
{
    struct passage_list *all = &m->out->evidence;
    size_t cap = 0;

    for (size_t i = 0; i < s->citation_n; i++) {
        struct passage_list some;

        if (clause_find(m->t, s->citations[i].document_number, s->citations[i].clause, m->t->as_of,
                        &some, e))
            return e->code;
        for (size_t k = 0; k < some.n && k < 3 && all->n < ANSWER_CLAUSES; k++) {
            all->items = arena_grow(&m->t->mem, all->items, all->n, &cap, sizeof(*all->items));
            all->items[all->n++] = some.items[k];
        }
        if (some.n == 0) { /* what it cites is not in force on that day: it must not be given */
            all->n = 0;
            return TB_OK;
        }
    }
    return TB_OK;
}

static enum tb_code show_standard(struct making *m, const struct standard *s, struct tb_err *e)
{
    struct answer_sentence line = {
        .text = s->answer, .support = { .state = SUPPORT_YES, .citations = { 0, -1 }, .cover = 1 }
    };

    if (m->out->evidence.n > 1)
        line.support.citations[1] = 1;
    m->out->standard = true;
    m->out->x.standard_answer_id = s->id;
    m->out->x.outcome = STR("standard");
    m->finished = true;
    if (duty_assign_to(m, s->department, e) || event_evidence(m, e))
        return e->code;
    return answer_show(m, line, e);
}

static enum tb_code step_standard(struct making *m, struct tb_err *e)
{
    struct standard s;
    int64_t id = 0;
    double score = 0;

    if (search_standard(m->t->at->search, m->t, m->out->x.question, m->t->as_of, &id, &score, e))
        return e->code;
    if (id == 0 || score < STANDARD_LEAST)
        return TB_OK;
    if (standard_read(m->t, id, &s, e) || resolve_citations(m, &s, e))
        return e->code;
    if (s.citation_n > 0 && m->out->evidence.n == 0)
        return TB_OK;
    return show_standard(m, &s, e);
}

static enum tb_code step_search(struct making *m, struct tb_err *e)
{
    struct search_ask ask = { .question = m->out->x.question,
                              .as_of = m->t->as_of,
                              .limit = ANSWER_CANDIDATES,
                              .internal_too =
                                  m->ask->inside || actor_may(&m->t->actor, PERM_KNOWLEDGE_READ) };
    struct search_result r;

    if (search_find(m->t->at->search, m->t, &ask, &r, e))
        return e->code;
    m->out->evidence = r.passages;
    injection_sift(m);
    evidence_order(&m->t->mem, &m->out->evidence, m->out->x.question, ANSWER_CLAUSES);
    m->out->confidence = r.confidence;
    m->out->searched_us = now_us(m);
    if (duty_assign(m, e) || event_evidence(m, e))
        return e->code;
    if (m->out->evidence.n == 0 || r.confidence < CONFIDENCE_LEAST) {
        m->out->x.outcome = STR("not_found");
        m->finished = true;
    }
    return TB_OK;
}

static enum tb_code step_write(struct making *m, struct tb_err *e)
{
    return write_answer(m, e);
}

typedef enum tb_code (*step)(struct making *m, struct tb_err *e);

/* Order is data: what is printed here is what the audit says happened. */
static const step steps[] = { step_mask,   step_begin, step_risk,     step_injection, step_standard,
                              step_search, duty_step,  step_personal, step_sign,      step_write };

static enum tb_code run_steps(struct making *m, struct tb_err *e)
{
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !m->finished; i++)
        if (steps[i](m, e))
            return e->code;
    return TB_OK;
}

static const char *message_for(struct arena *a, const struct answer *o)
{
    if (o->message.n)
        return o->message.p;
    if (str_eqz(o->x.outcome, "not_found"))
        return "没有查到能回答这个问题的现行规定。";
    if (str_eqz(o->x.outcome, "failed"))
        return "智能助手暂时不能组织回答。已列出查到的规定原文，并转给工作人员。";
    if (str_eqz(o->x.outcome, "referred"))
        return arena_printf(a, "%s下面是查到的规定原文。", duty_words(o->duty)).p;
    if (str_eqz(o->x.outcome, "partial"))
        return "下面是规定原文中与您的问题最接近的内容。";
    return "";
}

static void count(const struct answer *o)
{
    char label[64];

    snprintf(label, sizeof(label), "outcome=\"%.*s\"", STR_FMT(o->x.outcome));
    metric_add("tongban_answers_total", label, 1);
    metric_add("tongban_sentences_withheld_total", "", (double)o->x.withheld);
    if (o->first_clause_us)
        metric_seen("tongban_first_clause_seconds", "",
                    (double)(o->first_clause_us - o->begun_us) / 1e6);
    if (o->first_word_us)
        metric_seen("tongban_first_word_seconds", "",
                    (double)(o->first_word_us - o->begun_us) / 1e6);
}

enum tb_code answer_question(struct talk *t, const struct answer_ask *ask, struct answer *out,
                             struct tb_err *e)
{
    struct making m = { .t = t, .ask = ask, .out = out };
    struct tb_err kept = TB_ERR_INIT;
    enum tb_code c;

    *out = (struct answer){ .message = STR("") };
    c = run_steps(&m, e);
    if (out->x.id == 0)
        return c; /* nothing was begun: nothing to keep */
    m.broken = c != TB_OK;
    if (c) {
        out->x.outcome = c == TB_CANCELLED ? STR("cancelled") : STR("failed");
        log_line(LOG_WARN, "policy.ask", "request=%s code=%s %s", t->request_id, tb_code_name(c),
                 e->log);
    }
    out->message = str_z(message_for(&t->mem, out));
    out->done_us = now_us(&m);
    if (keep_answer(&m, &kept)) {
        *e = kept;
        return kept.code;
    }
    count(out);
    return c ? c : event_done(&m, e);
}
