#include "knowledge/version.h"

#include "base/json.h"
#include "knowledge/version_int.h"
#include "store/db.h"

/* ---- JSON columns ---- */

struct str version_repeals_json(struct arena *a, const struct label *l)
{
    struct buf b = BUF_INIT(1 << 20);
    struct json j = JSON_INIT(&b);

    json_arr(&j);
    for (size_t i = 0; i < l->repeal_n; i++) {
        json_obj(&j);
        json_kstr(&j, "title", l->repeals[i].title);
        json_kstr(&j, "document_number", l->repeals[i].document_number);
        json_end(&j);
    }
    json_end(&j);
    return arena_buf(a, &b);
}

struct str version_notes_json(struct arena *a, const struct label *l)
{
    struct buf b = BUF_INIT(1 << 20);
    struct json j = JSON_INIT(&b);

    json_arr(&j);
    for (size_t i = 0; i < l->note_n; i++) {
        json_obj(&j);
        json_kstr(&j, "field", str_z(label_name(l->notes[i].what)));
        json_kstr(&j, "message", l->notes[i].text);
        json_kbool(&j, "doubt", l->notes[i].doubt);
        json_end(&j);
    }
    json_end(&j);
    return arena_buf(a, &b);
}

enum tb_code version_repeals_read(struct arena *a, struct str json, struct repeal **out, size_t *n,
                                  struct tb_err *e)
{
    const struct json_value *v;

    *out = NULL;
    *n = 0;
    if (json_read(a, json, &v, e))
        return e->code;
    *out = ARENA_ARRAY(a, struct repeal, json_len(v) + 1);
    for (size_t i = 0; i < json_len(v); i++) {
        (*out)[*n].title = json_get_str(json_at(v, i), "title");
        (*out)[(*n)++].document_number = json_get_str(json_at(v, i), "document_number");
    }
    return TB_OK;
}

enum tb_code label_repeals_from(struct arena *a, struct str json, struct label *l, struct tb_err *e)
{
    return version_repeals_read(a, json, &l->repeals, &l->repeal_n, e);
}

bool version_named(struct arena *a, const struct repeal *r, struct str number, struct str key)
{
    if (r->document_number.n && number.n)
        return str_eq(r->document_number, number);
    return r->title.n && key.n && str_eq(label_title_key(a, r->title), key);
}

/* ---- reading ---- */

static struct version from_row(struct rows *r)
{
    return (struct version){ .id = rows_int(r, 0),
                             .document_id = rows_int(r, 1),
                             .number = (int)rows_int(r, 2),
                             .digest = rows_str(r, 3),
                             .title = rows_str(r, 4),
                             .document_number = rows_str(r, 5),
                             .issuing_body = rows_str(r, 6),
                             .state = rows_str(r, 7),
                             .repeals = rows_str(r, 8),
                             .notes = rows_str(r, 9),
                             .issued_on = rows_day(r, 10),
                             .effective_from = rows_day(r, 11),
                             .expires_on = rows_day(r, 12),
                             .repealed_on = rows_day(r, 13),
                             .repealed_by = rows_int(r, 14),
                             .created_at = rows_int(r, 15),
                             .department = rows_str(r, 16),
                             .classification = rows_str(r, 17),
                             .file_name = rows_str(r, 18),
                             .media_type = rows_str(r, 19),
                             .confirmed_at = rows_int(r, 20),
                             .confirmed_by = rows_str(r, 21),
                             .plain = STR("") };
}

#define COLUMNS                                                                                    \
    "v.id, v.document_id, v.number, v.digest, v.title, v.document_number, v.issuing_body, "        \
    "v.state, v.repeals, v.notes, v.issued_on, v.effective_from, v.expires_on, v.repealed_on, "    \
    "v.repealed_by, v.created_at, d.department_id, d.classification, o.file_name, o.media_type, "  \
    "v.confirmed_at, s.name "
#define TABLES                                                                                     \
    "FROM version v JOIN document d ON d.id = v.document_id JOIN original o ON o.digest = "        \
    "v.digest LEFT JOIN staff s ON s.id = v.confirmed_by "

static enum tb_code read_plain(struct talk *t, int64_t id, struct str *out, struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(t->db, &t->mem, SQL("SELECT plain FROM version WHERE id = :id"),
               ARGS(db_int("id", id)), &r, e))
        return e->code;
    if (!rows_next(r, &more, e) && more)
        *out = rows_str(r, 0);
    rows_close(r);
    return e->code;
}

enum tb_code version_read(struct talk *t, int64_t id, bool with_plain, struct version *out,
                          struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(t->db, &t->mem, SQL("SELECT " COLUMNS TABLES "WHERE v.id = :id"),
               ARGS(db_int("id", id)), &r, e))
        return e->code;
    if (!rows_next(r, &more, e) && more)
        *out = from_row(r);
    rows_close(r);
    if (e->code)
        return e->code;
    if (!more)
        return tb_fail(e, TB_NOT_FOUND, "没有这个版本", "version=%lld", (long long)id);
    return with_plain ? read_plain(t, id, &out->plain, e) : TB_OK;
}

enum tb_code version_list(struct talk *t, int64_t document_id, struct version **out, size_t *n,
                          struct tb_err *e)
{
    size_t cap = 0;
    struct rows *r;
    bool more;

    *out = NULL;
    *n = 0;
    if (db_ask(t->db, &t->mem,
               SQL("SELECT " COLUMNS TABLES "WHERE v.document_id = :id ORDER BY v.number DESC"),
               ARGS(db_int("id", document_id)), &r, e))
        return e->code;
    while (!rows_next(r, &more, e) && more) {
        *out = arena_grow(&t->mem, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] = from_row(r);
    }
    rows_close(r);
    return e->code;
}

enum validity version_validity(const struct version *v, int32_t day)
{
    return validity_on(day, v->effective_from, v->expires_on, v->repealed_on);
}

enum tb_code version_on(struct talk *t, int64_t document_id, int32_t day, struct version *out,
                        struct tb_err *e)
{
    const struct version *best = NULL;
    struct version *list;
    size_t n;

    if (version_list(t, document_id, &list, &n, e))
        return e->code;
    for (size_t i = 0; i < n; i++) {
        if (!str_eqz(list[i].state, "confirmed"))
            continue;
        if (!best)
            best = &list[i];
        if (version_validity(&list[i], day) == VALIDITY_IN_FORCE) {
            best = &list[i];
            break;
        }
    }
    if (!best)
        return tb_fail(e, TB_NOT_FOUND, "没有这份文件，或者它还没有确认", "document=%lld",
                       (long long)document_id);
    *out = *best;
    return TB_OK;
}

enum tb_code version_passages(struct talk *t, int64_t version_id, struct passage_list *out,
                              struct tb_err *e)
{
    struct version v;
    size_t cap = 0;
    struct rows *r;
    bool more;

    *out = (struct passage_list){ NULL, 0 };
    if (version_read(t, version_id, false, &v, e) ||
        db_ask(t->db, &t->mem,
               SQL("SELECT id, clause, heading, text, begin_at, end_at, kind FROM passage WHERE "
                   "version_id = :id ORDER BY ordinal"),
               ARGS(db_int("id", version_id)), &r, e))
        return e->code;
    while (!rows_next(r, &more, e) && more) {
        out->items = arena_grow(&t->mem, out->items, out->n, &cap, sizeof(*out->items));
        out->items[out->n++] = (struct passage){ .id = rows_int(r, 0),
                                                 .document_id = v.document_id,
                                                 .version_id = v.id,
                                                 .title = v.title,
                                                 .document_number = v.document_number,
                                                 .issuing_body = v.issuing_body,
                                                 .clause = rows_str(r, 1),
                                                 .heading = rows_str(r, 2),
                                                 .kind = rows_str(r, 6),
                                                 .text = rows_str(r, 3),
                                                 .begin = rows_int(r, 4),
                                                 .end = rows_int(r, 5),
                                                 .effective_from = v.effective_from,
                                                 .expires_on = v.expires_on,
                                                 .repealed_on = v.repealed_on,
                                                 .validity = version_validity(&v, t->as_of) };
    }
    rows_close(r);
    return e->code;
}
