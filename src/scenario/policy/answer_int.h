/* Shared by the files of the answer only. */
#ifndef SCENARIO_POLICY_ANSWER_INT_H
#define SCENARIO_POLICY_ANSWER_INT_H
#include "scenario/policy/answer.h"

/* One answer being made. */
struct making {
    struct talk *t;
    const struct answer_ask *ask;
    struct answer *out;
    const struct risk_rules *rules; /* answer_rules */
    struct sign_rules *sign_rules;  /* sign.c; NULL until asked for */
    bool broken;   /* a step failed: the request ends in an error, so no hand-off is promised */
    bool finished; /* an earlier step has settled the outcome: the later ones are passed over */
};

/* duty.c: who is in charge of the question (by the office its evidence is of, or that approved the
 * standard answer), and whether it may answer this person now. Evidence that the employee may not
 * read is taken out. */
enum tb_code duty_assign(struct making *m, struct tb_err *e) MUST_USE;
enum tb_code duty_assign_to(struct making *m, struct str department, struct tb_err *e) MUST_USE;
/* A step: who may not answer now leaves the clauses as they were found, says why, and a person is
 * asked. */
enum tb_code duty_step(struct making *m, struct tb_err *e) MUST_USE;
/* Before each sentence: is everything as it was? Guardians are removed, switches thrown and phases
 * changed while an answer is being written. */
bool duty_still(struct making *m);

/* write.c: the model's stream, cut, checked, shown. Sets outcome answered, partial or not_found; an
 * engine that fails sets engine_failed and is no error. TB_CANCELLED when the person left. */
enum tb_code write_answer(struct making *m, struct tb_err *e) MUST_USE;
/* Shows a sentence (adds it to out, sends the event). TB_CANCELLED when the person left. */
enum tb_code answer_show(struct making *m, struct answer_sentence s, struct tb_err *e) MUST_USE;
/* Keeps a sentence that is not shown, for the trail. */
void answer_withhold(struct making *m, struct answer_sentence s);

/* personal_way.c: a question with personal data that the employee or every engine refuses ends with
 * what to leave out. */
enum tb_code step_personal(struct making *m, struct tb_err *e) MUST_USE;
/* The question as the engine gets it. */
struct str personal_asked(struct making *m);
/* What the engine said as it is kept and checked: with tokens, also where it was told the values.
 */
enum tb_code personal_kept(struct making *m, struct str said, struct str *out,
                           struct tb_err *e) MUST_USE;
struct str personal_trace(struct making *m); /* for the trail; "" where nothing was personal */

/* risk.c: a question of a kind of risk gets the table's words and no answer. */
enum tb_code step_risk(struct making *m, struct tb_err *e) MUST_USE;
/* The guard's tables for this answer; NULL when the talk has none. */
const struct risk_rules *answer_rules(struct making *m);
/* May this sentence of a model be shown? Counts and logs when not. */
bool answer_may_say(struct making *m, struct str text);

/* injection.c: a question that would make a model leave its rules is answered with why, and where a
 * person is. */
enum tb_code step_injection(struct making *m, struct tb_err *e) MUST_USE;
/* Takes clauses with such words out of the evidence. */
void injection_sift(struct making *m);
/* sign.c: must it be signed before a citizen sees it? Sets hold, hold_risk, hold_why. */
enum tb_code step_sign(struct making *m, struct tb_err *e) MUST_USE;
bool answer_waits(const struct answer *o);
/* Into the guardian's queue, with a receipt for the asker; in the transaction that keeps it. */
enum tb_code answer_hold(struct making *m, struct tb_err *e) MUST_USE;
/* Draws what is looked at afterwards; in the same transaction. */
enum tb_code answer_sample(struct making *m, struct tb_err *e) MUST_USE;

/* event.c: the events of docs/api.md. Without a sink they do nothing. */
enum tb_code event_start(struct making *m, struct tb_err *e) MUST_USE;
enum tb_code event_evidence(struct making *m, struct tb_err *e) MUST_USE;
enum tb_code event_progress(struct making *m, const char *state, const char *message,
                            struct tb_err *e) MUST_USE;
enum tb_code event_done(struct making *m, struct tb_err *e) MUST_USE;
/* Whom a person in need may telephone, before anything else. */
enum tb_code event_care(struct making *m, struct tb_err *e) MUST_USE;
/* quoted: the clause's own words. */
struct str sentence_json(struct arena *a, int n, struct str text, const int citations[2],
                         bool quoted);
/* The done event's JSON, kept before it is sent. */
enum tb_code done_json(struct making *m, struct str *out, struct tb_err *e) MUST_USE;
struct str masked_json(struct arena *a, const struct mask *mask);

/* keep.c: the exchange, its audit row and an automatic hand-off in one transaction. */
enum tb_code keep_answer(struct making *m, struct tb_err *e) MUST_USE;

#endif
