/* `tongban eval hotline`: a model of messages' classes, trained on one file and measured on
 * another; `tongban eval department`: the same for matters and the departments that handle them. */
#ifndef CLI_EVAL_HOTLINE_H
#define CLI_EVAL_HOTLINE_H
#include "cli/cli.h"

enum tb_code eval_hotline(struct cli *c, struct tb_err *e) MUST_USE;
enum tb_code eval_department(struct cli *c, struct tb_err *e) MUST_USE;

#endif
