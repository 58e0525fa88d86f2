/* `tongban tune`: the order of search learned from this city's own confirmed answers. */
#include "base/json.h"
#include "cli/commands.h"
#include "cli/owner.h"
#include "cli/progress.h"
#include "knowledge/search_tune.h"
#include "store/audit.h"

#include <stdio.h>

struct tune_run {
    struct cli *cli;
    struct rooms_opened o;
    struct talk t;
    struct progress bar;
    bool dry_run;
    struct search_tuning x;
    bool kept;
};

static void on_tick(void *self, int64_t done, int64_t total)
{
    struct tune_run *r = self;

    progress_at(&r->bar, done, total);
}

/* -- going back -- */

static enum tb_code undo_and_witness(struct tune_run *r, bool *was, struct tb_err *e)
{
    if (search_tune_undo(&r->t, was, e) || !*was)
        return e->code;
    return audit_witness(&r->t, "search.untune", STR("search"), STR(""), e);
}

static enum tb_code undo(struct tune_run *r, struct tb_err *e)
{
    bool was = false;

    if (db_begin(r->t.db, e) || db_end(r->t.db, undo_and_witness(r, &was, e), e))
        return e->code;
    if (r->cli->json)
        printf("{\"undone\":%s}\n", was ? "true" : "false");
    else
        printf(was ? "已恢复默认排序；正在运行的服务几秒内生效。\n"
                   : "现在用的就是默认排序，没有需要撤销的。\n");
    return TB_OK;
}

/* -- tuning -- */

static enum tb_code keep_and_witness(struct tune_run *r, struct tb_err *e)
{
    const struct search_tuning *x = &r->x;
    int64_t id;

    if (search_tune_keep(&r->t, x, &id, e))
        return e->code;
    return audit_witness(
        &r->t, "search.tune", arena_printf(&r->t.mem, "tuned:%lld", (long long)id),
        arena_printf(&r->t.mem, "questions=%lld before=%.4f new_matters=%.4f new_wordings=%.4f",
                     (long long)x->answerable, x->before.mrr10, x->fresh.mrr10, x->reworded.mrr10),
        e);
}

static const char *verdict(const struct tune_run *r)
{
    if (!r->x.enough)
        return "没有采用：已确认的答案太少。在“标准问答”里多积累一些（至少涉及 20 件不同的事，"
               "并写明依据的条款）再试。";
    if (!r->x.better)
        return "没有采用：逐折评测不比现在的默认排序好，继续用默认排序。";
    if (!r->kept)
        return "逐折评测好于默认排序；这是试算，没有采用。去掉 --dry-run 就会采用。";
    return "已采用学到的排序；正在运行的服务几秒内生效。撤销：tongban tune --undo";
}

static void print_score(const char *name, const struct quality *s)
{
    printf("  %s  hit@1 %.3f  hit@10 %.3f  mrr@10 %.3f\n", name, s->hit1, s->hit10, s->mrr10);
}

static void print_text(const struct tune_run *r)
{
    const struct search_tuning *x = &r->x;

    printf("已确认的问法：标准问答 %lld 句，群众评为有用的 %lld 句；其中 %lld 句（%lld 件事）的"
           "依据现行有效、检索得到\n",
           (long long)x->standards, (long long)x->useful, (long long)x->answerable,
           (long long)x->matters);
    if (x->contradicted)
        printf("另有 %lld 句评价不一，没有用\n", (long long)x->contradicted);
    if (x->enough) {
        printf("逐折评测（%d 折）：\n", SEARCH_TUNE_FOLDS);
        print_score("默认排序            ", &x->before);
        print_score("学到的，问没学过的事", &x->fresh);
        print_score("学到的，换一种问法  ", &x->reworded);
    }
    printf("%s\n", verdict(r));
}

static void print_json(const struct tune_run *r)
{
    struct buf b = BUF_INIT(64 * 1024);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    search_tuning_json(&j, &r->x);
    json_kbool(&j, "enough", r->x.enough);
    json_kbool(&j, "kept", r->kept);
    json_kstr(&j, "message", str_z(verdict(r)));
    json_end(&j);
    printf("%s\n", b.p);
    buf_release(&b);
}

static enum tb_code tune(struct tune_run *r, struct tb_err *e)
{
    struct search_tune_ask ask = { on_tick, r };

    progress_begin(&r->bar, r->cli, "学习和评测");
    if (search_tune(r->o.at.search, &r->t, &ask, &r->x, e))
        return e->code;
    progress_end(&r->bar, "完成");
    if (r->x.better && !r->dry_run) {
        if (db_begin(r->t.db, e) || db_end(r->t.db, keep_and_witness(r, e), e))
            return e->code;
        r->kept = true;
    }
    (r->cli->json ? print_json : print_text)(r);
    return TB_OK;
}

static enum tb_code run(struct cli *c, struct tb_err *e)
{
    struct tune_run r = { .cli = c, .dry_run = cli_flag(c, "--dry-run") };
    bool back = cli_flag(c, "--undo");
    enum tb_code code;

    if (owner_words(c, 0, "tongban tune [--dry-run | --undo]", e))
        return e->code;
    if (back && r.dry_run)
        return tb_fail(e, TB_INVALID, "--undo 和 --dry-run 不能同时用", "undo and dry-run");
    if (rooms_open(c, back ? 0 : ROOMS_SEARCH, NULL, &r.o, e))
        return e->code;
    owner_talk(c, &r.o, &r.t);
    code = back ? undo(&r, e) : tune(&r, e);
    search_learned_free(r.x.learned);
    arena_release(&r.t.mem);
    rooms_shut(&r.o);
    return code;
}

const struct cli_command cli_tune = {
    "tune",
    "用已确认的答案改进检索的排序",
    "用法：tongban tune [--dry-run | --undo] [--data 目录] [--json]\n"
    "\n"
    "从标准问答（全部问法和依据的条款）、由转人工问题形成的标准问答、群众评为有用的回答里学习\n"
    "检索结果的先后；同一句话有人评“没用”的不学。逐折评测，比默认排序好才采用，否则不变。\n"
    "只影响先后，不影响“没有查到”的判断。知识库或标准问答变化较多以后可以再运行一次。\n"
    "\n"
    "  --dry-run   只学习和评测，不采用\n"
    "  --undo      恢复默认排序\n"
    "服务运行时也可以执行，采用和撤销都写入审计记录。\n"
    "\n"
    "例子：\n"
    "  tongban tune --data /var/lib/tongban --dry-run\n"
    "  tongban tune --data /var/lib/tongban\n"
    "  tongban tune --data /var/lib/tongban --undo",
    run,
};
