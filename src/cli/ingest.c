/* `tongban ingest PATH…`: policies into the knowledge base from the command line. */
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/rooms.h"
#include "cli/signer.h"
#include "flow/jobs.h"
#include "scenario/knowledge/bring.h"
#include "store/audit.h"

#include <stdio.h>
#include <string.h>

struct ingest_run {
    struct cli *cli;
    const char *signed_by; /* login; NULL: nobody signs, what is new stays internal */
    struct signer signer;
    struct rooms_opened rooms;
    struct talk t;
    struct progress bar;
    struct bring_options o;
    struct bring_result r;
};

static enum tb_code read_options(struct ingest_run *x, struct tb_err *e)
{
    struct cli *c = x->cli;
    const char *department = cli_option(c, "--department");

    x->o.ingest.department = str_z(department ? department : "");
    x->o.ingest.classification = cli_flag(c, "--internal")    ? STR("internal")
                                 : cli_flag(c, "--sensitive") ? STR("sensitive")
                                                              : STR("public");
    x->o.ingest.confirm = cli_flag(c, "--yes");
    x->o.ingest.confirm_clear = true;
    x->signed_by = cli_option(c, "--signed-by");
    if (cli_no_more_options(c, e))
        return e->code;
    if (!department && str_eqz(x->o.ingest.classification, "sensitive"))
        return tb_fail(e, TB_INVALID, "敏感文件要写明归属部门：加 --department 部门编号",
                       "sensitive without department");
    if (c->argc == 0)
        return tb_fail(e, TB_INVALID, "要导入什么？用法：tongban ingest 文件或文件夹…", "no path");
    return TB_OK;
}

static enum tb_code check_department(struct ingest_run *x, struct tb_err *e)
{
    int64_t one;
    bool found = true;
    struct str say;

    if (x->o.ingest.department.n &&
        db_ask_int(x->t.db, SQL("SELECT 1 FROM department WHERE id = :id"),
                   ARGS(db_text("id", x->o.ingest.department)), &one, &found, e))
        return e->code;
    if (found)
        return TB_OK;
    say = arena_printf(&x->cli->mem, "没有编号为 %.*s 的部门", STR_FMT(x->o.ingest.department));
    return tb_fail_say(e, TB_INVALID, say, say);
}

/* Who brings it is not who signs for it: the one by a command, the other by a password. */
static enum tb_code check_signer(struct ingest_run *x, struct tb_err *e)
{
    x->o.ingest.author_name =
        arena_printf(&x->t.mem, "命令行导入（%.*s）", STR_FMT(x->t.actor.login));
    if (!x->signed_by)
        return TB_OK;
    if (signer_ask(&x->t, str_z(x->signed_by), &x->signer, e))
        return e->code;
    x->o.ingest.signer = &x->signer;
    return TB_OK;
}

static void progress(void *self, int64_t done, int64_t total, struct str name)
{
    struct ingest_run *x = self;

    (void)name;
    progress_at(&x->bar, done, total);
}

static void print_version(const struct brought *v)
{
    static const char *const did[] = { "", "新增", "新版本", "未变" };

    printf("  %s《%.*s》%.*s 第 %d 版%s", did[v->outcome], STR_FMT(v->title),
           STR_FMT(v->document_number), v->number, v->confirmed ? "" : "，待确认");
    if (v->notes.n)
        printf("：%.*s", STR_FMT(v->notes));
    printf("\n");
}

static void print_text(const struct bring_result *r, bool signed_by)
{
    size_t waiting = 0;

    for (size_t i = 0; i < r->version_n; i++) {
        waiting += !r->versions[i].confirmed;
        if (r->versions[i].outcome != INGEST_SAME || !r->versions[i].confirmed)
            print_version(&r->versions[i]);
    }
    printf("新增 %lld 份，新版本 %lld 份，未变 %lld 份，跳过 %zu 个文件\n", (long long)r->added,
           (long long)r->updated, (long long)r->unchanged, r->skipped_n);
    for (size_t i = 0; i < r->skipped_n; i++)
        printf("  跳过 %.*s：%.*s\n", STR_FMT(r->skipped[i].file), STR_FMT(r->skipped[i].why));
    if (waiting)
        printf("有 %zu 份待确认：在页面“知识库”核对后确认，或加 --yes 再导入一次\n", waiting);
    if (!signed_by && r->added + r->updated > 0)
        printf("市民还看不到这些文件：由监护人或部门管理员在“审签台”签发后公开，或加 --signed-by "
               "登录名\n");
}

static void print_json(const struct bring_result *r)
{
    struct buf b = BUF_INIT((size_t)256 << 20);
    struct json j = JSON_INIT(&b);

    bring_json(&j, r);
    json_end(&j);
    printf("%s\n", b.p);
    buf_release(&b);
}

/* The row for the whole run; a server beside us hears of it by the job. */
static enum tb_code witness(struct ingest_run *x, struct tb_err *e)
{
    const struct bring_result *r = &x->r;
    int64_t job;
    enum tb_code c;

    if (r->added + r->updated == 0 || db_begin(x->t.db, e))
        return e->code;
    c = audit_witness(&x->t, "knowledge.ingest", STR(""),
                      arena_printf(&x->t.mem, "added=%lld updated=%lld skipped=%zu",
                                   (long long)r->added, (long long)r->updated, r->skipped_n),
                      e);
    if (!c)
        c = jobs_add(NULL, x->t.db, "index", STR("{}"), 0, &job, e);
    return db_end(x->t.db, c, e);
}

static enum tb_code bring_all(struct ingest_run *x, struct tb_err *e)
{
    struct tb_err late = TB_ERR_INIT;

    for (int i = 0; i < x->cli->argc && !e->code; i++) {
        const char *path = x->cli->argv[i];
        size_t n = strlen(path);

        while (n > 1 && path[n - 1] == '/')
            n--;
        if (bring_path(&x->t, path, str_of(path, n), &x->o, &x->r, e))
            break;
    }
    /* what was brought in before a failure is in, and stays witnessed */
    return witness(x, e->code ? &late : e) ? (e->code ? e->code : late.code) : e->code;
}

static enum tb_code run_in(struct ingest_run *x, struct tb_err *e)
{
    enum tb_code code;
    char line[64];

    rooms_talk(&x->rooms, &x->t, "");
    if (check_department(x, e) || check_signer(x, e))
        return e->code;
    x->o.progress = progress;
    x->o.self = x;
    progress_begin(&x->bar, x->cli, "导入政策文件");
    code = bring_all(x, e);
    snprintf(line, sizeof(line), "%zu 个文件", x->r.version_n + x->r.skipped_n);
    progress_end(&x->bar, line);
    if (x->cli->json)
        print_json(&x->r);
    else
        print_text(&x->r, x->signed_by || !str_eqz(x->o.ingest.classification, "public"));
    if (!code && x->r.version_n == 0)
        return tb_fail(e, TB_INVALID, "没有导入任何文件，原因见上", "skipped=%zu", x->r.skipped_n);
    return code;
}

static enum tb_code ingest_main(struct cli *c, struct tb_err *e)
{
    struct ingest_run x = { .cli = c };
    enum tb_code code;

    if (read_options(&x, e) || rooms_open(c, ROOMS_GUARD, NULL, &x.rooms, e))
        return e->code;
    code = run_in(&x, e);
    arena_release(&x.t.mem);
    rooms_shut(&x.rooms);
    return code;
}

const struct cli_command cli_ingest = {
    "ingest",
    "导入政策文件：文件、文件夹或压缩包",
    "用法：tongban ingest 路径… [--department 部门编号] [--internal|--sensitive] [--yes] "
    "[--signed-by "
    "登录名] [--data 目录] [--json]\n"
    "\n"
    "  路径            Markdown、文本、网页（HTML）、Word（DOCX），或者装着它们的文件夹、\n"
    "                  zip、tar、tar.gz、tar.xz；按内容识别，不看扩展名\n"
    "  --department    归口部门的编号（见 city.yaml）\n"
    "  --internal      只供工作人员检索，市民看不到\n"
    "  --sensitive     只供 --department 所写的部门及其上级说明用途后查看，不作为回答的依据\n"
    "  --signed-by     由这位监护人或部门管理员签发，导入后即对市民公开；签发人输入自己的密码\n"
    "                  （或从标准输入读一行）。不加则先供工作人员使用，在“审签台”签发后公开\n"
    "  --yes           读出的标题、文号、日期有疑问也直接生效；不加则等人确认\n"
    "\n"
    "同样的文件再导入一次不会有任何变化；新版本自动接替旧版本，从新版本施行之日起。\n"
    "\n"
    "例：\n"
    "  tongban ingest demo/policies\n"
    "  tongban ingest 高龄津贴发放办法.docx --department minzheng --yes\n"
    "  tongban ingest 政策汇编.zip --json",
    ingest_main,
};
