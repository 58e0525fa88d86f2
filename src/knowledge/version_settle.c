#include "knowledge/version_int.h"
#include "store/db.h"
#include "store/like.h"

#include <stdlib.h>

struct settled { /* a version of the document at hand */
    int64_t id, repealed_by;
    int number;
    struct str title, document_number, issuing_body, key, state;
    int32_t effective_from, issued_on, expires_on, repealed_on;
    int32_t new_on;
    int64_t new_by;
};

static int by_force(const void *x, const void *y)
{
    const struct settled *a = x, *b = y;

    if (a->effective_from != b->effective_from)
        return a->effective_from < b->effective_from ? -1 : 1;
    if (a->issued_on != b->issued_on)
        return a->issued_on < b->issued_on ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

static enum tb_code load(struct talk *t, int64_t document, struct settled **out, size_t *n,
                         struct tb_err *e)
{
    size_t cap = 0;
    struct rows *r;
    bool more;

    *out = NULL;
    *n = 0;
    if (db_ask(t->db, &t->mem,
               SQL("SELECT id, number, title, document_number, issuing_body, title_key, state, "
                   "effective_from, issued_on, expires_on, repealed_on, repealed_by FROM version "
                   "WHERE document_id = :id"),
               ARGS(db_int("id", document)), &r, e))
        return e->code;
    while (!rows_next(r, &more, e) && more) {
        *out = arena_grow(&t->mem, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] = (struct settled){ .id = rows_int(r, 0),
                                           .number = (int)rows_int(r, 1),
                                           .title = rows_str(r, 2),
                                           .document_number = rows_str(r, 3),
                                           .issuing_body = rows_str(r, 4),
                                           .key = rows_str(r, 5),
                                           .state = rows_str(r, 6),
                                           .effective_from = rows_day(r, 7),
                                           .issued_on = rows_day(r, 8),
                                           .expires_on = rows_day(r, 9),
                                           .repealed_on = rows_day(r, 10),
                                           .repealed_by = rows_int(r, 11),
                                           .new_on = DAY_NONE };
    }
    rows_close(r);
    return e->code;
}

/* The earliest end counts. A version that had expired before is not repealed on top of it, but it
 * still says what came after. */
static void end_by(struct settled *v, int32_t day, int64_t by)
{
    if (day == DAY_NONE || (v->new_on != DAY_NONE && v->new_on <= day))
        return;
    if (v->expires_on != DAY_NONE && v->expires_on < day) {
        if (!v->new_by)
            v->new_by = by;
        return;
    }
    v->new_on = day;
    v->new_by = by;
}

static bool is_confirmed(const struct settled *v)
{
    return str_eqz(v->state, "confirmed");
}

/* Each version until the next one's first day. */
static void end_by_successors(struct settled *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_confirmed(&v[i]))
            continue;
        for (size_t k = i + 1; k < n; k++)
            if (is_confirmed(&v[k]) && v[k].effective_from != DAY_NONE) {
                end_by(&v[i], v[k].effective_from, v[k].id);
                break;
            }
    }
}

/* And until a version of another document that names it takes effect. What is internal ends nothing
 * that citizens read: that needs a signature. */
static enum tb_code end_by_others(struct talk *t, int64_t document, struct settled *v,
                                  struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(t->db, &t->mem,
               SQL("SELECT id, effective_from, repeals FROM version WHERE state = 'confirmed' AND "
                   "document_id <> :document AND ((:plain <> '' AND repeals LIKE :number ESCAPE "
                   "'\\') OR repeals LIKE :title ESCAPE '\\') AND ((SELECT classification FROM "
                   "document WHERE id = version.document_id) = 'public' OR (SELECT classification "
                   "FROM document WHERE id = :document) <> 'public')"),
               ARGS(db_int("document", document), db_text("plain", v->document_number),
                    db_text("number", like_of(&t->mem, v->document_number)),
                    db_text("title", like_of(&t->mem, v->key))),
               &r, e))
        return e->code;
    while (!rows_next(r, &more, e) && more) {
        struct repeal *list;
        size_t n;

        if (version_repeals_read(&t->mem, rows_str(r, 2), &list, &n, e))
            break;
        for (size_t i = 0; i < n; i++)
            if (version_named(&t->mem, &list[i], v->document_number, v->key))
                end_by(v, rows_day(r, 1), rows_int(r, 0));
    }
    rows_close(r);
    return e->code;
}

static enum tb_code keep_ends(struct talk *t, const struct settled *v, struct tb_err *e)
{
    if (v->new_on == v->repealed_on && v->new_by == v->repealed_by)
        return TB_OK;
    return db_run(t->db,
                  SQL("UPDATE version SET repealed_on = :day, repealed_by = :by WHERE id = :id"),
                  ARGS(db_day("day", v->new_on), db_id("by", v->new_by), db_int("id", v->id)), e);
}

/* 1, 2, 3 … in the order of force; through negative numbers, for two may not share one. */
static enum tb_code keep_numbers(struct talk *t, int64_t document, const struct settled *v,
                                 size_t n, struct tb_err *e)
{
    bool right = true;

    for (size_t i = 0; i < n; i++)
        right &= v[i].number == (int)i + 1;
    for (size_t i = 0; i < n && !right; i++)
        if (db_run(t->db, SQL("UPDATE version SET number = :number WHERE id = :id"),
                   ARGS(db_int("number", -(int64_t)i - 1), db_int("id", v[i].id)), e))
            return e->code;
    if (right)
        return TB_OK;
    return db_run(t->db,
                  SQL("UPDATE version SET number = -number WHERE document_id = :id AND number < 0"),
                  ARGS(db_int("id", document)), e);
}

/* The document goes by the name of its newest confirmed version. */
static enum tb_code keep_title(struct talk *t, int64_t document, const struct settled *v, size_t n,
                               struct tb_err *e)
{
    for (size_t i = n; i-- > 0;)
        if (is_confirmed(&v[i]))
            return db_run(
                t->db,
                SQL("UPDATE document SET title = :title, issuing_body = :body WHERE id = :id"),
                ARGS(db_text("title", v[i].title), db_text("body", v[i].issuing_body),
                     db_int("id", document)),
                e);
    return TB_OK;
}

enum tb_code version_settle_document(struct talk *t, int64_t document, struct tb_err *e)
{
    struct settled *v;
    size_t n;

    if (load(t, document, &v, &n, e))
        return e->code;
    if (n == 0)
        return db_run(t->db, SQL("DELETE FROM document WHERE id = :id"),
                      ARGS(db_int("id", document)), e);
    qsort(v, n, sizeof(*v), by_force);
    end_by_successors(v, n);
    for (size_t i = 0; i < n; i++)
        if ((is_confirmed(&v[i]) && end_by_others(t, document, &v[i], e)) || keep_ends(t, &v[i], e))
            return e->code;
    if (keep_numbers(t, document, v, n, e))
        return e->code;
    return keep_title(t, document, v, n, e);
}

static enum tb_code settle_named(struct talk *t, const struct repeal *x, int64_t own,
                                 struct tb_err *e)
{
    struct rows *r;
    bool more;
    int64_t documents[64];
    size_t n = 0;

    if (db_ask(
            t->db, &t->mem,
            SQL("SELECT DISTINCT document_id FROM version WHERE document_id <> :own AND "
                "((:number <> '' AND document_number = :number) OR (:number = '' AND title_key = "
                ":key))"),
            ARGS(db_int("own", own), db_text("number", x->document_number),
                 db_text("key", label_title_key(&t->mem, x->title))),
            &r, e))
        return e->code;
    while (!rows_next(r, &more, e) && more && n < sizeof(documents) / sizeof(documents[0]))
        documents[n++] = rows_int(r, 0);
    rows_close(r);
    for (size_t i = 0; i < n && !e->code; i++)
        if (version_settle_document(t, documents[i], e))
            return e->code;
    return e->code;
}

enum tb_code version_settle(struct talk *t, int64_t version, struct tb_err *e)
{
    struct repeal *list;
    struct version v;
    size_t n;

    if (version_read(t, version, false, &v, e) ||
        version_repeals_read(&t->mem, v.repeals, &list, &n, e) ||
        version_settle_document(t, v.document_id, e))
        return e->code;
    for (size_t i = 0; i < n; i++)
        if (settle_named(t, &list[i], v.document_id, e))
            return e->code;
    return TB_OK;
}
