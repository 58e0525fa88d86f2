/* What stays: the exchange with the exact passages, versions and sentences, its audit row, and the
 * hand-off that follows from it, in one transaction. */
#include "base/json.h"
#include "base/utf8.h"
#include "crypto/sm3.h"
#include "scenario/policy/answer_int.h"
#include "store/audit.h"
#include "store/department.h"
#include "store/handoff.h"

static struct str sentences_json(struct arena *a, const struct answer *o)
{
    struct buf b = BUF_INIT(1024 * 1024);
    struct json j = JSON_INIT(&b);
    int n = 0;

    json_arr(&j);
    for (size_t i = 0; i < o->sentence_n; i++) {
        const struct answer_sentence *s = &o->sentences[i];

        json_obj(&j);
        json_kint(&j, "n", s->shown && !o->draft.n ? ++n : 0);
        json_kstr(&j, "text", s->text);
        json_kbool(&j, "shown", s->shown && !o->draft.n);
        json_kbool(&j, "quoted", s->quoted);
        json_kstr(&j, "state", str_z(support_name(s->support.state)));
        json_kreal(&j, "cover", s->support.cover);
        json_kstr(&j, "missing", s->support.missing);
        json_karr(&j, "citations");
        for (int k = 0; k < 2; k++)
            if (s->support.citations[k] >= 0)
                json_int(&j, s->support.citations[k] + 1);
        json_end(&j);
        json_end(&j);
    }
    json_end(&j);
    return arena_buf(a, &b);
}

static struct str passages_json(struct arena *a, const struct passage_list *l)
{
    struct buf b = BUF_INIT(64 * 1024);
    struct json j = JSON_INIT(&b);
    char digest[SM3_HEX];

    json_arr(&j);
    for (size_t i = 0; i < l->n; i++) {
        sm3_hex(l->items[i].text, digest);
        json_obj(&j);
        json_kint(&j, "passage", l->items[i].id);
        json_kint(&j, "version", l->items[i].version_id);
        json_kstr(&j, "digest", str_z(digest));
        json_kreal(&j, "score", l->items[i].score);
        json_kint(&j, "rank", (int64_t)i + 1);
        json_end(&j);
    }
    json_end(&j);
    return arena_buf(a, &b);
}

static struct str answer_text(struct arena *a, const struct answer *o)
{
    struct buf b = BUF_INIT(256 * 1024);

    for (size_t i = 0; i < o->sentence_n; i++)
        if (o->sentences[i].shown)
            buf_add(&b, o->sentences[i].text);
    return arena_buf(a, &b);
}

static struct str timings_json(struct arena *a, const struct answer *o)
{
    struct buf b = BUF_INIT(4096);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    json_kint(&j, "first_clause_ms",
              o->first_clause_us ? (o->first_clause_us - o->begun_us) / 1000 : -1);
    json_kint(&j, "first_word_ms", o->first_word_us ? (o->first_word_us - o->begun_us) / 1000 : -1);
    json_kint(&j, "search_ms", o->searched_us ? (o->searched_us - o->begun_us) / 1000 : -1);
    json_kint(&j, "done_ms", (o->done_us - o->begun_us) / 1000);
    json_kint(&j, "prompt_tokens", o->model.prompt_tokens);
    json_kint(&j, "cached_tokens", o->model.cached_tokens);
    json_kint(&j, "answer_tokens", o->model.answer_tokens);
    json_kstr(&j, "engine", o->model.engine);
    json_kreal(&j, "confidence", o->confidence);
    json_kbool(&j, "again", o->again);
    json_end(&j);
    return arena_buf(a, &b);
}

/* 你好 and 谢谢 need no clerk. */
static bool worth_a_person(const struct answer *o)
{
    return utf8_count(o->x.question) >= 5;
}

/* Somebody in danger gets a person however short the words. */
static bool wants_person(const struct answer *o)
{
    if (o->risk.to_person)
        return true;
    return worth_a_person(o) &&
           (str_eqz(o->x.outcome, "failed") || str_eqz(o->x.outcome, "referred") ||
            str_eqz(o->x.outcome, "not_found"));
}

static enum tb_code hand_over(struct making *m, struct tb_err *e)
{
    struct answer *o = m->out;
    bool referred = str_eqz(o->x.outcome, "referred");
    bool failed = referred || str_eqz(o->x.outcome, "failed");
    struct handoff h = { .exchange_id = o->x.id,
                         .device = m->t->actor.device,
                         .question = o->x.question,
                         .reason = referred         ? STR("no_employee")
                                   : failed         ? STR("engine_down")
                                   : o->risk.kind.n ? STR("risk")
                                                    : STR("not_found") };
    struct department d = { .id = STR("") };

    if (m->broken || m->ask->no_handoff || !wants_person(o))
        return TB_OK;
    if (o->evidence.n && department_of_document(m->t, o->evidence.items[0].document_id,
                                                o->evidence.items[0].issuing_body, &d, e))
        return e->code;
    if (failed)
        h.department = d.id; /* a clause was found, so its office can answer */
    if (handoff_add(m->t, &h, e))
        return e->code;
    o->handoff_receipt = h.receipt;
    o->handoff_code = h.query_code;
    return TB_OK;
}

static enum tb_code keep(struct making *m, struct tb_err *e)
{
    struct answer *o = m->out;
    struct arena *a = &m->t->mem;
    struct str detail;

    if (answer_waits(o) && !m->broken && answer_hold(m, e))
        return e->code;
    if (hand_over(m, e) || done_json(m, &o->x.done, e))
        return e->code;
    o->x.answer = o->draft.n ? STR("") : answer_text(a, o);
    o->x.sentences = sentences_json(a, o);
    o->x.passages = passages_json(a, &o->evidence);
    o->x.timings = timings_json(a, o);
    if (o->x.clauses.n == 0)
        o->x.clauses = STR("[]");
    o->x.employee_id = o->employee ? o->employee->id : 0;
    o->x.tokens = o->model.prompt_tokens + o->model.answer_tokens;
    o->x.cost = o->model.cost;
    o->x.sentence_count = (int64_t)o->shown_n + o->x.withheld;
    detail = arena_printf(
        a, "outcome=%.*s clauses=%zu withheld=%lld model=%.*s prompt=%.*s employee=%.*s duty=%s",
        STR_FMT(o->x.outcome), o->evidence.n, (long long)o->x.withheld, STR_FMT(o->x.model),
        STR_FMT(o->x.prompt_version), STR_FMT(o->employee ? o->employee->key : STR("-")),
        duty_name(o->duty));
    if (o->risk.kind.n)
        detail =
            arena_printf(a, "%.*s risk=%.*s act=%s by=%s", STR_FMT(detail), STR_FMT(o->risk.kind),
                         o->risk.care.n ? "care" : o->risk.act, o->risk.by);
    if (o->again)
        detail = arena_printf(a, "%.*s again=1", STR_FMT(detail));
    if (o->risk.trace.n || o->sifted || o->leaked)
        detail = arena_printf(a, "%.*s %.*s sifted=%zu leaked=%d", STR_FMT(detail),
                              STR_FMT(o->risk.trace), o->sifted, o->leaked);
    detail = arena_printf(a, "%.*s%.*s", STR_FMT(detail), STR_FMT(personal_trace(m)));
    if (o->draft.n)
        detail = arena_printf(a, "%.*s draft=%.*s", STR_FMT(detail), STR_FMT(o->draft));
    if (exchange_end(m->t, &o->x, e) || answer_sample(m, e))
        return e->code;
    return audit_witness(m->t, "policy.ask", o->x.receipt, detail, e);
}

enum tb_code keep_answer(struct making *m, struct tb_err *e)
{
    if (db_begin(m->t->db, e))
        return e->code;
    return db_end(m->t->db, keep(m, e), e);
}
