/* What is kept about one person: found in every table that holds what people wrote, and corrected
 * or taken out there. The trail stays as it is: it never holds content. */
#ifndef ACCESS_PERSONAL_H
#define ACCESS_PERSONAL_H
#include "domain/talk.h"

enum personal_table {
    PERSONAL_EXCHANGE,
    PERSONAL_HANDOFF,
    PERSONAL_CALL,
    PERSONAL_DRAFT,
    PERSONAL_STANDARD,
    PERSONAL_TABLES
};

struct personal_subject {
    struct str value;   /* a phone, an ID number, a name … as the person gives it */
    struct str receipt; /* or Q…/H…: everything of the device that asked */
};
struct personal_found {
    enum personal_table table;
    int64_t id, at;
    struct str ref; /* receipt, request id, number */
    bool may_erase; /* false: signed text in public, left to a person */
};

const char *personal_table_name(enum personal_table t);  /* "exchange" … */
const char *personal_table_title(enum personal_table t); /* 一问一答 … */
/* Reads every row; sealed values are opened. TB_INVALID for a value of fewer than two characters or
 * a receipt that is none; TB_NOT_FOUND for an unknown receipt. */
enum tb_code personal_find(struct talk *t, const struct personal_subject *who,
                           struct personal_found **out, size_t *n, struct tb_err *e) MUST_USE;
/* In the caller's transaction. *done: how many rows were changed. */
enum tb_code personal_erase(struct talk *t, const struct personal_found *all, size_t n,
                            int64_t *done, struct tb_err *e) MUST_USE;
enum tb_code personal_correct(struct talk *t, const struct personal_found *all, size_t n,
                              struct str was, struct str now, int64_t *done,
                              struct tb_err *e) MUST_USE;

#endif
