/* 模型网关: the engines, who waits for them, and the pulse, for a page that asks again and again.
 */
#include "model/pool.h"
#include "scenario/gateway/api.h"
#include "scenario/gateway/pulse.h"
#include "store/audit.h"
#include "store/setting.h"

/* ?since=1790000000000: only the beats after it. */
enum tb_code engines_show(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    int64_t since;

    if (request_query_int(q, "since", 0, INT64_MAX, 0, &since, e))
        return e->code;
    json_obj(&r->json);
    engines_json(pool_engines(t->at->pool), &r->json);
    json_kint(&r->json, "now", world_now_ms(t->world));
    json_key(&r->json, "pulse");
    pulse_json(&r->json, since);
    json_end(&r->json);
    return TB_OK;
}

/* Kept with its row in the trail, and only then in force. */
static enum tb_code keep_drain(struct talk *t, struct str name, bool on, struct tb_err *e)
{
    struct str names = engines_drained(pool_engines(t->at->pool), &t->mem, name, on);

    if (setting_write(t->db, ENGINES_DRAINED, names, e))
        return e->code;
    return audit_witness(t, "engine.drain", name, on ? STR("drain=1") : STR("drain=0"), e);
}

static bool is_engine(struct talk *t, struct str name)
{
    struct engine_state *all;
    size_t n = engines_states(pool_engines(t->at->pool), &t->mem, &all);

    for (size_t i = 0; i < n; i++)
        if (str_eq(all[i].name, name))
            return true;
    return false;
}

/* {"engine":"一号机","drain":true}; false is the way back. */
enum tb_code engines_drain_one(struct talk *t, const struct request *q, struct reply *r,
                               struct tb_err *e)
{
    static const char *const fields[] = { "engine", "drain", NULL };
    const struct json_value *form;
    struct str name;
    bool on;

    if (request_json(&t->mem, q, fields, &form, e))
        return e->code;
    name = json_get_str(form, "engine");
    on = json_get_bool(form, "drain", true);
    if (!is_engine(t, name))
        return tb_fail(e, TB_NOT_FOUND, "没有这个引擎，请刷新页面再试", "engine unknown");
    if (db_begin(t->db, e) || db_end(t->db, keep_drain(t, name, on, e), e) ||
        engines_drain(pool_engines(t->at->pool), name, on, e))
        return e->code;
    json_obj(&r->json);
    json_kstr(&r->json, "engine", name);
    json_kbool(&r->json, "drain", on);
    json_end(&r->json);
    return TB_OK;
}
