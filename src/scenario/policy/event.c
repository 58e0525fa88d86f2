/* The events of an answer, docs/api.md. */
#include "base/metrics.h"
#include "knowledge/clause.h"
#include "review/label.h"
#include "scenario/policy/answer_int.h"
#include "store/department.h"

#include <string.h>

static enum tb_code say(struct making *m, const char *event, struct str json, struct tb_err *e)
{
    return m->t->sink ? m->t->sink->say(m->t->sink, event, json, e) : TB_OK;
}

struct str masked_json(struct arena *a, const struct mask *mask)
{
    struct buf b = BUF_INIT(4096);
    struct json j = JSON_INIT(&b);

    json_arr(&j);
    for (size_t i = 0; i < mask->n; i++) {
        bool seen = false;

        for (size_t k = 0; k < i; k++)
            seen |= strcmp(mask->items[i].kind, mask->items[k].kind) == 0;
        if (!seen)
            json_str(&j, str_z(mask->items[i].kind));
    }
    json_end(&j);
    return arena_buf(a, &b);
}

enum tb_code event_start(struct making *m, struct tb_err *e)
{
    struct buf b = BUF_INIT(8192);
    struct json j = JSON_INIT(&b);
    char day[16];

    json_obj(&j);
    json_kstr(&j, "conversation", m->out->x.conversation);
    json_kstr(&j, "receipt", m->out->x.receipt);
    json_kstr(&j, "as_of", day_text(m->out->x.as_of, day));
    json_key(&j, "masked");
    json_raw(&j, m->out->x.masked);
    json_end(&j);
    return say(m, "start", arena_buf(&m->t->mem, &b), e);
}

static struct str clauses_json(struct arena *a, const struct passage_list *l)
{
    struct buf b = BUF_INIT(4 * 1024 * 1024);
    struct json j = JSON_INIT(&b);

    json_arr(&j);
    for (size_t i = 0; i < l->n; i++)
        clause_json(&j, (int)i + 1, &l->items[i]);
    json_end(&j);
    return arena_buf(a, &b);
}

enum tb_code event_evidence(struct making *m, struct tb_err *e)
{
    struct answer *o = m->out;

    o->x.clauses = clauses_json(&m->t->mem, &o->evidence);
    if (o->evidence.n)
        o->first_clause_us = world_mono_us(m->t->world);
    return say(m, "evidence",
               arena_printf(&m->t->mem, "{\"clauses\":%.*s,\"standard\":%s}", STR_FMT(o->x.clauses),
                            o->standard ? "true" : "false"),
               e);
}

enum tb_code event_progress(struct making *m, const char *state, const char *message,
                            struct tb_err *e)
{
    struct buf b = BUF_INIT(4096);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    json_kstr(&j, "state", str_z(state));
    json_kstr(&j, "message", str_z(message));
    json_end(&j);
    return say(m, "progress", arena_buf(&m->t->mem, &b), e);
}

struct str sentence_json(struct arena *a, int n, struct str text, const int citations[2],
                         bool quoted)
{
    struct buf b = BUF_INIT(64 * 1024);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    json_kint(&j, "n", n);
    json_kstr(&j, "text", text);
    json_kbool(&j, "quoted", quoted);
    json_karr(&j, "citations");
    for (int i = 0; i < 2; i++)
        if (citations[i] >= 0)
            json_int(&j, citations[i] + 1);
    json_end(&j);
    json_end(&j);
    return arena_buf(a, &b);
}

enum tb_code answer_show(struct making *m, struct answer_sentence s, struct tb_err *e)
{
    struct answer *o = m->out;
    struct str text = mask_restore(&m->t->mem, &o->mask, s.text);

    if (o->sentence_n == ANSWER_SENTENCES)
        return TB_OK;
    s.shown = true;
    o->sentences[o->sentence_n++] = s;
    o->shown_n++;
    if (!o->first_word_us)
        o->first_word_us = world_mono_us(m->t->world);
    if (o->hold)
        return TB_OK; /* not before it is signed */
    return say(m, "sentence",
               sentence_json(&m->t->mem, (int)o->shown_n, text, s.support.citations, s.quoted), e);
}

void answer_withhold(struct making *m, struct answer_sentence s)
{
    s.shown = false;
    m->out->x.withheld++;
    if (m->out->sentence_n < ANSWER_SENTENCES)
        m->out->sentences[m->out->sentence_n++] = s;
    metric_add("tongban_withheld_total", "", 1);
}

static void numbers_json(struct json *j, const struct answer_risk *r)
{
    json_karr(j, "numbers");
    for (size_t i = 0; i < r->number_n; i++) {
        json_obj(j);
        json_kstr(j, "number", r->numbers[i].number);
        json_kstr(j, "name", r->numbers[i].name);
        json_end(j);
    }
    json_end(j);
}

enum tb_code event_care(struct making *m, struct tb_err *e)
{
    struct buf b = BUF_INIT(8192);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    json_kstr(&j, "text", m->out->risk.care);
    numbers_json(&j, &m->out->risk);
    json_end(&j);
    return say(m, "care", arena_buf(&m->t->mem, &b), e);
}

/* Why it was not answered, or what was said first: null when the guard found nothing. */
static void risk_json(struct json *j, const struct answer_risk *r)
{
    json_key(j, "risk");
    if (r->kind.n == 0) {
        json_null(j);
        return;
    }
    json_obj(j);
    json_kstr(j, "kind", r->kind);
    json_kstr(j, "title", r->title);
    json_kstr(j, "care", r->care);
    numbers_json(j, r);
    json_end(j);
}

static void times(struct json *j, const struct answer *o)
{
    struct {
        const char *name;
        int64_t at;
    } rows[] = { { "mask_ms", o->masked_us },
                 { "search_ms", o->searched_us },
                 { "first_clause_ms", o->first_clause_us },
                 { "first_word_ms", o->first_word_us },
                 { "done_ms", o->done_us } };

    json_kobj(j, "timings");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].at)
            json_kreal(j, rows[i].name, (double)(rows[i].at - o->begun_us) / 1000.0);
    json_end(j);
}

static enum tb_code next_step(struct making *m, struct json *j, struct tb_err *e)
{
    const struct answer *o = m->out;
    struct department d = { .id = STR("") };
    size_t top = 0;

    for (size_t i = 0; i < o->sentence_n; i++)
        if (o->sentences[i].shown && o->sentences[i].support.citations[0] >= 0) {
            top = (size_t)o->sentences[i].support.citations[0];
            break;
        }
    json_key(j, "next");
    if (o->evidence.n && department_of_document(m->t, o->evidence.items[top].document_id,
                                                o->evidence.items[top].issuing_body, &d, e))
        return e->code;
    if (d.id.n == 0) {
        json_null(j);
        return TB_OK;
    }
    json_obj(j);
    json_kstr(j, "department", d.name);
    json_kstr(j, "phone", d.phone);
    json_key(j, "windows");
    json_raw(j, d.windows);
    json_end(j);
    return TB_OK;
}

/* GB 45438-2025, 4.1: generated text says so; what a person wrote or a clause says is not called
 * generated. */
static struct str label_of(const struct answer *o)
{
    if (o->draft.n)
        return STR(""); /* nothing is shown yet */
    if (o->standard)
        return STR("标准回答，经人工审核");
    for (size_t i = 0; i < o->sentence_n; i++)
        if (o->sentences[i].shown && !o->sentences[i].quoted)
            return STR("AI 生成，依据已核对");
    return o->shown_n ? STR("规定原文，未经改写") : STR("");
}

static bool generated(const struct answer *o)
{
    for (size_t i = 0; i < o->sentence_n; i++)
        if (o->sentences[i].shown && !o->sentences[i].quoted && !o->standard)
            return true;
    return false;
}

/* GB 45438-2025, 5: the implicit label in the data of the answer; null where nothing is generated.
 */
static enum tb_code aigc(struct making *m, struct json *j, struct tb_err *e)
{
    const struct answer *o = m->out;
    struct aigc l = { .label = STR("1"), .produce_id = o->x.receipt, .reserved2 = STR("") };
    struct str whole;

    json_key(j, "AIGC");
    if (!generated(o)) {
        json_null(j);
        return TB_OK;
    }
    if (city_provider(m->t, &l.producer, e))
        return e->code;
    l.reserved1 = l.propagator = l.propagate_id = STR("");
    whole = label_json(&m->t->mem, &l);
    json_raw(j, str_sub(whole, 8, whole.n - 9)); /* the object, without {"AIGC":} around it */
    return TB_OK;
}

enum tb_code done_json(struct making *m, struct str *out, struct tb_err *e)
{
    struct answer *o = m->out;
    struct buf b = BUF_INIT(256 * 1024);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    json_kstr(&j, "outcome", o->x.outcome);
    json_kstr(&j, "message", o->message);
    json_kint(&j, "withheld", o->x.withheld);
    if (next_step(m, &j, e)) {
        buf_release(&b);
        return e->code;
    }
    json_key(&j, "handoff");
    if (o->handoff_receipt.n) {
        json_obj(&j);
        json_kstr(&j, "receipt", o->handoff_receipt);
        json_kstr(&j, "query_code", o->handoff_code);
        json_end(&j);
    } else {
        json_null(&j);
    }
    risk_json(&j, &o->risk);
    json_kstr(&j, "label", label_of(o));
    if (aigc(m, &j, e)) {
        buf_release(&b);
        return e->code;
    }
    times(&j, o);
    json_end(&j);
    *out = arena_buf(&m->t->mem, &b);
    return TB_OK;
}

enum tb_code event_done(struct making *m, struct tb_err *e)
{
    return say(m, "done", m->out->x.done, e);
}
