/* The asker's side: say it, see what is still missing, find it again, urge, take it back, rate it.
 */
#include "crypto/hex.h"
#include "scenario/hotline/order.h"

static void say_form(struct json *j, const struct order_form *f)
{
    json_kobj(j, "form");
    json_kstr(j, "title", f->title);
    json_kstr(j, "text", f->text);
    json_kstr(j, "wanted", f->wanted);
    json_kstr(j, "happened", f->happened);
    json_kstr(j, "place", f->place);
    json_kstr(j, "name", f->name);
    json_kstr(j, "phone", f->phone);
    json_kstr(j, "kind", str_z(order_kind_name(f->kind)));
    json_kbool(j, "secret", f->secret);
    json_end(j);
}

enum tb_code order_ask_check(struct talk *t, const struct request *q, struct reply *r,
                             struct tb_err *e)
{
    struct order_missing missing[ORDER_MISSING_MAX];
    const struct json_value *v;
    struct order_form f;
    size_t n;

    if (request_json(&t->mem, q, order_form_fields, &v, e) || order_form_read(t, v, &f, e))
        return e->code;
    order_form_fill(t, &f);
    n = order_form_missing(&f, missing);
    json_obj(&r->json);
    say_form(&r->json, &f);
    json_karr(&r->json, "missing");
    for (size_t i = 0; i < n; i++) {
        json_obj(&r->json);
        json_kstr(&r->json, "field", str_z(missing[i].field));
        json_kstr(&r->json, "ask", str_z(missing[i].ask));
        json_kbool(&r->json, "must", missing[i].must);
        json_end(&r->json);
    }
    json_end(&r->json);
    json_end(&r->json);
    return TB_OK;
}

static enum tb_code keep_and_show(struct talk *t, const struct order_form *f, struct json *j,
                                  struct tb_err *e)
{
    struct work_order o;
    bool again;

    if (order_form_keep(t, f, &o, &again, e))
        return e->code;
    json_obj(j);
    json_kstr(j, "receipt", o.receipt);
    json_kstr(j, "query_code", o.query_code);
    json_kbool(j, "again", again);
    json_kbool(j, "urgent", o.urgency == ORDER_URGENCIES - 1);
    json_kstr(j, "message", STR("诉求已受理。进展会出现在“我的”里；换手机也可凭编号和电话查看。"));
    json_key(j, "order");
    if (order_shape_asker(t, j, &o, e))
        return e->code;
    json_end(j);
    return TB_OK;
}

enum tb_code order_ask(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    const struct json_value *v;
    struct order_form f;

    if (request_json(&t->mem, q, order_form_fields, &v, e) || order_form_read(t, v, &f, e))
        return e->code;
    order_form_fill(t, &f);
    if (order_form_check(t, &f, true, e) || db_begin(t->db, e))
        return e->code;
    return db_end(t->db, keep_and_show(t, &f, &r->json, e), e);
}

enum tb_code order_mine(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct work_order *o;
    size_t n;

    (void)q;
    if (work_order_mine(t, STR(""), &o, &n, e))
        return e->code;
    reply_items(r);
    for (size_t i = 0; i < n; i++)
        if (order_shape_asker(t, &r->json, &o[i], e))
            return e->code;
    reply_total(r, (int64_t)n);
    return TB_OK;
}

/* Whoever has the receipt and the telephone number, on whatever machine. A rotation of keys changes
 * by what a number is found: the older ones are tried too. */
static bool has_phone(struct talk *t, const struct work_order *o, struct str phone)
{
    struct str key;

    for (size_t age = 0; o->asker_key.n && work_order_asker_key(t, age, phone, &key); age++)
        if (key.n && secret_eq(key, o->asker_key))
            return true;
    return false;
}

/* One answer for a wrong receipt and a wrong number: nobody learns which it was. */
static enum tb_code read_asked(struct talk *t, struct str receipt, struct str phone,
                               struct str code, struct work_order *o, struct tb_err *e)
{
    struct tb_err why = TB_ERR_INIT;
    enum tb_code c = work_order_read(t, receipt, o, &why);

    if (c && c != TB_NOT_FOUND)
        return tb_fail_say(e, c, str_z(why.say), str_z(why.log));
    if (!c && ((o->device.n && str_eq(o->device, t->actor.device)) || has_phone(t, o, phone) ||
               (code.n && secret_eq(code, o->query_code))))
        return TB_OK;
    return tb_fail(e, TB_NOT_FOUND, "没有找到这张工单，请核对编号和登记的电话", "order not own");
}

enum tb_code order_find(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    static const char *const known[] = { "receipt", "phone", "query_code", NULL };
    const struct json_value *v;
    struct work_order o;

    if (request_json(&t->mem, q, known, &v, e) ||
        read_asked(t, json_get_str(v, "receipt"), json_get_str(v, "phone"),
                   json_get_str(v, "query_code"), &o, e))
        return e->code;
    t->about = o.receipt;
    return order_shape_asker(t, &r->json, &o, e);
}

static enum tb_code own_step(struct talk *t, struct work_order *o, const struct json_value *v,
                             struct json *j, struct tb_err *e)
{
    const struct order_step *step = order_step_of(json_get_str(v, "verb"));

    if (!step || !(step->who & ORDER_ASKER))
        return tb_fail(e, TB_INVALID, "您可以催办、撤销或评价", "order verb of asker");
    if (order_step_do(t, o, step, ORDER_ASKER, v, e))
        return e->code;
    return order_shape_asker(t, j, o, e);
}

enum tb_code order_own_step(struct talk *t, const struct request *q, struct reply *r,
                            struct tb_err *e)
{
    static const char *const known[] = { "verb",  "reason",     "satisfaction",
                                         "phone", "query_code", NULL };
    const struct json_value *v;
    struct work_order o;

    if (request_json(&t->mem, q, known, &v, e) ||
        read_asked(t, request_param(q, "receipt"), json_get_str(v, "phone"),
                   json_get_str(v, "query_code"), &o, e) ||
        db_begin(t->db, e))
        return e->code;
    return db_end(t->db, own_step(t, &o, v, &r->json, e), e);
}
