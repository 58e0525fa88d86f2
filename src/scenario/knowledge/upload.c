/* 上传: the files are put aside and a job reads them; the page follows the job. */
#include "base/fs.h"
#include "flow/jobs.h"
#include "scenario/knowledge/job.h"
#include "scenario/knowledge/knowledge.h"
#include "store/db.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* data/incoming/<random>: kept until the job is over, whatever the server does meanwhile. */
static enum tb_code put_aside(struct talk *t, const struct upload *f, char **path, struct tb_err *e)
{
    char *dir = fs_join(&t->mem, t->at->data_dir, "incoming");
    uint64_t name[2];

    if (fs_mkdirs(dir, 0700, e))
        return e->code;
    world_random(t->world, name, sizeof(name));
    *path =
        arena_z(&t->mem, arena_printf(&t->mem, "%s/%016llx%016llx", dir,
                                      (unsigned long long)name[0], (unsigned long long)name[1]));
    if (rename(f->path, *path) == 0)
        return TB_OK;
    return tb_fail(e, TB_STORE, "服务器暂时不能保存文件，请稍后再试", "rename errno=%d", errno);
}

static enum tb_code input_make(struct talk *t, const struct request *q, struct buf *b, char **paths,
                               struct tb_err *e)
{
    struct json j = JSON_INIT(b);

    json_obj(&j);
    json_kstr(&j, "department", t->actor.department);
    json_kstr(&j, "classification", request_query(q, "classification"));
    json_karr(&j, "files");
    for (size_t i = 0; i < q->file_count; i++) {
        if (put_aside(t, &q->files[i], &paths[i], e))
            return e->code;
        json_obj(&j);
        json_kstr(&j, "path", str_z(paths[i]));
        json_kstr(&j, "name", q->files[i].file_name);
        json_end(&j);
    }
    json_end(&j);
    json_end(&j);
    return TB_OK;
}

static bool class_ok(const struct talk *t, struct str class)
{
    if (str_eqz(class, "sensitive"))
        return t->actor.department.n > 0;
    return !class.n || str_eqz(class, "public") || str_eqz(class, "internal");
}

enum tb_code documents_upload(struct talk *t, const struct request *q, struct reply *r,
                              struct tb_err *e)
{
    char **paths = ARENA_ARRAY(&t->mem, char *, q->file_count + 1);
    struct buf input = BUF_INIT(1 << 20);
    int64_t job;
    enum tb_code c;

    if (q->file_count == 0)
        return tb_fail(e, TB_INVALID, "没有收到文件，请选择要上传的文件", "no file");
    if (!class_ok(t, request_query(q, "classification")))
        return tb_fail(e, TB_INVALID, "密级应为公开、内部或敏感；敏感文件要有归属部门",
                       "classification");
    c = input_make(t, q, &input, paths, e);
    if (!c)
        c = jobs_add(t->at->jobs, t->db, KNOWLEDGE_JOB, buf_str(&input), t->actor.id, &job, e);
    buf_release(&input);
    for (size_t i = 0; c && paths[i]; i++)
        unlink(paths[i]);
    if (c)
        return c;
    json_obj(&r->json);
    json_kint(&r->json, "job", job);
    json_end(&r->json);
    return TB_OK;
}
