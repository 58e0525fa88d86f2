/* Evaluation asks on a copy of the database: a live one stays as it is. */
#ifndef CLI_EVAL_COPY_H
#define CLI_EVAL_COPY_H
#include "cli/rooms.h"

struct eval_copy {
    char *path; /* NULL: none */
};
/* o->db becomes the copy's. */
enum tb_code eval_copy_open(struct cli *c, struct rooms_opened *o, struct eval_copy *out,
                            struct tb_err *e) MUST_USE;
void eval_copy_drop(struct cli *c, const struct eval_copy *copy); /* after the rooms are shut */

#endif
