#include "cli/caretaker.h"

#include "base/alloc.h"
#include "base/date.h"
#include "base/every.h"
#include "base/log.h"
#include "base/world.h"
#include "knowledge/search.h"
#include "scenario/access/resealing.h"
#include "scenario/console/embedding.h"
#include "scenario/employee/watch.h"
#include "scenario/hotline/hotline.h"
#include "scenario/hotline/insight.h"
#include "scenario/review/review.h"
#include "store/db.h"

enum { EVERY_MS = 5000 };

struct caretaker {
    const struct services *at;
    bool embed;
    struct employee_watch employees;
    struct db *db; /* NULL: to be opened */
    struct every *every;
};

/* What waits for a signature and is late moves on. */
static void review_look(const struct caretaker *c, struct db *d)
{
    struct talk t = {
        .world = world_real(), .at = c->at, .db = d, .as_of = day_today(world_real())
    };
    struct tb_err e = TB_ERR_INIT;

    t.actor.role = ROLE_SYSTEM;
    if (review_tick(&t, &e))
        log_line(LOG_WARN, "review", "%s", e.log);
    if (order_tick(&t, &e))
        log_line(LOG_WARN, "hotline", "%s", e.log);
    if (insight_of(&t) && insight_catch_up(&t, insight_of(&t), INSIGHT_BATCH, &e))
        log_line(LOG_WARN, "hotline", "%s", e.log);
    arena_release(&t.mem);
}

static void look(void *self)
{
    struct caretaker *c = self;
    struct tb_err e = TB_ERR_INIT;

    if (!c->db && db_open(c->at->db_url, &c->db, &e))
        c->db = NULL;
    if (c->db && (search_look(c->at->search, c->db, &e) ||
                  (c->embed && embedding_due(c->at, c->db, world_now_ms(world_real()), &e)) ||
                  resealing_due(c->at, c->db, world_now_ms(world_real()), &e) ||
                  employee_watch_look(&c->employees, c->at, c->db, world_real(), &e)))
        log_line(LOG_WARN, "caretaker", "%s", e.log);
    if (c->db)
        review_look(c, c->db);
}

struct caretaker *caretaker_start(const struct services *at, bool embed)
{
    struct caretaker *c = tb_zalloc(sizeof(*c));
    struct tb_err e = TB_ERR_INIT;

    c->at = at;
    c->embed = embed;
    if (!every_start(0, EVERY_MS, look, c, &c->every, &e))
        return c;
    log_line(LOG_ERROR, "caretaker", "thread=refused");
    tb_free(c);
    return NULL;
}

void caretaker_stop(struct caretaker *c)
{
    if (!c)
        return;
    every_stop(c->every);
    if (c->db)
        db_close(c->db);
    tb_free(c);
}
