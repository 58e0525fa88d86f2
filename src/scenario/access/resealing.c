#include "scenario/access/resealing.h"

#include "store/audit.h"
#include "store/db.h"
#include "store/reseal.h"

enum { BATCH = 200, REST_MS = 600000 }; /* a failed job is tried again after a rest */

static enum tb_code witness(struct talk *t, const struct reseal *p, struct buf *result,
                            struct tb_err *e)
{
    enum tb_code c = db_begin(t->db, e);

    if (c)
        return c;
    c = audit_witness(
        t, "keys.reseal", STR("keys"),
        arena_printf(&t->mem, "sealed=%lld lost=%lld", (long long)p->sealed, (long long)p->lost),
        e);
    buf_addf(result, "{\"sealed\":%lld,\"lost\":%lld}", (long long)p->sealed, (long long)p->lost);
    return db_end(t->db, c, e);
}

enum tb_code resealing_run(struct job_run *r, struct buf *result, struct tb_err *e)
{
    struct talk *t = r->t;
    struct reseal p = { 0 };
    bool due;

    if (reseal_due(t->db, t->at->keys, &due, e))
        return e->code;
    while (due && !p.over) {
        if (job_stopping(r))
            return tb_fail(e, TB_CANCELLED, "换密钥后的重新加密停在中途，稍后继续", "reseal");
        if (reseal_some(t->db, t->at->keys, t->world, BATCH, &p, e) ||
            job_progress(r, p.looked, p.total, "正在用新密钥重新加密", e))
            return e->code;
    }
    if (!due)
        buf_addz(result, "{\"sealed\":0,\"lost\":0}");
    return due ? witness(t, &p, result, e) : TB_OK;
}

enum tb_code resealing_due(const struct services *at, struct db *d, int64_t now_ms,
                           struct tb_err *e)
{
    int64_t pending, id;
    bool due;

    if (reseal_due(d, at->keys, &due, e))
        return e->code;
    if (!due)
        return TB_OK;
    if (db_ask_int(d,
                   SQL("SELECT count(*) FROM job WHERE kind = 'reseal' AND (state IN ('waiting', "
                       "'running') OR (state = 'failed' AND updated_at > :since))"),
                   ARGS(db_int("since", now_ms - REST_MS)), &pending, NULL, e))
        return e->code;
    return pending ? TB_OK : jobs_add(at->jobs, d, RESEAL_JOB, STR("{}"), 0, &id, e);
}
