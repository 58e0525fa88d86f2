/* What operators and their monitors ask: is it alive, is it ready, what does it count, what can be
 * called. No business content. */
#include "scenario/console/ops.h"

#include "base/fs.h"
#include "base/metrics.h"
#include "knowledge/search.h"
#include "model/pool.h"
#include "scenario/console/manual.h"
#include "store/db.h"

#include <stdio.h>
#include <unistd.h>

enum { DOCS_MAX = 1024 * 1024 };

static enum tb_code live(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    (void)t;
    (void)q;
    (void)e;
    json_obj(&r->json);
    json_kstr(&r->json, "status", STR("ok"));
    json_kstr(&r->json, "version", STR(TB_VERSION));
    json_end(&r->json);
    return TB_OK;
}

static bool store_ready(struct talk *t)
{
    struct tb_err e = TB_ERR_INIT;
    int64_t one;
    bool found;

    return t->db && db_ask_int(t->db, SQL("SELECT 1"), NO_ARGS, &one, &found, &e) == TB_OK;
}

/* Ready means: questions can be taken. The engine is no part of it, clauses and standard answers
 * come without one. */
static enum tb_code ready(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    bool store = store_ready(t), search = t->at->search != NULL;
    struct search_state s = { 0 };

    (void)q;
    (void)e;
    if (search)
        search_state(t->at->search, &s);
    if (!store || !search)
        r->status = 503;
    json_obj(&r->json);
    json_kbool(&r->json, "ready", store && search);
    json_kobj(&r->json, "parts");
    json_kbool(&r->json, "store", store);
    json_kbool(&r->json, "search", search);
    json_kbool(&r->json, "engine", t->at->pool && pool_ready(t->at->pool));
    json_kbool(&r->json, "embeddings", s.passages > 0 && s.embedded == s.passages);
    json_end(&r->json);
    json_end(&r->json);
    return TB_OK;
}

/* Resident memory and open files, read when asked. */
static void measure_process(struct arena *a)
{
    struct tb_err e = TB_ERR_INIT;
    FILE *f = fopen("/proc/self/statm", "re");
    char **names;
    size_t n;
    long size, resident;

    if (f && fscanf(f, "%ld %ld", &size, &resident) == 2)
        metric_set("process_resident_bytes", "", (double)resident * (double)sysconf(_SC_PAGESIZE));
    if (f)
        fclose(f);
    if (fs_list(a, "/proc/self/fd", &names, &n, &e) == TB_OK)
        metric_set("process_open_files", "", (double)n);
}

static enum tb_code metrics(struct talk *t, const struct request *q, struct reply *r,
                            struct tb_err *e)
{
    (void)q;
    (void)e;
    measure_process(&t->mem);
    r->content_type = "text/plain; version=0.0.4; charset=utf-8";
    metrics_text(&r->body);
    return TB_OK;
}

static enum tb_code from_docs(struct talk *t, struct reply *r, const char *name, const char *type,
                              struct tb_err *e)
{
    struct str text;
    char *path = fs_join(&t->mem, fs_join(&t->mem, t->at->share_dir, "docs"), name);

    if (fs_read(&t->mem, path, DOCS_MAX, &text, e))
        return e->code;
    r->content_type = type;
    buf_add(&r->body, text);
    return TB_OK;
}

static enum tb_code openapi(struct talk *t, const struct request *q, struct reply *r,
                            struct tb_err *e)
{
    (void)q;
    return from_docs(t, r, "openapi.yaml", "application/yaml; charset=utf-8", e);
}

static enum tb_code style(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    (void)q;
    return from_docs(t, r, "api.css", "text/css; charset=utf-8", e);
}

static enum tb_code manual(struct talk *t, const struct request *q, struct reply *r,
                           struct tb_err *e)
{
    struct yaml *api;

    (void)q;
    if (yaml_load(&t->mem, fs_join(&t->mem, t->at->share_dir, "docs/openapi.yaml"), &api, e))
        return e->code;
    r->content_type = "text/html; charset=utf-8";
    manual_page(&r->body, api);
    return TB_OK;
}

const struct route ops_routes[] = {
    { GET, "/health/live", PERM_PUBLIC, "", 0, ROUTE_PLAIN, false, live, "the process runs" },
    { GET, "/health/ready", PERM_PUBLIC, "", 0, ROUTE_PLAIN, false, ready,
      "questions can be taken" },
    { GET, "/metrics", PERM_PUBLIC, "", 0, ROUTE_PLAIN, false, metrics,
      "counters in the Prometheus text form" },
    { GET, "/api/openapi.yaml", PERM_PUBLIC, "", 0, ROUTE_PLAIN, false, openapi,
      "what can be called, for machines" },
    { GET, "/api/docs", PERM_PUBLIC, "", 0, ROUTE_PLAIN, false, manual,
      "what can be called, for people" },
    { GET, "/api/docs/style.css", PERM_PUBLIC, "", 0, ROUTE_PLAIN, false, style,
      "how that page looks" },
    { .path = NULL },
};
