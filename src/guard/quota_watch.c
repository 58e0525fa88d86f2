#include "guard/quota_watch.h"

#include "base/alloc.h"
#include "base/every.h"
#include "base/log.h"
#include "store/key.h"

enum { EVERY_MS = 400 };

struct quota_watch {
    struct quota *quota;
    const char *db_url;
    struct db *db;
    int64_t seen; /* the counter as it was when the keys were read last */
    bool failing;
    struct every *every;
};

/* The counter before the keys: a change in between is read twice, never missed. */
static enum tb_code look(struct quota_watch *w, struct tb_err *e)
{
    int64_t now;

    if ((!w->db && db_open(w->db_url, &w->db, e)) || key_changes(w->db, &now, e))
        return e->code;
    if (now == w->seen)
        return TB_OK;
    if (quota_reload(w->quota, w->db, e))
        return e->code;
    w->seen = now;
    log_line(LOG_INFO, "quota", "keys were read again, change=%lld", (long long)now);
    return TB_OK;
}

static void look_and_say(void *self)
{
    struct quota_watch *w = self;
    struct tb_err e = TB_ERR_INIT;
    bool bad = look(w, &e) != TB_OK;

    if (bad && !w->failing)
        log_line(LOG_ERROR, "quota", "keys cannot be read: code=%s %s", tb_code_name(e.code),
                 e.log);
    if (bad && e.code != TB_BUSY && w->db) {
        db_close(w->db);
        w->db = NULL;
    }
    w->failing = bad;
}

enum tb_code quota_watch_start(struct quota *q, const char *db_url, struct quota_watch **out,
                               struct tb_err *e)
{
    struct quota_watch *w = tb_zalloc(sizeof(*w));

    *out = NULL;
    w->quota = q;
    w->db_url = db_url;
    w->seen = -1; /* whatever changed between opening the quota and now is read at once */
    if (every_start(0, EVERY_MS, look_and_say, w, &w->every, e)) {
        tb_free(w);
        return e->code;
    }
    *out = w;
    return TB_OK;
}

void quota_watch_stop(struct quota_watch *w)
{
    if (!w)
        return;
    every_stop(w->every);
    if (w->db)
        db_close(w->db);
    tb_free(w);
}
