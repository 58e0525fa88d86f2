#include "scenario/employee/record.h"

#include "base/date.h"
#include "store/db.h"

static const int64_t day_ms = 24LL * 3600 * 1000, zone_ms = 8LL * 3600 * 1000;

static enum tb_code exchanges(struct talk *t, int64_t id, int64_t since, struct record *o,
                              struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(t->db, &t->mem,
               SQL("SELECT count(*), "
                   "coalesce(sum(CASE WHEN outcome IN ('answered', 'partial') THEN 1 ELSE 0 END), "
                   "0), coalesce(sum(CASE WHEN outcome = 'standard' THEN 1 ELSE 0 END), 0), "
                   "coalesce(sum(CASE WHEN outcome = 'not_found' THEN 1 ELSE 0 END), 0), "
                   "coalesce(sum(CASE WHEN outcome = 'referred' THEN 1 ELSE 0 END), 0), "
                   "coalesce(sum(CASE WHEN feedback > 0 THEN 1 ELSE 0 END), 0), "
                   "coalesce(sum(CASE WHEN feedback < 0 THEN 1 ELSE 0 END), 0), "
                   "coalesce(sum(sentence_count), 0), coalesce(sum(withheld), 0), "
                   "coalesce(sum(tokens), 0), coalesce(sum(cost), 0) FROM exchange "
                   "WHERE employee_id = :id AND created_at >= :since"),
               ARGS(db_int("id", id), db_int("since", since)), &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    *o = (struct record){ .asked = rows_int(r, 0),
                          .answered = rows_int(r, 1),
                          .standard = rows_int(r, 2),
                          .not_found = rows_int(r, 3),
                          .referred = rows_int(r, 4),
                          .useful = rows_int(r, 5),
                          .not_useful = rows_int(r, 6),
                          .sentences = rows_int(r, 7),
                          .withheld = rows_int(r, 8),
                          .tokens = rows_int(r, 9),
                          .cost = rows_int(r, 10) };
    rows_close(r);
    return TB_OK;
}

/* By when the answer was given, not by when it was judged: a phase is judged by its own answers. */
static enum tb_code verdicts(struct talk *t, int64_t id, int64_t since, struct record *o,
                             struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(
            t->db, &t->mem,
            SQL("SELECT CASE WHEN x.outcome = 'not_found' THEN 1 ELSE 0 END AS refused, count(*), "
                "coalesce(sum(v.agrees), 0) "
                "FROM employee_verdict v JOIN exchange x ON x.id = v.exchange_id "
                "WHERE v.employee_id = :id AND x.created_at >= :since "
                "GROUP BY CASE WHEN x.outcome = 'not_found' THEN 1 ELSE 0 END"),
            ARGS(db_int("id", id), db_int("since", since)), &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        if (rows_int(r, 0)) {
            o->refusals_judged = rows_int(r, 1);
            o->refusals_agreed = rows_int(r, 2);
        } else {
            o->judged = rows_int(r, 1);
            o->agreed = rows_int(r, 2);
        }
    }
}

enum tb_code record_read(struct talk *t, int64_t id, int64_t since, struct record *o,
                         struct tb_err *e)
{
    struct db_args a = ARGS(db_int("id", id), db_int("since", since));

    if (exchanges(t, id, since, o, e) || verdicts(t, id, since, o, e) ||
        db_ask_int(t->db,
                   SQL("SELECT count(DISTINCT x.id) FROM exchange x JOIN handoff h ON "
                       "h.exchange_id = x.id WHERE x.employee_id = :id AND "
                       "x.created_at >= :since"),
                   a, &o->handed_over, NULL, e) ||
        db_ask_int(t->db,
                   SQL("SELECT count(*) FROM correction WHERE employee_id = :id AND "
                       "created_at >= :since"),
                   a, &o->corrected, NULL, e) ||
        db_ask_int(t->db,
                   SQL("SELECT count(*) FROM incident WHERE employee_id = :id AND "
                       "opened_at >= :since"),
                   a, &o->incidents, NULL, e))
        return e->code;
    return TB_OK;
}

static double share(int64_t part, int64_t of)
{
    return of ? (double)part / (double)of : -1;
}

double record_agreement(const struct record *r)
{
    return share(r->agreed, r->judged);
}

double record_unsupported(const struct record *r)
{
    return share(r->withheld, r->sentences);
}

double record_refusals_right(const struct record *r)
{
    return share(r->refusals_agreed, r->refusals_judged);
}

static void share_json(struct json *j, const char *key, double v)
{
    json_key(j, key);
    if (v < 0)
        json_null(j);
    else
        json_real(j, v);
}

void record_json(struct json *j, const struct record *r)
{
    json_kint(j, "asked", r->asked);
    json_kint(j, "answered", r->answered);
    json_kint(j, "standard", r->standard);
    json_kint(j, "not_found", r->not_found);
    json_kint(j, "referred", r->referred);
    json_kint(j, "handed_over", r->handed_over);
    json_kint(j, "corrected", r->corrected);
    json_kint(j, "incidents", r->incidents);
    json_kint(j, "judged", r->judged);
    json_kint(j, "useful", r->useful);
    json_kint(j, "not_useful", r->not_useful);
    json_kint(j, "tokens", r->tokens);
    json_kreal(j, "cost_yuan", (double)r->cost / 1e6);
    share_json(j, "agreement", record_agreement(r));
    share_json(j, "unsupported", record_unsupported(r));
    share_json(j, "refusals_right", record_refusals_right(r));
    share_json(j, "satisfaction", share(r->useful, r->useful + r->not_useful));
}

int64_t record_begin(struct talk *t)
{
    return (day_today(t->world) - RECORD_DAYS + 1) * day_ms - zone_ms;
}

struct day_row {
    int64_t asked, handed, judged, agreed;
};

static enum tb_code days_asked(struct talk *t, int64_t id, int32_t first, struct day_row *days,
                               struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(t->db, &t->mem,
               SQL("SELECT (x.created_at + :zone) / :day, count(*), sum(CASE WHEN EXISTS "
                   "(SELECT 1 FROM handoff h WHERE h.exchange_id = x.id) THEN 1 ELSE 0 END), "
                   "sum(CASE WHEN EXISTS (SELECT 1 FROM employee_verdict v WHERE v.exchange_id = "
                   "x.id) THEN 1 ELSE 0 END), sum(CASE WHEN EXISTS (SELECT 1 FROM "
                   "employee_verdict v WHERE v.exchange_id = x.id AND v.agrees = 1) THEN 1 ELSE 0 "
                   "END) FROM exchange x WHERE x.employee_id = :id AND x.created_at >= :since "
                   "GROUP BY (x.created_at + :zone) / :day"),
               ARGS(db_int("zone", zone_ms), db_int("day", day_ms), db_int("id", id),
                    db_int("since", record_begin(t))),
               &r, e))
        return e->code;
    for (;;) {
        int64_t i;

        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        i = rows_int(r, 0) - first;
        if (i >= 0 && i < RECORD_DAYS)
            days[i] =
                (struct day_row){ rows_int(r, 1), rows_int(r, 2), rows_int(r, 3), rows_int(r, 4) };
    }
}

enum tb_code record_days(struct talk *t, struct json *j, int64_t id, struct tb_err *e)
{
    struct day_row days[RECORD_DAYS] = { { 0 } };
    int32_t first = day_today(t->world) - RECORD_DAYS + 1;

    if (days_asked(t, id, first, days, e))
        return e->code;
    json_karr(j, "days");
    for (int32_t i = 0; i < RECORD_DAYS; i++) {
        char day[16];

        json_obj(j);
        json_kstr(j, "day", day_text(first + i, day));
        json_kint(j, "asked", days[i].asked);
        json_kint(j, "handed_over", days[i].handed);
        json_kint(j, "judged", days[i].judged);
        json_kint(j, "agreed", days[i].agreed);
        json_end(j);
    }
    json_end(j);
    return TB_OK;
}
