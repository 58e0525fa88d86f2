/* 数智员工 as they are kept (domain/employee.h): read, changed with a reason, undone. */
#ifndef STORE_EMPLOYEE_H
#define STORE_EMPLOYEE_H
#include "base/json.h"
#include "domain/employee.h"
#include "domain/talk.h"
#include "store/db.h"

/* As it stands at this moment: whether guardian and deputy are there is looked up with it.
 * TB_NOT_FOUND. */
enum tb_code employee_read(struct db *d, struct arena *a, const struct world *w, struct str key,
                           struct employee *out, struct tb_err *e) MUST_USE;
enum tb_code employee_read_id(struct db *d, struct arena *a, const struct world *w, int64_t id,
                              struct employee *out, struct tb_err *e) MUST_USE;
/* All, by id. */
enum tb_code employee_list(struct db *d, struct arena *a, const struct world *w,
                           struct employee **out, size_t *n, struct tb_err *e) MUST_USE;
/* Inserts (id 0: gives id, phase and phase_since are kept) or changes everything but key, phase and
 * the switch, with a row of who, why, before and after. undoes: the change it takes back, 0 none.
 * TB_CONFLICT when x->revision is not the newest or the key is taken; TB_INVALID for a department
 * or person that is not the city's, a keeper without the right to review, or no reason. */
enum tb_code employee_keep(struct talk *t, struct employee *x, struct str reason, int64_t undoes,
                           struct tb_err *e) MUST_USE;
/* The off switch. reason is needed for both ways. */
enum tb_code employee_switch(struct talk *t, struct employee *x, bool off, struct str reason,
                             struct tb_err *e) MUST_USE;

/* The editable part as a JSON object, the way the form and the files write it; and back. field: the
 * key that is wrong, when it fails. An absent key leaves what x has. */
void employee_form(struct json *j, const struct employee *x);
enum tb_code employee_from_form(struct arena *a, const struct json_value *v, struct employee *x,
                                const char **field, struct tb_err *e) MUST_USE;

struct employee_change {
    int64_t id, revision, undoes, created_at;
    bool undone;
    struct str by_name, reason, before, after; /* JSON */
};
/* Newest first, at most 100. */
enum tb_code employee_changes(struct talk *t, int64_t employee_id, struct employee_change **out,
                              size_t *n, struct tb_err *e) MUST_USE;

#endif
