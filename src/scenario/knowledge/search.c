/* 查条款: the clauses nearest to a question, without any model. */
#include "knowledge/search.h"
#include "knowledge/clause.h"
#include "scenario/knowledge/knowledge.h"
#include "store/db.h"
#include "store/purpose.h"

enum { QUESTION_CHARS = 1000 };

/* Whose sensitive documents are found: those the actor reaches, once a purpose was said. */
static enum tb_code sensitive_too(struct talk *t, struct search_ask *ask, bool *more,
                                  struct tb_err *e)
{
    struct purpose_now now;

    *more = false;
    if (library_reach(t, &ask->sensitive, &ask->sensitive_n, e))
        return e->code;
    if (!ask->sensitive_n)
        return TB_OK;
    if (purpose_read(t, &now, e))
        return e->code;
    if (now.needed && !now.id) {
        ask->sensitive_n = 0;
        *more = true;
    }
    return TB_OK;
}

/* One row of the trail for a search that found something sensitive. */
static enum tb_code witness(struct talk *t, const struct passage_list *l, struct tb_err *e)
{
    for (size_t i = 0; i < l->n; i++) {
        int64_t n;

        if (db_ask_int(t->db,
                       SQL("SELECT count(*) FROM document WHERE id = :id AND classification = "
                           "'sensitive'"),
                       ARGS(db_int("id", l->items[i].document_id)), &n, NULL, e))
            return e->code;
        if (n)
            return purpose_witness(t, "knowledge.sensitive", STR("search"), e);
    }
    return TB_OK;
}

enum tb_code clauses_search(struct talk *t, const struct request *q, struct reply *r,
                            struct tb_err *e)
{
    struct search_ask ask = { .question = str_trim(request_query(q, "q")),
                              .internal_too = library_internal(t) };
    struct search_result found;
    struct json *j = &r->json;
    int64_t limit;
    bool more;

    if (!ask.question.n || ask.question.n > QUESTION_CHARS * 4)
        return tb_fail(e, TB_INVALID, "请输入要查的内容，1 到 1000 字", "q=%zu", ask.question.n);
    if (!t->at->search)
        return tb_fail(e, TB_BUSY, "检索还没有准备好，请稍后再试", "no search");
    if (request_query_int(q, "limit", 1, 100, 10, &limit, e) || library_as_of(t, q, &ask.as_of, e))
        return e->code;
    ask.limit = (int)limit;
    if (sensitive_too(t, &ask, &more, e) || search_find(t->at->search, t, &ask, &found, e) ||
        (ask.sensitive_n && witness(t, &found.passages, e)))
        return e->code;
    json_obj(j);
    json_karr(j, "clauses");
    for (size_t i = 0; i < found.passages.n; i++)
        clause_json(j, (int)i + 1, &found.passages.items[i]);
    json_end(j);
    json_kreal(j, "ms", (double)found.total_us / 1000);
    json_kint(j, "left_out_expired", found.left_out_expired);
    if (more)
        json_kbool(j, "purpose_opens_more", true);
    json_end(j);
    return TB_OK;
}
