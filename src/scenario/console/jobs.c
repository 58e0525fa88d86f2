/* 任务: what works in the background and how far it is. */
#include "scenario/console/console.h"

#include "base/date.h"
#include "store/audit.h"
#include "store/db.h"

static const struct {
    const char *kind, *title;
} titles[] = {
    { "ingest", "导入政策文件" },
    { "embed", "计算语义索引" },
    { "index", "重建检索索引" },
    { "backup", "备份" },
};

static const char *title_of(struct str kind)
{
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
        if (str_eqz(kind, titles[i].kind))
            return titles[i].title;
    return "后台任务";
}

#define COLUMNS "id, kind, state, done, total, message, result, created_at, updated_at"

static void job_json(struct json *j, struct rows *r)
{
    struct str kind = rows_str(r, 1), result = rows_str(r, 6);

    json_obj(j);
    json_kint(j, "id", rows_int(r, 0));
    json_kstr(j, "kind", kind);
    json_kstr(j, "kind_title", str_z(title_of(kind)));
    json_kstr(j, "state", rows_str(r, 2));
    json_kint(j, "done", rows_int(r, 3));
    json_kint(j, "total", rows_int(r, 4));
    json_kstr(j, "message", rows_str(r, 5));
    json_key(j, "result");
    json_raw(j, result.n ? result : STR("{}")); /* written by our own JSON writer */
    console_time(j, "created_at", rows_int(r, 7));
    console_time(j, "updated_at", rows_int(r, 8));
    json_end(j);
}

enum tb_code jobs_list(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    int64_t skip, size, total;
    struct rows *rows;
    bool more;

    if (console_page(q, &skip, &size, e) ||
        db_ask_int(t->db, SQL("SELECT count(*) FROM job"), NO_ARGS, &total, NULL, e) ||
        db_ask(t->db, &t->mem,
               SQL("SELECT " COLUMNS " FROM job ORDER BY id DESC LIMIT :size OFFSET :skip"),
               ARGS(db_int("size", size), db_int("skip", skip)), &rows, e))
        return e->code;
    json_obj(&r->json);
    json_karr(&r->json, "items");
    for (;;) {
        if (rows_next(rows, &more, e))
            return e->code;
        if (!more)
            break;
        job_json(&r->json, rows);
    }
    json_end(&r->json);
    json_kint(&r->json, "total", total);
    json_end(&r->json);
    return TB_OK;
}

enum tb_code jobs_show(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct rows *rows;
    int64_t id;
    bool more;

    if (request_param_int(q, "id", &id, e) ||
        db_ask(t->db, &t->mem, SQL("SELECT " COLUMNS " FROM job WHERE id = :id"),
               ARGS(db_int("id", id)), &rows, e) ||
        rows_next(rows, &more, e))
        return e->code;
    if (!more)
        return tb_fail(e, TB_NOT_FOUND, "没有这个任务", "job=%lld", (long long)id);
    job_json(&r->json, rows);
    rows_close(rows);
    return TB_OK;
}

/* A running job sees the new state at its next step and stops (flow/jobs.h: job_stopping). */
enum tb_code jobs_cancel(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    int64_t id;
    enum tb_code c;

    if (request_param_int(q, "id", &id, e) || db_begin(t->db, e))
        return e->code;
    c = db_run(t->db,
               SQL("UPDATE job SET state = 'cancelled', message = '已取消', updated_at = :now "
                   "WHERE id = :id AND state IN ('waiting', 'running')"),
               ARGS(db_int("now", world_now_ms(t->world)), db_int("id", id)), e);
    if (!c && db_changed(t->db) == 0)
        c = tb_fail(e, TB_CONFLICT, "这个任务已经结束，不能取消", "job=%lld", (long long)id);
    if (!c)
        c = audit_witness(t, "job.cancel", arena_printf(&t->mem, "%lld", (long long)id), STR(""),
                          e);
    if (db_end(t->db, c, e))
        return e->code;
    return jobs_show(t, q, r, e);
}
