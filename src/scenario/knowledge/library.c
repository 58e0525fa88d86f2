#include "scenario/knowledge/knowledge.h"

void library_validity(struct json *j, enum validity v)
{
    json_kstr(j, "validity", str_z(validity_name(v)));
    json_kstr(j, "validity_title", str_z(validity_title(v)));
}

const char *library_state_title(struct str state)
{
    return str_eqz(state, "proposed")    ? "待确认"
           : str_eqz(state, "withdrawn") ? "已撤回"
                                         : "已确认";
}

int library_doubts(struct arena *a, struct str notes)
{
    struct tb_err e = TB_ERR_INIT;
    const struct json_value *v;
    int n = 0;

    if (json_read(a, notes, &v, &e))
        return 0;
    for (size_t i = 0; i < json_len(v); i++)
        n += json_get_bool(json_at(v, i), "doubt", false);
    return n;
}

enum tb_code library_text(struct talk *t, struct json *j, const struct version *v, struct tb_err *e)
{
    struct passage_list list;

    if (version_passages(t, v->id, &list, e))
        return e->code;
    json_kstr(j, "plain", v->plain);
    json_karr(j, "passages");
    for (size_t i = 0; i < list.n; i++) {
        json_obj(j);
        json_kint(j, "id", list.items[i].id);
        json_kstr(j, "clause", list.items[i].clause);
        json_kstr(j, "heading", list.items[i].heading);
        json_kstr(j, "kind", list.items[i].kind);
        json_kint(j, "begin", list.items[i].begin);
        json_kint(j, "end", list.items[i].end);
        json_end(j);
    }
    json_end(j);
    return TB_OK;
}

bool library_internal(const struct talk *t)
{
    return actor_may(&t->actor, PERM_KNOWLEDGE_READ);
}

enum tb_code library_as_of(struct talk *t, const struct request *q, int32_t *day, struct tb_err *e)
{
    struct str s = request_query(q, "as_of");

    *day = t->as_of;
    if (s.n && !day_parse(s, day))
        return tb_fail(e, TB_INVALID, "日期写法应为 2026-11-21 这样", "as_of");
    return TB_OK;
}
