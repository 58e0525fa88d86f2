#include "store/leave.h"

#include "base/date.h"
#include "base/utf8.h"

enum { LONGEST_DAYS = 366, REASON_CHARS = 100 };

#define LEAVE_COLUMNS                                                                              \
    "SELECT l.id, l.staff_id, s.login, s.name, s.department_id, l.reason, l.from_day, l.to_day, "  \
    "l.ended FROM staff_leave l JOIN staff s ON s.id = l.staff_id "

static struct leave row_take(struct rows *r)
{
    return (struct leave){ .id = rows_int(r, 0),
                           .staff_id = rows_int(r, 1),
                           .login = rows_str(r, 2),
                           .name = rows_str(r, 3),
                           .department = rows_str(r, 4),
                           .reason = rows_str(r, 5),
                           .from = rows_day(r, 6),
                           .to = rows_day(r, 7),
                           .ended = rows_int(r, 8) != 0 };
}

enum tb_code leave_list(struct talk *t, struct str department, struct leave **out, size_t *n,
                        struct tb_err *e)
{
    struct rows *r;
    size_t cap = 0;
    bool more;

    *out = NULL;
    *n = 0;
    if (db_ask(t->db, &t->mem,
               SQL(LEAVE_COLUMNS "WHERE l.ended = 0 AND l.to_day >= :today AND "
                                 "(:department = '' OR s.department_id = :department) "
                                 "ORDER BY l.from_day, l.id LIMIT 200"),
               ARGS(db_day("today", day_today(t->world)), db_text("department", department)), &r,
               e))
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

enum tb_code leave_add(struct talk *t, struct leave *x, struct tb_err *e)
{
    if (x->from < day_today(t->world) || x->to < x->from || x->to - x->from > LONGEST_DAYS)
        return tb_fail(e, TB_INVALID, "请假应从今天或以后开始，最长一年", "leave from=%d to=%d",
                       x->from, x->to);
    if (utf8_count(x->reason) > REASON_CHARS)
        return tb_fail(e, TB_TOO_LARGE, "请假原因请写在 100 字以内", "reason too long");
    return db_insert(
        t->db,
        SQL("INSERT INTO staff_leave(staff_id, from_day, to_day, reason, created_by, created_at) "
            "VALUES(:staff, :from, :to, :reason, :by, :now)"),
        ARGS(db_int("staff", x->staff_id), db_day("from", x->from), db_day("to", x->to),
             db_text("reason", x->reason), db_id("by", t->actor.id),
             db_int("now", world_now_ms(t->world))),
        &x->id, e);
}

enum tb_code leave_read(struct talk *t, int64_t id, struct leave *out, struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(t->db, &t->mem, SQL(LEAVE_COLUMNS "WHERE l.id = :id"), ARGS(db_int("id", id)), &r,
               e) ||
        rows_next(r, &more, e))
        return e->code;
    if (!more)
        return tb_fail(e, TB_NOT_FOUND, "没有这条请假记录", "leave unknown");
    *out = row_take(r);
    rows_close(r);
    return TB_OK;
}

enum tb_code leave_end(struct talk *t, int64_t id, struct tb_err *e)
{
    return db_run(t->db, SQL("UPDATE staff_leave SET ended = 1 WHERE id = :id"),
                  ARGS(db_int("id", id)), e);
}
