/* 改稿留痕: a signer corrects the wording of an answer; the change is kept as it was made. Who
 * changes a number or rewrites it becomes an author, and another person signs
 * (review/sign_rules.h). */
#include "base/utf8.h"
#include "review/sign_rules.h"
#include "scenario/review/review.h"
#include "store/audit.h"

enum { SENTENCES_MAX = 40, SENTENCE_CHARS = 500 };

static struct str text_of(struct arena *a, const struct json_value *list)
{
    struct buf b = BUF_INIT(256 * 1024);

    for (size_t i = 0; i < json_len(list); i++)
        buf_add(&b, json_get_str(json_at(list, i), "text"));
    return arena_buf(a, &b);
}

static enum tb_code check(const struct json_value *list, struct tb_err *e)
{
    if (!json_is_arr(list) || json_len(list) == 0 || json_len(list) > SENTENCES_MAX)
        return tb_fail(e, TB_INVALID, "回答应有 1 到 40 句", "sentences=%zu", json_len(list));
    for (size_t i = 0; i < json_len(list); i++) {
        struct str s = str_trim(json_get_str(json_at(list, i), "text"));

        if (s.n == 0 || utf8_count(s) > SENTENCE_CHARS)
            return tb_fail(e, TB_INVALID, "每句应有 1 到 500 个字", "sentence %zu", i);
    }
    return TB_OK;
}

/* A clause's own words stay a quotation only while nobody touches them. */
static bool still_quoted(const struct json_value *old, struct str text)
{
    for (size_t i = 0; i < json_len(old); i++)
        if (str_eq(json_get_str(json_at(old, i), "text"), text))
            return json_get_bool(json_at(old, i), "quoted", false);
    return false;
}

static struct str new_body(struct arena *a, const struct json_value *body,
                           const struct json_value *list)
{
    struct buf b = BUF_INIT(256 * 1024);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    json_kstr(&j, "question", json_get_str(body, "question"));
    json_karr(&j, "sentences");
    for (size_t i = 0; i < json_len(list); i++) {
        const struct json_value *c = json_get(json_at(list, i), "citations");
        struct str text = str_trim(json_get_str(json_at(list, i), "text"));

        json_obj(&j);
        json_kstr(&j, "text", text);
        json_kbool(&j, "quoted", still_quoted(json_get(body, "sentences"), text));
        json_karr(&j, "citations");
        for (size_t k = 0; k < json_len(c) && k < 2; k++)
            json_int(&j, json_i64(json_at(c, k), 0));
        json_end(&j);
        json_end(&j);
    }
    json_end(&j);
    json_kstr(&j, "clauses", json_get_str(body, "clauses"));
    json_end(&j);
    return arena_buf(a, &b);
}

static enum tb_code may_edit(struct talk *t, const struct draft *d, struct tb_err *e)
{
    struct str why;

    if (d->kind == DRAFT_STANDARD)
        return tb_fail(e, TB_INVALID, "标准问答请在“标准问答”里改，改后重新送审", "standard");
    if (d->kind == DRAFT_POLICY)
        return tb_fail(e, TB_INVALID, "政策文件请在“知识库”的确认页里改", "policy");
    if (draft_why_not(t, d, t->actor.id, &why, e))
        return e->code;
    if (why.n == 0 || str_has(why, STR("作者之一")))
        return TB_OK;
    return tb_fail_say(e, TB_FORBIDDEN, why, STR("may not edit it"));
}

static enum tb_code change(struct talk *t, struct draft *d, const struct json_value *list,
                           struct json *j, struct tb_err *e)
{
    const struct json_value *body;
    struct sign_rules rules;
    bool authored;

    if (json_read(&t->mem, d->body, &body, e) ||
        sign_rules_load(&t->mem, t->at->share_dir, &rules, e))
        return e->code;
    authored = sign_rules_authored(&rules, &t->mem, text_of(&t->mem, json_get(body, "sentences")),
                                   text_of(&t->mem, list));
    if (draft_change(t, d, d->title, new_body(&t->mem, body, list), authored, e) ||
        audit_witness(
            t, "review.edit", d->receipt,
            arena_printf(&t->mem, "revision=%lld authored=%d", (long long)d->revision, authored),
            e))
        return e->code;
    return review_whole(t, j, d->receipt, e);
}

enum tb_code review_edit(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    static const char *const known[] = { "revision", "sentences", NULL };
    const struct json_value *v;
    struct draft d;

    if (request_json(&t->mem, q, known, &v, e) || check(json_get(v, "sentences"), e) ||
        draft_read(t, request_param(q, "receipt"), &d, e) || may_edit(t, &d, e))
        return e->code;
    d.revision = json_get_int(v, "revision", 0);
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, change(t, &d, json_get(v, "sentences"), &r->json, e), e);
}
