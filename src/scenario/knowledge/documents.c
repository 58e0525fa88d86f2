/* 政策库: what everybody may read, and the same list with what waits for a person. */
#include "scenario/knowledge/knowledge.h"
#include "store/db.h"
#include "store/like.h"
#include "store/original.h"

/* A version's validity on :day, as domain/passage.h has it; NULL days are open. */
#define VALIDITY                                                                                   \
    "CASE WHEN v.effective_from > :day THEN 'not_yet' WHEN v.repealed_on <= :day THEN 'repealed' " \
    "WHEN v.expires_on < :day THEN 'expired' ELSE 'in_force' END"
#define IN_FORCE(x)                                                                                \
    "CASE WHEN (" x ".effective_from IS NULL OR " x ".effective_from <= :day) AND (" x             \
    ".repealed_on IS NULL OR " x ".repealed_on > :day) AND (" x ".expires_on IS NULL OR " x        \
    ".expires_on >= :day) THEN 0 ELSE 1 END"
#define WORDS                                                                                      \
    "(:q = '%%' OR v.title LIKE :q ESCAPE '\\' OR v.document_number LIKE :q ESCAPE '\\' OR "       \
    "v.issuing_body LIKE :q ESCAPE '\\')"
#define COLUMNS                                                                                    \
    "d.id, v.id, v.title, v.document_number, v.issuing_body, v.effective_from, v.expires_on, "     \
    "v.repealed_on, (SELECT count(*) FROM version x WHERE x.document_id = d.id AND x.state = "     \
    "'confirmed'), v.state, v.notes, v.created_at, d.classification, d.department_id "

/* What is sensitive is known to its department and those above. :mine '' knows none. */
#define KNOWN                                                                                      \
    "(d.classification <> 'sensitive' OR d.department_id IN (SELECT id FROM department_under "     \
    "WHERE root = :mine)) AND "

/* The version that stands for a document: the one in force, else the newest confirmed one. */
#define PUBLISHED                                                                                  \
    "FROM document d JOIN version v ON v.id = (SELECT x.id FROM version x WHERE x.document_id = "  \
    "d.id AND x.state = 'confirmed' ORDER BY " IN_FORCE(                                           \
        "x") ", x.number DESC LIMIT 1) WHERE "                                                     \
             "(:internal = 1 OR d.classification = 'public') AND " KNOWN WORDS                     \
             " AND (:validity = '' OR :validity = " VALIDITY ")"

/* For those who keep it: with :state every version in that state, else what waits for a person, or
 * what stands for the document. */
#define MANAGED                                                                                    \
    "FROM document d JOIN version v ON v.document_id = d.id WHERE ((:state <> '' AND v.state = "   \
    ":state) OR (:state = '' AND v.id = (SELECT x.id FROM version x WHERE x.document_id = d.id "   \
    "ORDER BY CASE x.state WHEN 'proposed' THEN 0 WHEN 'confirmed' THEN 1 ELSE 2 "                 \
    "END, " IN_FORCE("x") ", x.number DESC LIMIT 1))) AND " KNOWN WORDS                            \
                          " AND (:validity = '' OR :validity = " VALIDITY ")"

struct listing {
    struct str words, validity, state;
    int32_t day;
    struct page page;
    int64_t total;
    bool managed;
};

static enum tb_code read_query(struct talk *t, const struct request *q, struct listing *l,
                               struct tb_err *e)
{
    l->validity = request_query(q, "validity");
    l->state = request_query(q, "state");
    l->words = like_of(&t->mem, str_trim(request_query(q, "q")));
    if (library_as_of(t, q, &l->day, e) || request_page(q, &l->page, e))
        return e->code;
    return TB_OK;
}

static void item_json(struct talk *t, struct json *j, struct rows *r, const struct listing *l)
{
    enum validity v = validity_on(l->day, rows_day(r, 5), rows_day(r, 6), rows_day(r, 7));

    json_obj(j);
    json_kint(j, "id", rows_int(r, 0));
    json_kstr(j, "title", rows_str(r, 2));
    json_kstr(j, "document_number", rows_str(r, 3));
    json_kstr(j, "issuing_body", rows_str(r, 4));
    json_kday(j, "effective_from", rows_day(r, 5));
    json_kday(j, "expires_on", rows_day(r, 6));
    library_validity(j, v);
    json_kint(j, "versions", rows_int(r, 8));
    if (l->managed) {
        json_kint(j, "version", rows_int(r, 1));
        json_kstr(j, "state", rows_str(r, 9));
        json_kstr(j, "state_title", str_z(library_state_title(rows_str(r, 9))));
        json_kint(j, "doubts", library_doubts(&t->mem, rows_str(r, 10)));
        json_ktime(j, "created_at", rows_int(r, 11));
        json_kstr(j, "classification", rows_str(r, 12));
        json_kstr(j, "department", rows_str(r, 13));
    }
    json_end(j);
}

static enum tb_code write_list(struct talk *t, struct rows *rows, struct reply *r,
                               const struct listing *l, struct tb_err *e)
{
    bool more;

    reply_items(r);
    while (!rows_next(rows, &more, e) && more)
        item_json(t, &r->json, rows, l);
    rows_close(rows);
    reply_total(r, l->total);
    return e->code;
}

static struct str mine(const struct talk *t)
{
    return library_internal(t) ? t->actor.department : STR("");
}

enum tb_code documents_list(struct talk *t, const struct request *q, struct reply *r,
                            struct tb_err *e)
{
    struct listing l = { 0 };
    struct rows *rows;
    bool found;

    if (read_query(t, q, &l, e))
        return e->code;
    const struct db_arg args[] = {
        db_text("q", l.words),      db_text("validity", l.validity),
        db_day("day", l.day),       db_int("internal", library_internal(t)),
        db_text("mine", mine(t)),   db_int("skip", l.page.skip),
        db_int("size", l.page.size)
    };

    if (db_ask_int(t->db, SQL("SELECT count(*) " PUBLISHED), (struct db_args){ args, 5 }, &l.total,
                   &found, e) ||
        db_ask(t->db, &t->mem,
               SQL("SELECT " COLUMNS PUBLISHED
                   " ORDER BY v.effective_from DESC, d.id DESC LIMIT :size OFFSET :skip"),
               (struct db_args){ args, 7 }, &rows, e))
        return e->code;
    return write_list(t, rows, r, &l, e);
}

enum tb_code documents_manage(struct talk *t, const struct request *q, struct reply *r,
                              struct tb_err *e)
{
    struct listing l = { .managed = true };
    struct rows *rows;
    bool found;

    if (read_query(t, q, &l, e))
        return e->code;
    const struct db_arg args[] = { db_text("q", l.words),      db_text("validity", l.validity),
                                   db_day("day", l.day),       db_text("state", l.state),
                                   db_text("mine", mine(t)),   db_int("skip", l.page.skip),
                                   db_int("size", l.page.size) };

    if (db_ask_int(t->db, SQL("SELECT count(*) " MANAGED), (struct db_args){ args, 5 }, &l.total,
                   &found, e) ||
        db_ask(t->db, &t->mem,
               SQL("SELECT " COLUMNS MANAGED
                   " ORDER BY CASE v.state WHEN 'proposed' THEN 0 ELSE 1 END, v.created_at DESC, "
                   "v.id DESC LIMIT :size OFFSET :skip"),
               (struct db_args){ args, 7 }, &rows, e))
        return e->code;
    return write_list(t, rows, r, &l, e);
}

/* ---- one document ---- */

/* The version this one took the place of; 0: none. */
static int64_t superseded_by(const struct version *list, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].repealed_by == id)
            return list[i].id;
    return 0;
}

static void id_or_null(struct json *j, const char *key, int64_t id)
{
    json_key(j, key);
    if (id)
        json_int(j, id);
    else
        json_null(j);
}

static void versions_json(struct talk *t, struct json *j, const struct version *list, size_t n,
                          int32_t day)
{
    json_karr(j, "versions");
    for (size_t i = 0; i < n; i++) {
        const struct version *v = &list[i];

        if (!str_eqz(v->state, "confirmed") && !library_internal(t))
            continue;
        json_obj(j);
        json_kint(j, "id", v->id);
        json_kint(j, "number", v->number);
        json_kstr(j, "title", v->title);
        json_kstr(j, "document_number", v->document_number);
        json_kday(j, "issued_on", v->issued_on);
        json_kday(j, "effective_from", v->effective_from);
        json_kday(j, "expires_on", v->expires_on);
        json_kday(j, "repealed_on", v->repealed_on);
        library_validity(j, version_validity(v, day));
        json_kstr(j, "state", v->state);
        id_or_null(j, "supersedes", superseded_by(list, n, v->id));
        id_or_null(j, "repealed_by", v->repealed_by);
        json_end(j);
    }
    json_end(j);
}

static int64_t confirmed_count(const struct version *list, size_t n)
{
    int64_t k = 0;

    for (size_t i = 0; i < n; i++)
        k += str_eqz(list[i].state, "confirmed");
    return k;
}

static enum tb_code no_document(struct tb_err *e, int64_t id)
{
    return tb_fail(e, TB_NOT_FOUND, "没有这份文件，或者它还没有公布", "document=%lld",
                   (long long)id);
}

/* The version asked for, or the one in force; what is not published only for staff. */
static enum tb_code choose(struct talk *t, int64_t document, int64_t version, int32_t day,
                           struct version *out, struct tb_err *e)
{
    if (version ? version_read(t, version, false, out, e) : version_on(t, document, day, out, e))
        return e->code;
    if (out->document_id != document ||
        (!library_internal(t) &&
         (!str_eqz(out->state, "confirmed") || !str_eqz(out->classification, "public"))))
        return no_document(e, document);
    if (library_may_read(t, out, e))
        return e->code;
    return version_read(t, out->id, true, out, e);
}

enum tb_code documents_show(struct talk *t, const struct request *q, struct reply *r,
                            struct tb_err *e)
{
    struct json *j = &r->json;
    struct version v, *list;
    int64_t id, version;
    int32_t day;
    size_t n;

    if (request_param_int(q, "id", &id, e) || library_as_of(t, q, &day, e) ||
        request_query_int(q, "version", 0, INT64_MAX, 0, &version, e) ||
        choose(t, id, version, day, &v, e) || version_list(t, id, &list, &n, e))
        return e->code;
    json_obj(j);
    json_kint(j, "id", id);
    json_kint(j, "version", v.id);
    json_kstr(j, "title", v.title);
    json_kstr(j, "document_number", v.document_number);
    json_kstr(j, "issuing_body", v.issuing_body);
    json_kday(j, "issued_on", v.issued_on);
    json_kday(j, "effective_from", v.effective_from);
    json_kday(j, "expires_on", v.expires_on);
    json_kday(j, "repealed_on", v.repealed_on);
    library_validity(j, version_validity(&v, day));
    json_kstr(j, "digest", v.digest);
    json_kstr(j, "file_name", v.file_name);
    if (library_internal(t))
        json_kstr(j, "classification", v.classification);
    versions_json(t, j, list, n, day);
    if (library_text(t, j, &v, e))
        return e->code;
    json_kint(j, "confirmed_versions", confirmed_count(list, n));
    json_end(j);
    return TB_OK;
}

/* ---- the file as it was uploaded ---- */

/* The version by which this actor may have the file; where it is public, a public one. */
static enum tb_code version_of_file(struct talk *t, struct str digest, struct version *v,
                                    struct tb_err *e)
{
    int64_t id = 0;
    bool found;

    if (db_ask_int(t->db,
                   SQL("SELECT v.id FROM version v JOIN document d ON d.id = v.document_id "
                       "WHERE v.digest = :digest AND (:internal = 1 OR (v.state = 'confirmed' AND "
                       "d.classification = 'public')) AND " KNOWN
                       "1 = 1 ORDER BY CASE d.classification WHEN 'public' THEN 0 "
                       "WHEN 'internal' THEN 1 ELSE 2 END LIMIT 1"),
                   ARGS(db_text("digest", digest), db_int("internal", library_internal(t)),
                        db_text("mine", mine(t))),
                   &id, &found, e))
        return e->code;
    if (!found)
        return tb_fail(e, TB_NOT_FOUND, "没有这个文件，或者它没有公开", "digest");
    return version_read(t, id, false, v, e) ? e->code : library_may_read(t, v, e);
}

enum tb_code documents_original(struct talk *t, const struct request *q, struct reply *r,
                                struct tb_err *e)
{
    struct str digest = request_param(q, "digest");
    const char *path = original_path(&t->mem, t->at->data_dir, digest);
    struct version v;

    if (!*path)
        return tb_fail(e, TB_INVALID, "文件编号写法不对", "digest");
    if (version_of_file(t, digest, &v, e))
        return e->code;
    reply_file(r, path, arena_z(&t->mem, v.media_type), v.file_name);
    return TB_OK;
}
