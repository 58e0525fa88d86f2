/* 限流: what the system admin sees of it. */
#include "guard/flood.h"
#include "scenario/shield/shield.h"

enum tb_code flood_show(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct flood_state s;

    (void)q;
    if (!t->at->flood)
        return tb_fail(e, TB_NOT_FOUND, "没有开启限流", "no flood");
    flood_state(t->at->flood, &s);
    json_obj(&r->json);
    json_kbool(&r->json, "attacked", s.attacked);
    json_kreal(&r->json, "left", s.all_left);
    json_kint(&r->json, "went", s.went);
    json_kint(&r->json, "waited", s.waited);
    json_kint(&r->json, "challenged", s.challenged);
    json_kint(&r->json, "proved", s.proved);
    json_kint(&r->json, "wrong_proofs", s.wrong);
    json_end(&r->json);
    return TB_OK;
}
