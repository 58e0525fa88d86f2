/* What a signature does, by kind of draft. */
#include "base/json_edit.h"
#include "knowledge/version.h"
#include "scenario/review/review.h"
#include "store/exchange.h"
#include "store/handoff.h"
#include "store/standard.h"
#include "store/work_order_reply.h"

/* GB 45438-2025, 4.2: generated text stays marked as generated, also when a person has signed it.
 */
static const char *const label = "AI 生成，经工作人员审核签发";

static enum tb_code read_body(struct talk *t, const struct draft *d, const struct exchange *x,
                              const struct json_value **out, struct tb_err *e)
{
    if (json_read(&t->mem, d->body, out, e))
        return e->code;
    if (!str_eq(json_get_str(*out, "clauses"), draft_digest(&t->mem, x->clauses)))
        return tb_fail(e, TB_CONFLICT, "依据与送审时不一样，请退回重新办理", "draft=%.*s clauses",
                       STR_FMT(d->receipt));
    return TB_OK;
}

static void say_sentence(struct json *j, const struct json_value *s, int64_t n)
{
    const struct json_value *c = json_get(s, "citations");

    json_obj(j);
    json_kint(j, "n", n);
    json_kstr(j, "text", json_get_str(s, "text"));
    json_kbool(j, "shown", true);
    json_kbool(j, "quoted", json_get_bool(s, "quoted", false));
    json_kstr(j, "state", STR("signed"));
    json_kreal(j, "cover", 1);
    json_kstr(j, "missing", STR(""));
    json_karr(j, "citations");
    for (size_t i = 0; i < json_len(c); i++)
        json_int(j, json_i64(json_at(c, i), 0));
    json_end(j);
    json_end(j);
}

/* *reply: a line for each sentence, for the receipt. */
static void fill(struct talk *t, const struct json_value *body, struct exchange *x,
                 struct str *reply)
{
    const struct json_value *all = json_get(body, "sentences");
    struct buf text = BUF_INIT(256 * 1024), list = BUF_INIT(1024 * 1024),
               lines = BUF_INIT(256 * 1024);
    struct json j = JSON_INIT(&list);

    json_arr(&j);
    for (size_t i = 0; i < json_len(all); i++) {
        say_sentence(&j, json_at(all, i), (int64_t)i + 1);
        buf_add(&text, json_get_str(json_at(all, i), "text"));
        if (i)
            buf_addz(&lines, "\n");
        buf_add(&lines, json_get_str(json_at(all, i), "text"));
    }
    json_end(&j);
    x->answer = arena_buf(&t->mem, &text);
    *reply = arena_buf(&t->mem, &lines);
    x->sentences = arena_buf(&t->mem, &list);
}

static enum tb_code mark_done(struct talk *t, struct exchange *x, struct tb_err *e)
{
    const char *const fields[][2] = { { "outcome", "signed" },
                                      { "message", "" },
                                      { "label", label } };
    struct buf b = BUF_INIT(256 * 1024);
    struct json_edit *doc;

    if (json_edit_read(&t->mem, x->done, &doc, e))
        return e->code;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        struct json_spot *at = json_spot_get(json_edit_root(doc), fields[i][0]);

        if (at)
            json_spot_say(doc, at, str_z(fields[i][1]));
    }
    json_edit_write(doc, &b);
    x->done = arena_buf(&t->mem, &b);
    return TB_OK;
}

static enum tb_code answer(struct talk *t, const struct draft *d, const struct signer *by,
                           struct tb_err *e)
{
    const struct json_value *body;
    struct exchange x;
    struct str reply;

    if (exchange_of_id(t, d->subject_id, &x, e) || read_body(t, d, &x, &body, e))
        return e->code;
    fill(t, body, &x, &reply);
    if (mark_done(t, &x, e) || draft_sign(t, d, by, e) || exchange_signed(t, &x, e) ||
        handoff_signed(t, x.id, reply, e))
        return e->code;
    return draft_publish(t, d, e);
}

typedef enum tb_code (*publisher)(struct talk *t, const struct draft *d, const struct signer *by,
                                  struct tb_err *e);

static const publisher publishers[DRAFT_KINDS] = {
    [DRAFT_ANSWER] = answer,
    [DRAFT_STANDARD] = standard_sign,
    [DRAFT_POLICY] = version_sign,
    [DRAFT_REPLY] = work_order_sign,
};

enum tb_code review_publish(struct talk *t, const struct draft *d, struct tb_err *e)
{
    struct signer by = signer_of(t);

    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, publishers[d->kind](t, d, &by, e), e);
}

enum tb_code review_returned(struct talk *t, const struct draft *d, struct str reason,
                             struct tb_err *e)
{
    if (d->kind == DRAFT_REPLY)
        return work_order_unsigned(t, d, reason, e);
    return d->kind == DRAFT_ANSWER ? handoff_unsigned(t, d->subject_id, e) : TB_OK;
}
