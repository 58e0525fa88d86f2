/* What happens to a draft on its way: begun, edited, returned, handed on. */
#include "crypto/sm3.h"
#include "store/draft_int.h"
#include "store/receipt.h"

struct str draft_digest(struct arena *a, struct str text)
{
    char hex[SM3_HEX];

    sm3_hex(text, hex);
    return arena_str(a, str_z(hex));
}

static void take_author(struct talk *t, struct draft *d)
{
    if (d->author_kind)
        return;
    d->author_kind = t->actor.id ? DRAFT_BY_PERSON : DRAFT_BY_IMPORT;
    d->author_id = t->actor.id;
    d->author_name = t->actor.id ? t->actor.name : STR("命令行导入");
}

static enum tb_code insert(struct talk *t, struct draft *d, struct tb_err *e)
{
    if (receipt_new(t->db, &t->mem, t->world, 'S', &d->receipt, e))
        return e->code;
    return db_insert(
        t->db,
        SQL("INSERT INTO draft(receipt, kind, noun, subject_id, title, body, digest, author_kind, "
            "author_id, author_name, employee, department_id, reviewer_id, risk, why, state, "
            "due_at, created_at, updated_at) VALUES (:receipt, :kind, :noun, :subject, :title, "
            ":body, "
            ":digest, :author_kind, :author, :author_name, :employee, :department, :reviewer, "
            ":risk, :why, 'waiting', :due, :now, :now)"),
        ARGS(db_text("receipt", d->receipt), draft_db_kind(d->kind), draft_db_noun(d->kind),
             db_int("subject", d->subject_id), db_text("title", d->title), db_text("body", d->body),
             db_text("digest", d->digest),
             db_text("author_kind", str_z(draft_author_name(d->author_kind))),
             db_id("author", d->author_id), db_text("author_name", d->author_name),
             db_text("employee", d->employee), db_text("department", d->department),
             db_id("reviewer", d->reviewer_id), db_int("risk", d->risk), db_text("why", d->why),
             db_int("due", d->due_at), db_int("now", d->created_at)),
        &d->id, e);
}

/* Where the department has nobody but the author who may sign, it goes to somebody by name at once.
 */
static enum tb_code choose_reviewer(struct talk *t, struct draft *d, struct tb_err *e)
{
    int64_t others;

    if (d->reviewer_id || d->department.n == 0)
        return TB_OK;
    if (db_ask_int(t->db,
                   SQL("SELECT count(*) FROM staff s JOIN signing_role r ON r.role = s.role WHERE "
                       "s.disabled = 0 AND s.department_id = :department AND s.id <> :author"),
                   ARGS(db_text("department", d->department), db_int("author", d->author_id)),
                   &others, NULL, e))
        return e->code;
    return others ? TB_OK : draft_next_signer(t, d, &d->reviewer_id, e);
}

static enum tb_code begin(struct talk *t, struct draft *d, struct tb_err *e)
{
    struct draft old;

    if (draft_of(t, d->kind, d->subject_id, &old, e))
        return e->code;
    if (old.id && draft_withdraw(t, &old, STR("有新的一稿"), e))
        return e->code;
    return choose_reviewer(t, d, e) ? e->code : insert(t, d, e);
}

enum tb_code draft_open(struct talk *t, struct draft *d, struct tb_err *e)
{
    take_author(t, d);
    d->state = DRAFT_WAITING;
    d->revision = 1;
    d->digest = draft_digest(&t->mem, d->body);
    d->created_at = d->updated_at = world_now_ms(t->world);
    if (d->due_at == 0)
        d->due_at = d->created_at + DRAFT_PROMISE_MS;
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, begin(t, d, e), e);
}

/* ---- edits ---- */

static enum tb_code not_newest(struct talk *t, const struct draft *d, struct tb_err *e)
{
    struct draft now;
    struct str say;

    if (draft_read(t, d->receipt, &now, e))
        return e->code;
    if (now.state == d->state && now.revision != d->revision)
        say = STR("这份稿件刚被同事改过，请看新的一稿再处理；您写的内容还在页面上");
    else if (now.signed_at)
        say = arena_printf(&t->mem, "这份稿件已由%.*s签发，不用再处理", STR_FMT(now.signer_name));
    else
        say =
            arena_printf(&t->mem, "这份稿件现在是“%s”，不能这样处理", draft_state_title(now.state));
    return tb_fail_say(e, TB_CONFLICT, say,
                       arena_printf(&t->mem, "draft=%.*s state=%s revision=%lld",
                                    STR_FMT(d->receipt), draft_state_name(now.state),
                                    (long long)now.revision));
}

static enum tb_code write_edit(struct talk *t, struct draft *d, struct str title, struct str body,
                               bool authored, struct tb_err *e)
{
    struct str digest = draft_digest(&t->mem, body);

    if (db_run(t->db,
               SQL("UPDATE draft SET title = :title, body = :body, digest = :digest, revision = "
                   "revision + 1, updated_at = :now WHERE id = :id AND revision = :revision AND "
                   "state IN ('waiting', 'returned')"),
               ARGS(db_text("title", title), db_text("body", body), db_text("digest", digest),
                    db_int("now", world_now_ms(t->world)), db_int("id", d->id),
                    db_int("revision", d->revision)),
               e))
        return e->code;
    if (db_changed(t->db) == 0)
        return not_newest(t, d, e);
    if (t->actor.id &&
        db_run(t->db,
               SQL("INSERT INTO draft_edit(draft_id, revision, editor_id, authored, before, after, "
                   "at) VALUES (:id, :revision, :editor, :authored, :before, :after, :now)"),
               ARGS(db_int("id", d->id), db_int("revision", d->revision + 1),
                    db_int("editor", t->actor.id), db_int("authored", authored),
                    db_text("before", d->body), db_text("after", body),
                    db_int("now", world_now_ms(t->world))),
               e))
        return e->code;
    d->title = title;
    d->body = body;
    d->digest = digest;
    d->revision++;
    return TB_OK;
}

enum tb_code draft_change(struct talk *t, struct draft *d, struct str title, struct str body,
                          bool authored, struct tb_err *e)
{
    if (str_eq(body, d->body) && str_eq(title, d->title))
        return TB_OK;
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, write_edit(t, d, title, body, authored, e), e);
}

/* ---- states ---- */

static enum tb_code set_state(struct talk *t, const struct draft *d, enum draft_state to,
                              struct str note, struct tb_err *e)
{
    if (!draft_may(d->state, to))
        return not_newest(t, d, e);
    if (db_run(t->db,
               SQL("UPDATE draft SET state = :to, note = :note, taken_by = NULL, taken_at = 0, "
                   "updated_at = :now WHERE id = :id AND state = :from"),
               ARGS(db_text("to", str_z(draft_state_name(to))), db_text("note", note),
                    db_int("now", world_now_ms(t->world)), db_int("id", d->id),
                    db_text("from", str_z(draft_state_name(d->state)))),
               e))
        return e->code;
    return db_changed(t->db) ? TB_OK : not_newest(t, d, e);
}

enum tb_code draft_return(struct talk *t, const struct draft *d, struct str reason,
                          struct tb_err *e)
{
    return set_state(t, d, DRAFT_RETURNED, reason, e);
}

enum tb_code draft_withdraw(struct talk *t, const struct draft *d, struct str reason,
                            struct tb_err *e)
{
    return set_state(t, d, DRAFT_WITHDRAWN, reason, e);
}

enum tb_code draft_again(struct talk *t, const struct draft *d, struct tb_err *e)
{
    return set_state(t, d, DRAFT_WAITING, STR(""), e);
}

enum tb_code draft_publish(struct talk *t, const struct draft *d, struct tb_err *e)
{
    struct draft now = *d;

    now.state = DRAFT_SIGNED; /* draft_sign has just made it so */
    return set_state(t, &now, DRAFT_PUBLIC, d->note, e);
}

enum tb_code draft_hand(struct talk *t, const struct draft *d, int64_t staff_id, struct tb_err *e)
{
    if (db_run(
            t->db,
            SQL("UPDATE draft SET reviewer_id = :to, taken_by = NULL, taken_at = 0, updated_at = "
                ":now WHERE id = :id AND state = 'waiting'"),
            ARGS(db_int("to", staff_id), db_int("now", world_now_ms(t->world)),
                 db_int("id", d->id)),
            e))
        return e->code;
    return db_changed(t->db) ? TB_OK : not_newest(t, d, e);
}

/* The mark is a courtesy, not a lock: who signs first has signed. */
enum tb_code draft_take(struct talk *t, const struct draft *d, struct str *holder, struct tb_err *e)
{
    int64_t now = world_now_ms(t->world);

    *holder = STR("");
    if (d->state != DRAFT_WAITING)
        return TB_OK;
    if (d->taken_by && d->taken_by != t->actor.id && now - d->taken_at < DRAFT_HOLD_MS) {
        *holder = d->taken_by_name;
        return TB_OK;
    }
    return db_run(t->db,
                  SQL("UPDATE draft SET taken_by = :me, taken_at = :now WHERE id = :id AND state = "
                      "'waiting'"),
                  ARGS(db_int("me", t->actor.id), db_int("now", now), db_int("id", d->id)), e);
}
