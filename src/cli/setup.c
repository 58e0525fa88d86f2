/* `tongban setup`: a data directory out of nothing (folders, keys, database) and a city into it.
 * The first time everything is built in tongban.db.setup and renamed when it is whole, so a
 * tongban.db that exists is one that was set up. */
#include "base/date.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/share.h"
#include "cli/commands.h"
#include "cli/home.h"
#include "cli/setup_city.h"
#include "cli/setup_messages.h"
#include "cli/setup_policies.h"
#include "crypto/keyring.h"
#include "guard/risk.h"
#include "scenario/hotline/teach.h"
#include "store/audit.h"
#include "store/key_mark.h"
#include "store/migrate.h"
#include "store/setting.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct setup {
    struct cli *cli;
    const char *city; /* folder; NULL: none is loaded */
    char *final, *file;
    bool first; /* no tongban.db yet */
    bool same;  /* the folder was loaded already, as it is now */
    bool quiet; /* no messages of the city's people: --no-messages */
    int64_t messages;
    int lock_fd;
    char digest[65];
    struct keyring *keys;
    struct services at;
    struct talk t;
    struct city_loaded loaded;
    struct policies_loaded policies;
};

static enum tb_code read_options(struct setup *s, struct tb_err *e)
{
    struct cli *c = s->cli;

    s->city = cli_option(c, "--city");
    s->quiet = cli_flag(c, "--no-messages");
    if (cli_no_more_options(c, e))
        return e->code;
    if (s->city && !fs_is_dir(s->city))
        return tb_fail(e, TB_NOT_FOUND, "找不到城市资料文件夹，请检查 --city 后面的路径", "city=%s",
                       s->city);
    return TB_OK;
}

static void remove_leftovers(struct setup *s)
{
    unlink(s->file);
    unlink(arena_printf(&s->cli->mem, "%s-wal", s->file).p);
    unlink(arena_printf(&s->cli->mem, "%s-shm", s->file).p);
}

static enum tb_code open_all(struct setup *s, struct tb_err *e)
{
    struct arena *a = &s->cli->mem;
    const char *data = s->cli->data;

    if (home_take(a, data, &s->lock_fd, e))
        return e->code;
    s->final = fs_join(a, data, "tongban.db");
    s->first = !fs_exists(s->final);
    s->file = s->first ? fs_join(a, data, "tongban.db.setup") : s->final;
    if (s->first)
        remove_leftovers(s);
    s->at = (struct services){ .data_dir = data,
                               .cache_dir = fs_cache_dir(a),
                               .share_dir = share_dir(a),
                               .db_url = arena_printf(a, "sqlite:%s", s->file).p };
    if (migrate_open(s->at.db_url, s->at.share_dir, fs_join(a, data, "backup"), world_real(),
                     &s->t.db, e) ||
        key_mark_open(s->t.db, fs_join(a, data, "keys"), world_real(), &s->keys, e))
        return e->code;
    s->at.keys = s->keys;
    s->t.world = world_real();
    s->t.at = &s->at;
    s->t.as_of = day_today(world_real());
    s->t.actor = (struct actor){ .role = ROLE_SYSTEM,
                                 .login = STR("system"),
                                 .name = STR("系统"),
                                 .department = STR(""),
                                 .device = STR(""),
                                 .address = STR("local") };
    return TB_OK;
}

static enum tb_code anything_new(struct setup *s, struct tb_err *e)
{
    struct str was;

    if (setup_digest(&s->cli->mem, s->city, s->digest, e) ||
        setting_read(s->t.db, &s->t.mem, "setup.city", &was, e))
        return e->code;
    s->same = str_eqz(was, s->digest);
    return TB_OK;
}

static enum tb_code load(struct setup *s, struct tb_err *e)
{
    enum tb_code c = db_begin(s->t.db, e);

    if (c)
        return c;
    return db_end(s->t.db, setup_city(s->cli, &s->t, s->city, &s->loaded, e), e);
}

/* What the guard learns from its tables is kept in the data directory: the first start is as quick
 * as the others. */
static enum tb_code teach_guard(struct setup *s, struct tb_err *e)
{
    struct risk *r;

    if (risk_open(s->at.share_dir, s->at.data_dir, s->t.db, &r, e))
        return e->code;
    risk_close(r);
    return TB_OK;
}

/* Written last: only now is this folder "loaded". */
static enum tb_code sign_off(struct setup *s, struct tb_err *e)
{
    struct talk *t = &s->t;
    bool made;
    enum tb_code c = db_begin(t->db, e);

    if (c)
        return c;
    c = setting_write(t->db, "setup.city", str_z(s->digest), e);
    if (!c)
        c = setting_write(t->db, "setup.at",
                          arena_printf(&t->mem, "%lld", (long long)world_now_ms(t->world)), e);
    if (!c)
        c = audit_witness(
            t, "setup.city", STR(""),
            arena_printf(&t->mem, "departments=%lld users=%zu standards=%lld policies=%lld",
                         (long long)s->loaded.departments, s->loaded.password_n,
                         (long long)s->loaded.standards, (long long)s->policies.added),
            e);
    if (!c)
        c = audit_sign(t->db, s->keys, t->world, &made, e);
    return db_end(t->db, c, e);
}

/* The last connection to go folds the WAL into the file, so that one rename moves all. */
static enum tb_code put_in_place(struct setup *s, struct tb_err *e)
{
    int fd;

    db_close(s->t.db);
    s->t.db = NULL;
    if (!s->first)
        return TB_OK;
    if (rename(s->file, s->final) != 0)
        return tb_fail(e, TB_STORE, "数据库不能放到数据目录里，请检查权限和磁盘", "rename %s",
                       s->file);
    fd = open(s->cli->data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    return TB_OK;
}

static void report_json(const struct setup *s)
{
    struct buf b = BUF_INIT(4 << 20);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    json_kstr(&j, "data", str_z(s->cli->data));
    json_kbool(&j, "changed", s->first || (s->city && !s->same));
    json_kint(&j, "departments", s->loaded.departments);
    json_kint(&j, "standard_answers", s->loaded.standards);
    json_kint(&j, "policies", s->policies.added);
    json_kint(&j, "work_orders", s->messages);
    json_karr(&j, "skipped");
    for (size_t i = 0; i < s->policies.skipped_n; i++) {
        json_obj(&j);
        json_kstr(&j, "file", s->policies.skipped[i].file);
        json_kstr(&j, "why", s->policies.skipped[i].why);
        json_end(&j);
    }
    json_end(&j);
    json_karr(&j, "passwords");
    for (size_t i = 0; i < s->loaded.password_n; i++) {
        json_obj(&j);
        json_kstr(&j, "login", s->loaded.passwords[i].login);
        json_kstr(&j, "name", s->loaded.passwords[i].name);
        json_kstr(&j, "role_title", s->loaded.passwords[i].role_title);
        json_kstr(&j, "password", s->loaded.passwords[i].password);
        json_end(&j);
    }
    json_end(&j);
    json_end(&j);
    printf("%s\n", b.p);
    buf_release(&b);
}

static void report_passwords(const struct setup *s)
{
    if (s->loaded.password_n == 0)
        return;
    printf("\n初始密码（只显示这一次，第一次登录后必须修改）：\n");
    for (size_t i = 0; i < s->loaded.password_n; i++) {
        const struct first_password *p = &s->loaded.passwords[i];

        printf("  %-18.*s %.*s  %.*s（%.*s）\n", STR_FMT(p->login), STR_FMT(p->password),
               STR_FMT(p->name), STR_FMT(p->role_title));
    }
}

static void report(const struct setup *s)
{
    if (s->cli->json) {
        report_json(s);
        return;
    }
    if (!s->city)
        printf("数据目录已就绪：%s\n", s->cli->data);
    else if (s->same)
        printf("数据目录已就绪，城市资料没有变化：%s\n", s->cli->data);
    else
        printf("已装入 %s：%lld 个部门，%lld 条标准问答，%lld 份政策文件，%lld 件热线诉求\n",
               s->city, (long long)s->loaded.departments, (long long)s->loaded.standards,
               (long long)s->policies.added, (long long)s->messages);
    for (size_t i = 0; i < s->policies.skipped_n; i++)
        printf("  跳过 %.*s：%.*s\n", STR_FMT(s->policies.skipped[i].file),
               STR_FMT(s->policies.skipped[i].why));
    report_passwords(s);
    fflush(stdout);
}

static enum tb_code work(struct setup *s, struct tb_err *e)
{
    if (read_options(s, e) || open_all(s, e))
        return e->code;
    if (s->city) {
        if (anything_new(s, e))
            return e->code;
        if (!s->same &&
            (load(s, e) ||
             setup_policies(s->cli, &s->t, s->city, &s->loaded.publisher, &s->policies, e) ||
             (!s->quiet && setup_messages(s->cli, &s->t, s->city, &s->messages, e)) ||
             teach_guard(s, e) ||
             teach_city(s->at.share_dir, s->cli->data, s->quiet ? NULL : s->city, e) ||
             sign_off(s, e)))
            return e->code;
    }
    return put_in_place(s, e);
}

static enum tb_code setup_run(struct cli *c, struct tb_err *e)
{
    struct setup s = { .cli = c, .lock_fd = -1 };
    enum tb_code code = work(&s, e);

    if (!code)
        report(&s);
    if (s.t.db)
        db_close(s.t.db);
    keyring_free(s.keys);
    arena_release(&s.t.mem);
    if (s.lock_fd >= 0)
        close(s.lock_fd);
    return code;
}

const struct cli_command cli_setup = {
    "setup",
    "建立数据目录，装入城市资料",
    "用法：tongban setup [--data 目录] [--city 文件夹 [--no-messages]]\n"
    "\n"
    "  --city 文件夹   城市资料：city.yaml（名称、热线、部门、政策文件的签发人 "
    "publisher），users.yaml（账号），\n"
    "                  standard_answers.yaml（标准问答），policies/（政策文件），\n"
    "                  places.yaml 和 "
    "messages.yaml（示例城市的地点和热线诉求，只在还没有工单时装入）\n"
    "  --no-messages   不装入热线诉求\n"
    "\n"
    "可以重复执行：没有变化就什么也不做；已有的账号和改过的标准问答不会被覆盖。\n"
    "新账号的初始密码只显示一次。\n"
    "\n"
    "例：\n"
    "  tongban setup --data /var/lib/tongban --city demo",
    setup_run,
};
