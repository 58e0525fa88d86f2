/* `tongban eval mask`: how well personal data are found in texts whose spans are known. */
#ifndef CLI_EVAL_MASK_H
#define CLI_EVAL_MASK_H
#include "cli/cli.h"

enum tb_code eval_mask(struct cli *c, struct tb_err *e) MUST_USE;

#endif
