/* `tongban egress …`: the list of where the program may connect to outside the city's own network.
 */
#include "base/date.h"
#include "cli/commands.h"
#include "cli/owner.h"
#include "store/egress_row.h"

#include <stdio.h>
#include <string.h>

static const int64_t day_ms = 86400000, zone_ms = 8 * 3600000LL;

struct egress_run {
    struct cli *cli;
    struct talk t;
    const char *owner, *purpose, *until, *port;
    bool abroad, inland;
};

static enum tb_code list_all(void *run, struct tb_err *e)
{
    struct egress_run *u = run;
    struct egress_row *all;
    size_t n;
    int64_t now = world_now_ms(u->t.world);
    char day[16];

    if (owner_words(u->cli, 1, "tongban egress list", e) ||
        egress_row_list(u->t.db, &u->t.mem, &all, &n, e))
        return e->code;
    for (size_t i = 0; i < n; i++)
        printf("%lld  %.*s:%lld  %s%s  到 %.*s  负责人 %.*s  %.*s\n", (long long)all[i].id,
               STR_FMT(all[i].host), (long long)all[i].port,
               all[i].ended_at            ? "已停用"
               : now >= all[i].expires_at ? "已到期"
                                          : "有效",
               all[i].abroad ? "，出境" : "",
               STR_FMT(day_text(day_from_ms(all[i].expires_at - 1), day)), STR_FMT(all[i].owner),
               STR_FMT(all[i].purpose));
    if (!n)
        printf("外联清单是空的：程序只在本单位网络内连接\n");
    return TB_OK;
}

static enum tb_code add(void *run, struct tb_err *e)
{
    struct egress_run *u = run;
    struct egress_row x = { .port = 443, .abroad = u->abroad };
    int32_t day;

    if (owner_words(u->cli, 2, "tongban egress add 主机 --owner 负责人 --until 日期 …", e))
        return e->code;
    if (u->abroad == u->inland)
        return tb_fail(e, TB_INVALID, "请写明在境内还是出境：--inland 或 --abroad", "abroad");
    if (u->port && !str_i64(str_z(u->port), &x.port))
        return tb_fail(e, TB_INVALID, "端口应为 1 到 65535", "port");
    if (!u->until || !day_parse(str_z(u->until), &day))
        return tb_fail(e, TB_INVALID, "请用 --until 写明到期日，如 2027-06-30", "until");
    x.expires_at = (day + 1) * day_ms - zone_ms;
    x.host = str_z(u->cli->argv[1]);
    x.owner = str_z(u->owner);
    x.purpose = str_z(u->purpose);
    if (egress_row_add(&u->t, &x, e))
        return e->code;
    printf("%.*s:%lld 已列入外联清单，编号 %lld，一秒内生效\n", STR_FMT(x.host), (long long)x.port,
           (long long)x.id);
    return TB_OK;
}

static enum tb_code end(void *run, struct tb_err *e)
{
    struct egress_run *u = run;
    int64_t id = 0;

    if (owner_words(u->cli, 2, "tongban egress end 编号", e))
        return e->code;
    if (!str_i64(str_z(u->cli->argv[1]), &id))
        return tb_fail(e, TB_INVALID, "编号见 tongban egress list", "id");
    if (egress_row_end(&u->t, id, e))
        return e->code;
    printf("%lld 已停用，一秒内生效\n", (long long)id);
    return TB_OK;
}

static const struct owner_verb verbs[] = { { "list", list_all }, { "add", add }, { "end", end } };

static enum tb_code egress_command(struct cli *c, struct tb_err *e)
{
    struct egress_run u = { .cli = c,
                            .owner = cli_option(c, "--owner"),
                            .purpose = cli_option(c, "--purpose"),
                            .until = cli_option(c, "--until"),
                            .port = cli_option(c, "--port"),
                            .abroad = cli_flag(c, "--abroad"),
                            .inland = cli_flag(c, "--inland") };

    return owner_run(c, 0, verbs, sizeof(verbs) / sizeof(verbs[0]), &u.t, &u, e);
}

const struct cli_command cli_egress = {
    "egress",
    "外联清单：程序可以连接哪些外部地址",
    "用法：tongban egress list\n"
    "      tongban egress add 主机 --owner 负责人 --purpose 用途 --until 日期 "
    "--inland|--abroad [--port 443]\n"
    "      tongban egress end 编号\n"
    "\n"
    "本单位网络（10/8、172.16/12、192.168/16、100.64/10、fc00::/"
    "7、本机）之外的地址，列入清单才能连接。\n"
    "清单一开始是空的；每条都有负责人和到期日（最长一年），出境的要第二个人确认，都记入审计。\n"
    "服务运行时也可以执行，一秒内生效。平时由安全保密员在网页或接口上管理。\n"
    "\n"
    "例：\n"
    "  tongban egress add api.deepseek.com --owner 王主任 --purpose 大模型服务 --until 2027-06-30 "
    "--inland",
    egress_command,
};
