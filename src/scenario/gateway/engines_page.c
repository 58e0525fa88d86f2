/* 模型网关: the engines, who waits for them, and the pulse, for a page that asks again and again.
 */
#include "model/pool.h"
#include "scenario/gateway/api.h"
#include "scenario/gateway/pulse.h"

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
