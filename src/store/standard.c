#include "store/standard.h"

#include "base/json.h"
#include "store/like.h"

static enum tb_code read_questions(struct talk *t, struct standard *s, struct tb_err *e)
{
    struct rows *r;
    bool more = true;
    size_t cap = 0;

    if (db_ask(t->db, &t->mem,
               SQL("SELECT text FROM standard_question WHERE standard_answer_id = :id ORDER BY id"),
               ARGS(db_int("id", s->id)), &r, e))
        return e->code;
    while (!rows_next(r, &more, e) && more) {
        s->questions = arena_grow(&t->mem, s->questions, s->question_n, &cap, sizeof(struct str));
        s->questions[s->question_n++] = rows_str(r, 0);
    }
    return e->code;
}

static enum tb_code read_citations(struct talk *t, struct standard *s, struct tb_err *e)
{
    struct rows *r;
    bool more = true;
    size_t cap = 0;

    if (db_ask(t->db, &t->mem,
               SQL("SELECT document_number, clause FROM standard_citation "
                   "WHERE standard_answer_id = :id ORDER BY id"),
               ARGS(db_int("id", s->id)), &r, e))
        return e->code;
    while (!rows_next(r, &more, e) && more) {
        s->citations =
            arena_grow(&t->mem, s->citations, s->citation_n, &cap, sizeof(*s->citations));
        s->citations[s->citation_n].document_number = rows_str(r, 0);
        s->citations[s->citation_n++].clause = rows_str(r, 1);
    }
    return e->code;
}

#define STANDARD_COLUMNS                                                                           \
    "SELECT s.id, s.key, s.answer, s.department_id, d.name, s.state, s.source, s.handoff_id, "     \
    "s.approved_by, s.approved_at, s.updated_at, a.name, s.valid_from, s.valid_to, s.replaces "    \
    "FROM standard_answer s LEFT JOIN department d ON d.id = s.department_id "                     \
    "LEFT JOIN staff a ON a.id = s.approved_by "

static struct standard from_row(struct rows *r)
{
    return (struct standard){
        .id = rows_int(r, 0),
        .key = rows_str(r, 1),
        .answer = rows_str(r, 2),
        .department = rows_str(r, 3),
        .department_name = rows_str(r, 4),
        .state = rows_str(r, 5),
        .source = rows_str(r, 6),
        .handoff_id = rows_int(r, 7),
        .approved_by = rows_int(r, 8),
        .approved_at = rows_int(r, 9),
        .updated_at = rows_int(r, 10),
        .approved_by_name = rows_str(r, 11),
        .valid_from = rows_day(r, 12),
        .valid_to = rows_day(r, 13),
        .replaces = rows_int(r, 14),
    };
}

enum tb_code standard_read(struct talk *t, int64_t id, struct standard *out, struct tb_err *e)
{
    struct rows *r;
    bool more = false;

    if (db_ask(t->db, &t->mem, SQL(STANDARD_COLUMNS "WHERE s.id = :id"), ARGS(db_int("id", id)), &r,
               e) ||
        rows_next(r, &more, e))
        return e->code;
    if (!more)
        return tb_fail(e, TB_NOT_FOUND, "没有找到这条标准问答", "standard id=%lld", (long long)id);
    *out = from_row(r);
    rows_close(r);
    if (read_questions(t, out, e) || read_citations(t, out, e))
        return e->code;
    return TB_OK;
}

static enum tb_code keep_lists(struct talk *t, const struct standard *s, struct tb_err *e)
{
    if (db_run(t->db, SQL("DELETE FROM standard_question WHERE standard_answer_id = :id"),
               ARGS(db_int("id", s->id)), e) ||
        db_run(t->db, SQL("DELETE FROM standard_citation WHERE standard_answer_id = :id"),
               ARGS(db_int("id", s->id)), e))
        return e->code;
    for (size_t i = 0; i < s->question_n; i++)
        if (db_run(
                t->db,
                SQL("INSERT INTO standard_question(standard_answer_id, text) VALUES (:id, :text)"),
                ARGS(db_int("id", s->id), db_text("text", s->questions[i])), e))
            return e->code;
    for (size_t i = 0; i < s->citation_n; i++)
        if (db_run(t->db,
                   SQL("INSERT INTO standard_citation(standard_answer_id, document_number, clause) "
                       "VALUES (:id, :number, :clause)"),
                   ARGS(db_int("id", s->id), db_text("number", s->citations[i].document_number),
                        db_text("clause", s->citations[i].clause)),
                   e))
            return e->code;
    return TB_OK;
}

static enum tb_code keep_row(struct talk *t, struct standard *s, struct tb_err *e)
{
    struct db_args args = ARGS(
        s->key.n && !s->replaces ? db_text("key", s->key) : db_null("key"),
        db_text("answer", s->answer),
        s->department.n ? db_text("department", s->department) : db_null("department"),
        db_text("source", s->source), db_id("handoff", s->handoff_id),
        db_day("valid_from", s->valid_from), db_day("valid_to", s->valid_to),
        db_id("replaces", s->replaces), db_int("now", world_now_ms(t->world)), db_int("id", s->id));

    if (s->id == 0) {
        args.n--; /* an insert has no id yet */
        return db_insert(
            t->db,
            SQL("INSERT INTO standard_answer(key, answer, department_id, state, source, "
                "handoff_id, approved_at, valid_from, valid_to, replaces, updated_at) "
                "VALUES (:key, :answer, :department, 'proposed', :source, :handoff, 0, "
                ":valid_from, :valid_to, :replaces, :now)"),
            args, &s->id, e);
    }
    return db_run(t->db,
                  SQL("UPDATE standard_answer SET key = :key, answer = :answer, "
                      "department_id = :department, state = 'proposed', source = :source, "
                      "handoff_id = :handoff, approved_by = NULL, approved_at = 0, "
                      "valid_from = :valid_from, valid_to = :valid_to, replaces = :replaces, "
                      "updated_at = :now WHERE id = :id"),
                  args, e);
}

/* What is approved stays as it is until the new one is signed: that becomes a row of its own. */
static enum tb_code choose_row(struct talk *t, struct standard *s, struct tb_err *e)
{
    struct rows *r;
    bool more = false;

    if (s->id == 0 && s->key.n == 0)
        return TB_OK;
    if (db_ask(t->db, &t->mem,
               SQL("SELECT id, state, replaces FROM standard_answer WHERE id = :id OR (:id = 0 AND "
                   "key = :key)"),
               ARGS(db_int("id", s->id), db_text("key", s->key)), &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (more && str_eqz(rows_str(r, 1), "approved")) {
        s->replaces = rows_int(r, 0);
        s->id = 0;
    } else if (more) {
        s->id = rows_int(r, 0);
        s->replaces = rows_int(r, 2);
    }
    rows_close(r);
    return TB_OK;
}

struct str standard_body(struct arena *a, const struct standard *s)
{
    struct buf b = BUF_INIT(256 * 1024);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    json_karr(&j, "questions");
    for (size_t i = 0; i < s->question_n; i++)
        json_str(&j, s->questions[i]);
    json_end(&j);
    json_kstr(&j, "answer", s->answer);
    json_karr(&j, "citations");
    for (size_t i = 0; i < s->citation_n; i++) {
        json_obj(&j);
        json_kstr(&j, "document_number", s->citations[i].document_number);
        json_kstr(&j, "clause", s->citations[i].clause);
        json_end(&j);
    }
    json_end(&j);
    json_kstr(&j, "department", s->department);
    json_kday(&j, "valid_from", s->valid_from);
    json_kday(&j, "valid_to", s->valid_to);
    json_end(&j);
    return arena_buf(a, &b);
}

/* An edit of what waits goes into the same draft, so that its first author stays its author. */
static enum tb_code queue(struct talk *t, const struct standard *s, struct draft *d,
                          struct tb_err *e)
{
    struct str body = standard_body(&t->mem, s);

    if (draft_of(t, DRAFT_STANDARD, s->id, d, e))
        return e->code;
    if (d->id == 0) {
        *d = (struct draft){ .kind = DRAFT_STANDARD,
                             .subject_id = s->id,
                             .title = s->questions[0],
                             .body = body,
                             .department = s->department,
                             .why = STR("标准问答会原样回答市民，须签发") };
        return draft_open(t, d, e);
    }
    if (draft_change(t, d, s->questions[0], body, true, e))
        return e->code;
    return d->state == DRAFT_RETURNED ? draft_again(t, d, e) : TB_OK;
}

static enum tb_code keep(struct talk *t, struct standard *s, struct draft *d, struct tb_err *e)
{
    if (choose_row(t, s, e) || keep_row(t, s, e) || keep_lists(t, s, e))
        return e->code;
    return queue(t, s, d, e);
}

enum tb_code standard_keep(struct talk *t, struct standard *s, struct draft *d, struct tb_err *e)
{
    if (s->question_n == 0 || s->answer.n == 0)
        return tb_fail(e, TB_INVALID, "标准问答要有至少一种问法和一个答案",
                       "questions=%zu answer=%zu", s->question_n, s->answer.n);
    s->state = STR("proposed");
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, keep(t, s, d, e), e);
}

/* ---- signing ---- */

static enum tb_code approve(struct talk *t, const struct standard *s, const struct signer *by,
                            struct tb_err *e)
{
    int64_t now = world_now_ms(t->world);

    if (s->replaces &&
        (db_run(t->db,
                SQL("UPDATE standard_answer SET state = 'withdrawn', updated_at = :now WHERE "
                    "(id = :old OR replaces = :old) AND id <> :id AND state = 'approved'"),
                ARGS(db_int("now", now), db_int("old", s->replaces), db_int("id", s->id)), e) ||
         db_run(t->db,
                SQL("UPDATE standard_answer SET key = (SELECT key FROM standard_answer WHERE "
                    "id = :old) || ' ' WHERE id = :id"),
                ARGS(db_int("old", s->replaces), db_int("id", s->id)), e) ||
         db_run(t->db, SQL("UPDATE standard_answer SET key = NULL WHERE id = :old"),
                ARGS(db_int("old", s->replaces)), e)))
        return e->code;
    return db_run(t->db,
                  SQL("UPDATE standard_answer SET state = 'approved', key = trim(key), approved_by "
                      "= :by, approved_at = :at, updated_at = :now WHERE id = :id"),
                  ARGS(db_id("by", by->id), db_int("at", by->at ? by->at : now), db_int("now", now),
                       db_int("id", s->id)),
                  e);
}

/* A hand at the database between sending and signing shows here. */
static enum tb_code check_body(struct talk *t, const struct draft *d, const struct standard *s,
                               struct tb_err *e)
{
    if (str_eq(standard_body(&t->mem, s), d->body))
        return TB_OK;
    return tb_fail(e, TB_CONFLICT, "标准问答的内容与送审的一稿不一样，请退回重新送审",
                   "standard=%lld differs from draft", (long long)s->id);
}

static enum tb_code sign(struct talk *t, const struct draft *d, const struct signer *by,
                         struct tb_err *e)
{
    struct standard s;

    if (standard_read(t, d->subject_id, &s, e) || draft_sign(t, d, by, e) ||
        check_body(t, d, &s, e) || approve(t, &s, by, e))
        return e->code;
    return draft_publish(t, d, e);
}

enum tb_code standard_sign(struct talk *t, const struct draft *d, const struct signer *by,
                           struct tb_err *e)
{
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, sign(t, d, by, e), e);
}

/* ---- proposed before there were drafts ---- */

static enum tb_code author_of(struct talk *t, const struct standard *s, struct draft *d,
                              struct tb_err *e)
{
    struct rows *r;
    bool more = false;

    d->author_kind = DRAFT_BY_IMPORT;
    d->author_name = STR("规则施行前");
    if (s->handoff_id == 0)
        return TB_OK;
    if (db_ask(t->db, &t->mem,
               SQL("SELECT s.id, s.name FROM handoff h JOIN staff s ON s.id = h.replied_by WHERE "
                   "h.id = :id"),
               ARGS(db_int("id", s->handoff_id)), &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (more) {
        d->author_kind = DRAFT_BY_PERSON;
        d->author_id = rows_int(r, 0);
        d->author_name = rows_str(r, 1);
    }
    rows_close(r);
    return TB_OK;
}

enum tb_code standard_draft(struct talk *t, const struct standard *s, struct draft *d,
                            struct tb_err *e)
{
    if (draft_of(t, DRAFT_STANDARD, s->id, d, e) || d->id)
        return e->code;
    if (!str_eqz(s->state, "proposed") || s->question_n == 0)
        return tb_fail(e, TB_CONFLICT, "这条标准问答不在待批准，请刷新后再看",
                       "standard=%lld state=%.*s", (long long)s->id, STR_FMT(s->state));
    *d = (struct draft){ .kind = DRAFT_STANDARD,
                         .subject_id = s->id,
                         .title = s->questions[0],
                         .body = standard_body(&t->mem, s),
                         .department = s->department,
                         .why = STR("标准问答会原样回答市民，须签发") };
    return author_of(t, s, d, e) ? e->code : draft_open(t, d, e);
}

enum tb_code standard_adopt(struct talk *t, struct tb_err *e)
{
    struct standard_filter f = { .state = STR("proposed"), .page = 1, .size = 1000 };
    struct standard *s;
    struct draft d;
    int64_t total;
    size_t n;

    if (standard_list(t, &f, &s, &n, &total, e))
        return e->code;
    for (size_t i = 0; i < n; i++)
        if (s[i].question_n && standard_draft(t, &s[i], &d, e))
            return e->code;
    return TB_OK;
}

#define STANDARD_WHERE                                                                             \
    "WHERE (:state = '' OR s.state = :state) AND (:words = '' OR "                                 \
    "s.id IN (SELECT q.standard_answer_id FROM standard_question q "                               \
    "WHERE q.text LIKE :like ESCAPE '\\') OR s.answer LIKE :like ESCAPE '\\') "

static enum tb_code read_ids(struct talk *t, struct rows *r, struct standard **out, size_t *n,
                             struct tb_err *e)
{
    size_t cap = 0;
    bool more = true;

    while (!rows_next(r, &more, e) && more) {
        *out = arena_grow(&t->mem, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] = from_row(r);
    }
    for (size_t i = 0; i < *n && !e->code; i++)
        if (!read_questions(t, &(*out)[i], e) && read_citations(t, &(*out)[i], e))
            return e->code;
    return e->code;
}

enum tb_code standard_list(struct talk *t, const struct standard_filter *f, struct standard **out,
                           size_t *n, int64_t *total, struct tb_err *e)
{
    struct str like = like_of(&t->mem, f->words);
    struct rows *r;
    bool found;

    *out = NULL;
    *n = 0;
    if (db_ask_int(
            t->db, SQL("SELECT COUNT(*) FROM standard_answer s " STANDARD_WHERE),
            ARGS(db_text("state", f->state), db_text("words", f->words), db_text("like", like)),
            total, &found, e) ||
        db_ask(
            t->db, &t->mem,
            SQL(STANDARD_COLUMNS STANDARD_WHERE
                "ORDER BY CASE s.state WHEN 'proposed' THEN 0 WHEN 'approved' THEN 1 ELSE 2 END, "
                "s.id DESC LIMIT :size OFFSET :skip"),
            ARGS(db_text("state", f->state), db_text("words", f->words), db_text("like", like),
                 db_int("size", f->size), db_int("skip", (f->page - 1) * f->size)),
            &r, e))
        return e->code;
    return read_ids(t, r, out, n, e);
}

static enum tb_code withdraw(struct talk *t, int64_t id, struct tb_err *e)
{
    struct draft d;

    if (draft_of(t, DRAFT_STANDARD, id, &d, e))
        return e->code;
    if (d.id && draft_withdraw(t, &d, STR("已停用"), e))
        return e->code;
    if (db_run(t->db,
               SQL("UPDATE standard_answer SET state = 'withdrawn', updated_at = :now WHERE id = "
                   ":id"),
               ARGS(db_int("now", world_now_ms(t->world)), db_int("id", id)), e))
        return e->code;
    if (db_changed(t->db) == 0)
        return tb_fail(e, TB_NOT_FOUND, "没有找到这条标准问答", "standard id=%lld", (long long)id);
    return TB_OK;
}

enum tb_code standard_withdraw(struct talk *t, int64_t id, struct tb_err *e)
{
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, withdraw(t, id, e), e);
}

enum tb_code standard_of_handoff(struct talk *t, int64_t handoff_id, int64_t *id, struct tb_err *e)
{
    bool found;

    *id = 0;
    return db_ask_int(t->db, SQL("SELECT id FROM standard_answer WHERE handoff_id = :id"),
                      ARGS(db_int("id", handoff_id)), id, &found, e);
}

const char *standard_state_title(struct str state)
{
    return str_eqz(state, "approved") ? "已批准" : str_eqz(state, "proposed") ? "待批准" : "已停用";
}
