/* 转人工, the asker's side: asking for a person at any time, and finding the reply again. */
#include "base/utf8.h"
#include "crypto/seal.h"
#include "guard/mask.h"
#include "scenario/policy/handlers.h"
#include "scenario/policy/shape.h"
#include "store/audit.h"
#include "store/department.h"

enum { CONTACT_MAX = 200 };

static enum tb_code read_form(struct talk *t, const struct request *q, struct handoff *h,
                              struct str *contact, struct tb_err *e)
{
    static const char *const known[] = { "receipt", "question", "contact", NULL };
    struct mask *mask = ARENA_NEW(&t->mem, struct mask);
    const struct json_value *v;
    struct exchange x;
    struct str receipt;

    if (request_json(&t->mem, q, known, &v, e))
        return e->code;
    receipt = json_get_str(v, "receipt");
    *contact = str_trim(json_get_str(v, "contact"));
    if (utf8_count(*contact) > CONTACT_MAX)
        return tb_fail(e, TB_TOO_LARGE, "联系方式请写在 200 字以内", "contact too long");
    if (mask_text(&t->mem, mask, str_trim(json_get_str(v, "question")), &h->question, e))
        return e->code;
    if (receipt.n == 0)
        return TB_OK;
    if (exchange_read(t, receipt, &x, e))
        return e->code;
    if (!exchange_own(t, &x))
        return tb_fail(e, TB_NOT_FOUND, "没有找到这个编号的问答，请核对编号", "exchange not own");
    h->exchange_id = x.id;
    if (h->question.n == 0)
        h->question = x.question;
    return TB_OK;
}

/* One receipt per question: who presses the button twice gets the first one again. */
static enum tb_code already_asked(struct talk *t, int64_t exchange_id, struct str *receipt,
                                  struct tb_err *e)
{
    struct rows *r;
    bool more = false;

    *receipt = STR("");
    if (exchange_id == 0)
        return TB_OK;
    if (db_ask(t->db, &t->mem,
               SQL("SELECT receipt FROM handoff WHERE exchange_id = :id ORDER BY id LIMIT 1"),
               ARGS(db_int("id", exchange_id)), &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (more)
        *receipt = rows_str(r, 0);
    rows_close(r);
    return TB_OK;
}

static enum tb_code set_contact(struct talk *t, struct str receipt, struct str contact,
                                struct tb_err *e)
{
    struct str sealed;

    if (contact.n == 0)
        return TB_OK;
    sealed =
        seal_make(t->at->keys, t->world, &t->mem, handoff_contact_place(&t->mem, receipt), contact);
    return db_run(t->db, SQL("UPDATE handoff SET contact = :contact WHERE receipt = :receipt"),
                  ARGS(db_blob("contact", sealed), db_text("receipt", receipt)), e);
}

static enum tb_code keep(struct talk *t, struct handoff *h, struct str contact, struct tb_err *e)
{
    struct str receipt;

    if (already_asked(t, h->exchange_id, &receipt, e))
        return e->code;
    if (receipt.n ? handoff_read(t, receipt, h, e) : handoff_add(t, h, e))
        return e->code;
    if (set_contact(t, h->receipt, contact, e))
        return e->code;
    return audit_witness(t, "handoff.ask", h->receipt,
                         contact.n ? STR("contact=1") : STR("contact=0"), e);
}

enum tb_code handoff_ask(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct handoff h = { .reason = STR("asked"), .device = t->actor.device };
    struct str contact;

    if (read_form(t, q, &h, &contact, e))
        return e->code;
    if (h.question.n == 0)
        return tb_fail(e, TB_INVALID, "请先写下您要问的事", "no question");
    if (utf8_count(h.question) > 1000)
        return tb_fail(e, TB_TOO_LARGE, "问题太长，请缩短到 1000 字以内", "question too long");
    if (db_begin(t->db, e) || db_end(t->db, keep(t, &h, contact, e), e))
        return e->code;
    json_obj(&r->json);
    json_kstr(&r->json, "receipt", h.receipt);
    json_kstr(&r->json, "query_code", h.query_code);
    json_kstr(&r->json, "message",
              STR("已转给工作人员。回复会出现在“我的”里；换手机也可凭编号和查询码查看。"));
    json_end(&r->json);
    return TB_OK;
}

static void own_shape(struct json *j, const struct handoff *h)
{
    json_kstr(j, "receipt", h->receipt);
    json_kstr(j, "state", h->state);
    json_kstr(j, "state_title", str_z(handoff_state_title(h->state)));
    json_kstr(j, "question", h->question);
    json_kstr(j, "reply", h->reply);
    json_ktime(j, "replied_at", h->replied_at);
    json_ktime(j, "created_at", h->created_at);
    json_kstr(j, "department", h->department_name);
}

enum tb_code handoff_status(struct talk *t, const struct request *q, struct reply *r,
                            struct tb_err *e)
{
    struct str code = request_query(q, "query_code");
    struct handoff h;
    bool own;

    if (handoff_read(t, request_param(q, "receipt"), &h, e))
        return e->code;
    own = h.device.n && str_eq(h.device, t->actor.device);
    if (!own && !(code.n && str_eq(code, h.query_code)))
        return tb_fail(e, TB_NOT_FOUND, "没有找到这个回执，请核对编号和查询码", "handoff not own");
    json_obj(&r->json);
    own_shape(&r->json, &h);
    json_end(&r->json);
    return TB_OK;
}

enum tb_code handoff_own(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct handoff *h;
    size_t n;

    (void)q;
    if (handoff_mine(t, &h, &n, e))
        return e->code;
    reply_items(r);
    for (size_t i = 0; i < n; i++) {
        json_obj(&r->json);
        own_shape(&r->json, &h[i]);
        json_kstr(&r->json, "query_code", h[i].query_code);
        json_end(&r->json);
    }
    reply_total(r, (int64_t)n);
    return TB_OK;
}
