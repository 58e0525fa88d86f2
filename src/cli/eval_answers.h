/* `tongban eval answers`: the whole answer path on questions whose right clause is known. */
#ifndef CLI_EVAL_ANSWERS_H
#define CLI_EVAL_ANSWERS_H
#include "cli/cli.h"

enum tb_code eval_answers(struct cli *c, struct tb_err *e) MUST_USE;

#endif
