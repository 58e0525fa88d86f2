/* 外联清单: the security officer makes and ends entries; the auditor sees them. */
#include "base/date.h"
#include "scenario/shield/shield.h"
#include "store/egress_row.h"

static const int64_t day_ms = 86400000, zone_ms = 8 * 3600000LL;

static void row_json(struct json *j, const struct egress_row *x, int64_t now)
{
    json_obj(j);
    json_kint(j, "id", x->id);
    json_kstr(j, "host", x->host);
    json_kint(j, "port", x->port);
    json_kstr(j, "purpose", x->purpose);
    json_kstr(j, "owner", x->owner);
    json_kbool(j, "abroad", x->abroad);
    json_kday(j, "until", day_from_ms(x->expires_at - 1));
    json_kstr(j, "state",
              x->ended_at            ? STR("ended")
              : now >= x->expires_at ? STR("expired")
                                     : STR("active"));
    json_kstr(j, "made_by", x->made_by);
    json_ktime(j, "made_at", x->made_at);
    json_ktime(j, "ended_at", x->ended_at);
    json_end(j);
}

enum tb_code egress_show(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct egress_row *all;
    size_t n;

    (void)q;
    if (egress_row_list(t->db, &t->mem, &all, &n, e))
        return e->code;
    reply_items(r);
    for (size_t i = 0; i < n; i++)
        row_json(&r->json, &all[i], world_now_ms(t->world));
    reply_total(r, (int64_t)n);
    return TB_OK;
}

static void reply_id(struct reply *r, int64_t id)
{
    json_obj(&r->json);
    json_kint(&r->json, "id", id);
    json_end(&r->json);
}

enum tb_code egress_make(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    static const char *const fields[] = { "host",  "port",   "purpose", "owner",
                                          "until", "abroad", NULL };
    const struct json_value *v;
    struct egress_row x = { 0 };
    int32_t day;

    if (request_json(&t->mem, q, fields, &v, e))
        return e->code;
    x.host = json_get_str(v, "host");
    x.port = json_get_int(v, "port", 443);
    x.purpose = str_trim(json_get_str(v, "purpose"));
    x.owner = str_trim(json_get_str(v, "owner"));
    if (json_is_null(json_get(v, "abroad")))
        return tb_fail(e, TB_INVALID, "请写明是否出境（abroad）", "abroad");
    x.abroad = json_get_bool(v, "abroad", true);
    if (!day_parse(json_get_str(v, "until"), &day))
        return tb_fail(e, TB_INVALID, "到期日应写成 2027-06-30 这样", "until");
    x.expires_at = (day + 1) * day_ms - zone_ms;
    if (egress_row_add(t, &x, e))
        return e->code;
    reply_id(r, x.id);
    return TB_OK;
}

enum tb_code egress_stop(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    int64_t id;

    if (request_param_int(q, "id", &id, e) || egress_row_end(t, id, e))
        return e->code;
    reply_id(r, id);
    return TB_OK;
}
