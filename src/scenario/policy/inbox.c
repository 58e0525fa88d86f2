/* 收件箱, the clerk's side of a hand-off: list, open, take, put back, reply, and make the
 * reply a standard answer. */
#include "base/utf8.h"
#include "crypto/seal.h"
#include "knowledge/search.h"
#include "scenario/policy/handlers.h"
#include "scenario/policy/shape.h"
#include "scenario/policy/standards.h"
#include "store/audit.h"

enum { REPLY_MAX = 4000 };

enum tb_code handoff_inbox(struct talk *t, const struct request *q, struct reply *r,
                           struct tb_err *e)
{
    struct handoff_filter f = { .state = request_query(q, "state"),
                                .words = request_query(q, "q") };
    struct handoff *h;
    struct page p;
    size_t n;
    int64_t total;

    if (request_page(q, &p, e))
        return e->code;
    f.page = p.number;
    f.size = p.size;
    if (handoff_list(t, &f, &h, &n, &total, e))
        return e->code;
    reply_items(r);
    for (size_t i = 0; i < n; i++) {
        json_obj(&r->json);
        shape_handoff(&r->json, &h[i]);
        json_end(&r->json);
    }
    reply_total(r, total);
    return TB_OK;
}

static enum tb_code contact_of(struct talk *t, const struct handoff *h, struct str *out,
                               struct tb_err *e)
{
    struct str place = handoff_contact_place(&t->mem, h->receipt);

    *out = STR("");
    return h->contact.n ? seal_open(t->at->keys, &t->mem, place, h->contact, out, e) : TB_OK;
}

static enum tb_code exchange_part(struct talk *t, struct json *j, const struct handoff *h,
                                  struct tb_err *e)
{
    struct exchange x;

    json_key(j, "exchange");
    if (h->exchange_receipt.n == 0) {
        json_null(j);
        return TB_OK;
    }
    if (exchange_read(t, h->exchange_receipt, &x, e))
        return e->code;
    return shape_exchange(t, j, &x, false, e);
}

static enum tb_code standard_part(struct talk *t, struct json *j, const struct handoff *h,
                                  struct tb_err *e)
{
    struct standard s;
    int64_t id;

    json_key(j, "standard");
    if (standard_of_handoff(t, h->id, &id, e))
        return e->code;
    if (id == 0) {
        json_null(j);
        return TB_OK;
    }
    if (standard_read(t, id, &s, e))
        return e->code;
    shape_standard(j, &s);
    return TB_OK;
}

static enum tb_code whole(struct talk *t, struct json *j, struct str receipt, struct tb_err *e)
{
    struct handoff h;
    struct str contact;

    if (handoff_read(t, receipt, &h, e) || contact_of(t, &h, &contact, e))
        return e->code;
    json_obj(j);
    shape_handoff(j, &h);
    json_kstr(j, "contact", contact);
    json_kstr(j, "reply", h.reply);
    json_kstr(j, "replied_by_name", h.replied_by_name);
    json_kbool(j, "may_release", handoff_may_release(&t->actor, &h));
    json_kbool(j, "put_back", str_eqz(h.state, "waiting") && h.taken_by == t->actor.id);
    if (exchange_part(t, j, &h, e) || standard_part(t, j, &h, e))
        return e->code;
    json_end(j);
    return TB_OK;
}

enum tb_code handoff_open(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    return whole(t, &r->json, request_param(q, "receipt"), e);
}

/* The reply is read before the commit: what is acknowledged must not be called failed. */
static enum tb_code take(struct talk *t, const struct handoff *h, struct json *j, struct tb_err *e)
{
    if (handoff_take(t, h->id, e) || audit_witness(t, "handoff.take", h->receipt, STR(""), e))
        return e->code;
    return whole(t, j, h->receipt, e);
}

enum tb_code handoff_take_one(struct talk *t, const struct request *q, struct reply *r,
                              struct tb_err *e)
{
    struct handoff h;

    if (handoff_read(t, request_param(q, "receipt"), &h, e) || db_begin(t->db, e))
        return e->code;
    return db_end(t->db, take(t, &h, &r->json, e), e);
}

static enum tb_code release(struct talk *t, const struct handoff *h, struct json *j,
                            struct tb_err *e)
{
    struct str whose = arena_printf(&t->mem, "holder=%.*s", STR_FMT(h->taken_by_login));

    if (handoff_release(t, h, e) || audit_witness(t, "handoff.release", h->receipt, whose, e))
        return e->code;
    return whole(t, j, h->receipt, e);
}

enum tb_code handoff_release_one(struct talk *t, const struct request *q, struct reply *r,
                                 struct tb_err *e)
{
    struct handoff h;

    if (handoff_read(t, request_param(q, "receipt"), &h, e) || db_begin(t->db, e))
        return e->code;
    return db_end(t->db, release(t, &h, &r->json, e), e);
}

static enum tb_code reply_and_keep(struct talk *t, const struct handoff *h, struct str reply,
                                   struct standard *s, struct tb_err *e)
{
    struct draft d;

    if (handoff_reply(t, h->id, reply, e))
        return e->code;
    if (s && standard_keep(t, s, &d, e))
        return e->code;
    return audit_witness(
        t, "handoff.reply", h->receipt,
        s ? arena_printf(&t->mem, "standard=%lld draft=%.*s", (long long)s->id, STR_FMT(d.receipt))
          : STR("standard=0"),
        e);
}

static enum tb_code reply_and_read(struct talk *t, const struct handoff *h, struct str reply,
                                   struct standard *s, struct json *j, struct tb_err *e)
{
    return reply_and_keep(t, h, reply, s, e) || whole(t, j, h->receipt, e) ? e->code : TB_OK;
}

enum tb_code handoff_answer(struct talk *t, const struct request *q, struct reply *r,
                            struct tb_err *e)
{
    static const char *const known[] = { "reply", "standard", NULL };
    const struct json_value *v, *want;
    struct standard s = { .id = 0 };
    struct handoff h;
    struct str reply;

    if (request_json(&t->mem, q, known, &v, e) ||
        handoff_read(t, request_param(q, "receipt"), &h, e))
        return e->code;
    reply = str_trim(json_get_str(v, "reply"));
    want = json_get(v, "standard");
    if (reply.n == 0)
        return tb_fail(e, TB_INVALID, "请先写回复内容", "empty reply");
    if (utf8_count(reply) > REPLY_MAX)
        return tb_fail(e, TB_TOO_LARGE, "回复请写在 4000 字以内", "reply too long");
    if (!json_is_null(want) && standards_from(t, want, reply, &s, e))
        return e->code;
    s.source = STR("handoff");
    s.handoff_id = h.id;
    if (db_begin(t->db, e) ||
        db_end(t->db, reply_and_read(t, &h, reply, json_is_null(want) ? NULL : &s, &r->json, e), e))
        return e->code;
    if (!json_is_null(want))
        search_catch_up(t->at->search, t->db);
    return TB_OK;
}
