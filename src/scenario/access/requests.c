/* 个人信息请求 (个人信息保护法 第四十五至四十七条; GB/T 35273-2020 8.1 to 8.3): whose right it is
 * has been checked by the officer at the counter. Finding shows places, never content; correcting
 * and erasing need a second person. */
#include "scenario/access/access.h"
#include "scenario/access/personal.h"

#include "base/utf8.h"
#include "crypto/seal.h"
#include "store/audit.h"
#include "store/dual.h"
#include "store/purpose.h"
#include "store/receipt.h"

enum { NOTE_LEAST = 4, NOTE_MOST = 200, LIST_MOST = 200 };

struct asked { /* one row */
    int64_t id, created_at, carried_at;
    struct str receipt, kind, way, subject, note, state, found, result, by, carried_by;
};

static struct str place(struct arena *a, struct str receipt)
{
    return arena_printf(a, "personal_request.subject/%.*s", STR_FMT(receipt));
}

#define COLUMNS                                                                                    \
    "SELECT p.id, p.created_at, p.carried_at, p.receipt, p.kind, p.way, p.subject, p.note, "       \
    "p.state, p.found, p.result, s.login, coalesce(c.login, '') FROM personal_request p "          \
    "JOIN staff s ON s.id = p.staff_id LEFT JOIN staff c ON c.id = p.carried_by "

static struct asked take(struct rows *r)
{
    return (struct asked){ rows_int(r, 0), rows_int(r, 1), rows_int(r, 2),  rows_str(r, 3),
                           rows_str(r, 4), rows_str(r, 5), rows_str(r, 6),  rows_str(r, 7),
                           rows_str(r, 8), rows_str(r, 9), rows_str(r, 10), rows_str(r, 11),
                           rows_str(r, 12) };
}

static void asked_json(struct json *j, const struct asked *x)
{
    json_obj(j);
    json_kstr(j, "receipt", x->receipt);
    json_kstr(j, "kind", x->kind);
    json_kstr(j, "note", x->note);
    json_kstr(j, "state", x->state);
    json_kstr(j, "asked_by", x->by);
    json_ktime(j, "created_at", x->created_at);
    json_kstr(j, "carried_by", x->carried_by);
    json_ktime(j, "carried_at", x->carried_at);
    json_key(j, "found");
    json_raw(j, x->found);
    json_key(j, "result");
    json_raw(j, x->result);
    json_end(j);
}

static enum tb_code asked_read(struct talk *t, struct str receipt, struct asked *out,
                               struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(t->db, &t->mem, SQL(COLUMNS "WHERE p.receipt = :receipt"),
               ARGS(db_text("receipt", receipt)), &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (!more)
        return tb_fail(e, TB_NOT_FOUND, "没有这个请求", "personal request unknown");
    *out = take(r);
    rows_close(r);
    return TB_OK;
}

static struct str found_json(struct arena *a, const struct personal_found *all, size_t n)
{
    struct buf b = BUF_INIT(16 << 20);
    struct json j = JSON_INIT(&b);

    json_arr(&j);
    for (size_t i = 0; i < n; i++) {
        json_obj(&j);
        json_kstr(&j, "table", str_z(personal_table_name(all[i].table)));
        json_kstr(&j, "title", str_z(personal_table_title(all[i].table)));
        json_kstr(&j, "ref", all[i].ref);
        json_ktime(&j, "at", all[i].at);
        json_kbool(&j, "may_erase", all[i].may_erase);
        json_end(&j);
    }
    json_end(&j);
    return arena_buf(a, &b);
}

static struct personal_subject subject_of(struct str way, struct str value)
{
    return str_eqz(way, "receipt") ? (struct personal_subject){ .receipt = value }
                                   : (struct personal_subject){ .value = value };
}

static enum tb_code keep(struct talk *t, struct asked *x, struct tb_err *e)
{
    struct str sealed;

    if (receipt_new(t->db, &t->mem, t->world, 'P', &x->receipt, e))
        return e->code;
    sealed = seal_make(t->at->keys, t->world, &t->mem, place(&t->mem, x->receipt), x->subject);
    if (db_insert(t->db,
                  SQL("INSERT INTO personal_request(receipt, kind, way, subject, note, found, "
                      "staff_id, created_at) VALUES(:receipt, :kind, :way, :subject, :note, "
                      ":found, :me, :now)"),
                  ARGS(db_text("receipt", x->receipt), db_text("kind", x->kind),
                       db_text("way", x->way), db_blob("subject", sealed), db_text("note", x->note),
                       db_text("found", x->found), db_int("me", t->actor.id),
                       db_int("now", world_now_ms(t->world))),
                  &x->id, e) ||
        purpose_witness(t, "personal.find", x->receipt, e))
        return e->code;
    return asked_read(t, x->receipt, x, e);
}

static enum tb_code form_of(const struct json_value *v, struct asked *x, struct tb_err *e)
{
    size_t n;

    *x = (struct asked){ .kind = json_get_str(v, "kind"),
                         .way = json_get_str(v, "way"),
                         .subject = str_trim(json_get_str(v, "subject")),
                         .note = str_trim(json_get_str(v, "note")) };
    n = utf8_count(x->note);
    if (!str_eqz(x->kind, "find") && !str_eqz(x->kind, "correct") && !str_eqz(x->kind, "erase"))
        return tb_fail(e, TB_INVALID, "请求应为查询、更正或删除", "kind");
    if (!str_eqz(x->way, "value") && !str_eqz(x->way, "receipt"))
        return tb_fail(e, TB_INVALID, "请按内容或按回执查找", "way");
    if (str_eqz(x->kind, "correct") && str_eqz(x->way, "receipt"))
        return tb_fail(e, TB_INVALID, "更正要写明原来的内容", "way");
    if (n < NOTE_LEAST || n > NOTE_MOST)
        return tb_fail(e, TB_INVALID, "请写明怎样核实了本人身份，4 到 200 个字", "note=%zu", n);
    return TB_OK;
}

enum tb_code personal_ask(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    static const char *const fields[] = { "kind", "way", "subject", "note", NULL };
    const struct json_value *v;
    struct personal_found *all;
    struct personal_subject who;
    struct purpose_now now;
    struct asked x;
    size_t n;
    enum tb_code c;

    if (request_json(&t->mem, q, fields, &v, e) || form_of(v, &x, e) || purpose_read(t, &now, e))
        return e->code;
    if (now.needed && !now.id)
        return tb_fail(e, TB_FORBIDDEN, "查看这些内容要先说明用途", "purpose=needed");
    who = subject_of(x.way, x.subject);
    if (personal_find(t, &who, &all, &n, e))
        return e->code;
    x.found = found_json(&t->mem, all, n);
    c = db_begin(t->db, e);
    if (c)
        return c;
    if (db_end(t->db, keep(t, &x, e), e))
        return e->code;
    asked_json(&r->json, &x);
    return TB_OK;
}

enum tb_code personal_list(struct talk *t, const struct request *q, struct reply *r,
                           struct tb_err *e)
{
    struct rows *rows;
    int64_t n = 0;
    bool more;

    (void)q;
    if (db_ask(t->db, &t->mem, SQL(COLUMNS "ORDER BY p.id DESC LIMIT :most"),
               ARGS(db_int("most", LIST_MOST)), &rows, e))
        return e->code;
    reply_items(r);
    for (;; n++) {
        struct asked x;

        if (rows_next(rows, &more, e))
            return e->code;
        if (!more)
            break;
        x = take(rows);
        asked_json(&r->json, &x);
    }
    reply_total(r, n);
    return TB_OK;
}

enum tb_code personal_show(struct talk *t, const struct request *q, struct reply *r,
                           struct tb_err *e)
{
    struct asked x;

    if (asked_read(t, request_param(q, "receipt"), &x, e))
        return e->code;
    asked_json(&r->json, &x);
    return TB_OK;
}

/* An erasure keeps nothing of whose it was, not even in the request itself. */
static enum tb_code done(struct talk *t, struct asked *x, int64_t changed, size_t found,
                         struct tb_err *e)
{
    struct str result =
        arena_printf(&t->mem, "{\"changed\":%lld,\"found\":%zu}", (long long)changed, found);
    bool erase = str_eqz(x->kind, "erase");

    if (db_run(t->db,
               SQL("UPDATE personal_request SET state = 'carried', result = :result, "
                   "carried_by = :me, carried_at = :now, subject = CASE WHEN :erase = 1 THEN NULL "
                   "ELSE subject END WHERE id = :id AND state = 'found'"),
               ARGS(db_text("result", result), db_int("me", t->actor.id),
                    db_int("now", world_now_ms(t->world)), db_int("erase", erase),
                    db_int("id", x->id)),
               e))
        return e->code;
    if (db_changed(t->db) != 1)
        return tb_fail(e, TB_CONFLICT, "这个请求已经办理过", "carried already");
    if (audit_witness(
            t, "personal.carry", x->receipt,
            arena_printf(&t->mem, "kind=%.*s changed=%lld", STR_FMT(x->kind), (long long)changed),
            e))
        return e->code;
    return asked_read(t, x->receipt, x, e);
}

/* Found anew inside the transaction: what came since the request is meant too. */
static enum tb_code carry(struct talk *t, struct asked *x, struct str fresh, struct tb_err *e)
{
    struct personal_found *all;
    struct personal_subject who;
    struct str subject;
    int64_t changed;
    size_t n;

    if (dual_use(t, "personal.carry", x->receipt, x->kind, true, e) ||
        seal_open(t->at->keys, &t->mem, place(&t->mem, x->receipt), x->subject, &subject, e))
        return e->code;
    who = subject_of(x->way, subject);
    if (personal_find(t, &who, &all, &n, e) ||
        (str_eqz(x->kind, "erase") ? personal_erase(t, all, n, who.value, &changed, e)
                                   : personal_correct(t, all, n, subject, fresh, &changed, e)))
        return e->code;
    return done(t, x, changed, n, e);
}

enum tb_code personal_carry(struct talk *t, const struct request *q, struct reply *r,
                            struct tb_err *e)
{
    static const char *const fields[] = { "value", NULL };
    const struct json_value *v;
    struct str fresh;
    struct asked x;
    enum tb_code c;

    if (request_json(&t->mem, q, fields, &v, e) ||
        asked_read(t, request_param(q, "receipt"), &x, e))
        return e->code;
    fresh = str_trim(json_get_str(v, "value"));
    if (str_eqz(x.kind, "find") || !str_eqz(x.state, "found"))
        return tb_fail(e, TB_CONFLICT, "查询不需要办理；办理过的不能再办", "kind or state");
    if (str_eqz(x.kind, "correct") && (utf8_count(fresh) < 2 || utf8_count(fresh) > 60))
        return tb_fail(e, TB_INVALID, "请写出更正后的内容，2 到 60 个字", "value");
    c = db_begin(t->db, e);
    if (c)
        return c;
    if (db_end(t->db, carry(t, &x, fresh, e), e))
        return e->code;
    asked_json(&r->json, &x);
    return TB_OK;
}
