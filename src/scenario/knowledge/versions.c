/* 确认: what was read out of a file, shown to a person, corrected, confirmed or withdrawn. */
#include "knowledge/search.h"
#include "model/answer_cache.h"
#include "scenario/knowledge/bring.h"
#include "scenario/knowledge/knowledge.h"
#include "store/audit.h"
#include "store/db.h"

enum { TEXT_MAX = 600, REPEALS_MAX = 500 };

static enum tb_code show(struct talk *t, int64_t id, struct json *j, struct tb_err *e)
{
    struct version v;
    struct draft d;

    if (version_read(t, id, true, &v, e) || draft_of(t, DRAFT_POLICY, id, &d, e))
        return e->code;
    json_obj(j);
    json_kint(j, "id", v.id);
    json_kint(j, "document", v.document_id);
    json_kint(j, "number", v.number);
    json_kstr(j, "state", v.state);
    json_kstr(j, "state_title", str_z(library_state_title(v.state)));
    json_kstr(j, "title", v.title);
    json_kstr(j, "document_number", v.document_number);
    json_kstr(j, "issuing_body", v.issuing_body);
    json_kday(j, "issued_on", v.issued_on);
    json_kday(j, "effective_from", v.effective_from);
    json_kday(j, "expires_on", v.expires_on);
    json_kday(j, "repealed_on", v.repealed_on);
    json_key(j, "repeals"); /* both written by our own JSON writer */
    json_raw(j, v.repeals);
    json_key(j, "notes");
    json_raw(j, v.notes);
    json_kstr(j, "file_name", v.file_name);
    json_kstr(j, "digest", v.digest);
    json_kstr(j, "confirmed_by_name", v.confirmed_by);
    json_ktime(j, "confirmed_at", v.confirmed_at);
    json_kstr(j, "classification", v.classification);
    json_kstr(j, "draft", d.receipt);
    json_kstr(j, "draft_author", d.author_name);
    if (library_text(t, j, &v, e))
        return e->code;
    json_end(j);
    return TB_OK;
}

enum tb_code versions_show(struct talk *t, const struct request *q, struct reply *r,
                           struct tb_err *e)
{
    int64_t id;

    struct version v;

    if (request_param_int(q, "id", &id, e) || version_read(t, id, false, &v, e) ||
        library_may_read(t, &v, e))
        return e->code;
    return show(t, id, &r->json, e);
}

/* ---- confirming ---- */

static enum tb_code text_field(const struct json_value *body, const char *key, struct str *out,
                               struct tb_err *e)
{
    const struct json_value *v = json_get(body, key);

    if (!v)
        return TB_OK;
    *out = str_trim(json_text(v));
    if (!json_is_str(v) || out->n > TEXT_MAX)
        return tb_fail(e, TB_INVALID, "文字太长或写法不对", "field=%s", key);
    return TB_OK;
}

static enum tb_code repeals_field(struct talk *t, const struct json_value *body, struct label *l,
                                  struct tb_err *e)
{
    const struct json_value *list = json_get(body, "repeals");

    if (!list)
        return TB_OK;
    if (!json_is_arr(list) || json_len(list) > REPEALS_MAX)
        return tb_fail(e, TB_INVALID, "废止的文件应是一个列表（最多 500 件）", "repeals");
    l->repeals = ARENA_ARRAY(&t->mem, struct repeal, json_len(list) + 1);
    l->repeal_n = 0;
    for (size_t i = 0; i < json_len(list); i++) {
        struct repeal x = { STR(""), STR("") };

        if (text_field(json_at(list, i), "title", &x.title, e) ||
            text_field(json_at(list, i), "document_number", &x.document_number, e))
            return e->code;
        x.document_number = label_number_tidy(&t->mem, x.document_number);
        if (!x.title.n && !x.document_number.n)
            return tb_fail(e, TB_INVALID, "废止的文件要写标题或文号", "repeal %zu empty", i);
        l->repeals[l->repeal_n++] = x;
    }
    return TB_OK;
}

static enum tb_code label_now(struct talk *t, const struct version *v, struct label *l,
                              struct tb_err *e)
{
    *l = (struct label){ .title = v->title,
                         .document_number = v->document_number,
                         .issuing_body = v->issuing_body,
                         .issued_on = v->issued_on,
                         .effective_from = v->effective_from,
                         .expires_on = v->expires_on };
    return label_repeals_from(&t->mem, v->repeals, l, e);
}

/* What was read out, with what the person changed. */
static enum tb_code read_label(struct talk *t, const struct request *q, const struct version *v,
                               struct label *l, struct tb_err *e)
{
    static const char *const known[] = { "title",          "document_number",
                                         "issuing_body",   "issued_on",
                                         "effective_from", "expires_on",
                                         "repeals",        NULL };
    const struct json_value *body;

    if (label_now(t, v, l, e) || request_json(&t->mem, q, known, &body, e) ||
        text_field(body, "title", &l->title, e) ||
        text_field(body, "document_number", &l->document_number, e) ||
        text_field(body, "issuing_body", &l->issuing_body, e) ||
        json_get_day(body, "issued_on", &l->issued_on, e) ||
        json_get_day(body, "effective_from", &l->effective_from, e) ||
        json_get_day(body, "expires_on", &l->expires_on, e) || repeals_field(t, body, l, e))
        return e->code;
    return TB_OK;
}

static struct str id_text(struct talk *t, int64_t id)
{
    return arena_printf(&t->mem, "version:%lld", (long long)id);
}

/* A correction of what is public goes into the queue; it stays as it is until somebody else signs.
 */
static enum tb_code correct(struct talk *t, const struct version *v, const struct label *l,
                            struct draft *d, struct tb_err *e)
{
    struct version whole;
    struct label now;

    if (version_read(t, v->id, true, &whole, e) || label_now(t, v, &now, e))
        return e->code;
    if (str_eq(version_body(&t->mem, &whole, l), version_body(&t->mem, &whole, &now)))
        return d->id ? tb_fail(e, TB_CONFLICT, "这份文件有一份更正在待签发，请到审签台处理",
                               "version=%lld has a draft", (long long)v->id)
                     : TB_OK;
    return d->id ? version_edit(t, v, l, true, d, e) : version_propose(t, v->id, l, d, e);
}

/* What the signer corrects of the reading is kept as an edit: the text it was read out of is there.
 */
static enum tb_code sign(struct talk *t, const struct version *v, const struct label *l,
                         struct draft *d, struct tb_err *e)
{
    struct signer by = signer_of(t);

    return version_edit(t, v, l, false, d, e) || version_sign(t, d, &by, e) ? e->code : TB_OK;
}

static enum tb_code confirm(struct talk *t, const struct version *v, const struct label *l,
                            struct tb_err *e)
{
    bool public = str_eqz(v->classification, "public");
    struct draft d;
    struct str which = STR("internal=1");

    if (version_draft(t, v, &d, e))
        return e->code;
    if (public && str_eqz(v->state, "confirmed")) {
        if (correct(t, v, l, &d, e))
            return e->code;
        which = arena_printf(&t->mem, "correction=%.*s", STR_FMT(d.receipt));
    } else if (d.id) {
        if (sign(t, v, l, &d, e))
            return e->code;
        which = arena_printf(&t->mem, "draft=%.*s", STR_FMT(d.receipt));
    } else if (version_confirm(t, v->id, l, e)) {
        return e->code;
    }
    return audit_witness(t, "knowledge.confirm", id_text(t, v->id), which, e);
}

/* The reply is read before the commit: what is acknowledged must not be called failed. */
static enum tb_code confirm_witnessed(struct talk *t, const struct version *v,
                                      const struct label *l, struct json *j, struct tb_err *e)
{
    enum tb_code c = db_begin(t->db, e);

    if (c)
        return c;
    c = confirm(t, v, l, e);
    if (!c)
        c = show(t, v->id, j, e);
    return db_end(t->db, c, e);
}

/* Answers that rest on the document are not given again. */
static void document_changed(struct talk *t, int64_t document)
{
    search_catch_up(t->at->search, t->db);
    if (t->at->answers)
        answer_cache_drop_document(t->at->answers,
                                   arena_printf(&t->mem, "%lld", (long long)document));
}

enum tb_code versions_confirm(struct talk *t, const struct request *q, struct reply *r,
                              struct tb_err *e)
{
    struct version v;
    struct label l;
    int64_t id;

    if (request_param_int(q, "id", &id, e) || version_read(t, id, false, &v, e) ||
        library_may_read(t, &v, e) || read_label(t, q, &v, &l, e) ||
        confirm_witnessed(t, &v, &l, &r->json, e))
        return e->code;
    document_changed(t, v.document_id);
    return TB_OK;
}

/* ---- withdrawing ---- */

static enum tb_code withdraw_witnessed(struct talk *t, int64_t id, struct str reason,
                                       struct json *j, struct tb_err *e)
{
    enum tb_code c = db_begin(t->db, e);

    if (c)
        return c;
    c = version_withdraw(t, id, reason, e);
    if (!c)
        c = audit_witness(t, "knowledge.withdraw", id_text(t, id), STR(""), e);
    if (!c)
        c = show(t, id, j, e);
    return db_end(t->db, c, e);
}

enum tb_code versions_withdraw(struct talk *t, const struct request *q, struct reply *r,
                               struct tb_err *e)
{
    static const char *const known[] = { "reason", NULL };
    const struct json_value *body;
    struct str reason = STR("");
    struct version v;
    int64_t id;

    if (request_param_int(q, "id", &id, e) || request_json(&t->mem, q, known, &body, e) ||
        text_field(body, "reason", &reason, e))
        return e->code;
    if (!reason.n)
        return tb_fail(e, TB_INVALID, "请写明撤回的原因", "reason empty");
    if (version_read(t, id, false, &v, e) || library_may_read(t, &v, e) ||
        withdraw_witnessed(t, id, reason, &r->json, e))
        return e->code;
    document_changed(t, v.document_id);
    return TB_OK;
}

/* ---- 密级 ---- */

static enum tb_code classify(struct talk *t, int64_t document, const char *to, struct str reason,
                             struct tb_err *e)
{
    enum tb_code c = db_begin(t->db, e);

    if (c)
        return c;
    c = db_run(t->db,
               SQL("UPDATE document SET classification = :to WHERE id = :id AND classification IN "
                   "('internal', 'sensitive')"),
               ARGS(db_text("to", str_z(to)), db_int("id", document)), e);
    if (!c && db_changed(t->db) != 1)
        c = tb_fail(e, TB_CONFLICT, "公开的文件不能改密级，请先撤回", "document public");
    if (!c)
        c = audit_witness(t, "knowledge.classify",
                          arena_printf(&t->mem, "document:%lld", (long long)document),
                          arena_printf(&t->mem, "to=%s chars=%zu", to, reason.n), e);
    return db_end(t->db, c, e);
}

/* By its own department and those above: another's would only learn that it is there. */
static enum tb_code own(struct talk *t, const struct version *v, struct tb_err *e)
{
    const struct str *list;
    size_t n;

    if (library_reach(t, &list, &n, e))
        return e->code;
    for (size_t i = 0; i < n; i++)
        if (str_eq(list[i], v->department))
            return library_may_read(t, v, e);
    if (str_eqz(v->classification, "sensitive"))
        return tb_fail(e, TB_NOT_FOUND, "没有这份文件，或者它还没有公布", "sensitive");
    return tb_fail(e, TB_FORBIDDEN, "只有文件的归属部门和上级部门可以改密级", "not its department");
}

enum tb_code documents_classify(struct talk *t, const struct request *q, struct reply *r,
                                struct tb_err *e)
{
    static const char *const known[] = { "classification", "reason", NULL };
    const struct json_value *body;
    struct version v, *list;
    struct str reason = STR(""), to;
    int64_t id;
    size_t n;

    if (request_param_int(q, "id", &id, e) || request_json(&t->mem, q, known, &body, e) ||
        text_field(body, "reason", &reason, e))
        return e->code;
    to = json_get_str(body, "classification");
    if ((!str_eqz(to, "internal") && !str_eqz(to, "sensitive")) || !reason.n)
        return tb_fail(e, TB_INVALID, "密级改为内部或敏感，并写明原因", "classification");
    if (version_list(t, id, &list, &n, e))
        return e->code;
    if (!n)
        return tb_fail(e, TB_NOT_FOUND, "没有这份文件，或者它还没有公布", "document unknown");
    if (version_read(t, list[0].id, false, &v, e) || own(t, &v, e) ||
        classify(t, id, str_eqz(to, "internal") ? "internal" : "sensitive", reason, e))
        return e->code;
    document_changed(t, id);
    json_obj(&r->json);
    json_kint(&r->json, "id", id);
    json_kstr(&r->json, "classification", to);
    json_end(&r->json);
    return TB_OK;
}
