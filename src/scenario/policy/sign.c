/* 先签后发: what an employee of high sensitivity writes, and what is asked in a sensitive scene
 * (rules/review.yaml), waits for its guardian. The asker gets the clauses, a receipt and a time;
 * the signed answer comes to the receipt. Of the rest some are looked at afterwards, by risk. */
#include "crypto/sm3.h"
#include "review/sign_rules.h"
#include "scenario/policy/answer_int.h"
#include "store/department.h"
#include "store/draft.h"
#include "store/handoff.h"

static struct sign_rules *rules_of(struct making *m, struct tb_err *e)
{
    if (!m->sign_rules) {
        struct sign_rules *r = ARENA_NEW(&m->t->mem, struct sign_rules);

        if (sign_rules_load(&m->t->mem, m->t->at->share_dir, r, e))
            return NULL;
        m->sign_rules = r;
    }
    return m->sign_rules;
}

/* Staff and the command line see what would be said: they are inside. */
static bool outside(const struct making *m)
{
    return m->t->actor.role == ROLE_CITIZEN && !m->ask->inside;
}

enum tb_code step_sign(struct making *m, struct tb_err *e)
{
    const struct employee *x = m->out->employee;
    const struct sensitive *s;

    if (!outside(m))
        return TB_OK;
    if (!rules_of(m, e))
        return e->code;
    s = sign_rules_scene(m->sign_rules, &m->t->mem, m->out->x.question);
    if (!s && !(x && employee_must_sign(x)))
        return TB_OK;
    m->out->hold = true;
    m->out->hold_risk = s ? s->risk : 50;
    m->out->hold_why = s ? arena_printf(&m->t->mem, "%.*s：%.*s", STR_FMT(s->name), STR_FMT(s->why))
                         : arena_printf(&m->t->mem, "%.*s的回答先签后发", STR_FMT(x->name));
    return TB_OK;
}

/* An answer there is, and it may not go out yet. */
bool answer_waits(const struct answer *o)
{
    return o->hold && (str_eqz(o->x.outcome, "answered") || str_eqz(o->x.outcome, "partial"));
}

static void sentences(struct json *j, const struct answer *o)
{
    json_karr(j, "sentences");
    for (size_t i = 0; i < o->sentence_n; i++) {
        const struct answer_sentence *s = &o->sentences[i];

        if (!s->shown)
            continue;
        json_obj(j);
        json_kstr(j, "text", s->text);
        json_kbool(j, "quoted", s->quoted);
        json_karr(j, "citations");
        for (int k = 0; k < 2; k++)
            if (s->support.citations[k] >= 0)
                json_int(j, s->support.citations[k] + 1);
        json_end(j);
        json_end(j);
    }
    json_end(j);
}

/* Question, sentences with what they cite, and the clauses as they stood: exactly what is signed.
 */
static struct str body_of(struct arena *a, const struct answer *o)
{
    struct buf b = BUF_INIT(256 * 1024);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    json_kstr(&j, "question", o->x.question);
    sentences(&j, o);
    json_kstr(&j, "clauses", draft_digest(a, o->x.clauses));
    json_end(&j);
    return arena_buf(a, &b);
}

static enum tb_code department_of(struct making *m, struct department *d, struct tb_err *e)
{
    const struct answer *o = m->out;

    *d = (struct department){ .id = STR("") };
    if (o->evidence.n == 0)
        return TB_OK;
    return department_of_document(m->t, o->evidence.items[0].document_id,
                                  o->evidence.items[0].issuing_body, d, e);
}

static enum tb_code keep_draft(struct making *m, const struct department *d, struct tb_err *e)
{
    struct answer *o = m->out;
    const struct keeper *guard = o->employee ? employee_guard(o->employee) : NULL;
    struct draft draft = { .kind = DRAFT_ANSWER,
                           .subject_id = o->x.id,
                           .title = o->x.question,
                           .body = body_of(&m->t->mem, o),
                           .author_kind = DRAFT_BY_MACHINE,
                           .author_name = o->employee ? o->employee->name : STR("智能助手"),
                           .employee = o->employee ? o->employee->key : STR(""),
                           .department = o->employee ? o->employee->department : d->id,
                           .reviewer_id = guard ? guard->id : 0,
                           .risk = o->hold_risk,
                           .why = o->hold_why,
                           .due_at = o->hold_until };

    if (draft_open(m->t, &draft, e))
        return e->code;
    o->draft = draft.receipt;
    return TB_OK;
}

/* The asker's receipt: what is signed comes as its reply, what is returned goes to a clerk. */
static enum tb_code keep_receipt(struct making *m, const struct department *d, struct tb_err *e)
{
    struct answer *o = m->out;
    struct handoff h = { .exchange_id = o->x.id,
                         .device = m->t->actor.device,
                         .question = o->x.question,
                         .reason = STR("signature"),
                         .department = d->id };

    if (handoff_add(m->t, &h, e) || handoff_hold(m->t, h.id, e))
        return e->code;
    o->handoff_receipt = h.receipt;
    o->handoff_code = h.query_code;
    return TB_OK;
}

enum tb_code answer_hold(struct making *m, struct tb_err *e)
{
    struct answer *o = m->out;
    struct department d;
    char until[32];

    o->hold_until = world_now_ms(m->t->world) + m->sign_rules->promise_answer;
    if (department_of(m, &d, e) || keep_draft(m, &d, e) || keep_receipt(m, &d, e))
        return e->code;
    time_text(o->hold_until, until);
    o->x.outcome = STR("waiting");
    o->message = arena_printf(
        &m->t->mem, "这个问题要由工作人员签发后答复，最迟 %d 月 %d 日 %.5s。规定原文您可以先看。",
        (until[5] - '0') * 10 + until[6] - '0', (until[8] - '0') * 10 + until[9] - '0', until + 11);
    return TB_OK;
}

/* ---- 抽查 ---- */

/* 0 to 100: weak evidence, sentences that were withheld, numbers in what was said. */
static int64_t risk_of(const struct answer *o)
{
    int64_t r = 0;

    r += o->confidence < 0.55 ? 30 : o->confidence < 0.7 ? 15 : 0;
    r += o->x.withheld > 2 ? 30 : o->x.withheld > 0 ? 15 : 0;
    r += o->risk.kind.n ? 40 : 0;
    for (size_t i = 0; i < o->sentence_n; i++)
        if (o->sentences[i].shown && !o->sentences[i].quoted) {
            r += 15;
            break;
        }
    return r > 100 ? 100 : r;
}

static bool drawn(struct making *m, int64_t of)
{
    uint32_t dice;

    world_random(m->t->world, &dice, sizeof(dice));
    return (int64_t)(dice % 1000) < of;
}

enum tb_code answer_sample(struct making *m, struct tb_err *e)
{
    const struct answer *o = m->out;
    int64_t risk = risk_of(o), of, own, id;

    if (!outside(m) || o->standard || !rules_of(m, e) ||
        !(str_eqz(o->x.outcome, "answered") || str_eqz(o->x.outcome, "partial")))
        return e->code;
    of = sign_rules_sampled(m->sign_rules, risk);
    own = o->employee ? employee_sampled(o->employee) : 0;
    if (!drawn(m, of > own ? of : own))
        return TB_OK;
    return db_insert(
        m->t->db,
        SQL("INSERT INTO spot_check(exchange_id, department_id, risk, why, created_at) "
            "VALUES (:exchange, :department, :risk, :why, :now)"),
        ARGS(db_int("exchange", o->x.id),
             db_text("department", o->employee ? o->employee->department : STR("")),
             db_int("risk", risk),
             db_text("why", arena_printf(&m->t->mem, "依据 %.2f，略去 %lld 句", o->confidence,
                                         (long long)o->x.withheld)),
             db_int("now", world_now_ms(m->t->world))),
        &id, e);
}
