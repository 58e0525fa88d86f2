/* `tongban embed`: makes the embeddings now that `serve` would make in the background. */
#include "cli/commands.h"
#include "cli/rooms.h"
#include "knowledge/search.h"

#include <stdio.h>

static enum tb_code embed_all(struct rooms_opened *o, int64_t *made, struct tb_err *e)
{
    struct search_state s;
    int64_t left = 1;

    search_state(o->at.search, &s);
    if (!s.model_available)
        return tb_fail(e, TB_NOT_FOUND, "向量模型还没有下载；检索仍可用。运行 ./run 会自动下载",
                       "no model files");
    while (left > 0) {
        if (search_embed_some(o->at.search, o->db, 64, &left, e))
            return e->code;
        fprintf(stderr, "\r还剩 %lld 段…   ", (long long)left);
    }
    fprintf(stderr, "\r");
    search_state(o->at.search, &s);
    *made = s.embedded;
    return search_refresh(o->at.search, o->db, e);
}

static enum tb_code run(struct cli *c, struct tb_err *e)
{
    struct rooms_opened o;
    int64_t n = 0;

    if (cli_no_more_options(c, e) || rooms_open(c, ROOMS_SEARCH, NULL, &o, e))
        return e->code;
    if (!embed_all(&o, &n, e))
        printf(c->json ? "{\"embedded\":%lld}\n" : "语义向量已就绪：%lld 段\n", (long long)n);
    rooms_shut(&o);
    return e->code;
}

const struct cli_command cli_embed = {
    "embed",
    "为还没有语义向量的条款计算向量",
    "用法：tongban embed [--data 目录] [--json]\n\n例子：\n  tongban embed --data "
    "/var/lib/tongban\n\n"
    "服务运行时会在后台自动计算；这个命令用于提前算好。",
    run,
};
