/* 请假: on which days a member of staff is not there. Who guards an employee and is on leave does
 * not guard it (domain/employee.h). */
#ifndef STORE_LEAVE_H
#define STORE_LEAVE_H
#include "domain/talk.h"
#include "store/db.h"

struct leave {
    int64_t id, staff_id;
    struct str login, name, department, reason;
    int32_t from, to;
    bool ended;
};
/* Those that have not ended, of one department ("" all), earliest first. */
enum tb_code leave_list(struct talk *t, struct str department, struct leave **out, size_t *n,
                        struct tb_err *e) MUST_USE;
/* TB_INVALID for a day before today or longer than a year. Gives x->id. */
enum tb_code leave_add(struct talk *t, struct leave *x, struct tb_err *e) MUST_USE;
enum tb_code leave_read(struct talk *t, int64_t id, struct leave *out,
                        struct tb_err *e) MUST_USE; /* TB_NOT_FOUND */
enum tb_code leave_end(struct talk *t, int64_t id, struct tb_err *e) MUST_USE;

#endif
