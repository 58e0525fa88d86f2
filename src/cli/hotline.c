#include "cli/hotline.h"

#include "cli/commands.h"

#include <string.h>

static const struct hotline_verb {
    const char *name;
    enum tb_code (*run)(struct cli *c, struct tb_err *e);
} verbs[] = {
    { "hot", hotline_hot },     { "sample", hotline_sample }, { "warn", hotline_warn },
    { "train", hotline_train }, { "test", hotline_test },     { "curve", hotline_curve },
    { "judge", hotline_judge }, { "back", hotline_back },
};

static enum tb_code run(struct cli *c, struct tb_err *e)
{
    const char *what = c->argc ? c->argv[0] : "";

    if (c->argc) {
        c->argv++;
        c->argc--;
    }
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(what, verbs[i].name) == 0)
            return verbs[i].run(c, e);
    return tb_fail(e, TB_INVALID, "请写明做什么，看用法：tongban help hotline", "hotline %s", what);
}

const struct cli_command cli_hotline = {
    "hotline",
    "12345 热线：热点问题、分拣、示例诉求",
    "用法：\n  tongban hotline hot --file 文件.jsonl [--top 5] [--members 200]\n"
    "      从一批诉求里找出热点：名称、热度由什么组成、为什么热；最后一行是 JSON\n"
    "  tongban hotline warn --file 文件.jsonl [--from 日期] [--to 日期]\n"
    "      一天一天地重走一遍：哪天会对什么提前预警\n"
    "  tongban hotline sample [--city 文件夹] [--count N] [--seed N] [--today 日期]\n"
    "      按城市资料里的 messages.yaml 和 places.yaml 生成示例诉求，每行一条 JSON\n"
    "  tongban hotline train [--file 文件.jsonl | --city 文件夹]\n"
    "      分拣重新学习（消息带 "
    "class1、class3、department），加上坐席的改正；比现用的好才启用，重启服务生效\n"
    "  tongban hotline test --file 文件.jsonl\n"
    "      现用的分拣对不对：准确率、不同把握下自动分派多少、哪类错成哪类\n"
    "  tongban hotline curve --file 文件.jsonl\n"
    "      学习曲线：多标一些消息会好多少\n"
    "  tongban hotline judge [--title 标题] \"诉求\"      看一条怎么分，凭哪些词\n"
    "  tongban hotline back                            退回上一个模型\n\n"
    "例子：\n  tongban hotline hot --file messages.jsonl --top 5\n"
    "  tongban hotline sample --city demo > messages.jsonl",
    run,
};
