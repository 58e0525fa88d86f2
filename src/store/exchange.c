#include "store/exchange.h"

#include "crypto/seal.h"
#include "crypto/token.h"
#include "store/receipt.h"

static enum tb_code conversation_new(struct talk *t, int64_t *id, struct str *out, struct tb_err *e)
{
    char code[TOKEN_TEXT];

    token_new(t->world, code);
    *out =
        arena_str(&t->mem, str_sub(str_z(code), 0, 22)); /* 132 bits: unguessable, short in a URL */
    return db_insert(t->db,
                     SQL("INSERT INTO conversation(code, device, staff_id, created_at) "
                         "VALUES (:code, :device, :staff, :now)"),
                     ARGS(db_text("code", *out), db_text("device", t->actor.device),
                          db_id("staff", t->actor.id), db_int("now", world_now_ms(t->world))),
                     id, e);
}

enum tb_code conversation_open(struct talk *t, struct str code, int64_t *id, struct str *out,
                               struct tb_err *e)
{
    bool found = false;

    if (code.n && db_ask_int(t->db,
                             SQL("SELECT id FROM conversation WHERE code = :code AND "
                                 "((device <> '' AND device = :device) OR staff_id = :staff)"),
                             ARGS(db_text("code", code), db_text("device", t->actor.device),
                                  db_int("staff", t->actor.id ? t->actor.id : -1)),
                             id, &found, e))
        return e->code;
    if (!found)
        return conversation_new(t, id, out, e);
    *out = arena_str(&t->mem, code);
    return TB_OK;
}

/* A sealed value belongs to its receipt: it cannot be moved to another row. */
static struct str place_of(struct talk *t, struct str receipt)
{
    return arena_printf(&t->mem, "exchange.personal/%.*s", STR_FMT(receipt));
}

static enum tb_code insert(struct talk *t, struct exchange *x, struct tb_err *e)
{
    if (conversation_open(t, x->conversation, &x->conversation_id, &x->conversation, e) ||
        receipt_new(t->db, &t->mem, t->world, 'Q', &x->receipt, e))
        return e->code;
    x->created_at = world_now_ms(t->world);
    x->outcome = STR("running");
    if (x->personal.n)
        x->personal =
            seal_make(t->at->keys, t->world, &t->mem, place_of(t, x->receipt), x->personal);
    return db_insert(
        t->db,
        SQL("INSERT INTO exchange(conversation_id, receipt, question, personal, masked, "
            "as_of, outcome, created_at) VALUES (:conversation, :receipt, :question, "
            ":personal, :masked, :as_of, 'running', :now)"),
        ARGS(db_int("conversation", x->conversation_id), db_text("receipt", x->receipt),
             db_text("question", x->question),
             x->personal.n ? db_blob("personal", x->personal) : db_null("personal"),
             db_text("masked", x->masked), db_int("as_of", x->as_of), db_int("now", x->created_at)),
        &x->id, e);
}

enum tb_code exchange_begin(struct talk *t, struct exchange *x, struct tb_err *e)
{
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, insert(t, x, e), e);
}

enum tb_code exchange_end(struct talk *t, const struct exchange *x, struct tb_err *e)
{
    return db_run(
        t->db,
        SQL("UPDATE exchange SET outcome = :outcome, answer = :answer, sentences = :sentences, "
            "clauses = :clauses, passages = :passages, done = :done, standard_answer_id = "
            ":standard, "
            "model = :model, prompt_version = :prompt, reasoning = :reasoning, timings = :timings, "
            "withheld = :withheld, employee_id = :employee, tokens = :tokens, "
            "sentence_count = :sentences_n, cost = :cost WHERE id = :id"),
        ARGS(db_text("outcome", x->outcome), db_text("answer", x->answer),
             db_text("sentences", x->sentences), db_text("clauses", x->clauses),
             db_text("passages", x->passages), db_text("done", x->done),
             db_id("standard", x->standard_answer_id), db_text("model", x->model),
             db_text("prompt", x->prompt_version), db_text("reasoning", x->reasoning),
             db_text("timings", x->timings), db_int("withheld", x->withheld),
             db_id("employee", x->employee_id), db_int("tokens", x->tokens),
             db_int("sentences_n", x->sentence_count), db_int("cost", x->cost),
             db_int("id", x->id)),
        e);
}

#define EXCHANGE_COLUMNS                                                                           \
    "SELECT x.id, x.conversation_id, c.code, c.device, x.receipt, x.question, x.personal, "        \
    "x.masked, x.as_of, x.outcome, x.answer, x.sentences, x.clauses, x.passages, x.done, "         \
    "x.standard_answer_id, x.model, x.prompt_version, x.reasoning, x.timings, x.withheld, "        \
    "x.created_at, x.feedback, x.feedback_reason, x.employee_id, x.tokens, x.sentence_count, "     \
    "x.cost "                                                                                      \
    "FROM exchange x "                                                                             \
    "JOIN conversation c ON c.id = x.conversation_id "

static struct exchange from_row(struct rows *r)
{
    return (struct exchange){
        .id = rows_int(r, 0),
        .conversation_id = rows_int(r, 1),
        .conversation = rows_str(r, 2),
        .device = rows_str(r, 3),
        .receipt = rows_str(r, 4),
        .question = rows_str(r, 5),
        .personal = rows_str(r, 6),
        .masked = rows_str(r, 7),
        .as_of = (int32_t)rows_int(r, 8),
        .outcome = rows_str(r, 9),
        .answer = rows_str(r, 10),
        .sentences = rows_str(r, 11),
        .clauses = rows_str(r, 12),
        .passages = rows_str(r, 13),
        .done = rows_str(r, 14),
        .standard_answer_id = rows_int(r, 15),
        .model = rows_str(r, 16),
        .prompt_version = rows_str(r, 17),
        .reasoning = rows_str(r, 18),
        .timings = rows_str(r, 19),
        .withheld = rows_int(r, 20),
        .created_at = rows_int(r, 21),
        .feedback = rows_int(r, 22),
        .feedback_reason = rows_str(r, 23),
        .employee_id = rows_int(r, 24),
        .tokens = rows_int(r, 25),
        .sentence_count = rows_int(r, 26),
        .cost = rows_int(r, 27),
    };
}

enum tb_code exchange_signed(struct talk *t, const struct exchange *x, struct tb_err *e)
{
    return db_run(t->db,
                  SQL("UPDATE exchange SET outcome = 'signed', answer = :answer, sentences = "
                      ":sentences, done = :done WHERE id = :id"),
                  ARGS(db_text("answer", x->answer), db_text("sentences", x->sentences),
                       db_text("done", x->done), db_int("id", x->id)),
                  e);
}

static enum tb_code one(struct rows *r, struct exchange *out, struct tb_err *e)
{
    bool more = false;

    if (rows_next(r, &more, e))
        return e->code;
    if (more)
        *out = from_row(r);
    rows_close(r);
    return more
               ? TB_OK
               : tb_fail(e, TB_NOT_FOUND, "没有找到这个编号的问答，请核对编号", "exchange receipt");
}

enum tb_code exchange_read(struct talk *t, struct str receipt, struct exchange *out,
                           struct tb_err *e)
{
    struct rows *r;

    if (db_ask(t->db, &t->mem, SQL(EXCHANGE_COLUMNS "WHERE x.receipt = :receipt"),
               ARGS(db_text("receipt", receipt)), &r, e))
        return e->code;
    return one(r, out, e);
}

enum tb_code exchange_of_id(struct talk *t, int64_t id, struct exchange *out, struct tb_err *e)
{
    struct rows *r;

    if (db_ask(t->db, &t->mem, SQL(EXCHANGE_COLUMNS "WHERE x.id = :id"), ARGS(db_int("id", id)), &r,
               e))
        return e->code;
    return one(r, out, e);
}

enum tb_code exchange_list(struct talk *t, int64_t conversation_id, struct exchange **out,
                           size_t *n, struct tb_err *e)
{
    struct rows *r;
    bool more = true;
    size_t cap = 0;

    *out = NULL;
    *n = 0;
    if (db_ask(t->db, &t->mem, SQL(EXCHANGE_COLUMNS "WHERE c.id = :id ORDER BY x.id LIMIT 200"),
               ARGS(db_int("id", conversation_id)), &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        *out = arena_grow(&t->mem, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] = from_row(r);
    }
}

enum tb_code exchange_personal(struct talk *t, const struct exchange *x, struct str *out,
                               struct tb_err *e)
{
    *out = STR("");
    if (x->personal.n == 0)
        return TB_OK;
    return seal_open(t->at->keys, &t->mem, place_of(t, x->receipt), x->personal, out, e);
}

enum tb_code exchange_feedback(struct talk *t, int64_t id, int value, struct str reason,
                               struct tb_err *e)
{
    return db_run(
        t->db,
        SQL("UPDATE exchange SET feedback = :value, feedback_reason = :reason WHERE id = :id"),
        ARGS(db_int("value", value), db_text("reason", reason), db_int("id", id)), e);
}

enum tb_code exchange_repair(struct db *d, int64_t *n, struct tb_err *e)
{
    if (db_run(d, SQL("UPDATE exchange SET outcome = 'broken' WHERE outcome = 'running'"), NO_ARGS,
               e))
        return e->code;
    *n = db_changed(d);
    return TB_OK;
}

bool exchange_own(const struct talk *t, const struct exchange *x)
{
    return x->device.n > 0 && str_eq(x->device, t->actor.device);
}
