#include "store/department.h"

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
