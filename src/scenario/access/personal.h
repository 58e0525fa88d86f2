/* What is kept about one person: found in every table that may hold what people wrote or who they
 * are, and corrected or taken out there. The trail stays as it is: it never holds content. */
#ifndef ACCESS_PERSONAL_H
#define ACCESS_PERSONAL_H
#include "domain/talk.h"

enum personal_table {
    PERSONAL_EXCHANGE,
    PERSONAL_HANDOFF,
    PERSONAL_ORDER,
    PERSONAL_ORDER_STEP,
    PERSONAL_CALL,
    PERSONAL_DRAFT,
    PERSONAL_STANDARD,
    PERSONAL_CORRECTION,
    PERSONAL_CHECK,
    PERSONAL_INCIDENT,
    PERSONAL_EVENT,
    PERSONAL_STAFF,
    PERSONAL_LEAVE,
    PERSONAL_OWNER,
    PERSONAL_TABLES
};

struct personal_subject {
    struct str value;   /* a phone, an ID number, a name … as the person gives it */
    struct str receipt; /* or Q…/H…/W…: everything of the device that asked */
};
struct personal_found {
    enum personal_table table;
    int64_t id, at;
    struct str ref; /* receipt, request id, number, login */
    bool may_erase; /* false: signed text in public, staff, evidence: left to a person */
};

const char *personal_table_name(enum personal_table t);  /* "exchange" … */
const char *personal_table_title(enum personal_table t); /* 一问一答 … */
/* Is this table of the schema searched, or known to hold nothing of a person? A test asks for every
 * table there is. */
bool personal_knows(struct str table);
/* Reads every row; sealed values are opened. TB_INVALID for a value of fewer than two characters or
 * a receipt that is none; TB_NOT_FOUND for an unknown receipt. */
enum tb_code personal_find(struct talk *t, const struct personal_subject *who,
                           struct personal_found **out, size_t *n, struct tb_err *e) MUST_USE;
/* In the caller's transaction. *done: how many rows were changed. Of what staff wrote only the
 * value itself is taken out (was; p NULL: none is known). */
enum tb_code personal_erase(struct talk *t, const struct personal_found *all, size_t n,
                            struct str was, int64_t *done, struct tb_err *e) MUST_USE;
enum tb_code personal_correct(struct talk *t, const struct personal_found *all, size_t n,
                              struct str was, struct str now, int64_t *done,
                              struct tb_err *e) MUST_USE;

#endif
