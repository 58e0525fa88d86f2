#include "knowledge/version_int.h"
#include "store/db.h"

static enum tb_code check(const struct label *l, struct tb_err *e)
{
    if (!l->title.n)
        return tb_fail(e, TB_INVALID, "标题不能为空", "title empty");
    if (l->expires_on != DAY_NONE && l->effective_from != DAY_NONE &&
        l->expires_on < l->effective_from)
        return tb_fail(e, TB_INVALID, "失效日期不能早于施行日期", "expires=%d effective=%d",
                       l->expires_on, l->effective_from);
    return TB_OK;
}

/* Moves it to where its (perhaps corrected) title and number belong. */
static enum tb_code move(struct talk *t, const struct version *v, const struct label *l,
                         struct tb_err *e)
{
    int64_t document;
    int number;

    if (version_place(t, l, v->id, &document, e))
        return e->code;
    if (document == 0 || document == v->document_id)
        return TB_OK;
    if (version_next_number(t, document, &number, e) ||
        db_run(t->db,
               SQL("UPDATE version SET document_id = :document, number = :number WHERE id = :id"),
               ARGS(db_int("document", document), db_int("number", number), db_int("id", v->id)),
               e))
        return e->code;
    return version_settle_document(t, v->document_id, e);
}

static enum tb_code write(struct talk *t, int64_t id, const struct label *l, struct tb_err *e)
{
    struct db_arg by = t->actor.id ? db_int("by", t->actor.id) : db_null("by");

    return db_run(t->db,
                  SQL("UPDATE version SET state = 'confirmed', title = :title, title_key = :key, "
                      "document_number = :number, issuing_body = :body, issued_on = :issued, "
                      "effective_from = :effective, expires_on = :expires, repeals = :repeals, "
                      "confirmed_by = :by, confirmed_at = :now WHERE id = :id"),
                  ARGS(db_text("title", l->title),
                       db_text("key", label_title_key(&t->mem, l->title)),
                       db_text("number", label_number_tidy(&t->mem, l->document_number)),
                       db_text("body", l->issuing_body), db_day("issued", l->issued_on),
                       db_day("effective", l->effective_from), db_day("expires", l->expires_on),
                       db_text("repeals", version_repeals_json(&t->mem, l)), by,
                       db_int("now", world_now_ms(t->world)), db_int("id", id)),
                  e);
}

static enum tb_code confirm(struct talk *t, int64_t id, const struct label *l, struct tb_err *e)
{
    struct version v;

    if (version_read(t, id, false, &v, e))
        return e->code;
    if (str_eqz(v.state, "withdrawn"))
        return tb_fail(e, TB_CONFLICT, "这个版本已经撤回，请重新上传文件", "version=%lld withdrawn",
                       (long long)id);
    /* what it repealed before this correction may come back */
    if (write(t, id, l, e) || move(t, &v, l, e) || version_settle(t, id, e))
        return e->code;
    return TB_OK;
}

/* Documents named by the old repeal clauses, settled once more. */
static enum tb_code release_old(struct talk *t, const struct version *old, struct tb_err *e)
{
    struct rows *r;
    bool more;
    int64_t documents[64];
    size_t n = 0;

    if (db_ask(t->db, &t->mem,
               SQL("SELECT DISTINCT document_id FROM version WHERE repealed_by = :id"),
               ARGS(db_int("id", old->id)), &r, e))
        return e->code;
    while (!rows_next(r, &more, e) && more && n < sizeof(documents) / sizeof(documents[0]))
        documents[n++] = rows_int(r, 0);
    rows_close(r);
    for (size_t i = 0; i < n && !e->code; i++)
        if (version_settle_document(t, documents[i], e))
            return e->code;
    return e->code;
}

enum tb_code version_confirm(struct talk *t, int64_t id, const struct label *l, struct tb_err *e)
{
    struct version old = { .id = id };
    enum tb_code c;

    if (check(l, e) || db_begin(t->db, e))
        return e->code;
    c = confirm(t, id, l, e);
    if (!c)
        c = release_old(t, &old, e);
    return db_end(t->db, c, e);
}

/* notes is a JSON array that our own writer made. */
static struct str with_reason(struct arena *a, struct str notes, struct str reason)
{
    struct label one = { 0 };
    struct str added;

    label_note_add(a, &one, LABEL_TITLE, false, arena_printf(a, "撤回原因：%.*s", STR_FMT(reason)));
    added = str_from(version_notes_json(a, &one), 1);
    if (notes.n <= 2)
        return arena_printf(a, "[%.*s", STR_FMT(added));
    return arena_printf(a, "%.*s,%.*s", (int)notes.n - 1, notes.p, STR_FMT(added));
}

static enum tb_code withdraw(struct talk *t, int64_t id, struct str reason, struct tb_err *e)
{
    struct version v;

    if (version_read(t, id, false, &v, e))
        return e->code;
    if (str_eqz(v.state, "withdrawn"))
        return TB_OK;
    if (db_run(t->db,
               SQL("UPDATE version SET state = 'withdrawn', notes = :notes, repealed_on = NULL, "
                   "repealed_by = NULL WHERE id = :id"),
               ARGS(db_text("notes", with_reason(&t->mem, v.notes, reason)), db_int("id", id)),
               e) ||
        version_settle(t, id, e))
        return e->code;
    return release_old(t, &v, e);
}

enum tb_code version_withdraw(struct talk *t, int64_t id, struct str reason, struct tb_err *e)
{
    enum tb_code c = db_begin(t->db, e);

    if (c)
        return c;
    return db_end(t->db, withdraw(t, id, reason, e), e);
}
