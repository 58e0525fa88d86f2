#include "store/call.h"

#include "crypto/seal.h"
#include "store/books_int.h"

static struct call_kept row_take(struct rows *r)
{
    struct call_kept c = { .id = rows_int(r, 0),
                           .request_id = rows_str(r, 1),
                           .trace_id = rows_str(r, 2),
                           .at = rows_int(r, 3),
                           .key_id = rows_int(r, 4),
                           .key_name = rows_str(r, 5),
                           .department = rows_str(r, 6),
                           .department_name = rows_str(r, 7),
                           .verb = rows_str(r, 8),
                           .asked = rows_str(r, 9),
                           .model = rows_str(r, 10),
                           .engine = rows_str(r, 11),
                           .outcome = rows_str(r, 12),
                           .status = (int)rows_int(r, 13),
                           .figures = rows_str(r, 14),
                           .digest = rows_str(r, 16),
                           .kept = rows_int(r, 17) != 0 };

    if (!keeping_parse(rows_str(r, 15), &c.keeping))
        c.keeping = KEEPING_DIGEST;
    return c;
}

enum tb_code call_find(struct db *d, struct arena *a, struct str request_id, struct str department,
                       struct call_kept *out, struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(d, a,
               SQL("SELECT c.id, c.request_id, c.trace_id, c.at, c.key_id, coalesce(k.name, ''), "
                   "c.department_id, coalesce(d.name, ''), c.verb, c.asked, c.model, c.engine, "
                   "c.outcome, c.status, c.figures, c.keeping, c.digest, c.kept "
                   "FROM model_call c LEFT JOIN api_key k ON k.id = c.key_id "
                   "LEFT JOIN department d ON d.id = c.department_id "
                   "WHERE c.request_id = :request AND (:department = '' OR c.department_id = "
                   ":department "
                   "OR c.department_id IN (SELECT id FROM department_under WHERE root = "
                   ":department)) ORDER BY c.id DESC LIMIT 1"),
               ARGS(db_text("request", request_id), db_text("department", department)), &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (!more)
        return tb_fail(e, TB_NOT_FOUND, "没有找到这个请求编号的模型调用，请核对编号",
                       "call unknown");
    *out = row_take(r);
    rows_close(r);
    return TB_OK;
}

static enum tb_code opened(struct talk *t, const struct call_kept *c, const char *what,
                           struct str *s, struct tb_err *e)
{
    if (c->keeping != KEEPING_FULL || s->n == 0)
        return TB_OK;
    return seal_open(t->at->keys, &t->mem, books_place(&t->mem, what, c->request_id), *s, s, e);
}

enum tb_code call_content(struct talk *t, const struct call_kept *c, struct str *prompt,
                          struct str *answer, struct tb_err *e)
{
    struct rows *r;
    bool more;

    *prompt = *answer = STR("");
    if (db_ask(t->db, &t->mem, SQL("SELECT prompt, answer FROM model_call WHERE id = :id"),
               ARGS(db_int("id", c->id)), &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (more) {
        *prompt = rows_str(r, 0);
        *answer = rows_str(r, 1);
    }
    rows_close(r);
    if (opened(t, c, "prompt", prompt, e) || opened(t, c, "answer", answer, e))
        return e->code;
    return TB_OK;
}
