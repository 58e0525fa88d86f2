/* `tongban doctor`: looks at everything the program stands on and says in plain words what is wrong
 * and what to do. It opens things one by one, so that one broken part hides no other. */
#include "base/date.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/share.h"
#include "cli/commands.h"
#include "cli/home.h"
#include "crypto/keyring.h"
#include "knowledge/embed.h"
#include "store/audit.h"
#include "store/audit_file.h"
#include "store/migrate.h"
#include "store/setting.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum state { GREEN, AMBER, RED };
static const int64_t day_ms = 24LL * 3600 * 1000, gib = 1024LL * 1024 * 1024;

struct check {
    const char *name, *title;
    enum state state;
    struct str message, todo;
};
struct doctor {
    struct cli *cli;
    struct arena *a;
    const struct world *world;
    struct keyring *keys; /* NULL when they do not open */
    struct db *db;        /* NULL when it does not open */
    char *share, *cache;
    struct check list[24];
    size_t n;
};

static void say(struct doctor *d, const char *name, const char *title, enum state s,
                struct str message, const char *todo)
{
    if (d->n < sizeof(d->list) / sizeof(d->list[0]))
        d->list[d->n++] = (struct check){ name, title, s, message, str_z(todo) };
}

static void say_error(struct doctor *d, const char *name, const char *title, const struct tb_err *e)
{
    say(d, name, title, RED, arena_str(d->a, str_z(e->say)), "");
}

/* -- the data directory -- */

static void look_at_data(struct doctor *d)
{
    struct stat st;

    if (stat(d->cli->data, &st) != 0 || !S_ISDIR(st.st_mode))
        say(d, "data", "数据目录", RED, arena_printf(d->a, "%s 不存在", d->cli->data),
            "执行 tongban setup，或者用 --data 指定正确的目录");
    else if (st.st_mode & 077)
        say(d, "data", "数据目录", AMBER,
            arena_printf(d->a, "%s 其他用户可以进入（权限 %o）", d->cli->data, st.st_mode & 0777u),
            "执行 chmod 700 数据目录");
    else if (access(d->cli->data, W_OK) != 0)
        say(d, "data", "数据目录", RED, arena_printf(d->a, "%s 不能写入", d->cli->data),
            "检查目录的所有者和权限");
    else
        say(d, "data", "数据目录", GREEN, str_z(d->cli->data), "");
}

/* A network file system says "locked" and "on the disk" when it is not so. */
static void look_at_file_system(struct doctor *d)
{
    const char *name;

    if (!fs_is_dir(d->cli->data))
        return; /* said already */
    switch (home_disk(d->cli->data, &name)) {
    case DISK_REMOTE:
        say(d, "file_system", "文件系统", RED,
            arena_printf(d->a, "数据目录在网络文件系统（%s）上，服务不会启动", name),
            "把数据目录搬到本机磁盘，再用 --data 指定；断电或断网时网络文件系统会丢数据");
        break;
    case DISK_DOUBTFUL:
        say(d, "file_system", "文件系统", AMBER,
            arena_printf(d->a, "数据目录由别的程序转接（%s），断电时写入的内容不一定保得住", name),
            "建议把数据目录搬到本机磁盘（ext4、xfs）");
        break;
    case DISK_LOCAL:
        say(d, "file_system", "文件系统", GREEN, STR("本机磁盘"), "");
        break;
    }
}

static void look_at_keys(struct doctor *d)
{
    struct tb_err e = TB_ERR_INIT;

    if (keyring_open(fs_join(d->a, d->cli->data, "keys"), &d->keys, &e))
        say_error(d, "keys", "密钥", &e);
    else
        say(d, "keys", "密钥", GREEN, STR("可以打开，只有本用户能读"), "");
}

static void look_at_store(struct doctor *d)
{
    char *path = fs_join(d->a, d->cli->data, "tongban.db");
    struct tb_err e = TB_ERR_INIT;
    int schema = 0;

    if (!fs_exists(path)) {
        say(d, "store", "数据库", RED, STR("还没有数据库"), "执行 tongban setup");
        return;
    }
    if (db_open(arena_printf(d->a, "sqlite:%s", path).p, &d->db, &e) || db_check(d->db, &e) ||
        migrate_number(d->db, &schema, &e)) {
        say_error(d, "store", "数据库", &e);
        if (d->db)
            db_close(d->db);
        d->db = NULL;
        return;
    }
    say(d, "store", "数据库", GREEN,
        arena_printf(d->a, "完整，结构版本 %d，%.1f MB", schema, (double)fs_size(path) / 1e6), "");
}

static void look_at_server(struct doctor *d)
{
    int fd = open(fs_join(d->a, d->cli->data, "tongban.lock"), O_RDWR | O_CLOEXEC);
    bool busy = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0;

    if (fd >= 0)
        close(fd);
    say(d, "server", "服务", GREEN, busy ? STR("正在运行") : STR("没有在运行"), "");
}

static void look_at_disk(struct doctor *d)
{
    struct statvfs st;
    int64_t left;

    if (statvfs(d->cli->data, &st) != 0)
        return;
    left = (int64_t)st.f_bavail * (int64_t)st.f_frsize;
    say(d, "disk", "磁盘",
        left < gib / 5   ? RED
        : left < 2 * gib ? AMBER
                         : GREEN,
        arena_printf(d->a, "剩余 %.1f GB", (double)left / 1e9),
        left < 2 * gib ? "清理磁盘或扩容；写满后提问和审计都会停下" : "");
}

static void look_at_memory(struct doctor *d)
{
    FILE *f = fopen("/proc/meminfo", "re");
    char line[128];
    long kib = 0;

    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, "MemAvailable: %ld", &kib) == 1)
            break;
    if (f)
        fclose(f);
    if (kib > 0)
        say(d, "memory", "内存", kib < 512 * 1024 ? AMBER : GREEN,
            arena_printf(d->a, "可用 %.1f GB", (double)kib / 1e6),
            kib < 512 * 1024 ? "内置语言模型需要约 2 GB；内存不足时请用外部引擎" : "");
}

/* A clock that stands before the newest trail row was put back; one before the program's own year
 * was never set. */
static void look_at_clock(struct doctor *d)
{
    int64_t now = world_now_ms(d->world), last = 0;
    struct tb_err e = TB_ERR_INIT;
    char text[32];

    if (d->db &&
        db_ask_int(d->db, SQL("SELECT coalesce(max(at), 0) FROM audit"), NO_ARGS, &last, NULL, &e))
        last = 0;
    if (now < (int64_t)1767225600000)
        say(d, "clock", "时钟", RED,
            arena_printf(d->a, "系统时间是 %.*s，明显不对", STR_FMT(time_text(now, text))),
            "校准系统时间（timedatectl），政策有效期按它判断");
    else if (last > now + 60000)
        say(d, "clock", "时钟", RED, STR("系统时间比最后一条审计记录还早，时钟被调回过"),
            "校准系统时间（timedatectl），政策有效期按它判断");
    else
        say(d, "clock", "时钟", GREEN, arena_str(d->a, time_text(now, text)), "");
}

static void look_at_audit(struct doctor *d)
{
    char *path = fs_join(d->a, d->cli->data, "trail.checkpoint");
    struct tb_err e = TB_ERR_INIT;
    struct audit_checkpoint c;
    struct audit_verdict v;
    bool kept;

    if (!d->db || !d->keys)
        return;
    kept = fs_exists(path) && audit_file_read(d->a, path, &c, &e) == TB_OK;
    tb_err_clear(&e);
    if (audit_verify(d->db, d->keys, kept ? &c : NULL, d->world, &v, &e))
        say_error(d, "audit", "审计链", &e);
    else if (!v.ok)
        say(d, "audit", "审计链", RED, arena_str(d->a, str_z(v.why)),
            "立即报告安全审计员，保留现场");
    else
        say(d, "audit", "审计链", GREEN,
            arena_printf(d->a, "%lld 行完整，签名到第 %lld 行", (long long)v.rows,
                         (long long)v.signed_to),
            "");
}

static void look_at_backup(struct doctor *d)
{
    struct tb_err e = TB_ERR_INIT;
    struct str text;
    int64_t at, age;

    if (!d->db || setting_read(d->db, d->a, "backup.at", &text, &e))
        return;
    age = str_i64(text, &at) ? (world_now_ms(d->world) - at) / day_ms : 1000;
    say(d, "backup", "备份", age > 7 ? AMBER : GREEN,
        age >= 1000 ? STR("还没有备份过") : arena_printf(d->a, "%lld 天前备份过", (long long)age),
        age > 7 ? "执行 tongban backup 文件，并把文件拿到另一台机器" : "");
}

/* -- what answers stand on -- */

static void look_at_search(struct doctor *d)
{
    struct tb_err e = TB_ERR_INIT;
    int64_t passages = 0;
    bool snapshot = fs_exists(fs_join(d->a, d->cli->data, "search.snapshot"));

    if (!d->db ||
        db_ask_int(d->db, SQL("SELECT count(*) FROM passage"), NO_ARGS, &passages, NULL, &e))
        return;
    if (passages == 0)
        say(d, "search", "检索", AMBER, STR("知识库还是空的"), "执行 tongban ingest 文件夹");
    else
        say(d, "search", "检索", GREEN,
            arena_printf(d->a, "%lld 条依据%s", (long long)passages,
                         snapshot ? "，索引快照在" : "，索引会在启动时建立"),
            "");
}

static void look_at_embeddings(struct doctor *d)
{
    if (embed_available(d->cache))
        say(d, "embeddings", "语义检索", GREEN, STR("模型文件齐全"), "");
    else
        say(d, "embeddings", "语义检索", AMBER, STR("模型文件还没有到，暂时只按字词检索"),
            "执行 ./run，或者在离线机器上用 ./run --from-pack 文件");
}

/* fetch.json: what set-up is bringing, as set-up itself sees it. */
static void look_at_engine(struct doctor *d)
{
    char *server = fs_join(d->a, d->cache, "engine/llama-server");
    struct tb_err e = TB_ERR_INIT;
    const struct json_value *v, *items = NULL;
    struct str text;

    if (!fs_read(d->a, fs_join(d->a, d->cache, "fetch.json"), 1 << 20, &text, &e) &&
        !json_read(d->a, text, &v, &e))
        items = json_get(v, "items");
    for (size_t i = 0; i < json_len(items); i++) {
        const struct json_value *it = json_at(items, i);

        if (str_eqz(json_get_str(it, "state"), "failed")) {
            say(d, "engine", "语言模型", AMBER,
                arena_printf(d->a, "%.*s 没有取到：%.*s", STR_FMT(json_get_str(it, "label")),
                             STR_FMT(json_get_str(it, "message"))),
                "检查网络后重新执行 ./run；没有它也能查原文、用标准回答、转人工");
            return;
        }
    }
    if (access(server, X_OK) == 0)
        say(d, "engine", "语言模型", GREEN, STR("内置引擎已就位"), "");
    else
        say(d, "engine", "语言模型", AMBER, STR("内置引擎还没有就位"),
            "等待 ./run 在后台编译完成，或者用 --engine 指定已有的引擎");
}

static void look_at_program(struct doctor *d)
{
    char exe[4096];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
    char *slash;

    exe[n > 0 ? n : 0] = 0;
    slash = strrchr(exe, '/');
    if (!slash ||
        access(fs_join(d->a, arena_z(d->a, str_of(exe, (size_t)(slash - exe))), "tongban-extract"),
               X_OK) != 0)
        say(d, "extract", "文件读取", RED, STR("缺少 tongban-extract，不能导入文件"),
            "重新执行 make，两个程序放在同一个文件夹");
    else
        say(d, "extract", "文件读取", GREEN, STR("就绪"), "");
    if (fs_exists(fs_join(d->a, d->share, "web/dist/index.html")))
        say(d, "web", "网页", GREEN, STR("就绪"), "");
    else
        say(d, "web", "网页", AMBER, STR("网页还没有编译，只有接口可用"), "执行 ./run");
}

/* -- saying it -- */

static const char *const state_names[] = { "green", "amber", "red" };
static const char *const state_marks[] = { "好", "注意", "有问题" };

static void report_json(const struct doctor *d, bool ok)
{
    struct buf b = BUF_INIT(256 * 1024);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    json_kbool(&j, "ok", ok);
    json_kstr(&j, "version", STR(TB_VERSION));
    json_karr(&j, "checks");
    for (size_t i = 0; i < d->n; i++) {
        json_obj(&j);
        json_kstr(&j, "name", str_z(d->list[i].name));
        json_kstr(&j, "title", str_z(d->list[i].title));
        json_kstr(&j, "state", str_z(state_names[d->list[i].state]));
        json_kstr(&j, "message", d->list[i].message);
        json_kstr(&j, "todo", d->list[i].todo);
        json_end(&j);
    }
    json_end(&j);
    json_end(&j);
    printf("%s\n", b.p);
    buf_release(&b);
}

static void report(const struct doctor *d, bool ok)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct check *c = &d->list[i];

        printf("[%s] %s：%.*s\n", state_marks[c->state], c->title, STR_FMT(c->message));
        if (c->todo.n)
            printf("      %.*s\n", STR_FMT(c->todo));
    }
    printf("%s\n", ok ? "没有发现妨碍运行的问题" : "有问题需要处理，见上面标“有问题”的各行");
}

static enum tb_code doctor_command(struct cli *c, struct tb_err *e)
{
    struct doctor d = { .cli = c, .a = &c->mem, .world = world_real() };
    bool ok = true;

    if (cli_no_more_options(c, e))
        return e->code;
    d.share = share_dir(d.a);
    d.cache = fs_cache_dir(d.a);
    look_at_data(&d);
    look_at_file_system(&d);
    look_at_keys(&d);
    look_at_store(&d);
    look_at_server(&d);
    look_at_disk(&d);
    look_at_memory(&d);
    look_at_clock(&d);
    look_at_audit(&d);
    look_at_backup(&d);
    look_at_search(&d);
    look_at_embeddings(&d);
    look_at_engine(&d);
    look_at_program(&d);
    for (size_t i = 0; i < d.n; i++)
        ok = ok && d.list[i].state != RED;
    (c->json ? report_json : report)(&d, ok);
    if (d.db)
        db_close(d.db);
    keyring_free(d.keys);
    c->status = ok ? 0 : 1;
    return TB_OK;
}

const struct cli_command cli_doctor = {
    "doctor",
    "体检：数据、密钥、审计、模型、磁盘、时钟",
    "用法：tongban doctor [--data 目录]\n"
    "\n"
    "逐项检查并说明该怎么办；有妨碍运行的问题时退出码为 1。服务运行时也可以执行。\n"
    "\n"
    "例：\n"
    "  tongban doctor --data /var/lib/tongban\n"
    "  tongban doctor --json",
    doctor_command,
};
