/* What operators and their monitors ask: is it alive, is it ready, what does it count, what can be
 * called. No business content. */
#include "scenario/console/ops.h"

#include "base/fs.h"
#include "base/metrics.h"
#include "store/db.h"

#include <stdio.h>
#include <unistd.h>

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
    bool store = store_ready(t);

    (void)q;
    (void)e;
    if (!store)
        r->status = 503;
    json_obj(&r->json);
    json_kbool(&r->json, "ready", store);
    json_kobj(&r->json, "parts");
    json_kbool(&r->json, "store", store);
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

const struct route ops_routes[] = {
    { GET, "/health/live", PERM_PUBLIC, "", 0, ROUTE_PLAIN, false, live, "the process runs" },
    { GET, "/health/ready", PERM_PUBLIC, "", 0, ROUTE_PLAIN, false, ready,
      "questions can be taken" },
    { GET, "/metrics", PERM_PUBLIC, "", 0, ROUTE_PLAIN, false, metrics,
      "counters in the Prometheus text form" },
    { .path = NULL },
};
