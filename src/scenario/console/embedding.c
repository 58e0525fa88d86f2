#include "scenario/console/embedding.h"

#include "knowledge/search.h"
#include "store/db.h"

enum { BATCH = 32, REST_MS = 600000 };

enum tb_code embedding_run(struct job_run *r, struct buf *result, struct tb_err *e)
{
    struct search *s = r->t->at->search;
    int64_t left = 1, made = 0, total = 0;

    while (left > 0) {
        if (search_embed_some(s, r->t->db, BATCH, &left, e))
            return e->code;
        made += BATCH;
        total = total ? total : left + BATCH;
        if (job_progress(r, total - left, total, "正在计算语义向量", e))
            return e->code;
    }
    buf_addf(result, "{\"made\":%lld}", (long long)(made < total ? made : total));
    return search_refresh(s, r->t->db, e);
}

enum tb_code embedding_due(const struct services *at, struct db *d, int64_t now_ms,
                           struct tb_err *e)
{
    struct search_state s;
    int64_t pending, missing, id;

    search_state(at->search, &s);
    if (!s.model_available)
        return TB_OK;
    if (db_ask_int(d,
                   SQL("SELECT count(*) FROM job WHERE kind = 'embed' AND"
                       " (state IN ('waiting', 'running') OR"
                       " (state = 'failed' AND updated_at > :since))"),
                   ARGS(db_int("since", now_ms - REST_MS)), &pending, NULL, e) ||
        db_ask_int(d,
                   SQL("SELECT count(*) FROM (SELECT id FROM passage"
                       " WHERE embedding_model IS NULL LIMIT 1) x"),
                   NO_ARGS, &missing, NULL, e))
        return e->code;
    if (pending || !missing)
        return TB_OK;
    return jobs_add(at->jobs, d, "embed", STR("{}"), 0, &id, e);
}
