#include "store/handoff.h"

#include "crypto/token.h"
#include "store/like.h"
#include "store/receipt.h"

enum { QUERY_CODE = 8 };

static enum tb_code insert(struct talk *t, struct handoff *h, struct tb_err *e)
{
    char code[QUERY_CODE + 1];

    if (receipt_new(t->db, &t->mem, t->world, 'H', &h->receipt, e))
        return e->code;
    token_code(t->world, code, QUERY_CODE);
    h->query_code = arena_str(&t->mem, str_z(code));
    h->created_at = world_now_ms(t->world);
    return db_insert(
        t->db,
        SQL("INSERT INTO handoff(receipt, exchange_id, device, question, contact, reason, "
            "department_id, created_at, query_code) VALUES (:receipt, :exchange, :device, "
            ":question, :contact, :reason, :department, :now, :code)"),
        ARGS(db_text("receipt", h->receipt), db_id("exchange", h->exchange_id),
             db_text("device", h->device), db_text("question", h->question),
             h->contact.n ? db_blob("contact", h->contact) : db_null("contact"),
             db_text("reason", h->reason),
             h->department.n ? db_text("department", h->department) : db_null("department"),
             db_int("now", h->created_at), db_text("code", h->query_code)),
        &h->id, e);
}

enum tb_code handoff_add(struct talk *t, struct handoff *h, struct tb_err *e)
{
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, insert(t, h, e), e);
}

enum tb_code handoff_hold(struct talk *t, int64_t id, struct tb_err *e)
{
    return db_run(t->db, SQL("UPDATE handoff SET state = 'review' WHERE id = :id"),
                  ARGS(db_int("id", id)), e);
}

enum tb_code handoff_signed(struct talk *t, int64_t exchange_id, struct str reply, struct tb_err *e)
{
    return db_run(t->db,
                  SQL("UPDATE handoff SET state = 'replied', reply = :reply, replied_by = :staff, "
                      "replied_at = :now WHERE exchange_id = :id AND state = 'review'"),
                  ARGS(db_text("reply", reply), db_int("staff", t->actor.id),
                       db_int("now", world_now_ms(t->world)), db_int("id", exchange_id)),
                  e);
}

enum tb_code handoff_unsigned(struct talk *t, int64_t exchange_id, struct tb_err *e)
{
    return db_run(
        t->db,
        SQL("UPDATE handoff SET state = 'waiting', reason = 'unsigned' WHERE exchange_id = "
            ":id AND state = 'review'"),
        ARGS(db_int("id", exchange_id)), e);
}

#define HANDOFF_COLUMNS                                                                            \
    "SELECT h.id, h.exchange_id, h.receipt, h.device, h.question, h.contact, h.reason, "           \
    "h.department_id, h.state, h.reply, h.query_code, h.taken_by, h.taken_at, h.replied_by, "      \
    "h.replied_at, h.created_at, a.login, a.name, a.department_id, b.name, d.name, x.receipt "     \
    "FROM handoff h "                                                                              \
    "LEFT JOIN staff a ON a.id = h.taken_by LEFT JOIN staff b ON b.id = h.replied_by "             \
    "LEFT JOIN department d ON d.id = h.department_id "                                            \
    "LEFT JOIN exchange x ON x.id = h.exchange_id "

static struct handoff from_row(struct rows *r)
{
    return (struct handoff){
        .id = rows_int(r, 0),
        .exchange_id = rows_int(r, 1),
        .receipt = rows_str(r, 2),
        .device = rows_str(r, 3),
        .question = rows_str(r, 4),
        .contact = rows_str(r, 5),
        .reason = rows_str(r, 6),
        .department = rows_str(r, 7),
        .state = rows_str(r, 8),
        .reply = rows_str(r, 9),
        .query_code = rows_str(r, 10),
        .taken_by = rows_int(r, 11),
        .taken_at = rows_int(r, 12),
        .replied_by = rows_int(r, 13),
        .replied_at = rows_int(r, 14),
        .created_at = rows_int(r, 15),
        .taken_by_login = rows_str(r, 16),
        .taken_by_name = rows_str(r, 17),
        .taken_by_department = rows_str(r, 18),
        .replied_by_name = rows_str(r, 19),
        .department_name = rows_str(r, 20),
        .exchange_receipt = rows_str(r, 21),
    };
}

static enum tb_code collect(struct talk *t, struct rows *r, struct handoff **out, size_t *n,
                            struct tb_err *e)
{
    size_t cap = 0;
    bool more = true;

    *out = NULL;
    *n = 0;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        *out = arena_grow(&t->mem, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] = from_row(r);
    }
}

enum tb_code handoff_read(struct talk *t, struct str receipt, struct handoff *out, struct tb_err *e)
{
    struct rows *r;
    struct handoff *found;
    size_t n;

    if (db_ask(t->db, &t->mem, SQL(HANDOFF_COLUMNS "WHERE h.receipt = :receipt"),
               ARGS(db_text("receipt", receipt)), &r, e) ||
        collect(t, r, &found, &n, e))
        return e->code;
    if (n == 0)
        return tb_fail(e, TB_NOT_FOUND, "没有找到这个回执，请核对编号", "handoff receipt");
    *out = found[0];
    return TB_OK;
}

#define HANDOFF_WHERE                                                                              \
    "WHERE h.state <> 'review' AND (:state = '' OR h.state = :state) AND (:department = '' OR "    \
    "h.department_id IS NULL OR "                                                                  \
    "h.department_id = :department) AND (:words = '' OR h.question LIKE :like ESCAPE '\\') "

enum tb_code handoff_list(struct talk *t, const struct handoff_filter *f, struct handoff **out,
                          size_t *n, int64_t *total, struct tb_err *e)
{
    struct str like = like_of(&t->mem, f->words);
    struct rows *r;
    bool found = false;

    if (db_ask_int(t->db, SQL("SELECT COUNT(*) FROM handoff h " HANDOFF_WHERE),
                   ARGS(db_text("state", f->state), db_text("department", f->department),
                        db_text("words", f->words), db_text("like", like)),
                   total, &found, e) ||
        db_ask(t->db, &t->mem,
               SQL(HANDOFF_COLUMNS HANDOFF_WHERE
                   "ORDER BY CASE h.state WHEN 'waiting' THEN 0 WHEN 'taken' THEN 1 ELSE 2 END, "
                   "CASE WHEN h.state IN ('waiting', 'taken') THEN h.created_at ELSE -h.created_at "
                   "END LIMIT :size OFFSET :skip"),
               ARGS(db_text("state", f->state), db_text("department", f->department),
                    db_text("words", f->words), db_text("like", like), db_int("size", f->size),
                    db_int("skip", (f->page - 1) * f->size)),
               &r, e))
        return e->code;
    return collect(t, r, out, n, e);
}

enum tb_code handoff_take(struct talk *t, int64_t id, struct tb_err *e)
{
    if (db_run(t->db,
               SQL("UPDATE handoff SET state = 'taken', taken_by = :staff, taken_at = :now "
                   "WHERE id = :id AND (state = 'waiting' OR (state = 'taken' AND taken_by = "
                   ":staff))"),
               ARGS(db_int("staff", t->actor.id), db_int("now", world_now_ms(t->world)),
                    db_int("id", id)),
               e))
        return e->code;
    if (db_changed(t->db) == 0)
        return tb_fail(e, TB_CONFLICT, "这条已由同事接手或已回复，请刷新列表", "handoff id=%lld",
                       (long long)id);
    return TB_OK;
}

enum tb_code handoff_reply(struct talk *t, int64_t id, struct str reply, struct tb_err *e)
{
    if (db_run(t->db,
               SQL("UPDATE handoff SET state = 'replied', reply = :reply, replied_by = :staff, "
                   "replied_at = :now, taken_by = :staff, "
                   "taken_at = CASE state WHEN 'taken' THEN taken_at ELSE :now END "
                   "WHERE id = :id AND ((state = 'taken' AND taken_by = :staff) OR "
                   "(state = 'waiting' AND (taken_by IS NULL OR taken_by <> :staff)))"),
               ARGS(db_text("reply", reply), db_int("staff", t->actor.id),
                    db_int("now", world_now_ms(t->world)), db_int("id", id)),
               e))
        return e->code;
    if (db_changed(t->db) == 0)
        return tb_fail(e, TB_CONFLICT,
                       "这条已由同事接手、放回收件箱或已回复，您写的内容没有发出，请复制保存后刷新",
                       "handoff id=%lld", (long long)id);
    return TB_OK;
}

bool handoff_may_release(const struct actor *a, const struct handoff *h)
{
    if (!str_eqz(h->state, "taken"))
        return false;
    if (h->taken_by == a->id)
        return true;
    return actor_may(a, PERM_HANDOFF) && actor_may(a, PERM_KNOWLEDGE_WRITE) && a->department.n &&
           (str_eq(a->department, h->taken_by_department) || str_eq(a->department, h->department));
}

static enum tb_code not_held(const struct handoff *h, struct tb_err *e)
{
    return tb_fail(e, TB_CONFLICT, "这条现在没有人在处理，或刚换了人，请刷新后再看",
                   "handoff id=%lld", (long long)h->id);
}

/* From whom it was put back stays known, so that a reply on its way from there is refused instead
 * of overtaking whoever takes it next. */
enum tb_code handoff_release(struct talk *t, const struct handoff *h, struct tb_err *e)
{
    if (!str_eqz(h->state, "taken"))
        return not_held(h, e);
    if (!handoff_may_release(&t->actor, h))
        return tb_fail(e, TB_FORBIDDEN, "只有处理人自己、本部门的AI监护人或部门管理员可以放回",
                       "handoff id=%lld", (long long)h->id);
    if (db_run(t->db,
               SQL("UPDATE handoff SET state = 'waiting', taken_at = NULL WHERE id = :id AND "
                   "state = 'taken' AND taken_by = :holder"),
               ARGS(db_int("id", h->id), db_int("holder", h->taken_by)), e))
        return e->code;
    return db_changed(t->db) ? TB_OK : not_held(h, e);
}

enum tb_code handoff_mine(struct talk *t, struct handoff **out, size_t *n, struct tb_err *e)
{
    struct rows *r;

    if (db_ask(t->db, &t->mem,
               SQL(HANDOFF_COLUMNS "WHERE h.device <> '' AND h.device = :device "
                                   "ORDER BY h.id DESC LIMIT 100"),
               ARGS(db_text("device", t->actor.device)), &r, e))
        return e->code;
    return collect(t, r, out, n, e);
}

const char *handoff_state_title(struct str state)
{
    return str_eqz(state, "waiting")   ? "等待受理"
           : str_eqz(state, "review")  ? "等待签发"
           : str_eqz(state, "taken")   ? "正在处理"
           : str_eqz(state, "replied") ? "已回复"
                                       : "已结束";
}

const char *handoff_reason_title(struct str reason)
{
    return str_eqz(reason, "asked")         ? "本人要求"
           : str_eqz(reason, "not_found")   ? "没有查到依据"
           : str_eqz(reason, "engine_down") ? "智能助手暂停"
           : str_eqz(reason, "no_employee") ? "数智员工不在岗"
           : str_eqz(reason, "risk")        ? "需要由人来答复"
           : str_eqz(reason, "signature")   ? "回答待签发"
           : str_eqz(reason, "unsigned")    ? "回答没有通过签发"
                                            : "依据不足";
}

struct str handoff_contact_place(struct arena *a, struct str receipt)
{
    return arena_printf(a, "handoff.contact/%.*s", STR_FMT(receipt));
}
