/* `tongban ask "…"`: the same answer as the page gives, on the terminal. */
#include "base/date.h"
#include "cli/commands.h"
#include "cli/rooms.h"
#include "scenario/policy/answer.h"

#include <stdio.h>

static void print_text(const struct answer *o)
{
    for (size_t i = 0; i < o->evidence.n; i++) {
        const struct passage *p = &o->evidence.items[i];
        char day[16];

        printf("%s〔%zu〕《%.*s》%.*s  %s（%.*s 起）\n", i ? "" : "依据\n", i + 1,
               STR_FMT(p->title), STR_FMT(p->clause), validity_title(p->validity),
               STR_FMT(day_text(p->effective_from, day)));
    }
    printf("\n%s", o->shown_n ? "回答\n" : "");
    for (size_t i = 0; i < o->sentence_n; i++) {
        const struct answer_sentence *s = &o->sentences[i];

        if (!s->shown)
            continue;
        printf("%.*s", STR_FMT(s->text));
        for (int k = 0; k < 2; k++)
            if (s->support.citations[k] >= 0)
                printf("〔%d〕", s->support.citations[k] + 1);
        printf("\n");
    }
    if (o->message.n)
        printf("%.*s\n", STR_FMT(o->message));
    if (o->handoff_receipt.n)
        printf("已转人工，编号 %.*s，查询码 %.*s\n", STR_FMT(o->handoff_receipt),
               STR_FMT(o->handoff_code));
    printf("\n编号 %.*s\n", STR_FMT(o->x.receipt));
}

static void print_json(const struct answer *o)
{
    printf("{\"receipt\":\"%.*s\",\"outcome\":\"%.*s\",\"clauses\":%.*s,\"sentences\":%.*s,"
           "\"done\":%.*s}\n",
           STR_FMT(o->x.receipt), STR_FMT(o->x.outcome), STR_FMT(o->x.clauses),
           STR_FMT(o->x.sentences), STR_FMT(o->x.done));
}

static enum tb_code ask_in(struct cli *c, struct rooms_opened *o, const struct answer_ask *ask,
                           const char *as_of, struct tb_err *e)
{
    struct answer *a = ARENA_NEW(&c->mem, struct answer);
    struct talk t;
    enum tb_code code;

    rooms_talk(o, &t, "cli");
    if (as_of && !day_parse(str_z(as_of), &t.as_of))
        return tb_fail(e, TB_INVALID, "日期写法应为 2026-11-21 这样", "as_of=%s", as_of);
    code = answer_question(&t, ask, a, e);
    if (!code)
        (c->json ? print_json : print_text)(a);
    arena_release(&t.mem);
    return code;
}

static enum tb_code run(struct cli *c, struct tb_err *e)
{
    const char *engine = cli_option(c, "--engine"), *as_of = cli_option(c, "--as-of");
    bool no_model = cli_flag(c, "--no-engine");
    struct answer_ask ask = { .no_model = no_model };
    struct rooms_opened o;
    enum tb_code code = TB_OK;

    if (cli_no_more_options(c, e))
        return e->code;
    if (c->argc != 1)
        return tb_fail(e, TB_INVALID, "请把问题写成一个参数：tongban ask \"问题\"", "argc=%d",
                       c->argc);
    ask.question = str_z(c->argv[0]);
    if (rooms_open(c, ROOMS_SEARCH | (no_model ? 0 : ROOMS_POOL), engine, &o, e))
        return e->code;
    if (!no_model)
        code = rooms_wait_engine(&o, 120, e);
    if (!code)
        code = ask_in(c, &o, &ask, as_of, e);
    rooms_shut(&o);
    return code;
}

const struct cli_command cli_ask = {
    "ask",
    "用大白话提问，得到带依据的回答",
    "用法：tongban ask \"问题\" [--as-of 日期] [--engine 地址] [--no-engine] [--data 目录] "
    "[--json]\n\n"
    "例子：\n  tongban ask \"我妈82了每个月能领多少钱\"\n"
    "  tongban ask \"落户要什么条件\" --as-of 2024-06-30   # 按那一天有效的规定回答\n"
    "  tongban ask \"养老金怎么领\" --no-engine            # 只给规定原文，不用语言模型",
    run,
};
