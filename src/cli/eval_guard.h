/* `tongban eval guard`: how many attacks the injection guard catches and how much else it takes for
 * one, on labelled texts. */
#ifndef CLI_EVAL_GUARD_H
#define CLI_EVAL_GUARD_H
#include "cli/cli.h"

enum tb_code eval_guard(struct cli *c, struct tb_err *e) MUST_USE;

#endif
