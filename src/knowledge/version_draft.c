/* A version as a draft: what exactly is to be public, and who brought it. */
#include "base/json.h"
#include "knowledge/version_int.h"

static const char *const why = "政策文件会成为回答的依据，须签发";

struct str version_body(struct arena *a, const struct version *v, const struct label *l)
{
    struct buf b = BUF_INIT(1 << 20);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    json_kstr(&j, "title", l->title);
    json_kstr(&j, "document_number", label_number_tidy(a, l->document_number));
    json_kstr(&j, "issuing_body", l->issuing_body);
    json_kday(&j, "issued_on", l->issued_on);
    json_kday(&j, "effective_from", l->effective_from);
    json_kday(&j, "expires_on", l->expires_on);
    json_key(&j, "repeals");
    json_raw(&j, version_repeals_json(a, l));
    json_kstr(&j, "file", v->digest);
    json_kstr(&j, "text", draft_digest(a, v->plain));
    json_end(&j);
    return arena_buf(a, &b);
}

static enum tb_code repeals(struct arena *a, const struct json_value *v, struct label *l,
                            struct tb_err *e)
{
    l->repeals = ARENA_ARRAY(a, struct repeal, json_len(v) + 1);
    l->repeal_n = 0;
    for (size_t i = 0; i < json_len(v); i++)
        l->repeals[l->repeal_n++] =
            (struct repeal){ json_get_str(json_at(v, i), "title"),
                             json_get_str(json_at(v, i), "document_number") };
    return e->code;
}

enum tb_code version_body_label(struct arena *a, struct str body, struct label *l, struct tb_err *e)
{
    const struct json_value *v;

    *l =
        (struct label){ .issued_on = DAY_NONE, .effective_from = DAY_NONE, .expires_on = DAY_NONE };
    if (json_read(a, body, &v, e))
        return e->code;
    l->title = json_get_str(v, "title");
    l->document_number = json_get_str(v, "document_number");
    l->issuing_body = json_get_str(v, "issuing_body");
    if (json_get_day(v, "issued_on", &l->issued_on, e) ||
        json_get_day(v, "effective_from", &l->effective_from, e) ||
        json_get_day(v, "expires_on", &l->expires_on, e) ||
        repeals(a, json_get(v, "repeals"), l, e))
        return e->code;
    return TB_OK;
}

static enum tb_code propose(struct talk *t, const struct version *v, const struct label *l,
                            struct draft *d, struct tb_err *e)
{
    d->kind = DRAFT_POLICY;
    d->subject_id = v->id;
    d->title = l->title;
    d->body = version_body(&t->mem, v, l);
    d->department = v->department;
    d->why = str_z(why);
    return draft_open(t, d, e);
}

enum tb_code version_propose(struct talk *t, int64_t id, const struct label *l, struct draft *d,
                             struct tb_err *e)
{
    struct version v;

    if (version_check(l, e) || version_read(t, id, true, &v, e))
        return e->code;
    if (str_eqz(v.classification, "sensitive"))
        return tb_fail(e, TB_CONFLICT, "敏感文件不能送签公开：先由本部门改为内部",
                       "version=%lld sensitive", (long long)id);
    return propose(t, &v, l, d, e);
}

enum tb_code version_edit(struct talk *t, const struct version *v, const struct label *l,
                          bool authored, struct draft *d, struct tb_err *e)
{
    struct version whole;

    if (version_check(l, e) || version_read(t, v->id, true, &whole, e))
        return e->code;
    return draft_change(t, d, l->title, version_body(&t->mem, &whole, l), authored, e);
}

enum tb_code version_draft(struct talk *t, const struct version *v, struct draft *d,
                           struct tb_err *e)
{
    struct version whole;
    struct label l;

    if (draft_of(t, DRAFT_POLICY, v->id, d, e) || d->id)
        return e->code;
    if (!str_eqz(v->state, "proposed") || !str_eqz(v->classification, "public"))
        return TB_OK;
    if (version_read(t, v->id, true, &whole, e))
        return e->code;
    l = (struct label){ .title = v->title,
                        .document_number = v->document_number,
                        .issuing_body = v->issuing_body,
                        .issued_on = v->issued_on,
                        .effective_from = v->effective_from,
                        .expires_on = v->expires_on };
    if (label_repeals_from(&t->mem, v->repeals, &l, e))
        return e->code;
    *d = (struct draft){ .author_kind = DRAFT_BY_IMPORT, .author_name = STR("规则施行前") };
    return propose(t, &whole, &l, d, e);
}
