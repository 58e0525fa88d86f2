/* `tongban words …`: large lists of forbidden words, brought in by kind, tried on ordinary text
 * first, in force within a second, with their way back. */
#include "base/fs.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/owner.h"
#include "guard/risk.h"
#include "guard/word_check.h"
#include "scenario/shield/words_try.h"
#include "store/word_list.h"

#include <stdio.h>
#include <string.h>

enum { FILE_BYTES = 64 << 20, ORDINARY_BYTES = 1 << 30, ROUNDS = 8, SHOWN = 20, NAME_MAX = 40 };

struct words_run {
    struct cli *cli;
    struct talk t;
    const char *kind, *name, *way, *ordinary;
    bool sound, split, all, dry;
};

static const char *title_of(struct arena *a, struct str kind)
{
    int k = 0;

    return risk_kind_parse(kind, &k)
               ? arena_printf(a, "%s %s", risk_kind_ref(k), risk_kind_name(k)).p
               : "";
}

static enum tb_code list_all(void *run, struct tb_err *e)
{
    struct words_run *u = run;
    struct word_list *all;
    size_t n;

    if (owner_words(u->cli, 1, "tongban words list", e) ||
        word_list_newest(u->t.db, &u->t.mem, &all, &n, e))
        return e->code;
    for (size_t i = 0; i < n; i++) {
        const struct word_list *w = &all[i];

        if (u->cli->json)
            printf("{\"name\":\"%.*s\",\"version\":%lld,\"kind\":\"%.*s\",\"way\":\"%.*s\","
                   "\"words\":%zu,\"left_out\":%zu}\n",
                   STR_FMT(w->name), (long long)w->version, STR_FMT(w->kind), STR_FMT(w->way),
                   word_list_count(w->words), word_list_count(w->left_out));
        else
            printf("%.*s  第 %lld 版  %s  在用 %zu 个，未用 %zu 个%s\n", STR_FMT(w->name),
                   (long long)w->version, title_of(&u->t.mem, w->kind), word_list_count(w->words),
                   word_list_count(w->left_out), w->words.n ? "" : "（已停用）");
    }
    if (!n && !u->cli->json)
        printf("还没有导入词表\n");
    return TB_OK;
}

static enum tb_code check_files(struct words_run *u, struct word_check *k, struct tb_err *e)
{
    struct str names = str_z(u->ordinary);

    while (u->ordinary && names.p) {
        struct arena a = ARENA_INIT;
        struct str text = STR("");
        enum tb_code c =
            fs_read(&a, arena_z(&a, str_cut(&names, STR(","))), ORDINARY_BYTES, &text, e);

        while (!c && text.p)
            word_check_text(k, str_cut(&text, STR("\n")));
        arena_release(&a);
        if (c)
            return c;
    }
    return TB_OK;
}

static enum tb_code check_ordinary(struct words_run *u, struct word_check *k, struct tb_err *e)
{
    for (int i = 0; i < ROUNDS; i++) {
        if (words_try_passages(u->t.db, k, e) || check_files(u, k, e))
            return e->code;
        if (!word_check_round(k))
            break;
    }
    return TB_OK;
}

static void report(struct words_run *u, const struct word_list *w, const struct word_hit *h,
                   size_t n)
{
    if (u->cli->json) {
        printf("{\"name\":\"%.*s\",\"version\":%lld,\"words\":%zu,\"ordinary\":%zu,"
               "\"left_out\":%zu}\n",
               STR_FMT(w->name), (long long)w->version, word_list_count(w->words), n,
               word_list_count(w->left_out));
        return;
    }
    printf("共 %zu 个词在用；%zu 个词在平常的文字里也会出现，%s：\n", word_list_count(w->words), n,
           u->all ? "仍然使用（--all）" : "没有使用");
    for (size_t i = 0; i < n && i < SHOWN; i++)
        printf("  %.*s（%lld 处）  …%.*s…\n", STR_FMT(h[i].word), (long long)h[i].texts,
               STR_FMT(h[i].sample));
    if (n > SHOWN)
        printf("  …另有 %zu 个\n", n - SHOWN);
    printf("%s\n",
           u->dry ? "只是试算，没有保存" : "已保存，一秒内生效；恢复上一版：tongban words undo");
}

static enum tb_code options_check(struct words_run *u, int *kind, unsigned *way, struct tb_err *e)
{
    const char *w = u->way ? u->way : "both";

    if (!u->kind || !risk_kind_parse(str_z(u->kind), kind))
        return tb_fail(e, TB_INVALID,
                       "请用 --kind 写明是哪一种风险（GB/T 45654-2025 附录A），如 --kind \"A.1 f\"",
                       "kind");
    *way = strcmp(w, "in") == 0     ? FORBID_IN
           : strcmp(w, "out") == 0  ? FORBID_OUT
           : strcmp(w, "both") == 0 ? FORBID_IN | FORBID_OUT
                                    : 0;
    if (!*way)
        return tb_fail(e, TB_INVALID, "--way 应为 in（提问）、out（回答）或 both（都查）", "way");
    return TB_OK;
}

static struct str name_of(struct words_run *u)
{
    const char *slash = strrchr(u->cli->argv[1], '/');
    struct str base = str_z(u->name ? u->name : slash ? slash + 1 : u->cli->argv[1]);

    return str_sub(base, 0, utf8_floor(base, NAME_MAX));
}

static enum tb_code keep(struct words_run *u, struct forbid_list *l, struct word_list *w,
                         struct tb_err *e)
{
    struct word_check *k = word_check_new(l);
    const struct word_hit *hits;
    size_t n = 0;

    if (!check_ordinary(u, k, e)) {
        hits = word_check_hits(k, &n);
        words_try_result(&u->t.mem, k, l->words, u->all, w);
        if (u->dry || !word_list_add(&u->t, w, e))
            report(u, w, hits, n);
    }
    word_check_free(k);
    return e->code;
}

static enum tb_code import(void *run, struct tb_err *e)
{
    struct words_run *u = run;
    struct arena *a = &u->t.mem;
    struct word_list w = { .way = str_z(u->way ? u->way : "both"),
                           .sound = u->sound,
                           .why = STR("import") };
    struct forbid_list l = { .sound = u->sound };

    if (owner_words(u->cli, 2, "tongban words import 文件 --kind 种类 [选项]", e) ||
        options_check(u, &l.risk, &l.way, e) ||
        fs_read(a, u->cli->argv[1], FILE_BYTES, &l.words, e))
        return e->code;
    if (!utf8_valid(l.words) || !word_list_count(l.words))
        return tb_fail(e, TB_INVALID, "词表应为 UTF-8 文本，每行一个词", "not utf-8, or empty");
    if (u->split && word_split(a, fs_join(a, u->t.at->share_dir, "rules/split_characters.yaml"),
                               l.words, &l.words, e))
        return e->code;
    w.name = name_of(u);
    w.kind = str_z(risk_kind_ref(l.risk));
    return keep(u, &l, &w, e);
}

static enum tb_code undo(void *run, struct tb_err *e)
{
    struct words_run *u = run;
    struct word_list w;

    if (owner_words(u->cli, 2, "tongban words undo 名称", e) ||
        word_list_undo(&u->t, str_z(u->cli->argv[1]), &w, e))
        return e->code;
    printf("%.*s 已恢复为上一版，%zu 个词在用\n", STR_FMT(w.name), word_list_count(w.words));
    return TB_OK;
}

static enum tb_code drop(void *run, struct tb_err *e)
{
    struct words_run *u = run;

    if (owner_words(u->cli, 2, "tongban words drop 名称", e) ||
        word_list_drop(&u->t, str_z(u->cli->argv[1]), e))
        return e->code;
    printf("%s 已停用；恢复：tongban words undo %s\n", u->cli->argv[1], u->cli->argv[1]);
    return TB_OK;
}

static enum tb_code try(void *run, struct tb_err *e)
{
    struct words_run *u = run;
    const struct risk_rules *x = risk_take(u->t.at->risk);
    struct risk_finding f;
    enum tb_code c = owner_words(u->cli, 2, "tongban words try \"一句话\"", e);

    if (!c) {
        struct str text = str_z(u->cli->argv[1]);

        if (!risk_asked(x, text, &f))
            printf("可以问\n");
        else if (f.by == RISK_BY_WORD)
            printf("不能问：%.*s，词“%.*s”\n", STR_FMT(f.title),
                   STR_FMT(str_sub(text, f.from, f.to - f.from)));
        else
            printf("不能问：%.*s，按例句判断，%.2f\n", STR_FMT(f.title), f.score);
    }
    risk_drop(x);
    return c;
}

static const struct owner_verb verbs[] = {
    { "list", list_all }, { "import", import }, { "undo", undo }, { "drop", drop }, { "try", try },
};

static enum tb_code words_command(struct cli *c, struct tb_err *e)
{
    struct words_run u = { .cli = c,
                           .kind = cli_option(c, "--kind"),
                           .name = cli_option(c, "--name"),
                           .way = cli_option(c, "--way"),
                           .ordinary = cli_option(c, "--ordinary"),
                           .sound = cli_flag(c, "--sound"),
                           .split = cli_flag(c, "--split"),
                           .all = cli_flag(c, "--all"),
                           .dry = cli_flag(c, "--dry-run") };

    return owner_run(c, ROOMS_GUARD, verbs, sizeof(verbs) / sizeof(verbs[0]), &u.t, &u, e);
}

const struct cli_command cli_words = {
    "words",
    "导入、恢复、停用敏感词表",
    "用法：tongban words list\n"
    "      tongban words import 文件 --kind 种类 [--name 名称] [--way in|out|both] [选项]\n"
    "      tongban words undo 名称\n"
    "      tongban words drop 名称\n"
    "      tongban words try \"一句话\"\n"
    "\n"
    "  --kind 种类        GB/T 45654-2025 附录A 的编号，如 \"A.1 f\"\n"
    "  --way 方向         in 只查提问，out 只查回答，both 都查（默认）\n"
    "  --ordinary 文件,文件  平常的文字，每行一段：出现在里面的词会误拦，列出来且不使用；\n"
    "                     本市知识库里的文件总是拿来比对\n"
    "  --all              误拦的词也使用\n"
    "  --split            加上拆字的写法（“枪”写成“木仓”）\n"
    "  --sound            提问里读音相同的也算（三个字以上的词）\n"
    "  --dry-run          只看报告，不保存\n"
    "\n"
    "词表每行一个词，UTF-"
    "8。全角半角、大小写、繁简、字间空格不用另写。服务运行时也可以执行，一秒内生效。\n"
    "每次导入都是新的一版，都记入审计。\n"
    "\n"
    "例：\n"
    "  tongban words import words.txt --kind \"A.1 f\" --name 色情 --ordinary 12345来信.txt "
    "--dry-run\n"
    "  tongban words undo 色情",
    words_command,
};
