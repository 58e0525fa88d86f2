/* 查条款: the clauses nearest to a question, without any model. */
#include "knowledge/search.h"
#include "knowledge/clause.h"
#include "scenario/knowledge/knowledge.h"

enum { QUESTION_CHARS = 1000 };

enum tb_code clauses_search(struct talk *t, const struct request *q, struct reply *r,
                            struct tb_err *e)
{
    struct search_ask ask = { .question = str_trim(request_query(q, "q")),
                              .internal_too = library_internal(t) };
    struct search_result found;
    struct json *j = &r->json;
    int64_t limit;

    if (!ask.question.n || ask.question.n > QUESTION_CHARS * 4)
        return tb_fail(e, TB_INVALID, "请输入要查的内容，1 到 1000 字", "q=%zu", ask.question.n);
    if (!t->at->search)
        return tb_fail(e, TB_BUSY, "检索还没有准备好，请稍后再试", "no search");
    if (request_query_int(q, "limit", 1, 100, 10, &limit, e) || library_as_of(t, q, &ask.as_of, e))
        return e->code;
    ask.limit = (int)limit;
    if (search_find(t->at->search, t, &ask, &found, e))
        return e->code;
    json_obj(j);
    json_karr(j, "clauses");
    for (size_t i = 0; i < found.passages.n; i++)
        clause_json(j, (int)i + 1, &found.passages.items[i]);
    json_end(j);
    json_kreal(j, "ms", (double)found.total_us / 1000);
    json_kint(j, "left_out_expired", found.left_out_expired);
    json_end(j);
    return TB_OK;
}
