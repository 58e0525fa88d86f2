#include "scenario/knowledge/job.h"

#include "base/fs.h"
#include "knowledge/search.h"
#include "scenario/knowledge/bring.h"
#include "store/audit.h"
#include "store/db.h"

#include <stdio.h>
#include <unistd.h>

struct ingest_job {
    struct job_run *run;
    struct bring_options o;
    struct bring_result r;
    int64_t before, files; /* files of the input done before this one; all */
};

static void progress(void *self, int64_t done, int64_t total, struct str name)
{
    struct ingest_job *k = self;
    struct tb_err e = TB_ERR_INIT;
    char line[400];
    int64_t more = total > 1 ? total - 1 : 0;

    (void)snprintf(line, sizeof(line), "正在读：%.*s", (int)(name.n < 300 ? name.n : 300), name.p);
    /* a progress that cannot be written is no reason to stop */
    if (job_progress(k->run, k->before + done, k->files + more, line, &e))
        tb_err_clear(&e);
}

static bool stop(void *self)
{
    struct ingest_job *k = self;

    return job_stopping(k->run);
}

static enum tb_code bring_files(struct ingest_job *k, const struct json_value *files,
                                struct tb_err *e)
{
    k->files = (int64_t)json_len(files);
    for (size_t i = 0; i < json_len(files); i++) {
        struct str name = json_get_str(json_at(files, i), "name");
        const char *path = arena_z(&k->run->t->mem, json_get_str(json_at(files, i), "path"));

        k->before = (int64_t)i;
        if (fs_exists(path) && bring_path(k->run->t, path, name, &k->o, &k->r, e))
            return e->code;
    }
    return TB_OK;
}

static void remove_files(struct job_run *r, const struct json_value *files)
{
    for (size_t i = 0; i < json_len(files); i++)
        unlink(arena_z(&r->t->mem, json_get_str(json_at(files, i), "path")));
}

/* Stopped by a person, not by the server going down: nobody will take it up again. */
static bool was_cancelled(struct job_run *r)
{
    struct tb_err e = TB_ERR_INIT;
    struct job j;

    return !job_find(r->t, r->id, &j, &e) && str_eqz(j.state, "cancelled");
}

static enum tb_code witness(struct ingest_job *k, struct tb_err *e)
{
    struct talk *t = k->run->t;
    struct audit_entry x = audit_entry_of(
        t, "knowledge.ingest", arena_printf(&t->mem, "job:%lld", (long long)k->run->id), TB_OK,
        arena_printf(&t->mem, "added=%lld updated=%lld skipped=%zu staff=%lld",
                     (long long)k->r.added, (long long)k->r.updated, k->r.skipped_n,
                     (long long)k->run->staff_id));

    return audit_add(t->db, &x, e);
}

/* Who uploads is the author: somebody else signs. */
static enum tb_code uploader(struct ingest_job *k, struct tb_err *e)
{
    struct talk *t = k->run->t;
    struct rows *r;
    bool more = false;

    k->o.ingest.author_id = k->run->staff_id;
    if (db_ask(t->db, &t->mem, SQL("SELECT name FROM staff WHERE id = :id"),
               ARGS(db_int("id", k->run->staff_id)), &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (more)
        k->o.ingest.author_name = rows_str(r, 0);
    rows_close(r);
    return TB_OK;
}

enum tb_code job_ingest(struct job_run *r, struct buf *result, struct tb_err *e)
{
    const struct json_value *files = json_get(r->input, "files");
    struct ingest_job k = { .run = r };
    struct json j = JSON_INIT(result);
    enum tb_code c;

    k.o = (struct bring_options){ .progress = progress, .stop = stop, .self = &k };
    k.o.ingest.department = json_get_str(r->input, "department");
    k.o.ingest.classification = json_get_str(r->input, "classification");
    c = uploader(&k, e) ? e->code : bring_files(&k, files, e);
    if (c && !was_cancelled(r) && (c == TB_CANCELLED || c == TB_BUSY))
        return c; /* goes on after the restart */
    remove_files(r, files);
    if (c)
        return c;
    bring_json(&j, &k.r);
    json_end(&j);
    if (witness(&k, e))
        return e->code;
    search_catch_up(r->t->at->search, r->t->db); /* the files are in: the job is done */
    return TB_OK;
}

enum tb_code job_refresh(struct job_run *r, struct buf *result, struct tb_err *e)
{
    buf_addz(result, "{}");
    return bring_end(r->t, e);
}
