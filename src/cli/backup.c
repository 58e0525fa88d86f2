/* `tongban backup FILE` and `tongban restore FILE`. */
#include "store/backup.h"
#include "base/fs.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/owner.h"
#include "cli/progress.h"
#include "store/audit.h"
#include "store/setting.h"

#include <stdio.h>
#include <stdlib.h>

static void moved(void *self, int64_t done, int64_t total)
{
    progress_at(self, done, total);
}

/* --code-file FILE (first line), else $TONGBAN_BACKUP_CODE; "" when neither. */
static enum tb_code read_code(struct cli *c, struct str *out, struct tb_err *e)
{
    const char *path = cli_option(c, "--code-file"), *env = getenv("TONGBAN_BACKUP_CODE");

    *out = str_z(env);
    if (!path)
        return TB_OK;
    if (fs_read(&c->mem, path, 4096, out, e))
        return e->code;
    *out = str_trim(str_cut(out, STR("\n")));
    if (out->n < 10)
        return tb_fail(e, TB_INVALID, "恢复码至少 10 个字符（--code-file 的第一行）", "code=%zu",
                       out->n);
    return TB_OK;
}

static void say_counts(struct json *j, const struct backup_result *r)
{
    json_kint(j, "files", r->files);
    json_kint(j, "bytes", r->bytes);
    json_kint(j, "schema", r->schema);
    json_kobj(j, "rows");
    for (int i = 0; i < BACKUP_TABLES; i++)
        json_kint(j, r->counts[i].table, r->counts[i].rows);
    json_end(j);
}

/* -- backup -- */

static enum tb_code note(struct talk *t, const struct backup_result *r, struct tb_err *e)
{
    enum tb_code c = db_begin(t->db, e);

    if (c)
        return c;
    c = setting_write(t->db, "backup.at", arena_printf(&t->mem, "%lld", (long long)r->made_at), e);
    if (!c)
        c = audit_witness(t, "backup.make", STR(""),
                          arena_printf(&t->mem, "files=%lld bytes=%lld", (long long)r->files,
                                       (long long)r->bytes),
                          e);
    return db_end(t->db, c, e);
}

static void say_backup(struct cli *c, const struct backup_result *r, const char *made)
{
    struct buf b = BUF_INIT(16 * 1024);
    struct json j = JSON_INIT(&b);

    if (c->json) {
        json_obj(&j);
        json_kstr(&j, "file", str_z(c->argv[0]));
        if (made)
            json_kstr(&j, "code", str_z(made));
        say_counts(&j, r);
        json_end(&j);
        printf("%s\n", b.p);
    } else {
        printf("已备份到 %s：%.1f MB，%lld 个原件\n", c->argv[0], (double)r->bytes / 1e6,
               (long long)r->files);
        if (made)
            printf("恢复码：%s\n没有恢复码就不能恢复，请与备份文件分开保存；它只显示这一次。\n",
                   made);
    }
    buf_release(&b);
}

static enum tb_code backup_in(struct cli *c, struct talk *t, struct str code, struct tb_err *e)
{
    char made[BACKUP_CODE] = "";
    struct progress bar;
    struct backup_options o = { .data_dir = c->data,
                                .file = c->argv[0],
                                .code = code,
                                .world = t->world,
                                .progress = moved,
                                .self = &bar };
    struct backup_result r;

    if (code.n == 0) {
        backup_code(t->world, made);
        o.code = str_z(made);
    }
    progress_begin(&bar, c, "备份");
    if (backup_make(t->db, &o, &r, e))
        return e->code;
    progress_end(&bar, "完成");
    if (note(t, &r, e))
        return e->code;
    say_backup(c, &r, made[0] ? made : NULL);
    return TB_OK;
}

static enum tb_code backup_command(struct cli *c, struct tb_err *e)
{
    struct rooms_opened o;
    struct talk t;
    struct str code;
    enum tb_code r;

    if (read_code(c, &code, e) || owner_words(c, 1, "tongban backup 文件 [--code-file 文件]", e) ||
        rooms_open(c, 0, NULL, &o, e))
        return e->code;
    owner_talk(c, &o, &t);
    r = backup_in(c, &t, code, e);
    arena_release(&t.mem);
    rooms_shut(&o);
    return r;
}

/* -- restore -- */

struct restored {
    struct backup_result made;
    struct audit_verdict verdict;
};

/* The new directory is opened the way every command opens one: keys, schema, trail. */
static enum tb_code prove(struct cli *c, struct restored *x, struct tb_err *e)
{
    struct rooms_opened o;
    struct talk t;
    enum tb_code r = rooms_open(c, 0, NULL, &o, e);

    if (r)
        return r;
    owner_talk(c, &o, &t);
    r = audit_verify(t.db, o.at.keys, NULL, t.world, &x->verdict, e);
    if (!r)
        r = audit_witness(&t, "backup.restore", STR(""),
                          arena_printf(&t.mem, "made_at=%lld", (long long)x->made.made_at), e);
    arena_release(&t.mem);
    rooms_shut(&o);
    return r;
}

static void say_restored(struct cli *c, const struct restored *x)
{
    struct buf b = BUF_INIT(16 * 1024);
    struct json j = JSON_INIT(&b);

    if (c->json) {
        json_obj(&j);
        json_kstr(&j, "data", str_z(c->data));
        say_counts(&j, &x->made);
        json_kbool(&j, "audit_ok", x->verdict.ok);
        json_kstr(&j, "audit_why", str_z(x->verdict.why));
        json_end(&j);
        printf("%s\n", b.p);
    } else {
        printf("已恢复到 %s：%.1f MB，%lld 个原件，摘要和行数与备份一致\n", c->data,
               (double)x->made.bytes / 1e6, (long long)x->made.files);
        if (x->verdict.ok)
            printf("审计链完整：%lld 行\n", (long long)x->verdict.rows);
        else
            printf("注意，备份里的审计链不完整：%s\n", x->verdict.why);
    }
    buf_release(&b);
}

static enum tb_code restore_command(struct cli *c, struct tb_err *e)
{
    struct progress bar;
    struct backup_options o = { .world = world_real(), .progress = moved, .self = &bar };
    struct restored x;

    if (read_code(c, &o.code, e) ||
        owner_words(c, 1, "tongban restore 文件 --data 新目录 [--code-file 文件]", e))
        return e->code;
    if (o.code.n == 0)
        return tb_fail(e, TB_INVALID,
                       "需要恢复码：--code-file 文件，或者环境变量 TONGBAN_BACKUP_CODE", "no code");
    o.file = c->argv[0];
    o.data_dir = c->data;
    progress_begin(&bar, c, "恢复");
    if (backup_restore(&o, &x.made, e))
        return e->code;
    progress_end(&bar, "完成");
    if (prove(c, &x, e))
        return e->code;
    say_restored(c, &x);
    c->status = x.verdict.ok ? 0 : 1;
    return TB_OK;
}

const struct cli_command cli_backup = {
    "backup",
    "备份到一个文件",
    "用法：tongban backup 文件 [--data 目录] [--code-file 文件]\n"
    "\n"
    "一个文件里有数据库、政策原件和加密的密钥；服务运行时也可以执行。\n"
    "不指定恢复码时生成一个并显示一次。定时备份请用 --code-file（第一行是恢复码）。\n"
    "\n"
    "例：\n"
    "  tongban backup /media/usb/tongban-2026-11-21.tar\n"
    "  tongban backup /backup/tongban.tar --code-file /root/backup.code",
    backup_command,
};
const struct cli_command cli_restore = {
    "restore",
    "从备份恢复到新目录",
    "用法：tongban restore 文件 --data 新目录 [--code-file 文件]\n"
    "\n"
    "新目录必须不存在或者是空的。每个文件的摘要、数据库的完整性、各表的行数和审计链\n"
    "都校验过才算恢复成功；失败不留下任何东西。\n"
    "\n"
    "例：\n"
    "  TONGBAN_BACKUP_CODE=AAAAA-BBBBB-CCCCC-DDDDD \\\n"
    "    tongban restore /media/usb/tongban-2026-11-21.tar --data /var/lib/tongban",
    restore_command,
};
