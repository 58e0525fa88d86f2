/* The model's part: evidence in, sentences out, each shown only when a clause carries it. */
#include "base/log.h"
#include "model/prompt.h"
#include "review/sentence.h"
#include "scenario/policy/answer_int.h"
#include "scenario/policy/evidence.h"

enum { EVIDENCE_CHARS = 420, EVIDENCE_CLAUSES = 3, QUOTES = 2 };

struct writing {
    struct making *m;
    struct sentence_cutter cutter;
    struct buf reasoning;
    bool refused; /* the model itself says that the evidence does not answer */
};

static bool says_not_found(struct str s)
{
    return str_starts(s, STR("未找到")) || str_starts(s, STR("没有找到")) ||
           str_starts(s, STR("依据未")) || str_starts(s, STR("依据中未")) ||
           str_starts(s, STR("依据中没有"));
}

static bool said_already(const struct answer *o, struct str text)
{
    for (size_t i = 0; i < o->sentence_n; i++)
        if (str_eq(o->sentences[i].text, text))
            return true;
    return false;
}

static enum tb_code take_sentence(struct writing *w, struct str text, struct tb_err *e)
{
    struct answer_sentence s = { .text = text };

    if (says_not_found(text)) {
        w->refused = true;
        return TB_OK;
    }
    if (said_already(w->m->out, text))
        return TB_OK;
    support_check(&w->m->t->mem, text, &w->m->out->evidence, w->m->out->x.question, &s.support);
    if (s.support.state == SUPPORT_YES)
        return answer_show(w->m, s, e);
    answer_withhold(w->m, s);
    return TB_OK;
}

static enum tb_code take_text(void *self, struct str delta, struct tb_err *e)
{
    struct writing *w = self;
    struct str s;

    sentence_feed(&w->cutter, delta);
    while (sentence_next(&w->cutter, &w->m->t->mem, &s))
        if (take_sentence(w, s, e))
            return e->code;
    return TB_OK;
}

static void take_reasoning(void *self, struct str delta)
{
    struct writing *w = self;

    buf_add(&w->reasoning, delta);
}

static enum tb_code ask_model(struct writing *w, struct tb_err *e)
{
    struct making *m = w->m;
    struct arena *a = &m->t->mem;
    struct passage_list few = m->out->evidence;
    struct prompt p;

    if (few.n > EVIDENCE_CLAUSES)
        few.n = EVIDENCE_CLAUSES;
    if (prompt_load(a, m->t->at->share_dir, "answer", &p, e))
        return e->code;
    struct prompt_value values[] = {
        { "evidence", evidence_prompt(a, &few, m->out->x.question, EVIDENCE_CHARS) },
        { "question", m->out->x.question },
        { NULL, STR("") },
    };
    struct model_message messages[] = { { "system", p.system },
                                        { "user", prompt_fill(a, p.user, values) } };
    struct model_ask ask = { .task = "answer",
                             .messages = messages,
                             .n = 2,
                             .max_tokens = p.max_tokens,
                             .temperature = p.temperature };
    struct model_sink sink = { w, take_text, take_reasoning };

    m->out->x.prompt_version = p.version;
    return pool_ask(m->t->at->pool, m->t, &ask, &sink, &m->out->model, e);
}

/* When no sentence of the model holds: the clause's own words, which need no check. */
static enum tb_code quote(struct making *m, struct tb_err *e)
{
    struct answer *o = m->out;

    for (size_t i = 0; i < o->evidence.n && i < QUOTES && o->shown_n < QUOTES; i++) {
        struct answer_sentence s = { .quoted = true };

        if (i > 0 && o->evidence.items[i].score < o->evidence.items[0].score * 0.8)
            break;
        s.text = evidence_quote(&m->t->mem, &o->evidence.items[i], o->x.question);
        s.support = (struct support){ SUPPORT_YES, { (int)i, -1 }, 1, STR("") };
        if (s.text.n && answer_show(m, s, e))
            return e->code;
    }
    return TB_OK;
}

/* A last sentence without its full stop is whole only when the engine said that it ended there. */
static enum tb_code take_rest(struct writing *w, struct tb_err *e)
{
    struct str rest = sentence_rest(&w->cutter, &w->m->t->mem);

    if (rest.n == 0 || w->m->out->model.truncated)
        return TB_OK;
    return take_sentence(w, rest, e);
}

static enum tb_code settle(struct writing *w, struct tb_err *e)
{
    struct answer *o = w->m->out;

    if (o->shown_n > 0) {
        o->x.outcome = STR("answered");
        return TB_OK;
    }
    if (w->refused) {
        o->x.outcome = STR("not_found");
        return TB_OK;
    }
    o->x.outcome = STR("partial");
    return quote(w->m, e);
}

static enum tb_code engine_failed(struct writing *w, struct tb_err *e)
{
    struct answer *o = w->m->out;

    if (e->code == TB_CANCELLED)
        return e->code;
    log_line(LOG_WARN, "policy.engine", "request=%s code=%s %s", w->m->t->request_id,
             tb_code_name(e->code), e->log);
    tb_err_clear(e);
    o->engine_failed = true;
    o->x.outcome =
        STR("failed"); /* also after some sentences: half an answer is never marked whole */
    return TB_OK;
}

static enum tb_code write_with(struct writing *w, struct tb_err *e)
{
    if (event_progress(w->m, "thinking", "正在对照规定组织回答", e))
        return e->code;
    if (ask_model(w, e))
        return engine_failed(w, e);
    if (take_rest(w, e))
        return e->code;
    return settle(w, e);
}

enum tb_code write_answer(struct making *m, struct tb_err *e)
{
    struct writing w = { .m = m, .reasoning = BUF_INIT(256 * 1024) };
    enum tb_code c;

    m->finished = true;
    if (m->ask->no_model) {
        m->out->x.outcome = STR("partial");
        return quote(m, e);
    }
    sentence_begin(&w.cutter);
    c = write_with(&w, e);
    m->out->x.model = m->out->model.model;
    m->out->x.reasoning = arena_buf(&m->t->mem, &w.reasoning);
    sentence_end(&w.cutter);
    return c;
}
