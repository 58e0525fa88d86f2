/* `tongban eval …`: how well it does, measured before it goes live. */
#include "cli/commands.h"
#include "cli/eval_answers.h"
#include "cli/eval_guard.h"
#include "cli/eval_hotline.h"
#include "cli/eval_mask.h"
#include "cli/eval_refusal.h"
#include "cli/eval_retrieval.h"

#include <string.h>

static enum tb_code run(struct cli *c, struct tb_err *e)
{
    const char *what = c->argc ? c->argv[0] : "";

    c->argv++;
    c->argc--;
    if (strcmp(what, "answers") == 0)
        return eval_answers(c, e);
    if (strcmp(what, "retrieval") == 0)
        return eval_retrieval(c, e);
    if (strcmp(what, "mask") == 0)
        return eval_mask(c, e);
    if (strcmp(what, "guard") == 0)
        return eval_guard(c, e);
    if (strcmp(what, "refusal") == 0)
        return eval_refusal(c, e);
    if (strcmp(what, "hotline") == 0)
        return eval_hotline(c, e);
    if (strcmp(what, "department") == 0)
        return eval_department(c, e);
    return tb_fail(e, TB_INVALID,
                   "请写明评测什么：tongban eval retrieval、answers、mask、guard、refusal、hotline "
                   "或 department",
                   "eval %s", what);
}

const struct cli_command cli_eval = {
    "eval",
    "评测：检索、回答、脱敏和防护的质量",
    "用法：\n  tongban eval retrieval --corpus 文件夹或压缩包 --questions 文件.jsonl\n"
    "      [--learn 文件.jsonl | --folds N] [--exclude 文件夹] [--no-embedding]\n"
    "  tongban eval answers --questions 文件.yaml [--as-of 日期] [--engine 地址] "
    "[--no-engine] [--only 编号] [--quiet]\n"
    "  tongban eval mask --file 文件.jsonl [--show]\n"
    "  tongban eval guard --file 文件.jsonl [--list] [--no-meaning] | --learn-meaning 文件.yaml\n"
    "  tongban eval refusal --file 文件.jsonl [--direct | --guard] [--engine 地址] [--limit N] "
    "[--list]\n"
    "  tongban eval hotline --train 文件.jsonl --test 文件.jsonl [--unlabelled 文件.jsonl]\n"
    "      [--taxonomy 文件.yaml|文件.jsonl|none] [--list]\n"
    "  tongban eval department --train 文件.jsonl --test 文件.jsonl [--list]\n\n"
    "例子：\n  tongban eval retrieval --corpus laws.tar.xz --questions dev.jsonl --exclude DLC "
    "--folds 5\n"
    "  tongban eval answers --questions demo/questions.yaml",
    run,
};
