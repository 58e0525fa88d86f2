/* 先内后外: the steps of an employee from one phase to another, as they are kept. */
#ifndef STORE_STEP_H
#define STORE_STEP_H
#include "domain/employee.h"
#include "domain/talk.h"
#include "store/db.h"

struct step {
    int64_t id, employee_id;
    enum phase from, to;
    struct str kind, state, measured, reason;
    int64_t guardian_id, guardian_at, admin_id, admin_at; /* 0: not signed yet */
    struct str guardian_name, admin_name;
    int64_t created_by, created_at, done_at;
    struct str created_by_name;
};
/* Inserts x with kind, state, measured, reason and signatures as they are; gives id. */
enum tb_code step_add(struct talk *t, struct step *x, struct tb_err *e) MUST_USE;
enum tb_code step_read(struct talk *t, int64_t id, struct step *out,
                       struct tb_err *e) MUST_USE; /* TB_NOT_FOUND */
/* Newest first, at most 100. */
enum tb_code step_list(struct talk *t, int64_t employee_id, struct step **out, size_t *n,
                       struct tb_err *e) MUST_USE;
/* Writes state, signatures and done_at. TB_CONFLICT when it no longer waits. */
enum tb_code step_update(struct talk *t, const struct step *x, struct tb_err *e) MUST_USE;
/* Moves the employee: phase, phase_since, been_public. */
enum tb_code step_move(struct talk *t, int64_t employee_id, enum phase to,
                       struct tb_err *e) MUST_USE;

#endif
