/* 双人确认 and 用途, as the two who may ask and answer see them. */
#include "scenario/access/access.h"

#include "store/dual.h"
#include "store/purpose.h"

static void approval_json(struct json *j, const struct approval *a, const struct talk *t)
{
    const struct dual_kind *k = dual_kind_of(a->kind);
    bool mine = str_eq(a->asked_by, t->actor.login);

    json_obj(j);
    json_kint(j, "id", a->id);
    json_kstr(j, "kind", a->kind);
    json_kstr(j, "kind_title", str_z(k ? k->title : ""));
    json_kstr(j, "object", a->object);
    json_kstr(j, "detail", a->detail);
    json_kstr(j, "reason", a->reason);
    json_kstr(j, "state", a->state);
    json_kstr(j, "asked_by", a->asked_by);
    json_kstr(j, "asked_name", a->asked_name);
    json_ktime(j, "asked_at", a->asked_at);
    json_ktime(j, "expires_at", a->expires_at);
    json_kstr(j, "decided_by", a->decided_by);
    json_kstr(j, "decided_name", a->decided_name);
    json_ktime(j, "decided_at", a->decided_at);
    json_ktime(j, "used_at", a->used_at);
    json_kbool(j, "mine", mine);
    json_kbool(j, "may_decide", !mine && str_eqz(a->state, "waiting"));
    json_end(j);
}

enum tb_code approvals_list(struct talk *t, const struct request *q, struct reply *r,
                            struct tb_err *e)
{
    struct approval *all;
    size_t n;

    (void)q;
    if (dual_list(t, 0, &all, &n, e))
        return e->code;
    reply_items(r);
    for (size_t i = 0; i < n; i++)
        approval_json(&r->json, &all[i], t);
    reply_total(r, (int64_t)n);
    return TB_OK;
}

enum tb_code approvals_ask(struct talk *t, const struct request *q, struct reply *r,
                           struct tb_err *e)
{
    static const char *const fields[] = { "kind", "object", "detail", "reason", NULL };
    const struct json_value *v;
    struct approval a = { 0 };

    if (request_json(&t->mem, q, fields, &v, e))
        return e->code;
    a.kind = json_get_str(v, "kind");
    a.object = json_get_str(v, "object");
    a.detail = json_get_str(v, "detail");
    a.reason = json_get_str(v, "reason");
    if (dual_ask(t, &a, &a.id, e))
        return e->code;
    json_obj(&r->json);
    json_kint(&r->json, "id", a.id);
    json_end(&r->json);
    return TB_OK;
}

static enum tb_code decide(struct talk *t, const struct request *q, struct reply *r, bool yes,
                           struct tb_err *e)
{
    int64_t id;

    if (request_param_int(q, "id", &id, e) || dual_decide(t, id, yes, e))
        return e->code;
    json_obj(&r->json);
    json_kint(&r->json, "id", id);
    json_end(&r->json);
    return TB_OK;
}

enum tb_code approvals_confirm(struct talk *t, const struct request *q, struct reply *r,
                               struct tb_err *e)
{
    return decide(t, q, r, true, e);
}

enum tb_code approvals_refuse(struct talk *t, const struct request *q, struct reply *r,
                              struct tb_err *e)
{
    return decide(t, q, r, false, e);
}

static enum tb_code show(struct talk *t, struct reply *r, struct tb_err *e)
{
    struct purpose_now now;

    if (purpose_read(t, &now, e))
        return e->code;
    json_obj(&r->json);
    json_kbool(&r->json, "needed", now.needed);
    json_ktime(&r->json, "until", now.until);
    json_karr(&r->json, "kinds");
    for (const struct purpose_kind *k = purpose_kinds; k->name; k++) {
        json_obj(&r->json);
        json_kstr(&r->json, "name", str_z(k->name));
        json_kstr(&r->json, "title", str_z(k->title));
        json_end(&r->json);
    }
    json_end(&r->json);
    json_end(&r->json);
    return TB_OK;
}

enum tb_code purpose_show(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    (void)q;
    return show(t, r, e);
}

enum tb_code purpose_say(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    static const char *const fields[] = { "kind", "note", NULL };
    const struct json_value *v;
    enum tb_code c;
    int64_t id;

    if (request_json(&t->mem, q, fields, &v, e))
        return e->code;
    c = db_begin(t->db, e);
    if (c)
        return c;
    c = purpose_declare(t, json_get_str(v, "kind"), json_get_str(v, "note"), &id, e);
    if (!c)
        c = show(t, r, e);
    return db_end(t->db, c, e);
}
