#include "store/draft.h"

#include "base/date.h"
#include "store/draft_int.h"
#include "store/like.h"

#define DRAFT_KIND "CASE d.noun WHEN 'order' THEN 'reply' ELSE d.kind END"
#define DRAFT_COLUMNS                                                                              \
    "SELECT d.id, d.subject_id, " DRAFT_KIND ", d.state, d.receipt, d.title, d.body, d.digest, "   \
    "d.revision, d.author_kind, d.author_id, d.author_name, d.employee, d.department_id, "         \
    "d.reviewer_id, d.taken_by, d.taken_at, d.risk, d.why, d.note, d.due_at, d.escalated, "        \
    "d.created_at, d.updated_at, r.name, r.login, k.name, p.name, g.signer_name, g.way, "          \
    "g.signer_id, g.at FROM draft d LEFT JOIN staff r ON r.id = d.reviewer_id "                    \
    "LEFT JOIN staff k ON k.id = d.taken_by LEFT JOIN department p ON p.id = d.department_id "     \
    "LEFT JOIN signature g ON g.draft_id = d.id AND g.revision = d.revision "

static struct draft from_row(struct rows *r)
{
    struct draft d = {
        .id = rows_int(r, 0),
        .subject_id = rows_int(r, 1),
        .receipt = rows_str(r, 4),
        .title = rows_str(r, 5),
        .body = rows_str(r, 6),
        .digest = rows_str(r, 7),
        .revision = rows_int(r, 8),
        .author_id = rows_int(r, 10),
        .author_name = rows_str(r, 11),
        .employee = rows_str(r, 12),
        .department = rows_str(r, 13),
        .reviewer_id = rows_int(r, 14),
        .taken_by = rows_int(r, 15),
        .taken_at = rows_int(r, 16),
        .risk = rows_int(r, 17),
        .why = rows_str(r, 18),
        .note = rows_str(r, 19),
        .due_at = rows_int(r, 20),
        .escalated = rows_int(r, 21),
        .created_at = rows_int(r, 22),
        .updated_at = rows_int(r, 23),
        .reviewer_name = rows_str(r, 24),
        .reviewer_login = rows_str(r, 25),
        .taken_by_name = rows_str(r, 26),
        .department_name = rows_str(r, 27),
        .signer_name = rows_str(r, 28),
        .signed_way = rows_str(r, 29),
        .signer_id = rows_int(r, 30),
        .signed_at = rows_int(r, 31),
    };

    (void)draft_kind_parse(rows_str(r, 2), &d.kind);
    (void)draft_state_parse(rows_str(r, 3), &d.state);
    (void)draft_author_parse(rows_str(r, 9), &d.author_kind);
    return d;
}

static enum tb_code collect(struct talk *t, struct rows *r, struct draft **out, size_t *n,
                            struct tb_err *e)
{
    size_t cap = 0;
    bool more = true;

    *out = NULL;
    *n = 0;
    while (!rows_next(r, &more, e) && more) {
        *out = arena_grow(&t->mem, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] = from_row(r);
    }
    return e->code;
}

static enum tb_code one(struct talk *t, struct rows *r, struct draft *out, struct tb_err *e)
{
    bool more = false;

    *out = (struct draft){ .receipt = STR(""), .author_name = STR(""), .body = STR("") };
    if (rows_next(r, &more, e))
        return e->code;
    if (more)
        *out = from_row(r);
    rows_close(r);
    (void)t;
    return TB_OK;
}

enum tb_code draft_read(struct talk *t, struct str receipt, struct draft *out, struct tb_err *e)
{
    struct rows *r;

    if (db_ask(t->db, &t->mem, SQL(DRAFT_COLUMNS "WHERE d.receipt = :receipt"),
               ARGS(db_text("receipt", receipt)), &r, e) ||
        one(t, r, out, e))
        return e->code;
    if (out->id == 0)
        return tb_fail(e, TB_NOT_FOUND, "没有找到这份稿件，请核对编号", "draft receipt");
    return TB_OK;
}

enum tb_code draft_of(struct talk *t, enum draft_kind kind, int64_t subject_id, struct draft *out,
                      struct tb_err *e)
{
    struct rows *r;

    if (db_ask(t->db, &t->mem,
               SQL(DRAFT_COLUMNS
                   "WHERE d.kind = :kind AND d.noun = :noun AND d.subject_id = :subject AND "
                   "d.state IN ('drafted', 'waiting', 'returned', 'signed')"),
               ARGS(draft_db_kind(kind), draft_db_noun(kind), db_int("subject", subject_id)), &r,
               e))
        return e->code;
    return one(t, r, out, e);
}

enum tb_code draft_latest(struct talk *t, enum draft_kind kind, int64_t subject_id,
                          struct draft *out, struct tb_err *e)
{
    struct rows *r;

    if (db_ask(
            t->db, &t->mem,
            SQL(DRAFT_COLUMNS "WHERE d.kind = :kind AND d.noun = :noun AND d.subject_id = :subject "
                              "ORDER BY d.id DESC LIMIT 1"),
            ARGS(draft_db_kind(kind), draft_db_noun(kind), db_int("subject", subject_id)), &r, e))
        return e->code;
    return one(t, r, out, e);
}

/* Mine: I may sign it (signature_right and signature_not_author of the schema), or I wrote it. */
#define DRAFT_WHERE                                                                                \
    "WHERE (:state = '' OR d.state = :state) AND (:kind = '' OR :kind = " DRAFT_KIND ") "          \
    "AND (:words = '' OR d.title LIKE :like ESCAPE '\\') "                                         \
    "AND (:late = 0 OR (d.state = 'waiting' AND d.due_at > 0 AND d.due_at < :now)) "               \
    "AND (:mine = 0 OR d.author_id = :me OR d.reviewer_id = :me OR (d.reviewer_id IS NULL AND "    \
    "(d.department_id = '' OR d.department_id = :department))) "

enum tb_code draft_list(struct talk *t, const struct draft_filter *f, struct draft **out, size_t *n,
                        int64_t *total, struct tb_err *e)
{
    const struct db_arg args[] = {
        db_text("state", f->state),
        db_text("kind", f->kind),
        db_text("words", f->words),
        db_text("like", like_of(&t->mem, f->words)),
        db_int("late", f->late),
        db_int("now", world_now_ms(t->world)),
        db_int("mine", f->mine),
        db_int("me", t->actor.id),
        db_text("department", t->actor.department),
        db_int("size", f->size),
        db_int("skip", (f->page - 1) * f->size),
    };
    struct rows *r;
    bool found;

    if (db_ask_int(t->db, SQL("SELECT count(*) FROM draft d " DRAFT_WHERE),
                   (struct db_args){ args, 9 }, total, &found, e) ||
        db_ask(t->db, &t->mem,
               SQL(DRAFT_COLUMNS DRAFT_WHERE
                   "ORDER BY CASE d.state WHEN 'waiting' THEN 0 WHEN 'returned' THEN 1 ELSE 2 END, "
                   "CASE WHEN d.state = 'waiting' AND d.due_at > 0 AND d.due_at < :now THEN 0 ELSE "
                   "1 END, CASE WHEN d.state = 'waiting' THEN -d.risk ELSE 0 END, CASE WHEN "
                   "d.state = 'waiting' THEN d.id ELSE -d.id END LIMIT :size OFFSET :skip"),
               (struct db_args){ args, sizeof(args) / sizeof(args[0]) }, &r, e))
        return e->code;
    return collect(t, r, out, n, e);
}

enum tb_code draft_twins(struct talk *t, const struct draft *d, struct draft **out, size_t *n,
                         struct tb_err *e)
{
    struct rows *r;

    if (db_ask(t->db, &t->mem,
               SQL(DRAFT_COLUMNS
                   "WHERE d.digest = :digest AND d.kind = :kind AND d.noun = :noun AND d.state = "
                   "'waiting' AND d.id <> :id ORDER BY d.id LIMIT 100"),
               ARGS(db_text("digest", d->digest), draft_db_kind(d->kind), draft_db_noun(d->kind),
                    db_int("id", d->id)),
               &r, e))
        return e->code;
    return collect(t, r, out, n, e);
}

enum tb_code draft_edits(struct talk *t, int64_t draft_id, struct draft_edit **out, size_t *n,
                         struct tb_err *e)
{
    struct rows *r;
    size_t cap = 0;
    bool more = true;

    *out = NULL;
    *n = 0;
    if (db_ask(t->db, &t->mem,
               SQL("SELECT x.revision, x.editor_id, x.at, s.name, x.before, x.after, x.authored "
                   "FROM draft_edit x JOIN staff s ON s.id = x.editor_id WHERE x.draft_id = :id "
                   "ORDER BY x.id"),
               ARGS(db_int("id", draft_id)), &r, e))
        return e->code;
    while (!rows_next(r, &more, e) && more) {
        *out = arena_grow(&t->mem, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] = (struct draft_edit){
            .revision = rows_int(r, 0),
            .editor_id = rows_int(r, 1),
            .at = rows_int(r, 2),
            .editor_name = rows_str(r, 3),
            .before = rows_str(r, 4),
            .after = rows_str(r, 5),
            .authored = rows_int(r, 6) != 0,
        };
    }
    return e->code;
}

/* ---- the queue, walked by the caretaker ---- */

enum tb_code draft_waiting(struct talk *t, struct draft **out, size_t *n, struct tb_err *e)
{
    struct rows *r;

    if (db_ask(t->db, &t->mem,
               SQL(DRAFT_COLUMNS
                   "LEFT JOIN staff y ON y.id = d.reviewer_id AND y.disabled = 0 AND y.role IN "
                   "(SELECT role FROM signing_role) WHERE d.state = 'waiting' AND "
                   "((d.due_at > 0 AND d.due_at < :now) OR (d.reviewer_id IS NOT NULL AND "
                   "(y.id IS NULL OR y.id IN (SELECT staff_id FROM staff_leave WHERE ended = 0 AND "
                   "from_day <= :day AND to_day >= :day)))) ORDER BY d.id LIMIT 200"),
               ARGS(db_int("now", world_now_ms(t->world)), db_int("day", day_today(t->world))), &r,
               e))
        return e->code;
    return collect(t, r, out, n, e);
}
