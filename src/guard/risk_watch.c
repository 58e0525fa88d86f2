#include "guard/risk_watch.h"

#include "base/alloc.h"
#include "base/every.h"
#include "base/log.h"
#include "store/db.h"

enum { EVERY_MS = 1000 };

struct risk_watch {
    struct risk *risk;
    const char *db_url;
    struct db *db;
    struct every *every;
};

/* What is wrong with a table, risk_refresh has said; a database that is away is looked for again.
 */
static void look(void *self)
{
    struct risk_watch *w = self;
    struct tb_err e = TB_ERR_INIT;

    if (!w->db && db_open(w->db_url, &w->db, &e))
        w->db = NULL;
    if (!w->db || !risk_refresh(w->risk, w->db, &e) || e.code != TB_STORE)
        return;
    log_line(LOG_ERROR, "guard", "lists cannot be read: %s", e.log);
    db_close(w->db);
    w->db = NULL;
}

enum tb_code risk_watch_start(struct risk *r, const char *db_url, struct risk_watch **out,
                              struct tb_err *e)
{
    struct risk_watch *w = tb_zalloc(sizeof(*w));

    *out = NULL;
    w->risk = r;
    w->db_url = db_url;
    if (every_start(EVERY_MS, EVERY_MS, look, w, &w->every, e)) {
        tb_free(w);
        return e->code;
    }
    *out = w;
    return TB_OK;
}

void risk_watch_stop(struct risk_watch *w)
{
    if (!w)
        return;
    every_stop(w->every);
    if (w->db)
        db_close(w->db);
    tb_free(w);
}
