#include "store/incident.h"

#include "store/audit.h"
#include "store/receipt.h"

enum { EVENTS = 200, NOTICES = 5, TRIES = 6 };
static const int64_t minute_ms = 60 * 1000, quiet_ms = 10LL * 60 * 1000;

#define INCIDENT_COLUMNS                                                                           \
    "SELECT i.id, i.employee_id, i.number, i.rule, i.subject, i.title, i.severity, i.state, "      \
    "i.owner_role, i.steps, i.review, i.owner_id, i.seen, i.opened_at, i.last_at, i.resolved_at, " \
    "i.reviewed_at, o.name, m.name FROM incident i LEFT JOIN staff o ON o.id = i.owner_id "        \
    "LEFT JOIN employee m ON m.id = i.employee_id "

static struct incident row_take(struct rows *r)
{
    return (struct incident){ .id = rows_int(r, 0),
                              .employee_id = rows_int(r, 1),
                              .number = rows_str(r, 2),
                              .rule = rows_str(r, 3),
                              .subject = rows_str(r, 4),
                              .title = rows_str(r, 5),
                              .severity = rows_str(r, 6),
                              .state = rows_str(r, 7),
                              .owner_role = rows_str(r, 8),
                              .steps = rows_str(r, 9),
                              .review = rows_str(r, 10),
                              .owner_id = rows_int(r, 11),
                              .seen = rows_int(r, 12),
                              .opened_at = rows_int(r, 13),
                              .last_at = rows_int(r, 14),
                              .resolved_at = rows_int(r, 15),
                              .reviewed_at = rows_int(r, 16),
                              .owner_name = rows_str(r, 17),
                              .employee_name = rows_str(r, 18) };
}

static enum tb_code read_one(struct rows *r, struct incident *out, bool *found, struct tb_err *e)
{
    if (rows_next(r, found, e))
        return e->code;
    if (*found)
        *out = row_take(r);
    rows_close(r);
    return TB_OK;
}

/* -- opening -- */

static enum tb_code insert(struct talk *t, struct incident *x, struct tb_err *e)
{
    x->opened_at = x->last_at = world_now_ms(t->world);
    x->seen = 1;
    x->state = STR("open");
    if (receipt_new(t->db, &t->mem, t->world, 'I', &x->number, e))
        return e->code;
    return db_insert(
        t->db,
        SQL("INSERT INTO incident(number, rule, subject, title, severity, employee_id, owner_role, "
            "steps, opened_at, last_at) VALUES(:number, :rule, :subject, :title, :severity, "
            ":employee, :owner, :steps, :now, :now)"),
        ARGS(db_text("number", x->number), db_text("rule", x->rule), db_text("subject", x->subject),
             db_text("title", x->title), db_text("severity", x->severity),
             db_id("employee", x->employee_id), db_text("owner", x->owner_role),
             db_text("steps", x->steps), db_int("now", x->opened_at)),
        &x->id, e);
}

/* It goes on: counted, and a line now and then, not one a minute. */
static enum tb_code again(struct talk *t, const struct incident *was, struct str text,
                          struct tb_err *e)
{
    int64_t now = world_now_ms(t->world);

    if (now - was->last_at < quiet_ms)
        return TB_OK;
    if (db_run(t->db, SQL("UPDATE incident SET seen = seen + 1, last_at = :now WHERE id = :id"),
               ARGS(db_int("now", now), db_int("id", was->id)), e))
        return e->code;
    return incident_say(t, was->id, "again", text, e);
}

static enum tb_code open_or_count(struct talk *t, struct incident *x, struct str text, bool *opened,
                                  struct tb_err *e)
{
    struct incident was;
    struct rows *r;
    bool found;

    *opened = false;
    if (db_ask(t->db, &t->mem,
               SQL(INCIDENT_COLUMNS "WHERE i.rule = :rule AND i.subject = :subject AND i.state IN "
                                    "('open', 'handling') ORDER BY i.id DESC LIMIT 1"),
               ARGS(db_text("rule", x->rule), db_text("subject", x->subject)), &r, e) ||
        read_one(r, &was, &found, e))
        return e->code;
    if (found) {
        *x = was;
        return again(t, &was, text, e);
    }
    *opened = true;
    if (insert(t, x, e) || incident_say(t, x->id, "open", text, e))
        return e->code;
    return audit_add(
        t->db,
        &(struct audit_entry){ .at = x->opened_at,
                               .actor = STR("system"),
                               .role = STR("system"),
                               .address = STR("local"),
                               .verb = STR("incident.open"),
                               .object = x->number,
                               .outcome = STR("ok"),
                               .request_id = STR(""),
                               .detail = arena_printf(&t->mem, "rule=%.*s severity=%.*s",
                                                      STR_FMT(x->rule), STR_FMT(x->severity)) },
        e);
}

enum tb_code incident_open(struct talk *t, struct incident *x, struct str text, bool *opened,
                           struct tb_err *e)
{
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, open_or_count(t, x, text, opened, e), e);
}

/* -- reading and changing -- */

enum tb_code incident_read(struct talk *t, struct str number, struct incident *out,
                           struct tb_err *e)
{
    struct rows *r;
    bool found;

    if (db_ask(t->db, &t->mem, SQL(INCIDENT_COLUMNS "WHERE i.number = :number"),
               ARGS(db_text("number", number)), &r, e) ||
        read_one(r, out, &found, e))
        return e->code;
    return found ? TB_OK : tb_fail(e, TB_NOT_FOUND, "没有这个事件，请核对编号", "incident unknown");
}

enum tb_code incident_list(struct talk *t, struct str state, int64_t skip, int64_t size,
                           struct incident **out, size_t *n, int64_t *total, struct tb_err *e)
{
    struct rows *r;
    size_t cap = 0;
    bool more;

    *out = NULL;
    *n = 0;
    if (db_ask_int(t->db,
                   SQL("SELECT count(*) FROM incident WHERE :state = '' OR state = :state OR "
                       "(:state = 'active' AND state IN ('open', 'handling'))"),
                   ARGS(db_text("state", state)), total, NULL, e) ||
        db_ask(t->db, &t->mem,
               SQL(INCIDENT_COLUMNS "WHERE :state = '' OR i.state = :state OR (:state = 'active' "
                                    "AND i.state IN ('open', 'handling')) ORDER BY i.id DESC "
                                    "LIMIT :size OFFSET :skip"),
               ARGS(db_text("state", state), db_int("size", size), db_int("skip", skip)), &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        *out = arena_grow(&t->mem, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] = row_take(r);
    }
}

enum tb_code incident_update(struct talk *t, const struct incident *x, const char *was,
                             struct tb_err *e)
{
    if (db_run(t->db,
               SQL("UPDATE incident SET state = :state, owner_id = :owner, steps = :steps, "
                   "review = :review, resolved_at = :resolved, reviewed_at = :reviewed "
                   "WHERE id = :id AND state = :was"),
               ARGS(db_text("state", x->state), db_id("owner", x->owner_id),
                    db_text("steps", x->steps), db_text("review", x->review),
                    db_id("resolved", x->resolved_at), db_id("reviewed", x->reviewed_at),
                    db_int("id", x->id), db_text("was", str_z(was))),
               e))
        return e->code;
    return db_changed(t->db)
               ? TB_OK
               : tb_fail(e, TB_CONFLICT, "别人刚刚处理过，请刷新后再试", "incident state");
}

enum tb_code incident_say(struct talk *t, int64_t id, const char *kind, struct str text,
                          struct tb_err *e)
{
    return db_run(t->db,
                  SQL("INSERT INTO incident_event(incident_id, at, staff_id, kind, text) "
                      "VALUES(:id, :now, :staff, :kind, :text)"),
                  ARGS(db_int("id", id), db_int("now", world_now_ms(t->world)),
                       db_id("staff", t->actor.id), db_text("kind", str_z(kind)),
                       db_text("text", text)),
                  e);
}

enum tb_code incident_events(struct talk *t, int64_t id, struct incident_event **out, size_t *n,
                             struct tb_err *e)
{
    struct rows *r;
    bool more;

    *out = ARENA_ARRAY(&t->mem, struct incident_event, EVENTS);
    *n = 0;
    if (db_ask(t->db, &t->mem,
               SQL("SELECT v.at, s.name, v.kind, v.text FROM incident_event v LEFT JOIN staff s ON "
                   "s.id = v.staff_id WHERE v.incident_id = :id ORDER BY v.id LIMIT 200"),
               ARGS(db_int("id", id)), &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        (*out)[(*n)++] = (struct incident_event){ rows_int(r, 0), rows_str(r, 1), rows_str(r, 2),
                                                  rows_str(r, 3) };
    }
}

/* -- telling outside -- */

enum tb_code notice_add(struct talk *t, int64_t incident_id, const char *way, struct str target,
                        struct tb_err *e)
{
    return db_run(
        t->db,
        SQL("INSERT INTO incident_notice(incident_id, way, target) "
            "VALUES(:id, :way, :target)"),
        ARGS(db_int("id", incident_id), db_text("way", str_z(way)), db_text("target", target)), e);
}

enum tb_code notice_due(struct talk *t, const char *way, struct notice **out, size_t *n,
                        struct tb_err *e)
{
    struct rows *r;
    bool more;

    *out = ARENA_ARRAY(&t->mem, struct notice, NOTICES);
    *n = 0;
    if (db_ask(t->db, &t->mem,
               SQL("SELECT c.id, c.tries, c.target, i.number, i.title, i.severity, i.subject, "
                   "i.opened_at FROM incident_notice c JOIN incident i ON i.id = c.incident_id "
                   "WHERE c.state = 'waiting' AND c.way = :way AND c.next_at <= :now "
                   "ORDER BY c.id LIMIT 5"),
               ARGS(db_int("now", world_now_ms(t->world)), db_text("way", str_z(way))), &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        (*out)[(*n)++] = (struct notice){ .id = rows_int(r, 0),
                                          .tries = rows_int(r, 1),
                                          .target = rows_str(r, 2),
                                          .number = rows_str(r, 3),
                                          .title = rows_str(r, 4),
                                          .severity = rows_str(r, 5),
                                          .subject = rows_str(r, 6),
                                          .opened_at = rows_int(r, 7) };
    }
}

enum tb_code notice_done(struct talk *t, const struct notice *x, bool sent, const char *why,
                         struct tb_err *e)
{
    int64_t now = world_now_ms(t->world), tries = x->tries + 1;
    const char *state = sent ? "sent" : tries >= TRIES ? "failed" : "waiting";

    return db_run(t->db,
                  SQL("UPDATE incident_notice SET state = :state, tries = :tries, next_at = :next, "
                      "sent_at = :sent, error = :error WHERE id = :id"),
                  ARGS(db_text("state", str_z(state)), db_int("tries", tries),
                       db_int("next", now + (minute_ms << tries)), db_id("sent", sent ? now : 0),
                       db_text("error", str_z(why)), db_int("id", x->id)),
                  e);
}
