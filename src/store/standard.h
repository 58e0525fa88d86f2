/* 标准问答: approved question–answer pairs, answered verbatim without a model while what they cite
 * is in force. */
#ifndef STORE_STANDARD_H
#define STORE_STANDARD_H
#include "domain/talk.h"
#include "store/db.h"

struct standard_citation {
    struct str document_number, clause;
};

struct standard {
    int64_t id;
    struct str key; /* stable name from a set-up file; "" otherwise */
    struct str answer, department, department_name, state, source;
    int64_t handoff_id, approved_by, approved_at, updated_at;
    struct str approved_by_name;
    int32_t valid_from, valid_to;
    struct str *questions;
    size_t question_n;
    struct standard_citation *citations;
    size_t citation_n;
};

enum tb_code standard_read(struct talk *t, int64_t id, struct standard *out,
                           struct tb_err *e) MUST_USE;
/* Inserts (id 0) or replaces s with its questions and citations, in one transaction. A key that
 * exists already is replaced (set-up may run again). TB_INVALID without a question or an answer. */
enum tb_code standard_keep(struct talk *t, struct standard *s, struct tb_err *e) MUST_USE;
struct standard_filter {
    struct str state, words; /* "" for all; words in a question or the answer */
    int64_t page, size;
};
enum tb_code standard_list(struct talk *t, const struct standard_filter *f, struct standard **out,
                           size_t *n, int64_t *total, struct tb_err *e) MUST_USE;
/* state: approved or withdrawn. */
enum tb_code standard_set_state(struct talk *t, int64_t id, const char *state,
                                struct tb_err *e) MUST_USE;
/* The one made from a hand-off; *id 0 if none. */
enum tb_code standard_of_handoff(struct talk *t, int64_t handoff_id, int64_t *id,
                                 struct tb_err *e) MUST_USE;
const char *standard_state_title(struct str state);

#endif
