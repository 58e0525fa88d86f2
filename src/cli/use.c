/* `tongban use`: what was used and what it cost, for people, programs and spreadsheets. */
#include "store/use.h"
#include "base/date.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/owner.h"

#include <stdio.h>

enum { DAYS_SHOWN = 30 };

static void say_json(struct buf *b, const struct use_row *rows, size_t n, const struct use_row *sum)
{
    struct json j = JSON_INIT(b);

    json_obj(&j);
    json_karr(&j, "items");
    for (size_t i = 0; i < n; i++)
        use_json(&j, &rows[i]);
    json_end(&j);
    json_key(&j, "total");
    use_json(&j, sum);
    json_end(&j);
    buf_addc(b, '\n');
}

static void say_row(struct buf *b, const struct use_row *u)
{
    buf_addf(b, "%10lld 次 %6lld 出错 %14lld token %14.6f 元  %.*s %.*s\n", (long long)u->requests,
             (long long)u->errors, (long long)(u->prompt + u->answer), (double)u->cost / 1e6,
             STR_FMT(u->id), STR_FMT(u->name));
}

static void say(struct buf *b, const struct use_row *rows, size_t n, struct use_row sum)
{
    for (size_t i = 0; i < n; i++)
        say_row(b, &rows[i]);
    sum.id = STR("合计");
    say_row(b, &sum);
}

static enum tb_code filter_of(const char *from, const char *to, const char *by,
                              struct use_filter *f, struct tb_err *e)
{
    f->to = day_today(world_real());
    if (to && !day_parse(str_z(to), &f->to))
        return tb_fail(e, TB_INVALID, "日期应写成 2026-11-21 的形式", "to");
    f->from = f->to - DAYS_SHOWN + 1;
    if (from && !day_parse(str_z(from), &f->from))
        return tb_fail(e, TB_INVALID, "日期应写成 2026-11-21 的形式", "from");
    if (by && !use_by_parse(str_z(by), &f->by))
        return tb_fail(e, TB_INVALID, "--by 应为 department、key、model、engine、day 或 hour",
                       "by");
    return TB_OK;
}

static enum tb_code use_command(struct cli *c, struct tb_err *e)
{
    const char *from = cli_option(c, "--from"), *to = cli_option(c, "--to");
    const char *by = cli_option(c, "--by"), *department = cli_option(c, "--department");
    struct use_filter f = { .by = USE_BY_DEPARTMENT, .department = str_z(department) };
    struct buf b = BUF_INIT(256 << 20);
    bool csv = cli_flag(c, "--csv");
    struct use_row *rows, sum;
    struct rooms_opened o;
    enum tb_code code;
    size_t n;

    if (owner_words(c, 0, "tongban use [--from 日期] [--to 日期] [--by 分组] [--csv]", e) ||
        filter_of(from, to, by, &f, e) || rooms_open(c, 0, NULL, &o, e))
        return e->code;
    code = use_list(o.db, &c->mem, &f, &rows, &n, &sum, e);
    if (!code && csv)
        use_csv(&b, f.by, rows, n, &sum);
    else if (!code && c->json)
        say_json(&b, rows, n, &sum);
    else if (!code)
        say(&b, rows, n, sum);
    if (b.n)
        fwrite(b.p, 1, b.n, stdout);
    buf_release(&b);
    rooms_shut(&o);
    return code;
}

const struct cli_command cli_use = {
    "use",
    "查看模型用量和费用",
    "用法：tongban use [--from 日期] [--to 日期] [--by 分组] [--department 部门] [--csv]\n"
    "\n"
    "  --from、--to   起止日期，都包含在内；默认最近 30 天\n"
    "  --by 分组      department 部门（默认）、key 密钥、model 模型、engine 引擎、day 日期、hour "
    "小时\n"
    "  --csv          给 WPS、Excel 的表格\n"
    "\n"
    "例：\n"
    "  tongban use --by key\n"
    "  tongban use --from 2026-11-01 --to 2026-11-30 --csv > 十一月用量.csv",
    use_command,
};
