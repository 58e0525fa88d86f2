#include "store/department.h"

#include "store/audit.h"

static enum tb_code first(struct rows *r, struct department *out, struct tb_err *e)
{
    bool more = false;

    *out = (struct department){ .id = STR("") };
    if (rows_next(r, &more, e))
        return e->code;
    if (more)
        *out = (struct department){ rows_str(r, 0), rows_str(r, 1), rows_str(r, 2),
                                    rows_str(r, 3), rows_str(r, 4), rows_str(r, 5) };
    rows_close(r);
    return TB_OK;
}

enum tb_code department_of_document(struct talk *t, int64_t document_id, struct str issuing_body,
                                    struct department *out, struct tb_err *e)
{
    struct rows *r;

    if (db_ask(t->db, &t->mem,
               SQL("SELECT d.id, d.name, d.short, d.phone, d.duties, d.windows FROM department d "
                   "LEFT JOIN document f ON f.id = :document AND f.department_id = d.id "
                   "WHERE f.id IS NOT NULL OR d.name = :body "
                   "ORDER BY CASE WHEN d.name = :body THEN 0 ELSE 1 END LIMIT 1"),
               ARGS(db_int("document", document_id), db_text("body", issuing_body)), &r, e))
        return e->code;
    return first(r, out, e);
}

enum tb_code department_read(struct talk *t, struct str id, struct department *out,
                             struct tb_err *e)
{
    struct rows *r;

    if (db_ask(t->db, &t->mem,
               SQL("SELECT id, name, short, phone, duties, windows FROM department WHERE id = :id"),
               ARGS(db_text("id", id)), &r, e))
        return e->code;
    return first(r, out, e);
}

enum tb_code department_under(struct talk *t, struct str id, struct str root, bool *out,
                              struct tb_err *e)
{
    int64_t n;

    if (db_ask_int(t->db,
                   SQL("SELECT count(*) FROM department_under WHERE root = :root AND id = :id"),
                   ARGS(db_text("root", root), db_text("id", id)), &n, NULL, e))
        return e->code;
    *out = n > 0;
    return TB_OK;
}

enum tb_code department_tree(struct talk *t, struct department_place **out, size_t *n,
                             struct tb_err *e)
{
    struct rows *r;
    size_t cap = 0;
    bool more;

    *out = NULL;
    *n = 0;
    if (db_ask(t->db, &t->mem, SQL("SELECT id, name, parent FROM department ORDER BY place, id"),
               NO_ARGS, &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        *out = arena_grow(&t->mem, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] =
            (struct department_place){ rows_str(r, 0), rows_str(r, 1), rows_str(r, 2) };
    }
}

static enum tb_code move(struct talk *t, struct str id, struct str parent, struct tb_err *e)
{
    struct department d;
    bool below;

    if (department_read(t, id, &d, e))
        return e->code;
    if (!d.id.n)
        return tb_fail(e, TB_NOT_FOUND, "没有这个部门", "department unknown");
    if (parent.n) {
        if (department_read(t, parent, &d, e) || department_under(t, parent, id, &below, e))
            return e->code;
        if (!d.id.n || below)
            return tb_fail(e, TB_INVALID, "上级部门不存在，或者是它自己、它的下级",
                           "department parent");
    }
    if (db_run(t->db, SQL("UPDATE department SET parent = :parent WHERE id = :id"),
               ARGS(db_text("parent", parent), db_text("id", id)), e))
        return e->code;
    return audit_witness(t, "department.move", id,
                         arena_printf(&t->mem, "under=%.*s", STR_FMT(parent)), e);
}

enum tb_code department_move(struct talk *t, struct str id, struct str parent, struct tb_err *e)
{
    enum tb_code c = db_begin(t->db, e);

    return c ? c : db_end(t->db, move(t, id, parent, e), e);
}

/* Who answers, in the label of what is generated. */
enum tb_code city_provider(struct talk *t, struct str *out, struct tb_err *e)
{
    struct rows *r;
    bool more = false;

    *out = STR("通办");
    if (db_ask(t->db, &t->mem, SQL("SELECT name FROM city"), NO_ARGS, &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (more)
        *out = arena_printf(&t->mem, "%.*s政务服务", STR_FMT(rows_str(r, 0)));
    rows_close(r);
    return TB_OK;
}
