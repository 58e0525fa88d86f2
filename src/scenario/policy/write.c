/* The model's part: evidence in, sentences out, each shown only when a clause carries it. */
#include "base/log.h"
#include "base/metrics.h"
#include "guard/canary.h"
#include "model/prompt.h"
#include "review/pairs.h"
#include "review/sentence.h"
#include "scenario/policy/again.h"
#include "scenario/policy/answer_int.h"
#include "scenario/policy/evidence.h"
#include "scenario/policy/wording.h"

enum { EVIDENCE_CHARS = 320, EVIDENCE_CLAUSES = 3, QUOTES = 3 };

struct writing {
    struct making *m;
    struct passage_list spoken; /* the evidence as it is prompted, quoted and checked */
    struct support_ground *ground;
    struct sentence_cutter cutter;
    struct buf reasoning;
    struct canary_watch watch;
    struct buf said; /* the model's words as they came; over: too many to be kept */
    int written;     /* sentences of the model that were shown */
    bool refused;    /* the model itself says that the evidence does not answer */
};

static bool says_not_found(struct str s)
{
    return str_starts(s, STR("未找到")) || str_starts(s, STR("没有找到")) ||
           str_starts(s, STR("依据未")) || str_starts(s, STR("依据中未")) ||
           str_starts(s, STR("依据中没有"));
}

/* Shown already, whole or nearly so: the small model likes to repeat its evidence, and the best
 * clause's line stands there before it begins. */
static bool said_already(struct arena *a, const struct answer *o, struct str text)
{
    struct pairs claim = pairs_of(a, text);

    for (size_t i = 0; i < o->sentence_n; i++) {
        struct pairs said = pairs_of(a, o->sentences[i].text);

        if (o->sentences[i].shown && pairs_common(&claim, &said, NULL) * 10 >= claim.n * 9)
            return true;
    }
    return false;
}

static enum tb_code take_sentence(struct writing *w, struct str text, struct tb_err *e)
{
    struct answer_sentence s;

    if (personal_kept(w->m, text, &text, e))
        return e->code;
    s = (struct answer_sentence){ .text = text };
    if (says_not_found(text)) {
        w->refused = true;
        return TB_OK;
    }
    if (!duty_still(w->m))
        return tb_fail(e, TB_FORBIDDEN, duty_words(w->m->out->duty), "employee duty=%s",
                       duty_name(w->m->out->duty));
    if (said_already(&w->m->t->mem, w->m->out, wording_plain(text)))
        return TB_OK;
    support_check(&w->m->t->mem, w->ground, text, &s.support);
    if (s.support.state == SUPPORT_YES && answer_may_say(w->m, text)) {
        s.text = wording_plain(text);
        w->written++;
        return answer_show(w->m, s, e);
    }
    answer_withhold(w->m, s);
    return TB_OK;
}

static enum tb_code take_text(void *self, struct str delta, struct tb_err *e)
{
    struct writing *w = self;
    struct str s;

    if (canary_watch_feed(&w->watch, delta))
        return tb_fail(e, TB_CANCELLED, "已停止回答", "the prompt leaks");
    buf_add(&w->said, delta);
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

static enum priority priority_of(const struct making *m)
{
    if (m->out->employee)
        return m->out->employee->priority;
    return m->t->actor.role == ROLE_CITIZEN ? PRIORITY_HOTLINE : PRIORITY_STAFF;
}

static const char *prompt_of(const struct making *m)
{
    return m->out->employee ? arena_z(&m->t->mem, m->out->employee->prompt) : "answer";
}

/* A question that goes over several lines could write lines of the prompt. */
static struct str one_line(struct arena *a, struct str s)
{
    char *p = arena_z(a, s);

    for (size_t i = 0; i < s.n; i++)
        if (p[i] == '\n' || p[i] == '\r')
            p[i] = ' ';
    return str_of(p, s.n);
}

/* What was checked and shown stays; of what leaked nothing was. */
static bool leaked(struct writing *w, struct tb_err *e)
{
    if (!w->watch.leaked)
        return false;
    log_line(LOG_WARN, "policy.leak", "request=%s the answer recites its prompt, ended",
             w->m->t->request_id);
    metric_add("tongban_prompt_leaks_total", "", 1);
    w->m->out->leaked = true;
    tb_err_clear(e);
    return true;
}

/* What was said to the same question before goes the same way as what an engine says now. */
static enum tb_code ask_or_again(struct writing *w, const struct model_ask *ask,
                                 const struct again_ask *same, struct tb_err *e)
{
    struct making *m = w->m;
    struct model_sink sink = { w, take_text, take_reasoning };
    struct again *kept = again_begin(m->t, same);
    struct str said;

    if (again_find(m->t, kept, &said, &m->out->model)) {
        m->out->again = true;
        return take_text(w, said, e);
    }
    if (pool_ask(m->t->at->pool, m->t, ask, &sink, &m->out->model, e))
        return e->code;
    if (!w->said.over)
        again_keep(m->t, kept, buf_str(&w->said), &m->out->model);
    return TB_OK;
}

static enum tb_code ask_model(struct writing *w, struct tb_err *e)
{
    struct making *m = w->m;
    struct arena *a = &m->t->mem;
    struct passage_list few = w->spoken;
    struct canary canary;
    struct prompt p;

    if (few.n > EVIDENCE_CLAUSES)
        few.n = EVIDENCE_CLAUSES;
    if (prompt_load(a, m->t->at->share_dir, prompt_of(m), &p, e))
        return e->code;
    canary_make(m->t->world, &canary);
    canary_watch_begin(&w->watch, &canary, p.system);
    struct prompt_value values[] = {
        { "evidence", evidence_prompt(a, &few, m->out->x.question, EVIDENCE_CHARS) },
        { "question", one_line(a, personal_asked(m)) },
        { "fence", str_z(canary.word) },
        { NULL, STR("") },
    };
    struct model_message messages[] = { { "system", p.system },
                                        { "user", prompt_fill(a, p.user, values) } };
    struct model_ask ask = { .task = "answer",
                             .messages = messages,
                             .n = 2,
                             .priority = priority_of(m),
                             .max_tokens = p.max_tokens,
                             .personal = m->out->mask.n > 0,
                             .unmasked = m->out->personal == PERSONAL_ALLOW,
                             .temperature = p.temperature };
    struct again_ask same = { .prompt =
                                  arena_printf(a, "%s %.*s %d %g", prompt_of(m), STR_FMT(p.version),
                                               p.max_tokens, p.temperature),
                              .system = p.system,
                              .evidence = values[0].value,
                              .question = m->out->x.question,
                              .personal = m->out->mask.n > 0,
                              .internal = actor_may(&m->t->actor, PERM_KNOWLEDGE_READ),
                              .clauses = &few };

    m->out->x.prompt_version = p.version;
    return ask_or_again(w, &ask, &same, e);
}

static bool cited(const struct answer *o, int clause)
{
    for (size_t i = 0; i < o->sentence_n; i++)
        for (int k = 0; k < 2; k++)
            if (o->sentences[i].shown && o->sentences[i].support.citations[k] == clause)
                return true;
    return false;
}

/* The clause's own words, which need no check. */
static enum tb_code quote(struct writing *w, size_t clause, struct tb_err *e)
{
    struct answer *o = w->m->out;
    struct answer_sentence s = { .quoted = true };

    if (clause >= o->evidence.n || cited(o, (int)clause))
        return TB_OK;
    s.text = evidence_quote(&w->m->t->mem, &w->spoken.items[clause], o->x.question);
    s.support = (struct support){ SUPPORT_YES, { (int)clause, -1 }, 1, STR("") };
    return s.text.n ? answer_show(w->m, s, e) : TB_OK;
}

/* Between clauses of one document that stand nearly as high the person decides better than a score;
 * another document's must stand almost level. */
static bool stands_beside(const struct passage *best, const struct passage *p)
{
    double least = p->version_id == best->version_id ? 0.85 : 0.93;

    return p->score >= best->score * least;
}

/* The best clauses that no sentence has cited yet. */
static enum tb_code quote_best(struct writing *w, struct tb_err *e)
{
    const struct passage_list *l = &w->spoken;

    for (size_t i = 0; i < l->n && i < QUOTES; i++)
        if ((i == 0 || stands_beside(&l->items[0], &l->items[i])) && quote(w, i, e))
            return e->code;
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

/* The embedded model is small and says "not found" to most questions; a larger engine's word
 * counts. */
static bool refusal_counts(const struct writing *w)
{
    return w->refused && w->written == 0 && !w->m->out->model.embedded;
}

static enum tb_code settle(struct writing *w, struct tb_err *e)
{
    struct answer *o = w->m->out;

    if (refusal_counts(w) && o->shown_n == 0) {
        o->x.outcome = STR("not_found");
        return TB_OK;
    }
    o->x.outcome = w->written ? STR("answered") : STR("partial");
    return quote_best(w, e);
}

static enum tb_code engine_failed(struct writing *w, struct tb_err *e)
{
    struct answer *o = w->m->out;

    if (o->duty != DUTY_READY) { /* it was stopped, the engine did not fail */
        tb_err_clear(e);
        o->x.outcome = STR("referred");
        return TB_OK;
    }
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
        return leaked(w, e) ? settle(w, e) : engine_failed(w, e);
    if (take_rest(w, e))
        return w->m->out->duty != DUTY_READY ? engine_failed(w, e) : e->code;
    return settle(w, e);
}

static bool quotes_only(const struct making *m)
{
    return m->out->employee && words_have(&m->out->employee->checks, "quote_only");
}

enum tb_code write_answer(struct making *m, struct tb_err *e)
{
    struct arena *a = &m->t->mem;
    struct writing w = { .m = m,
                         .spoken = evidence_spoken(a, &m->out->evidence),
                         .reasoning = BUF_INIT(256 * 1024),
                         .said = BUF_INIT(64 * 1024) };
    enum tb_code c;

    m->finished = true;
    if (m->ask->no_model || quotes_only(m)) {
        m->out->x.outcome = STR("partial");
        return quote_best(&w, e);
    }
    /* The best clause's own line is there at once, long before a model's first word. */
    if (quote(&w, 0, e))
        return e->code;
    w.ground = support_ground(a, &w.spoken, m->out->x.question);
    sentence_begin(&w.cutter);
    c = write_with(&w, e);
    m->out->x.model = m->out->model.model;
    m->out->x.reasoning = arena_buf(&m->t->mem, &w.reasoning);
    if (!c)
        c = personal_kept(m, m->out->x.reasoning, &m->out->x.reasoning, e);
    else if (m->out->personal == PERSONAL_ALLOW)
        m->out->x.reasoning = STR("");
    sentence_end(&w.cutter);
    buf_release(&w.said);
    return c;
}
