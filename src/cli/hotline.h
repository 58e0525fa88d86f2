/* `tongban hotline VERB …`: what the hotline does that needs no server, each verb a file of its own
 * and a row in hotline.c. */
#ifndef CLI_HOTLINE_H
#define CLI_HOTLINE_H
#include "cli/cli.h"

enum tb_code hotline_sample(struct cli *c, struct tb_err *e) MUST_USE; /* hotline_sample.c */
enum tb_code hotline_warn(struct cli *c, struct tb_err *e) MUST_USE;   /* hotline_warn.c */
enum tb_code hotline_hot(struct cli *c, struct tb_err *e) MUST_USE;    /* hotline_hot.c */

enum tb_code hotline_curve(struct cli *c, struct tb_err *e) MUST_USE; /* hotline_curve.c */
/* hotline_triage.c */
enum tb_code hotline_train(struct cli *c, struct tb_err *e) MUST_USE;
enum tb_code hotline_test(struct cli *c, struct tb_err *e) MUST_USE;
enum tb_code hotline_judge(struct cli *c, struct tb_err *e) MUST_USE;
enum tb_code hotline_back(struct cli *c, struct tb_err *e) MUST_USE;

#endif
