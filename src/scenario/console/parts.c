/* What the machine is made of, each part green, amber (works with less) or red (does not work), in
 * plain words: what it means and what to do. */
#include "scenario/console/console.h"

#include "base/date.h"
#include "base/fs.h"
#include "knowledge/search.h"
#include "model/pool.h"
#include "store/audit.h"
#include "store/employee.h"
#include "store/setting.h"

#include <sys/statvfs.h>

enum colour { GREEN, AMBER, RED };
static const int64_t day_ms = 24LL * 3600 * 1000, gib = 1024LL * 1024 * 1024;

static void part(struct json *j, const char *name, const char *title, enum colour c,
                 struct str message, const char *todo)
{
    static const char *const colours[] = { "green", "amber", "red" };

    json_obj(j);
    json_kstr(j, "name", str_z(name));
    json_kstr(j, "title", str_z(title));
    json_kstr(j, "state", str_z(colours[c]));
    json_kstr(j, "message", message);
    json_kstr(j, "todo", str_z(todo));
    json_end(j);
}

static void store_part(struct talk *t, struct json *j)
{
    int64_t bytes =
        t->at && t->at->data_dir ? fs_size(fs_join(&t->mem, t->at->data_dir, "tongban.db")) : -1;

    if (bytes >= 0)
        part(j, "store", "数据库", GREEN,
             arena_printf(&t->mem, "读写正常，占用 %.1f MB", (double)bytes / 1e6), "");
    else
        part(j, "store", "数据库", GREEN, STR("读写正常"), "");
}

static void search_parts(struct talk *t, struct json *j)
{
    struct search_state s = { 0 };

    if (!t->at || !t->at->search) {
        part(j, "search", "检索", RED, STR("检索没有启动，提问得不到依据"), "重启服务并查看日志");
        return;
    }
    search_state(t->at->search, &s);
    if (s.passages)
        part(j, "search", "检索", GREEN,
             arena_printf(&t->mem, "可检索 %lld 条依据", (long long)s.passages), "");
    else
        part(j, "search", "检索", AMBER, STR("知识库还是空的，所有提问都会转人工"),
             "在“知识库”上传政策文件，或者执行 tongban ingest");
    if (!s.model_available)
        part(j, "embeddings", "语义检索", AMBER,
             STR("语义模型还没有到，暂时只按字词检索，结果会少一些"),
             "等待下载完成；离线机器请用 ./run --from-pack 安装");
    else if (s.embedded < s.passages)
        part(j, "embeddings", "语义检索", AMBER,
             arena_printf(&t->mem, "正在计算：%lld / %lld 条", (long long)s.embedded,
                          (long long)s.passages),
             "后台进行，不影响使用");
    else
        part(j, "embeddings", "语义检索", GREEN,
             s.passages ? arena_printf(&t->mem, "%lld 条全部就绪", (long long)s.embedded)
                        : STR("模型已就位，等知识库有了内容就开始"),
             "");
}

static void engine_part(struct talk *t, struct json *j)
{
    struct engine_state *states = NULL;
    size_t n = t->at && t->at->pool ? pool_states(t->at->pool, &t->mem, &states) : 0;
    bool ready = n && pool_ready(t->at->pool);
    struct str say = STR("没有配置语言模型，只给出政策原文和标准回答");

    for (size_t i = 0; i < n; i++)
        if (i == 0 || (ready && states[i].state == ENGINE_READY))
            say = states[i].state == ENGINE_READY
                      ? arena_printf(&t->mem, "%.*s 可用", STR_FMT(states[i].name))
                      : states[i].message;
    part(j, "engine", "语言模型", ready ? GREEN : AMBER, say,
         ready ? "" : "没有它也能查原文、用标准回答、转人工；进度见下方");
}

static enum tb_code jobs_part(struct talk *t, struct json *j, struct tb_err *e)
{
    int64_t failed, waiting, since = world_now_ms(t->world) - day_ms;

    if (db_ask_int(t->db,
                   SQL("SELECT count(*) FROM job WHERE state = 'failed' AND updated_at >= :since"),
                   ARGS(db_int("since", since)), &failed, NULL, e) ||
        db_ask_int(t->db, SQL("SELECT count(*) FROM job WHERE state IN ('waiting', 'running')"),
                   NO_ARGS, &waiting, NULL, e))
        return e->code;
    if (failed)
        part(j, "jobs", "后台任务", AMBER,
             arena_printf(&t->mem, "一天内有 %lld 个任务失败", (long long)failed),
             "在“任务”里看原因");
    else
        part(j, "jobs", "后台任务", GREEN,
             waiting ? arena_printf(&t->mem, "%lld 个任务在进行或等待", (long long)waiting)
                     : STR("没有未完成的任务"),
             "");
    return TB_OK;
}

static void audit_checked(struct talk *t, struct json *j, const struct json_value *v)
{
    int64_t age = (world_now_ms(t->world) - json_get_int(v, "at", 0)) / day_ms;

    if (!json_get_bool(v, "ok", false))
        part(j, "audit", "审计链", RED,
             arena_printf(&t->mem, "第 %lld 行起校验不通过，记录可能被改动过",
                          (long long)json_get_int(v, "first_bad", 0)),
             "立即报告安全审计员，保留现场，不要重启");
    else
        part(j, "audit", "审计链", age > 7 ? AMBER : GREEN,
             arena_printf(&t->mem, "%lld 天前校验通过，共 %lld 行", (long long)age,
                          (long long)json_get_int(v, "rows", 0)),
             age > 7 ? "请安全审计员在“审计”页重新校验" : "");
}

static enum tb_code audit_part(struct talk *t, struct json *j, struct tb_err *e)
{
    const struct json_value *v;
    struct tb_err bad = TB_ERR_INIT;
    struct str text;

    if (setting_read(t->db, &t->mem, "audit.verified", &text, e))
        return e->code;
    if (text.n && !json_read(&t->mem, text, &v, &bad))
        audit_checked(t, j, v);
    else
        part(j, "audit", "审计链", AMBER, STR("在记录，还没有校验过"),
             "请安全审计员在“审计”页校验一次");
    return TB_OK;
}

/* Who answers for the machine, and what waits to be handled. */
static enum tb_code employees_part(struct talk *t, struct json *j, struct tb_err *e)
{
    struct employee *all;
    int64_t now = world_now_ms(t->world);
    size_t n, silent = 0;

    if (employee_list(t->db, &t->mem, t->world, &all, &n, e))
        return e->code;
    for (size_t i = 0; i < n; i++) {
        enum duty d = employee_duty(&all[i], now);

        silent += d == DUTY_NO_GUARDIAN || d == DUTY_GUARDIAN_AWAY;
    }
    if (!employee_any(all, n, "policy"))
        part(j, "employees", "数智员工", AMBER, STR("政策提问还没有安排数智员工，回答没有人负责"),
             "在城市资料的 employees 文件夹里写好，再执行 tongban setup");
    else if (silent)
        part(j, "employees", "数智员工", AMBER,
             arena_printf(&t->mem, "%zu 名没有人把关，不会作答", silent),
             "在“数智员工”页补上监护人或代理");
    else
        part(j, "employees", "数智员工", GREEN, arena_printf(&t->mem, "%zu 名都有人把关", n), "");
    return TB_OK;
}

static enum tb_code incidents_part(struct talk *t, struct json *j, struct tb_err *e)
{
    int64_t open, high;

    if (db_ask_int(t->db, SQL("SELECT count(*) FROM incident WHERE state IN ('open', 'handling')"),
                   NO_ARGS, &open, NULL, e) ||
        db_ask_int(t->db,
                   SQL("SELECT count(*) FROM incident WHERE state = 'open' AND severity = 'high'"),
                   NO_ARGS, &high, NULL, e))
        return e->code;
    if (open)
        part(j, "incidents", "预警", high ? RED : AMBER,
             arena_printf(&t->mem, "%lld 件事件没处置完，%lld 件紧急的还没人接手", (long long)open,
                          (long long)high),
             "在“预警与处置”页接手");
    else
        part(j, "incidents", "预警", GREEN, STR("没有要处置的事件"), "");
    return TB_OK;
}

static enum tb_code backup_part(struct talk *t, struct json *j, struct tb_err *e)
{
    struct str text;
    int64_t at = 0, age;

    if (setting_read(t->db, &t->mem, "backup.at", &text, e))
        return e->code;
    if (text.n == 0 || !str_i64(text, &at)) {
        part(j, "backup", "备份", AMBER, STR("还没有备份过"),
             "执行 tongban backup 文件，并把文件拿到另一台机器");
        return TB_OK;
    }
    age = (world_now_ms(t->world) - at) / day_ms;
    part(j, "backup", "备份", age > 7 ? AMBER : GREEN,
         age == 0 ? STR("今天备份过") : arena_printf(&t->mem, "%lld 天前备份过", (long long)age),
         age > 7 ? "执行 tongban backup 文件，并把文件拿到另一台机器" : "");
    return TB_OK;
}

static void disk_part(struct talk *t, struct json *j)
{
    struct statvfs st;
    int64_t left;

    if (!t->at || !t->at->data_dir || statvfs(t->at->data_dir, &st) != 0)
        return;
    left = (int64_t)st.f_bavail * (int64_t)st.f_frsize;
    part(j, "disk", "磁盘",
         left < gib / 5   ? RED
         : left < 2 * gib ? AMBER
                          : GREEN,
         arena_printf(&t->mem, "剩余 %.1f GB", (double)left / 1e9),
         left < 2 * gib ? "清理磁盘或扩容；写满后提问和审计都会停下" : "");
}

enum tb_code console_parts(struct talk *t, struct json *j, struct tb_err *e)
{
    json_karr(j, "parts");
    store_part(t, j);
    search_parts(t, j);
    engine_part(t, j);
    if (employees_part(t, j, e) || incidents_part(t, j, e) || jobs_part(t, j, e) ||
        audit_part(t, j, e) || backup_part(t, j, e))
        return e->code;
    disk_part(t, j);
    json_end(j);
    return TB_OK;
}
