/* `tongban eval retrieval`: does search find the clause that answers? */
#ifndef CLI_EVAL_RETRIEVAL_H
#define CLI_EVAL_RETRIEVAL_H
#include "cli/cli.h"

enum tb_code eval_retrieval(struct cli *c, struct tb_err *e) MUST_USE;

#endif
