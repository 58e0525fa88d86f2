/* `tongban audit verify|export`: what an auditor does at the machine, the server running or not. */
#include "store/audit.h"
#include "base/date.h"
#include "base/fs.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/owner.h"
#include "store/audit_export.h"
#include "store/audit_file.h"
#include "store/audit_floor.h"
#include "store/setting.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct audit_run {
    struct cli *cli;
    struct talk t;
    const char *checkpoint, *from, *to, *file, *key, *to_file;
};

enum { KEY_MOST = 64 * 1024 };
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

static void json_verdict(struct json *j, const struct audit_verdict *v)
{
    json_kbool(j, "ok", v->ok);
    json_kint(j, "rows", v->rows);
    json_kint(j, "checkpoints", v->checkpoints);
    json_kint(j, "signed_to", v->signed_to);
    json_kint(j, "archived_to", v->floor);
    json_kint(j, "clock_back", v->clock_back);
    json_kint(j, "first_bad", v->first_bad);
    json_kstr(j, "why", str_z(v->why));
    json_kreal(j, "checked_ms", (double)v->us / 1000);
}

static void print_json(struct buf *b)
{
    printf("%s\n", b->p);
    buf_release(b);
}

static void say_clock(const struct audit_verdict *v)
{
    if (v->clock_back)
        printf("注意：第 %lld 行起时间倒退过，可能调整过服务器时钟（内容没有问题）\n",
               (long long)v->clock_back);
}

static void say_verdict(const struct audit_run *a, const struct audit_verdict *v)
{
    struct buf b = BUF_INIT(4096);
    struct json j = JSON_INIT(&b);

    if (a->cli->json) {
        json_obj(&j);
        json_verdict(&j, v);
        json_end(&j);
        print_json(&b);
        return;
    }
    if (v->ok)
        printf("审计链完整：%lld 行，%lld 个签名检查点，签名覆盖到第 %lld 行，用时 %.2f 秒\n",
               (long long)v->rows, (long long)v->checkpoints, (long long)v->signed_to,
               (double)v->us / 1e6);
    else
        printf("审计链不完整：%s\n", v->why);
    if (v->floor)
        printf("第 %lld 行及以前已按保存期限归档\n", (long long)v->floor);
    say_clock(v);
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
        audit_verify(a->t.db, a->t.at->keys, there ? &c : NULL, a->t.world, &v, e) ||
        remember(&a->t, &v, e))
        return e->code;
    say_verdict(a, &v);
    a->cli->status = v.ok ? 0 : 1;
    return TB_OK;
}

static enum tb_code keys_of(struct audit_run *a, struct sm2_keys *keys, struct tb_err *e)
{
    struct str text;

    if (!a->key)
        return TB_OK;
    return fs_read(&a->t.mem, a->key, KEY_MOST, &text, e) || sm2_read_all(text, keys, e) ? e->code
                                                                                         : TB_OK;
}

static void say_file(const struct audit_run *a, const struct audit_export_verdict *v)
{
    struct buf b = BUF_INIT(4096);
    struct json j = JSON_INIT(&b);

    if (a->cli->json) {
        json_obj(&j);
        json_verdict(&j, &v->chain);
        json_kint(&j, "first", v->what.first);
        json_kint(&j, "last", v->what.last);
        json_kbool(&j, "whole", v->what.whole);
        json_ktime(&j, "exported_at", v->at);
        json_kstr(&j, "key", str_z(v->mark));
        json_kbool(&j, "key_given", v->key_given);
        json_end(&j);
        print_json(&b);
        return;
    }
    if (!v->chain.ok) {
        printf("导出文件不可信：%s\n", v->chain.why);
        return;
    }
    printf("导出文件完整：%lld 行（第 %lld 到第 %lld 行%s），%lld 个检查点，签名成立\n",
           (long long)v->what.rows, (long long)v->what.first, (long long)v->what.last,
           v->what.whole ? "" : "，经筛选，行号不连续", (long long)v->chain.checkpoints);
    if (!v->key_given)
        printf("公钥指纹 %s：请与另外留存的核对，或用 --key 指定公钥\n", v->mark);
    say_clock(&v->chain);
}

/* Needs no data directory: for whoever was handed the file. */
static enum tb_code verify_file(struct audit_run *a, struct tb_err *e)
{
    struct audit_export_verdict v;
    struct sm2_keys keys = { .n = 0 };
    enum tb_code c = owner_words(a->cli, 1, "tongban audit verify --file 文件 [--key 公钥]", e);

    if (!c)
        c = keys_of(a, &keys, e);
    if (!c)
        c = audit_export_check(a->file, &keys, &v, e);
    sm2_keys_free(&keys);
    if (c)
        return c;
    say_file(a, &v);
    a->cli->status = v.chain.ok ? 0 : 1;
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

static enum tb_code to_file(void *self, struct str text, struct tb_err *e)
{
    if (text.n && fwrite(text.p, 1, text.n, self) != text.n)
        return tb_fail(e, TB_STORE, "写不进去，请检查磁盘空间", "fwrite");
    return TB_OK;
}

static enum tb_code export_to(struct audit_run *a, FILE *f, const struct audit_filter *what,
                              struct audit_exported *x, struct tb_err *e)
{
    struct audit_export_options o = {
        .filter = what, .keys = a->t.at->keys, .world = a->t.world, .put = to_file, .self = f
    };

    return audit_export(a->t.db, &o, x, e);
}

static enum tb_code export_all(struct audit_run *a, struct tb_err *e)
{
    struct audit_filter f = { 0 };
    struct audit_exported x;

    if (owner_words(a->cli, 1, "tongban audit export [--from 日期] [--to 日期]", e) ||
        day_of_option(a->from, 0, &f.from, e) || day_of_option(a->to, 1, &f.to, e) ||
        export_to(a, stdout, &f, &x, e))
        return e->code;
    return audit_witness(&a->t, "audit.export", STR(""),
                         arena_printf(&a->t.mem, "rows=%lld first=%lld last=%lld",
                                      (long long)x.rows, (long long)x.first, (long long)x.last),
                         e);
}

/* On the disk and found whole before a row leaves the database. */
static enum tb_code archive_file(struct audit_run *a, const struct audit_filter *f,
                                 struct audit_exported *x, struct tb_err *e)
{
    struct sm2_keys keys = keyring_trail_keys(a->t.at->keys);
    struct audit_export_verdict v;
    FILE *out = fopen(a->to_file, "wxe");
    enum tb_code c;

    if (!out)
        return tb_fail(e, TB_INVALID, "建不了这个归档文件：已经存在，或者目录不可写", "path=%s",
                       a->to_file);
    c = export_to(a, out, f, x, e);
    if (!c && (fflush(out) || fsync(fileno(out))))
        c = tb_fail(e, TB_STORE, "写不进去，请检查磁盘空间", "fsync");
    if (fclose(out) && !c)
        c = tb_fail(e, TB_STORE, "写不进去，请检查磁盘空间", "fclose");
    if (!c)
        c = audit_export_check(a->to_file, &keys, &v, e);
    if (!c && (!v.chain.ok || !x->whole))
        c = tb_fail(e, TB_CORRUPT, "审计链不完整，不能归档：请先执行 tongban audit verify",
                    "export %s", v.chain.why);
    if (c)
        unlink(a->to_file);
    return c;
}

static enum tb_code archive(struct audit_run *a, struct tb_err *e)
{
    struct audit_filter f = { 0 };
    struct audit_exported x;

    if (owner_words(a->cli, 1, "tongban audit archive --file 文件", e))
        return e->code;
    if (!a->file)
        return tb_fail(e, TB_INVALID, "请用 --file 指定归档到哪个文件", "archive");
    a->to_file = a->file;
    if (audit_prunable(a->t.db, a->t.world, &f.upto, e))
        return e->code;
    if (f.upto == 0)
        return tb_fail(e, TB_NOT_FOUND, "没有超过保存期限的审计记录", "archive");
    if (archive_file(a, &f, &x, e) || audit_prune(&a->t, f.upto, str_z(x.digest), e))
        return e->code;
    if (a->cli->json)
        printf("{\"archived\":%lld,\"last\":%lld}\n", (long long)x.rows, (long long)x.last);
    else
        printf("已归档 %lld 行（到第 %lld 行）：%s\n", (long long)x.rows, (long long)x.last,
               a->to_file);
    return TB_OK;
}

static enum tb_code keep(struct audit_run *a, struct tb_err *e)
{
    int64_t days;

    if (owner_words(a->cli, 2, "tongban audit keep 天数", e))
        return e->code;
    if (!str_i64(str_z(a->cli->argv[1]), &days))
        return tb_fail(e, TB_INVALID, "天数应为整数", "days");
    return audit_keep_days(&a->t, days, e);
}

static enum tb_code hold(struct audit_run *a, struct tb_err *e)
{
    if (owner_words(a->cli, 2, "tongban audit hold 原因", e))
        return e->code;
    return audit_hold(&a->t, true, str_z(a->cli->argv[1]), e);
}

static enum tb_code unhold(struct audit_run *a, struct tb_err *e)
{
    return owner_words(a->cli, 1, "tongban audit unhold", e) ? e->code
                                                             : audit_hold(&a->t, false, STR(""), e);
}

static enum tb_code sign(struct audit_run *a, struct tb_err *e)
{
    bool made;

    if (owner_words(a->cli, 1, "tongban audit sign", e) ||
        audit_sign(a->t.db, a->t.at->keys, a->t.world, &made, e))
        return e->code;
    return print_checkpoint(a, e);
}

static const struct {
    const char *name;
    enum tb_code (*run)(struct audit_run *a, struct tb_err *e);
} verbs[] = {
    { "verify", verify }, { "export", export_all }, { "sign", sign },     { "archive", archive },
    { "keep", keep },     { "hold", hold },         { "unhold", unhold },
};

static enum tb_code dispatch(struct audit_run *a, struct tb_err *e)
{
    const char *verb = a->cli->argc > 0 ? a->cli->argv[0] : "";

    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verb, verbs[i].name) == 0)
            return verbs[i].run(a, e);
    return tb_fail(e, TB_INVALID, "要做什么？verify、export、sign、archive、keep、hold 或 unhold",
                   "verb");
}

static enum tb_code audit_command(struct cli *c, struct tb_err *e)
{
    struct audit_run a = { .cli = c,
                           .checkpoint = cli_option(c, "--checkpoint"),
                           .from = cli_option(c, "--from"),
                           .to = cli_option(c, "--to"),
                           .file = cli_option(c, "--file"),
                           .key = cli_option(c, "--key") };
    struct rooms_opened o;
    enum tb_code code;

    if (a.file && c->argc > 0 && strcmp(c->argv[0], "verify") == 0) {
        code = verify_file(&a, e);
        arena_release(&a.t.mem);
        return code;
    }
    code = rooms_open(c, 0, NULL, &o, e);
    if (code)
        return code;
    owner_talk(c, &o, &a.t);
    code = dispatch(&a, e);
    arena_release(&a.t.mem);
    rooms_shut(&o);
    return code;
}

const struct cli_command cli_audit = {
    "audit",
    "校验、导出、归档审计记录",
    "用法：tongban audit verify [--checkpoint 文件]\n"
    "      tongban audit verify --file 导出文件 [--key trail.pub.pem]\n"
    "      tongban audit export [--from 日期] [--to 日期]\n"
    "      tongban audit sign\n"
    "      tongban audit keep 天数\n"
    "      tongban audit archive --file 文件\n"
    "      tongban audit hold 原因 | unhold\n"
    "\n"
    "verify   逐行校验整条审计链：改动、删除、换序、截断都会指出第一处坏行，此时退出码为 1。\n"
    "         --checkpoint 是以前导出、另外保存的检查点，能发现整库被换成旧的。\n"
    "         --file 只校验一个导出文件，不需要数据目录，可在任何机器上执行\n"
    "export   每行一个 JSON，然后是签名检查点，最后一行是导出证明（摘要、公钥、SM2 签名）\n"
    "sign     立即签名并打印检查点，供另外保存\n"
    "keep     审计记录在库里保存多少天，不少于 183 天（网络安全法第二十一条：六个月）\n"
    "archive  把超过保存期限的记录导出到文件，核对无误后移出数据库；归档边界由 SM2 签名\n"
    "hold     冻结：解除之前什么都不归档\n"
    "服务运行时也可以执行。\n"
    "\n"
    "例：\n"
    "  tongban audit verify --data /var/lib/tongban\n"
    "  tongban audit export --from 2026-11-01 > 审计.jsonl\n"
    "  tongban audit verify --file 审计.jsonl --key trail.pub.pem\n"
    "  tongban audit sign --json > /media/usb/checkpoint.json",
    audit_command,
};
