/* 保存回答: the asker's own answer, or any answer for the auditor, as a file with labels and
 * watermark (review/export.h). What was never shown is never exported. */
#include "review/export.h"

#include "crypto/keyring.h"
#include "guard/mask.h"
#include "scenario/policy/handlers.h"
#include "store/audit.h"
#include "store/department.h"
#include "store/exchange.h"

static enum tb_code mask_of(struct talk *t, const struct exchange *x, bool own, struct mask *mask,
                            struct tb_err *e)
{
    struct str personal = STR("");

    if (!own)
        return TB_OK; /* tokens stay tokens */
    if (exchange_personal(t, x, &personal, e))
        return e->code;
    return personal.n ? mask_from_json(&t->mem, personal, mask, e) : TB_OK;
}

static void sentences(struct talk *t, const struct json_value *all, const struct mask *mask,
                      struct export_answer *out)
{
    struct json_walk w = json_walk(all);
    const struct json_value *s;

    out->sentences = ARENA_ARRAY(&t->mem, struct str, json_len(all) + 1);
    while ((s = json_step(&w))) {
        if (!json_get_bool(s, "shown", false))
            continue;
        out->generated |= !json_get_bool(s, "quoted", false);
        out->sentences[out->sentence_n++] = mask_restore(&t->mem, mask, json_get_str(s, "text"));
    }
}

static void sources(struct talk *t, const struct json_value *all, struct export_answer *out)
{
    struct json_walk w = json_walk(all);
    const struct json_value *c;

    out->sources = ARENA_ARRAY(&t->mem, struct str, json_len(all) + 1);
    while ((c = json_step(&w)))
        out->sources[out->source_n++] = arena_printf(
            &t->mem, "《%.*s》%.*s（%.*s）", STR_FMT(json_get_str(c, "title")),
            STR_FMT(json_get_str(c, "clause")), STR_FMT(json_get_str(c, "document_number")));
}

/* Standard answers were written by people, clauses by their offices: neither is generated. */
static enum tb_code gather(struct talk *t, const struct exchange *x, bool own,
                           struct export_answer *out, struct tb_err *e)
{
    const struct json_value *said, *clauses, *done;
    struct mask *mask = ARENA_NEW(&t->mem, struct mask);

    *out = (struct export_answer){ .receipt = x->receipt,
                                   .at = world_now_ms(t->world),
                                   .key = keyring_trail(t->at->keys) };
    if (mask_of(t, x, own, mask, e) || json_read(&t->mem, x->sentences, &said, e) ||
        json_read(&t->mem, x->clauses, &clauses, e) || city_provider(t, &out->city, e) ||
        json_read(&t->mem, x->done.n ? x->done : STR("{}"), &done, e))
        return e->code;
    out->question = mask_restore(&t->mem, mask, x->question);
    out->label = json_get_str(done, "label");
    sentences(t, said, mask, out);
    out->generated = out->generated && !str_eqz(x->outcome, "standard");
    sources(t, clauses, out);
    out->by = t->actor.id ? arena_printf(&t->mem, "%.*s（%.*s）", STR_FMT(t->actor.name),
                                         STR_FMT(t->actor.login))
                          : STR("市民本人");
    if (out->sentence_n == 0)
        return tb_fail(e, TB_CONFLICT, "这次提问还没有可以保存的回答", "no sentences");
    return TB_OK;
}

static enum tb_code send(struct talk *t, const struct request *q, struct reply *r,
                         const struct exchange *x, bool own, struct tb_err *e)
{
    struct str as = request_query(q, "as"), bytes;
    enum export_kind k = EXPORT_JSON;
    struct export_answer a;

    if (as.n && !export_parse(as, &k))
        return tb_fail(e, TB_INVALID, "只能保存成 json、html、csv、docx 或 pdf", "as");
    if (gather(t, x, own, &a, e) || export_make(&t->mem, &a, k, &bytes, e))
        return e->code;
    t->about = x->receipt;
    r->content_type = export_media_type(k);
    reply_header(r, "Content-Disposition",
                 arena_printf(&t->mem, "attachment; filename=\"%.*s.%s\"", STR_FMT(x->receipt),
                              export_suffix(k)));
    if (a.generated) /* GB 45438-2025, 5: the label in what carries the file too */
        reply_header(r, "X-AIGC-Label", STR("1"));
    buf_add(&r->body, bytes);
    return TB_OK;
}

enum tb_code policy_export(struct talk *t, const struct request *q, struct reply *r,
                           struct tb_err *e)
{
    struct exchange x;

    if (exchange_read(t, request_param(q, "receipt"), &x, e))
        return e->code;
    if (!exchange_own(t, &x))
        return tb_fail(e, TB_NOT_FOUND, "没有找到这个编号的问答，请核对编号", "exchange not own");
    return send(t, q, r, &x, true, e);
}

enum tb_code trail_export_one(struct talk *t, const struct request *q, struct reply *r,
                              struct tb_err *e)
{
    struct exchange x;

    return exchange_read(t, request_param(q, "receipt"), &x, e) || send(t, q, r, &x, false, e)
               ? e->code
               : TB_OK;
}
