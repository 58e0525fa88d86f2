/* 任务: what works in the background and how far it is. */
#include "scenario/console/console.h"

#include "flow/jobs.h"
#include "store/audit.h"
#include "store/department.h"

static const struct {
    const char *kind, *title;
} titles[] = {
    { "ingest", "导入政策文件" }, { "embed", "计算语义索引" },      { "index", "重建检索索引" },
    { "backup", "备份" },         { "reseal", "换密钥后重新加密" },
};

static const char *title_of(struct str kind)
{
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
        if (str_eqz(kind, titles[i].kind))
            return titles[i].title;
    return "后台任务";
}

/* What a sensitive upload is called is for its own department and those above. */
static enum tb_code says_all(struct talk *t, const struct job *x, bool *yes, struct tb_err *e)
{
    const struct json_value *v;

    *yes = true;
    if (!str_eqz(x->kind, "ingest") || !str_has(x->input, STR("\"sensitive\"")))
        return TB_OK;
    if (json_read(&t->mem, x->input, &v, e))
        return e->code;
    return department_under(t, json_get_str(v, "department"), t->actor.department, yes, e);
}

static enum tb_code job_json(struct talk *t, struct json *j, const struct job *x, struct tb_err *e)
{
    bool all;

    if (says_all(t, x, &all, e))
        return e->code;
    json_obj(j);
    json_kint(j, "id", x->id);
    json_kstr(j, "kind", x->kind);
    json_kstr(j, "kind_title", str_z(title_of(x->kind)));
    json_kstr(j, "state", x->state);
    json_kint(j, "done", x->done);
    json_kint(j, "total", x->total);
    json_kstr(j, "message", all ? x->message : STR(""));
    json_key(j, "result");
    json_raw(j, all && x->result.n ? x->result : STR("{}")); /* written by our own JSON writer */
    json_ktime(j, "created_at", x->created_at);
    json_ktime(j, "updated_at", x->updated_at);
    json_end(j);
    return TB_OK;
}

enum tb_code work_list(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct page p;
    int64_t total;
    struct job *jobs;
    size_t n;

    if (request_page(q, &p, e) || job_list(t, request_query(q, "kind"), request_query(q, "state"),
                                           p.number, p.size, &jobs, &n, &total, e))
        return e->code;
    reply_items(r);
    for (size_t i = 0; i < n; i++)
        if (job_json(t, &r->json, &jobs[i], e))
            return e->code;
    reply_total(r, total);
    return TB_OK;
}

enum tb_code work_show(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct job job;
    int64_t id;

    if (request_param_int(q, "id", &id, e) || job_find(t, id, &job, e))
        return e->code;
    return job_json(t, &r->json, &job, e);
}

enum tb_code work_cancel(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    int64_t id;
    enum tb_code c;

    if (request_param_int(q, "id", &id, e) || db_begin(t->db, e))
        return e->code;
    c = jobs_cancel(t->at ? t->at->jobs : NULL, t->db, id, e);
    if (!c)
        c = audit_witness(t, "job.cancel", arena_printf(&t->mem, "%lld", (long long)id), STR(""),
                          e);
    if (!c)
        c = work_show(t, q, r,
                      e); /* before the commit: what is acknowledged is not called failed */
    return db_end(t->db, c, e);
}
