#include "knowledge/version_int.h"
#include "store/db.h"

enum tb_code version_check(const struct label *l, struct tb_err *e)
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

static enum tb_code write(struct talk *t, int64_t id, const struct label *l, int64_t signer,
                          struct tb_err *e)
{
    struct db_arg by = db_id("by", signer);

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

static enum tb_code confirm(struct talk *t, int64_t id, const struct label *l, int64_t signer,
                            struct tb_err *e)
{
    struct version v;

    if (version_read(t, id, false, &v, e))
        return e->code;
    if (str_eqz(v.state, "withdrawn"))
        return tb_fail(e, TB_CONFLICT, "这个版本已经撤回，请重新上传文件", "version=%lld withdrawn",
                       (long long)id);
    /* what it repealed before this correction may come back */
    if (write(t, id, l, signer, e) || move(t, &v, l, e) || version_settle(t, id, e))
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

static enum tb_code confirm_all(struct talk *t, int64_t id, const struct label *l, int64_t signer,
                                struct tb_err *e)
{
    struct version old = { .id = id };

    return confirm(t, id, l, signer, e) || release_old(t, &old, e) ? e->code : TB_OK;
}

enum tb_code version_confirm(struct talk *t, int64_t id, const struct label *l, struct tb_err *e)
{
    if (version_check(l, e) || db_begin(t->db, e))
        return e->code;
    return db_end(t->db, confirm_all(t, id, l, t->actor.id, e), e);
}

/* ---- signing ---- */

/* The file and its text are what was sent to be signed. */
static enum tb_code check_text(struct talk *t, const struct version *v, struct str body,
                               struct tb_err *e)
{
    struct label l = { .title = STR("") };

    if (version_body_label(&t->mem, body, &l, e))
        return e->code;
    if (str_eq(version_body(&t->mem, v, &l), body))
        return TB_OK;
    return tb_fail(e, TB_CONFLICT, "文件的文字与送审的一稿不一样，请重新上传送审",
                   "version=%lld differs from draft", (long long)v->id);
}

/* Versions beside it that nobody has signed yet go back to waiting: the document is public now. */
static enum tb_code open_document(struct talk *t, int64_t version, struct tb_err *e)
{
    if (db_run(
            t->db,
            SQL("UPDATE version SET state = 'proposed' WHERE state = 'confirmed' AND document_id "
                "= (SELECT v.document_id FROM version v JOIN document d ON d.id = v.document_id "
                "WHERE v.id = :id AND d.classification <> 'public') AND NOT EXISTS (SELECT 1 "
                "FROM draft x JOIN signature g ON g.draft_id = x.id AND g.revision = x.revision "
                "WHERE x.kind = 'policy' AND x.subject_id = version.id AND x.state IN ('signed', "
                "'public'))"),
            ARGS(db_int("id", version)), e))
        return e->code;
    return db_run(t->db,
                  SQL("UPDATE document SET classification = 'public' WHERE classification <> "
                      "'public' AND id = (SELECT document_id FROM version WHERE id = :id)"),
                  ARGS(db_int("id", version)), e);
}

static enum tb_code sign(struct talk *t, const struct draft *d, const struct signer *by,
                         struct tb_err *e)
{
    struct version v;
    struct label l;

    if (version_read(t, d->subject_id, true, &v, e) ||
        version_body_label(&t->mem, d->body, &l, e) || version_check(&l, e) ||
        check_text(t, &v, d->body, e) || draft_sign(t, d, by, e) || open_document(t, v.id, e) ||
        confirm_all(t, v.id, &l, by->id, e) || open_document(t, v.id, e))
        return e->code;
    return draft_publish(t, d, e);
}

enum tb_code version_sign(struct talk *t, const struct draft *d, const struct signer *by,
                          struct tb_err *e)
{
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, sign(t, d, by, e), e);
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
    struct draft d;

    if (version_read(t, id, false, &v, e) || draft_of(t, DRAFT_POLICY, id, &d, e))
        return e->code;
    if (d.id && draft_withdraw(t, &d, STR("文件已撤回"), e))
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
