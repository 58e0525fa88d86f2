/* `tongban audit verify|export`: what an auditor does at the machine, the server running or not. */
#include "store/audit.h"
#include "base/date.h"
#include "base/fs.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/owner.h"
#include "store/audit_file.h"
#include "store/setting.h"

#include <stdio.h>
#include <string.h>

struct audit_run {
    struct cli *cli;
    struct talk t;
    const char *checkpoint, *from, *to;
};

enum { PAGE = 2000 };
static const int64_t day_ms = 24LL * 3600 * 1000, zone_ms = 8LL * 3600 * 1000;

/* The checkpoint named, else the one the server keeps beside the database. */
static enum tb_code outside(struct audit_run *a, struct audit_checkpoint *c, bool *there,
                            struct tb_err *e)
{
    struct arena *mem = &a->t.mem;
    char *own = fs_join(mem, a->cli->data, "trail.checkpoint");

    *there = a->checkpoint || fs_exists(own);
    return *there ? audit_file_read(mem, a->checkpoint ? a->checkpoint : own, c, e) : TB_OK;
}

static void say_verdict(const struct audit_run *a, const struct audit_verdict *v)
{
    struct buf b = BUF_INIT(4096);
    struct json j = JSON_INIT(&b);

    if (!a->cli->json) {
        if (v->ok)
            printf("审计链完整：%lld 行，%lld 个签名检查点，签名覆盖到第 %lld 行，用时 %.2f 秒\n",
                   (long long)v->rows, (long long)v->checkpoints, (long long)v->signed_to,
                   (double)v->us / 1e6);
        else
            printf("审计链不完整：%s\n", v->why);
        return;
    }
    json_obj(&j);
    json_kbool(&j, "ok", v->ok);
    json_kint(&j, "rows", v->rows);
    json_kint(&j, "checkpoints", v->checkpoints);
    json_kint(&j, "signed_to", v->signed_to);
    json_kint(&j, "first_bad", v->first_bad);
    json_kstr(&j, "why", str_z(v->why));
    json_kreal(&j, "checked_ms", (double)v->us / 1000);
    json_end(&j);
    printf("%s\n", b.p);
    buf_release(&b);
}

static enum tb_code remember(struct talk *t, const struct audit_verdict *v, struct tb_err *e)
{
    return setting_write(t->db, "audit.verified",
                         arena_printf(&t->mem,
                                      "{\"at\":%lld,\"ok\":%s,\"rows\":%lld,\"first_bad\":%lld}",
                                      (long long)world_now_ms(t->world), v->ok ? "true" : "false",
                                      (long long)v->rows, (long long)v->first_bad),
                         e);
}

static enum tb_code verify(struct audit_run *a, struct tb_err *e)
{
    struct audit_checkpoint c;
    struct audit_verdict v;
    bool there;

    if (owner_words(a->cli, 1, "tongban audit verify [--checkpoint 文件]", e) ||
        outside(a, &c, &there, e) ||
        audit_verify(a->t.db, keyring_trail(a->t.at->keys), there ? &c : NULL, a->t.world, &v, e) ||
        remember(&a->t, &v, e))
        return e->code;
    say_verdict(a, &v);
    a->cli->status = v.ok ? 0 : 1;
    return TB_OK;
}

static enum tb_code day_of_option(const char *text, int add, int64_t *ms, struct tb_err *e)
{
    int32_t day;

    *ms = 0;
    if (!text)
        return TB_OK;
    if (!day_parse(str_z(text), &day))
        return tb_fail(e, TB_INVALID, "日期应写成 2026-11-21 的形式", "day");
    *ms = (day + add) * day_ms - zone_ms;
    return TB_OK;
}

static void print_page(const struct audit_row *rows, size_t n)
{
    struct buf b = BUF_INIT(64 << 20);

    for (size_t i = 0; i < n; i++) {
        struct json j = JSON_INIT(&b);

        audit_json(&j, &rows[i]);
        buf_addc(&b, '\n');
    }
    if (b.n)
        fwrite(b.p, 1, b.n, stdout);
    buf_release(&b);
}

static enum tb_code print_checkpoint(struct audit_run *a, struct tb_err *e)
{
    struct buf b = BUF_INIT(4096);
    struct json j = JSON_INIT(&b);
    struct audit_checkpoint c;

    if (audit_signed(a->t.db, &a->t.mem, &c, e))
        return e->code;
    if (c.last == 0)
        return TB_OK;
    json_obj(&j);
    json_key(&j, "checkpoint");
    audit_file_json(&j, &c);
    json_end(&j);
    printf("%s\n", b.p);
    buf_release(&b);
    return TB_OK;
}

static enum tb_code export(struct audit_run *a, struct tb_err *e) {
    struct audit_filter f = { .max = PAGE }; size_t n = PAGE;

    if (owner_words(a->cli, 1, "tongban audit export [--from 日期] [--to 日期]", e) ||
        day_of_option(a->from, 0, &f.from, e) || day_of_option(a->to, 1, &f.to, e)) return e->code;
    while (n == PAGE){ struct arena mem = ARENA_INIT; struct audit_row * rows;
                       enum tb_code c = audit_list(a->t.db, &mem, &f, &rows, &n, e);

                       if (!c && n){ print_page(rows, n); f.after = rows[n - 1].id; }
arena_release(&mem);
if (c)
    return c;
}
return print_checkpoint(a, e);
}

static enum tb_code sign(struct audit_run *a, struct tb_err *e)
{
    bool made;

    if (owner_words(a->cli, 1, "tongban audit sign", e) ||
        audit_sign(a->t.db, a->t.at->keys, a->t.world, &made, e))
        return e->code;
    return print_checkpoint(a, e);
}

static enum tb_code audit_command(struct cli *c, struct tb_err *e)
{
    struct audit_run a = { .cli = c,
                           .checkpoint = cli_option(c, "--checkpoint"),
                           .from = cli_option(c, "--from"),
                           .to = cli_option(c, "--to") };
    const char *verb = c->argc > 0 ? c->argv[0] : "";
    struct rooms_opened o;
    enum tb_code code = rooms_open(c, 0, NULL, &o, e);

    if (code)
        return code;
    owner_talk(c, &o, &a.t);
    if (strcmp(verb, "verify") == 0)
        code = verify(&a, e);
    else if (strcmp(verb, "export") == 0)
        code = export(&a, e);
    else if (strcmp(verb, "sign") == 0)
        code = sign(&a, e);
    else
        code = tb_fail(e, TB_INVALID, "要做什么？verify、export 或 sign", "verb");
    arena_release(&a.t.mem);
    rooms_shut(&o);
    return code;
}

const struct cli_command cli_audit = {
    "audit",
    "校验、导出审计记录",
    "用法：tongban audit verify [--checkpoint 文件]\n"
    "      tongban audit export [--from 日期] [--to 日期]\n"
    "      tongban audit sign\n"
    "\n"
    "verify   逐行校验整条审计链：改动、删除、换序、截断都会指出第一处坏行，此时退出码为 1。\n"
    "         --checkpoint 是以前导出、另外保存的检查点，能发现整库被换成旧的\n"
    "export   每行一个 JSON，最后一行是最新的签名检查点\n"
    "sign     立即签名并打印检查点，供另外保存\n"
    "服务运行时也可以执行。\n"
    "\n"
    "例：\n"
    "  tongban audit verify --data /var/lib/tongban\n"
    "  tongban audit export --from 2026-11-01 > 审计.jsonl\n"
    "  tongban audit sign --json > /media/usb/checkpoint.json",
    audit_command,
};
