#include "scenario/hotline/hotline.h"

#include "base/alloc.h"
#include "base/every.h"
#include "base/fs.h"
#include "scenario/hotline/insight.h"
#include "scenario/hotline/order.h"
#include "scenario/hotline/teach.h"
#include "store/db.h"
#include "store/setting.h"

enum { LEARN_MS = 2000 };

static enum tb_code open_places(struct hotline *h, const struct services *at, struct tb_err *e)
{
    struct str text = STR("");
    struct db *d;
    enum tb_code c = db_open(at->db_url, &d, e);

    if (c)
        return c;
    c = setting_read(d, &h->mem, PLACES_SETTING, &text, e);
    db_close(d);
    if (c || text.n == 0)
        return c;
    return places_read(&h->mem, text, "places.yaml", &h->places, e);
}

enum tb_code hotline_open(const struct services *at, struct hotline **out, struct tb_err *e)
{
    struct hotline *h = tb_zalloc(sizeof(*h));

    *out = NULL;
    if (workdays_load(at->share_dir, &h->days, e) || open_places(h, at, e) ||
        reply_rules_load(&h->mem, at->share_dir, &h->reply, e) ||
        insight_open(at, &h->insight, e) ||
        triage_load(fs_join(&h->mem, at->share_dir, "rules"),
                    fs_join(&h->mem, at->data_dir, TRIAGE_FOLDER), &h->triage, e) ||
        every_start(LEARN_MS, LEARN_MS, order_learn_round, h, &h->learner, e)) {
        hotline_close(h);
        return e->code;
    }
    h->judge = (struct order_judge){ h->triage, triage_judge };
    *out = h;
    return TB_OK;
}

void hotline_close(struct hotline *h)
{
    if (!h)
        return;
    insight_close(h->insight);
    every_stop(h->learner);
    triage_free(h->triage);
    workdays_free(h->days);
    arena_release(&h->mem);
    tb_free(h);
}
