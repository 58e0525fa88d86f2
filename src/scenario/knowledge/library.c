#include "scenario/knowledge/knowledge.h"

#include "store/db.h"
#include "store/purpose.h"

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

enum tb_code library_reach(struct talk *t, const struct str **out, size_t *n, struct tb_err *e)
{
    struct str *list = NULL;
    struct rows *r;
    size_t cap = 0;
    bool more;

    *out = NULL;
    *n = 0;
    if (!library_internal(t) || !t->actor.department.n)
        return TB_OK;
    if (db_ask(t->db, &t->mem, SQL("SELECT id FROM department_under WHERE root = :mine"),
               ARGS(db_text("mine", t->actor.department)), &r, e))
        return e->code;
    while (!rows_next(r, &more, e)) {
        if (!more) {
            *out = list;
            return TB_OK;
        }
        list = arena_grow(&t->mem, list, *n, &cap, sizeof(*list));
        list[(*n)++] = rows_str(r, 0);
    }
    return e->code;
}

static enum tb_code reaches(struct talk *t, struct str department, bool *yes, struct tb_err *e)
{
    const struct str *list;
    size_t n;

    *yes = false;
    if (library_reach(t, &list, &n, e))
        return e->code;
    for (size_t i = 0; i < n && !*yes; i++)
        *yes = str_eq(list[i], department);
    return TB_OK;
}

enum tb_code library_may_read(struct talk *t, const struct version *v, struct tb_err *e)
{
    bool yes;

    if (!str_eqz(v->classification, "sensitive"))
        return TB_OK;
    if (reaches(t, v->department, &yes, e))
        return e->code;
    if (!yes)
        return tb_fail(e, TB_NOT_FOUND, "没有这份文件，或者它还没有公布", "version=%lld sensitive",
                       (long long)v->id);
    return purpose_witness(t, "knowledge.sensitive",
                           arena_printf(&t->mem, "version:%lld", (long long)v->id), e);
}

enum tb_code library_as_of(struct talk *t, const struct request *q, int32_t *day, struct tb_err *e)
{
    struct str s = request_query(q, "as_of");

    *day = t->as_of;
    if (s.n && !day_parse(s, day))
        return tb_fail(e, TB_INVALID, "日期写法应为 2026-11-21 这样", "as_of");
    return TB_OK;
}
