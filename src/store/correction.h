/* 纠正: what a guardian put right in an answer, and the other answers that it contradicts. */
#ifndef STORE_CORRECTION_H
#define STORE_CORRECTION_H
#include "domain/talk.h"
#include "store/db.h"

struct correction {
    int64_t id, exchange_id, employee_id; /* employee_id 0: nobody was in charge */
    struct str kind, text;                /* standard, note; text: masked */
    int64_t standard_answer_id, copied_from, staff_id, created_at;
    bool consent; /* may be used to train */
    /* read only */
    struct str receipt, question, answer, employee, employee_name, by_name;
    struct str clauses, model, prompt_version;
    int64_t open; /* siblings nobody has looked at */
};
/* Gives x id, staff_id and created_at. In the caller's transaction. */
enum tb_code correction_add(struct talk *t, struct correction *x, struct tb_err *e) MUST_USE;
enum tb_code correction_read(struct talk *t, int64_t id, struct correction *out,
                             struct tb_err *e) MUST_USE; /* TB_NOT_FOUND */
struct correction_filter {
    struct str employee; /* key; "" all */
    bool consented;      /* only those that may be used to train */
    int64_t skip, size;
};
/* Newest first. */
enum tb_code correction_list(struct talk *t, const struct correction_filter *f,
                             struct correction **out, size_t *n, int64_t *total,
                             struct tb_err *e) MUST_USE;
/* The newest one of an exchange; out->id 0: none. */
enum tb_code correction_of(struct talk *t, int64_t exchange_id, struct correction *out,
                           struct tb_err *e) MUST_USE;

struct sibling {
    int64_t id, correction_id, exchange_id, standard_answer_id; /* one of the two is 0 */
    struct str why, state;                                      /* clause, question; open … */
    struct str receipt, question, answer;
};
enum tb_code sibling_add(struct talk *t, const struct sibling *x, struct tb_err *e) MUST_USE;
enum tb_code sibling_list(struct talk *t, int64_t correction_id, struct sibling **out, size_t *n,
                          struct tb_err *e) MUST_USE;
/* kept or corrected. TB_CONFLICT when somebody has decided already. */
enum tb_code sibling_decide(struct talk *t, int64_t id, const char *state,
                            struct tb_err *e) MUST_USE;

#endif
