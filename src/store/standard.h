/* 标准问答: approved question–answer pairs, answered verbatim without a model while what they cite
 * is in force. One becomes approved only through its draft (store/draft.h); what is approved is
 * never changed, only replaced by another one that was signed, or withdrawn. */
#ifndef STORE_STANDARD_H
#define STORE_STANDARD_H
#include "domain/talk.h"
#include "store/db.h"
#include "store/draft.h"

struct standard_citation {
    struct str document_number, clause;
};

struct standard {
    int64_t id;
    struct str key; /* stable name from a set-up file; "" otherwise */
    struct str answer, department, department_name, state, source;
    int64_t handoff_id, replaces, approved_by, approved_at, updated_at;
    struct str approved_by_name;
    int32_t valid_from, valid_to;
    struct str *questions;
    size_t question_n;
    struct standard_citation *citations;
    size_t citation_n;
};

enum tb_code standard_read(struct talk *t, int64_t id, struct standard *out,
                           struct tb_err *e) MUST_USE;
/* Keeps s as proposed and puts it into the queue (d: the draft that waits): a new row for id 0 and
 * for an approved one (s->id becomes the new row's, `replaces` the old one's), the same row
 * otherwise. A key that exists already names the row. TB_INVALID without a question or an answer.
 */
enum tb_code standard_keep(struct talk *t, struct standard *s, struct draft *d,
                           struct tb_err *e) MUST_USE;
/* Signs the draft d of a standard answer and approves it; what it replaces is withdrawn.
 * TB_CONFLICT when its rows are not what was sent to be signed. */
enum tb_code standard_sign(struct talk *t, const struct draft *d, const struct signer *by,
                           struct tb_err *e) MUST_USE;
/* The draft that waits for s, made now for one that was proposed before there were drafts. */
enum tb_code standard_draft(struct talk *t, const struct standard *s, struct draft *d,
                            struct tb_err *e) MUST_USE;
/* Proposed ones without a draft get one: at start, after an upgrade. */
enum tb_code standard_adopt(struct talk *t, struct tb_err *e) MUST_USE;
/* What of s is to be public, as JSON: the body of its draft. */
struct str standard_body(struct arena *a, const struct standard *s);
struct standard_filter {
    struct str state, words; /* "" for all; words in a question or the answer */
    int64_t page, size;
};
enum tb_code standard_list(struct talk *t, const struct standard_filter *f, struct standard **out,
                           size_t *n, int64_t *total, struct tb_err *e) MUST_USE;
enum tb_code standard_withdraw(struct talk *t, int64_t id, struct tb_err *e) MUST_USE;
/* The one made from a hand-off; *id 0 if none. */
enum tb_code standard_of_handoff(struct talk *t, int64_t handoff_id, int64_t *id,
                                 struct tb_err *e) MUST_USE;
const char *standard_state_title(struct str state);

#endif
