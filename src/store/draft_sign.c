/* 签发: who may, the signature itself, and who comes next when nobody signs. */
#include "base/date.h"
#include "store/audit.h"
#include "store/draft_int.h"

struct signer signer_of(const struct talk *t)
{
    return (struct signer){ t->actor.id, t->actor.name, "desk", 0 };
}

/* The same conditions as the triggers signature_*, said in sentences. */
static enum tb_code has_right(struct talk *t, const struct draft *d, int64_t staff_id, bool *yes,
                              struct tb_err *e)
{
    int64_t n;

    if (db_ask_int(t->db,
                   SQL("SELECT count(*) FROM staff s JOIN signing_role r ON r.role = s.role WHERE "
                       "s.id = :id AND s.disabled = 0 AND (s.id = :reviewer OR :department = '' OR "
                       "s.department_id = :department)"),
                   ARGS(db_int("id", staff_id), db_int("reviewer", d->reviewer_id),
                        db_text("department", d->department)),
                   &n, NULL, e))
        return e->code;
    *yes = n > 0;
    return TB_OK;
}

static enum tb_code has_written(struct talk *t, const struct draft *d, int64_t staff_id, bool *yes,
                                struct tb_err *e)
{
    int64_t n;

    if (db_ask_int(t->db,
                   SQL("SELECT count(*) FROM draft_edit WHERE draft_id = :id AND editor_id = :who "
                       "AND authored = 1"),
                   ARGS(db_int("id", d->id), db_int("who", staff_id)), &n, NULL, e))
        return e->code;
    *yes = n > 0;
    return TB_OK;
}

enum tb_code draft_why_not(struct talk *t, const struct draft *d, int64_t staff_id, struct str *why,
                           struct tb_err *e)
{
    bool right = false, written = false;

    *why = STR("");
    if (has_right(t, d, staff_id, &right, e) || has_written(t, d, staff_id, &written, e))
        return e->code;
    if (d->author_id && d->author_id == staff_id)
        *why = STR("稿件是您自己写的，要由另一位有签发权的人签发");
    else if (written)
        *why = STR("您改动了其中的数字、日期或大段内容，成了作者之一，要由另一人签发");
    else if (!right)
        *why = d->department_name.n
                   ? arena_printf(&t->mem, "这份稿件由%.*s的监护人或部门管理员签发",
                                  STR_FMT(d->department_name))
                   : STR("您没有签发权：签发由监护人或部门管理员办理");
    else if (d->state != DRAFT_WAITING)
        *why = arena_printf(&t->mem, "这份稿件现在是“%s”，不在待签发", draft_state_title(d->state));
    return TB_OK;
}

static enum tb_code refuse(struct talk *t, const struct draft *d, struct str why, struct tb_err *e)
{
    return tb_fail_say(
        e, TB_FORBIDDEN, why,
        arena_printf(&t->mem, "draft=%.*s may not be signed by this person", STR_FMT(d->receipt)));
}

static enum tb_code check_signer(struct talk *t, const struct draft *now, const struct signer *s,
                                 struct tb_err *e)
{
    struct str why;

    if (s->id == 0 || str_eqz(str_z(s->way), "import"))
        return TB_OK; /* the triggers say whether this may be */
    if (draft_why_not(t, now, s->id, &why, e))
        return e->code;
    return why.n ? refuse(t, now, why, e) : TB_OK;
}

/* What was read is what is signed: another revision, or a draft that is over, is a conflict. */
static enum tb_code check_same(struct talk *t, const struct draft *d, const struct draft *now,
                               struct tb_err *e)
{
    struct str who = now->signer_name.n ? now->signer_name : STR("同事");

    if (now->state != DRAFT_WAITING)
        return tb_fail_say(
            e, TB_CONFLICT,
            now->signed_at ? arena_printf(&t->mem, "这份稿件已由%.*s签发，不用再签", STR_FMT(who))
                           : arena_printf(&t->mem, "这份稿件现在是“%s”，不能签发",
                                          draft_state_title(now->state)),
            STR("draft is not waiting"));
    if (now->revision != d->revision)
        return tb_fail(e, TB_CONFLICT, "这份稿件刚被同事改过，请看新的一稿再签发",
                       "draft revision=%lld asked=%lld", (long long)now->revision,
                       (long long)d->revision);
    return TB_OK;
}

enum tb_code draft_sign(struct talk *t, const struct draft *d, const struct signer *s,
                        struct tb_err *e)
{
    struct draft now;
    int64_t at = s->at ? s->at : world_now_ms(t->world), id;

    if (draft_read(t, d->receipt, &now, e) || check_same(t, d, &now, e) ||
        check_signer(t, &now, s, e))
        return e->code;
    if (db_insert(t->db,
                  SQL("INSERT INTO signature(draft_id, revision, digest, signer_id, signer_name, "
                      "way, at) VALUES (:draft, :revision, :digest, :signer, :name, :way, :at)"),
                  ARGS(db_int("draft", now.id), db_int("revision", now.revision),
                       db_text("digest", now.digest), db_id("signer", s->id),
                       db_text("name", s->name), db_text("way", str_z(s->way)), db_int("at", at)),
                  &id, e))
        return e->code;
    return db_run(t->db,
                  SQL("UPDATE draft SET state = 'signed', taken_by = NULL, taken_at = 0, "
                      "updated_at = :now WHERE id = :id"),
                  ARGS(db_int("now", world_now_ms(t->world)), db_int("id", now.id)), e);
}

/* ---- who comes next ---- */

/* Signers of the department first (a guardian before an admin), then the city's publisher, then
 * department admins elsewhere in the order of the city's list: each gets it once, the last keeps
 * it. */
enum tb_code draft_next_signer(struct talk *t, const struct draft *d, int64_t *staff_id,
                               struct tb_err *e)
{
    struct rows *r;
    bool more = true, passed = false;
    int64_t first = 0;

    *staff_id = 0;
    if (db_ask(
            t->db, &t->mem,
            SQL("SELECT s.id FROM staff s JOIN signing_role r ON r.role = s.role LEFT JOIN "
                "department p ON p.id = s.department_id LEFT JOIN employee m ON m.key = :employee "
                "WHERE s.disabled = 0 AND s.id <> :author AND s.id NOT IN (SELECT editor_id FROM "
                "draft_edit WHERE draft_id = :id AND authored = 1) AND s.id NOT IN (SELECT "
                "staff_id "
                "FROM staff_leave WHERE ended = 0 AND from_day <= :day AND to_day >= :day) AND "
                "(s.id = m.guardian_id OR s.id = m.deputy_id OR s.department_id = :department OR "
                "s.role = 'department_admin') ORDER BY CASE WHEN s.id = m.guardian_id THEN 0 WHEN "
                "s.id = m.deputy_id THEN 1 WHEN s.department_id = :department THEN 2 WHEN s.login "
                "= "
                "(SELECT value FROM setting WHERE name = 'review.publisher') THEN 3 ELSE 4 END, "
                "CASE s.role WHEN 'guardian' THEN 0 ELSE 1 END, p.place, s.id"),
            ARGS(db_text("employee", d->employee), db_int("author", d->author_id),
                 db_int("id", d->id), db_int("day", day_today(t->world)),
                 db_text("department", d->department)),
            &r, e))
        return e->code;
    while (*staff_id == 0 && !rows_next(r, &more, e) && more) {
        int64_t id = rows_int(r, 0);

        first = first ? first : id;
        if (passed)
            *staff_id = id;
        passed = passed || id == d->reviewer_id;
    }
    rows_close(r);
    if (*staff_id == 0)
        *staff_id = passed ? d->reviewer_id : first;
    return e->code;
}

static enum tb_code pass_on(struct talk *t, const struct draft *d, int64_t promise_ms, bool *moved,
                            struct tb_err *e)
{
    struct audit_entry x;
    int64_t next;

    *moved = false;
    if (draft_next_signer(t, d, &next, e))
        return e->code;
    *moved = next != d->reviewer_id;
    if (db_run(t->db,
               SQL("UPDATE draft SET reviewer_id = :to, escalated = escalated + 1, due_at = :due, "
                   "updated_at = :now WHERE id = :id AND state = 'waiting'"),
               ARGS(db_id("to", next), db_int("due", world_now_ms(t->world) + promise_ms),
                    db_int("now", world_now_ms(t->world)), db_int("id", d->id)),
               e))
        return e->code;
    x = audit_entry_of(t, "review.escalate", d->receipt, TB_OK,
                       arena_printf(&t->mem, "from=%lld to=%lld times=%lld",
                                    (long long)d->reviewer_id, (long long)next,
                                    (long long)d->escalated + 1));
    return audit_add(t->db, &x, e);
}

static enum tb_code escalate(struct talk *t, int64_t promise_ms, int64_t *n, struct tb_err *e)
{
    struct draft *late;
    size_t count;

    if (draft_waiting(t, &late, &count, e))
        return e->code;
    for (size_t i = 0; i < count; i++) {
        bool moved;

        if (pass_on(t, &late[i], promise_ms, &moved, e))
            return e->code;
        *n += moved;
    }
    return TB_OK;
}

enum tb_code draft_escalate(struct talk *t, int64_t promise_ms, int64_t *n, struct tb_err *e)
{
    struct draft *late;
    size_t count;

    *n = 0;
    if (draft_waiting(t, &late, &count, e) || count == 0)
        return e->code; /* no write lock when there is nothing to do */
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, escalate(t, promise_ms, n, e), e);
}
