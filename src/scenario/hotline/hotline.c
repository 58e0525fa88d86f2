#include "scenario/hotline/hotline.h"

#include "base/alloc.h"
#include "scenario/hotline/insight.h"

enum tb_code hotline_open(const struct services *at, struct hotline **out, struct tb_err *e)
{
    struct hotline *h = tb_zalloc(sizeof(*h));

    *out = NULL;
    if (workdays_load(at->share_dir, &h->days, e) || insight_open(at, &h->insight, e)) {
        hotline_close(h);
        return e->code;
    }
    *out = h;
    return TB_OK;
}

void hotline_close(struct hotline *h)
{
    if (!h)
        return;
    insight_close(h->insight);
    workdays_free(h->days);
    arena_release(&h->mem);
    tb_free(h);
}
