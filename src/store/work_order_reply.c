#include "store/work_order_reply.h"

#include "base/json.h"

/* Sentences as 审签台 shows and edits them: here, the lines of the reply. */
static struct str body_of(struct arena *a, const struct work_order *o, struct str reply)
{
    struct buf b = BUF_INIT(256 * 1024);
    struct json j = JSON_INIT(&b);
    struct str rest = reply;

    json_obj(&j);
    json_kstr(&j, "question", o->title);
    json_karr(&j, "sentences");
    while (rest.p) {
        struct str line = str_trim(str_cut(&rest, STR("\n")));

        if (line.n == 0)
            continue;
        json_obj(&j);
        json_kstr(&j, "text", line);
        json_kbool(&j, "quoted", false);
        json_karr(&j, "citations");
        json_end(&j);
        json_end(&j);
    }
    json_end(&j);
    json_kstr(&j, "clauses", STR(""));
    json_kstr(&j, "order", o->receipt);
    json_end(&j);
    return arena_buf(a, &b);
}

struct str work_order_reply_of(struct arena *a, const struct draft *d)
{
    const struct json_value *body, *list;
    struct tb_err why = TB_ERR_INIT;
    struct buf b = BUF_INIT(256 * 1024);

    if (json_read(a, d->body, &body, &why))
        return STR("");
    list = json_get(body, "sentences");
    for (size_t i = 0; i < json_len(list); i++) {
        if (i)
            buf_addz(&b, "\n");
        buf_add(&b, json_get_str(json_at(list, i), "text"));
    }
    return arena_buf(a, &b);
}

enum tb_code work_order_propose(struct talk *t, struct work_order *o, const struct order_step *step,
                                unsigned who, struct str reply, struct str department, int64_t risk,
                                struct str why, struct draft *d, struct tb_err *e)
{
    *d = (struct draft){ .kind = DRAFT_REPLY,
                         .subject_id = o->id,
                         .title = o->title,
                         .body = body_of(&t->mem, o, reply),
                         .department = department,
                         .employee = STR(""),
                         .risk = risk,
                         .why = why,
                         .due_at = o->due_at };
    if (work_order_move(t, o, step, who, STR(""), STR(""), e))
        return e->code;
    return draft_open(t, d, e);
}

enum tb_code work_order_sign(struct talk *t, const struct draft *d, const struct signer *by,
                             struct tb_err *e)
{
    struct work_order o;

    if (work_order_of_id(t, d->subject_id, &o, e) || draft_sign(t, d, by, e))
        return e->code;
    o.reply = work_order_reply_of(&t->mem, d);
    o.replied_by = by->name;
    if (work_order_move(t, &o, order_step_of(STR("sign")), ORDER_SIGNER, STR(""), STR(""), e))
        return e->code;
    return draft_publish(t, d, e);
}

enum tb_code work_order_unsigned(struct talk *t, const struct draft *d, struct str reason,
                                 struct tb_err *e)
{
    struct work_order o;

    if (work_order_of_id(t, d->subject_id, &o, e))
        return e->code;
    if (o.state != ORDER_SIGNING)
        return TB_OK;
    return work_order_move(t, &o, order_step_of(STR("send_back")), ORDER_SIGNER, reason, STR(""),
                           e);
}
