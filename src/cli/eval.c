/* `tongban eval …`: how well it does, measured before it goes live. */
#include "cli/commands.h"
#include "cli/eval_answers.h"

#include <string.h>

static enum tb_code run(struct cli *c, struct tb_err *e)
{
    const char *what = c->argc ? c->argv[0] : "";

    c->argv++;
    c->argc--;
    if (strcmp(what, "answers") == 0)
        return eval_answers(c, e);
    return tb_fail(e, TB_INVALID, "请写明评测什么：tongban eval answers --questions 文件",
                   "eval %s", what);
}

const struct cli_command cli_eval = {
    "eval",
    "评测：检索和回答的质量",
    "用法：\n  tongban eval answers --questions 文件.yaml [--as-of 日期] [--engine 地址] "
    "[--no-engine] [--only 编号] [--quiet]\n\n"
    "例子：\n  tongban eval answers --questions demo/questions.yaml",
    run,
};
