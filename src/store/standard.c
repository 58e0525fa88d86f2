#include "store/standard.h"

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
    "s.approved_by, s.approved_at, s.updated_at, a.name, s.valid_from, s.valid_to "                \
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
        s->key.n ? db_text("key", s->key) : db_null("key"), db_text("answer", s->answer),
        s->department.n ? db_text("department", s->department) : db_null("department"),
        db_text("state", s->state), db_text("source", s->source),
        s->handoff_id ? db_int("handoff", s->handoff_id) : db_null("handoff"),
        s->approved_by ? db_int("by", s->approved_by) : db_null("by"), db_int("at", s->approved_at),
        db_day("valid_from", s->valid_from), db_day("valid_to", s->valid_to),
        db_int("now", world_now_ms(t->world)), db_int("id", s->id));

    if (s->id == 0) {
        args.n--; /* an insert has no id yet */
        return db_insert(
            t->db,
            SQL("INSERT INTO standard_answer(key, answer, department_id, state, source, "
                "handoff_id, approved_by, approved_at, valid_from, valid_to, updated_at) "
                "VALUES (:key, :answer, :department, :state, :source, :handoff, :by, :at, "
                ":valid_from, :valid_to, :now)"),
            args, &s->id, e);
    }
    return db_run(t->db,
                  SQL("UPDATE standard_answer SET key = :key, answer = :answer, "
                      "department_id = :department, state = :state, source = :source, "
                      "handoff_id = :handoff, approved_by = :by, approved_at = :at, "
                      "valid_from = :valid_from, valid_to = :valid_to, updated_at = :now "
                      "WHERE id = :id"),
                  args, e);
}

static enum tb_code keep(struct talk *t, struct standard *s, struct tb_err *e)
{
    bool found;

    if (s->id == 0 && s->key.n &&
        db_ask_int(t->db, SQL("SELECT id FROM standard_answer WHERE key = :key"),
                   ARGS(db_text("key", s->key)), &s->id, &found, e))
        return e->code;
    if (keep_row(t, s, e))
        return e->code;
    return keep_lists(t, s, e);
}

enum tb_code standard_keep(struct talk *t, struct standard *s, struct tb_err *e)
{
    if (s->question_n == 0 || s->answer.n == 0)
        return tb_fail(e, TB_INVALID, "标准问答要有至少一种问法和一个答案",
                       "questions=%zu answer=%zu", s->question_n, s->answer.n);
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, keep(t, s, e), e);
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

enum tb_code standard_set_state(struct talk *t, int64_t id, const char *state, struct tb_err *e)
{
    if (db_run(t->db,
               SQL("UPDATE standard_answer SET state = :state, approved_by = CASE WHEN "
                   ":state = 'approved' THEN :by ELSE approved_by END, approved_at = CASE WHEN "
                   ":state = 'approved' THEN :now ELSE approved_at END, updated_at = :now "
                   "WHERE id = :id"),
               ARGS(db_text("state", str_z(state)),
                    t->actor.id ? db_int("by", t->actor.id) : db_null("by"),
                    db_int("now", world_now_ms(t->world)), db_int("id", id)),
               e))
        return e->code;
    if (db_changed(t->db) == 0)
        return tb_fail(e, TB_NOT_FOUND, "没有找到这条标准问答", "standard id=%lld", (long long)id);
    return TB_OK;
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
