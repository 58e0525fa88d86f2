#include "scenario/access/personal.h"

#include "base/utf8.h"
#include "crypto/seal.h"
#include "guard/mask.h"
#include "store/call.h"
#include "store/handoff.h"
#include "store/receipt.h"

enum { VALUE_LEAST = 2, VALUE_MOST = 60 };

static const struct {
    const char *name, *title;
    bool may_erase;
} tables[PERSONAL_TABLES] = {
    [PERSONAL_EXCHANGE] = { "exchange", "一问一答", true },
    [PERSONAL_HANDOFF] = { "handoff", "转人工", true },
    [PERSONAL_CALL] = { "model_call", "模型调用内容", true },
    [PERSONAL_DRAFT] = { "draft", "送签的文稿", false },
    [PERSONAL_STANDARD] = { "standard_answer", "标准问答", false },
};

const char *personal_table_name(enum personal_table t)
{
    return tables[t].name;
}

const char *personal_table_title(enum personal_table t)
{
    return tables[t].title;
}

struct finding {
    struct talk *t;
    struct str value, figures, device;
    struct arena row; /* of the row in hand, opened texts; emptied after each */
    struct personal_found *all;
    size_t n, cap;
};

static void add(struct finding *f, enum personal_table table, int64_t id, int64_t at,
                struct str ref)
{
    f->all = arena_grow(&f->t->mem, f->all, f->n, &f->cap, sizeof(*f->all));
    f->all[f->n++] = (struct personal_found){ table, id, at, arena_str(&f->t->mem, ref),
                                              tables[table].may_erase };
}

/* Numbers are the same however they are grouped: 138 0013 8000, １３８…. */
static struct str figures_of(struct arena *a, struct str s)
{
    struct buf b = BUF_INIT(1 << 20);
    size_t at = 0;

    while (at < s.n) {
        uint32_t c = utf8_next(s, &at);

        if (c >= 0xff10 && c <= 0xff19)
            c = '0' + (c - 0xff10);
        if ((c >= '0' && c <= '9') || c == 'x' || c == 'X')
            buf_addc(&b, c == 'x' ? 'X' : (char)c);
    }
    return arena_buf(a, &b);
}

static bool holds(struct finding *f, struct str text)
{
    if (!f->value.n || !text.n)
        return false;
    if (str_has(text, f->value))
        return true;
    return f->figures.n >= 6 && str_has(figures_of(&f->row, text), f->figures);
}

/* A value that does not open is another's business (the doctor's): it is not this person's proof.
 */
static struct str opened(struct finding *f, struct str place, struct str sealed)
{
    struct tb_err why = TB_ERR_INIT;
    struct str plain;

    if (!sealed.n || seal_open(f->t->at->keys, &f->row, place, sealed, &plain, &why))
        return STR("");
    return plain;
}

static struct str exchange_place(struct arena *a, struct str receipt)
{
    return arena_printf(a, "exchange.personal/%.*s", STR_FMT(receipt));
}

typedef bool (*row_test)(struct finding *f, struct rows *r);

/* Columns 0 to 2 are id, time and reference; test says whether the row is the person's. */
static enum tb_code each(struct finding *f, enum personal_table table, struct sql sql,
                         row_test test, struct tb_err *e)
{
    struct arena query = ARENA_INIT;
    struct rows *r;
    bool more;
    enum tb_code c = db_ask(f->t->db, &query, sql, NO_ARGS, &r, e);

    while (!c) {
        c = rows_next(r, &more, e);
        if (c || !more)
            break;
        if (test(f, r))
            add(f, table, rows_int(r, 0), rows_int(r, 1), rows_str(r, 2));
        arena_release(&f->row);
        f->row = (struct arena)ARENA_INIT;
    }
    arena_release(&query);
    return c;
}

static bool exchange_is(struct finding *f, struct rows *r)
{
    if (f->device.n && str_eq(f->device, rows_str(r, 3)))
        return true;
    return holds(f, rows_str(r, 4)) || holds(f, rows_str(r, 5)) ||
           holds(f, opened(f, exchange_place(&f->row, rows_str(r, 2)), rows_str(r, 6)));
}

static bool handoff_is(struct finding *f, struct rows *r)
{
    if (f->device.n && str_eq(f->device, rows_str(r, 3)))
        return true;
    return holds(f, rows_str(r, 4)) || holds(f, rows_str(r, 5)) ||
           holds(f, opened(f, handoff_contact_place(&f->row, rows_str(r, 2)), rows_str(r, 6)));
}

static bool text_is(struct finding *f, struct rows *r)
{
    return holds(f, rows_str(r, 3)) || holds(f, rows_str(r, 4));
}

/* What was said in full is sealed, and opened by who keeps it. */
static enum tb_code calls(struct finding *f, struct tb_err *e)
{
    struct rows *r;
    bool more = true;

    if (!f->value.n)
        return TB_OK;
    if (db_ask(f->t->db, &f->t->mem,
               SQL("SELECT id, at, request_id FROM model_call WHERE kept = 1 ORDER BY id"), NO_ARGS,
               &r, e))
        return e->code;
    for (;;) {
        struct call_kept c = { 0 };
        struct tb_err why = TB_ERR_INIT;
        struct str prompt, answer;

        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        if (!call_find(f->t->db, &f->t->mem, rows_str(r, 2), STR(""), &c, &why) &&
            !call_content(f->t, &c, &prompt, &answer, &why) &&
            (holds(f, prompt) || holds(f, answer)))
            add(f, PERSONAL_CALL, c.id, c.at, c.request_id);
    }
}

static enum tb_code device_of(struct finding *f, struct str receipt, struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (!receipt_shaped(receipt, 'Q') && !receipt_shaped(receipt, 'H'))
        return tb_fail(e, TB_INVALID, "回执编号应为 Q 或 H 开头，如 Q20261122-00001", "receipt");
    if (db_ask(
            f->t->db, &f->t->mem,
            SQL("SELECT c.device FROM exchange e JOIN conversation c ON c.id = e.conversation_id "
                "WHERE e.receipt = :receipt UNION ALL SELECT device FROM handoff "
                "WHERE receipt = :receipt"),
            ARGS(db_text("receipt", receipt)), &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (!more)
        return tb_fail(e, TB_NOT_FOUND, "没有这个回执", "receipt unknown");
    f->device = rows_str(r, 0);
    rows_close(r);
    if (!f->device.n)
        return tb_fail(e, TB_NOT_FOUND, "这个回执已经按请求删除，或者不是市民提交的", "no device");
    return TB_OK;
}

static enum tb_code who_is(struct finding *f, const struct personal_subject *who, struct tb_err *e)
{
    size_t n = utf8_count(str_trim(who->value));

    if (who->receipt.n)
        return device_of(f, who->receipt, e);
    if (n < VALUE_LEAST || n > VALUE_MOST)
        return tb_fail(e, TB_INVALID, "要查的内容应为 2 到 60 个字，如手机号、身份证号、姓名",
                       "value=%zu", n);
    f->value = str_trim(who->value);
    f->figures = figures_of(&f->t->mem, f->value);
    return TB_OK;
}

enum tb_code personal_find(struct talk *t, const struct personal_subject *who,
                           struct personal_found **out, size_t *n, struct tb_err *e)
{
    struct finding f = { .t = t };

    if (who_is(&f, who, e) ||
        each(&f, PERSONAL_EXCHANGE,
             SQL("SELECT e.id, e.created_at, e.receipt, c.device, e.question, e.answer, e.personal "
                 "FROM exchange e JOIN conversation c ON c.id = e.conversation_id ORDER BY e.id"),
             exchange_is, e) ||
        each(&f, PERSONAL_HANDOFF,
             SQL("SELECT id, created_at, receipt, device, question, reply, contact FROM handoff "
                 "ORDER BY id"),
             handoff_is, e) ||
        calls(&f, e) ||
        each(&f, PERSONAL_DRAFT,
             SQL("SELECT id, created_at, receipt, title, body FROM draft ORDER BY id"), text_is,
             e) ||
        each(&f, PERSONAL_STANDARD,
             SQL("SELECT s.id, s.updated_at, CAST(s.id AS TEXT), s.answer, q.text "
                 "FROM standard_answer s JOIN standard_question q ON q.standard_answer_id = s.id "
                 "ORDER BY s.id"),
             text_is, e))
        return e->code;
    *out = f.all;
    *n = f.n;
    return TB_OK;
}

/* -- carrying out -- */

static enum tb_code erase_one(struct talk *t, const struct personal_found *x, struct tb_err *e)
{
    static const char gone[] = "〔已应本人请求删除〕";
    struct db_args args = ARGS(db_int("id", x->id), db_text("gone", str_z(gone)));

    switch (x->table) {
    case PERSONAL_EXCHANGE:
        if (db_run(t->db,
                   SQL("UPDATE exchange SET question = :gone, personal = NULL, reasoning = '', "
                       "feedback_reason = '' WHERE id = :id"),
                   args, e))
            return e->code;
        return db_run(t->db,
                      SQL("UPDATE conversation SET device = '' WHERE id = (SELECT conversation_id "
                          "FROM exchange WHERE id = :id)"),
                      ARGS(db_int("id", x->id)), e);
    case PERSONAL_HANDOFF:
        return db_run(t->db,
                      SQL("UPDATE handoff SET question = :gone, contact = NULL, device = '', "
                          "reply = CASE reply WHEN '' THEN '' ELSE :gone END WHERE id = :id"),
                      args, e);
    case PERSONAL_CALL:
        return db_run(t->db,
                      SQL("UPDATE model_call SET prompt = NULL, answer = NULL, kept = 0 "
                          "WHERE id = :id"),
                      ARGS(db_int("id", x->id)), e);
    default:
        return TB_OK;
    }
}

enum tb_code personal_erase(struct talk *t, const struct personal_found *all, size_t n,
                            int64_t *done, struct tb_err *e)
{
    *done = 0;
    for (size_t i = 0; i < n; i++) {
        if (!all[i].may_erase)
            continue;
        if (erase_one(t, &all[i], e))
            return e->code;
        ++*done;
    }
    return TB_OK;
}

static enum tb_code sealed_of(struct talk *t, const struct personal_found *x, struct sql sql,
                              struct str place, struct str *plain, struct tb_err *e)
{
    struct rows *r;
    struct str sealed = STR("");
    bool more;

    *plain = STR("");
    if (db_ask(t->db, &t->mem, sql, ARGS(db_int("id", x->id)), &r, e) || rows_next(r, &more, e))
        return e->code;
    if (more)
        sealed = rows_str(r, 0);
    rows_close(r);
    return sealed.n ? seal_open(t->at->keys, &t->mem, place, sealed, plain, e) : TB_OK;
}

static struct str replaced(struct arena *a, struct str text, struct str was, struct str now)
{
    struct buf b = BUF_INIT(1 << 20);

    while (text.p) {
        buf_add(&b, str_cut(&text, was));
        if (text.p)
            buf_add(&b, now);
    }
    return arena_buf(a, &b);
}

/* The value behind a token: what the person wrote as their own is put right, the masked text stays.
 */
static enum tb_code correct_exchange(struct talk *t, const struct personal_found *x, struct str was,
                                     struct str now, bool *changed, struct tb_err *e)
{
    struct str place = exchange_place(&t->mem, x->ref), plain, figures = figures_of(&t->mem, was);
    struct mask m;

    if (sealed_of(t, x, SQL("SELECT personal FROM exchange WHERE id = :id"), place, &plain, e))
        return e->code;
    if (!plain.n)
        return TB_OK;
    if (mask_from_json(&t->mem, plain, &m, e))
        return e->code;
    for (size_t i = 0; i < m.n; i++) {
        if (!str_eq(m.items[i].value, was) &&
            (figures.n < 6 || !str_eq(figures_of(&t->mem, m.items[i].value), figures)))
            continue;
        m.items[i].value = now;
        *changed = true;
    }
    if (!*changed)
        return TB_OK;
    return db_run(t->db, SQL("UPDATE exchange SET personal = :sealed WHERE id = :id"),
                  ARGS(db_blob("sealed", seal_make(t->at->keys, t->world, &t->mem, place,
                                                   mask_to_json(&t->mem, &m))),
                       db_int("id", x->id)),
                  e);
}

static enum tb_code correct_handoff(struct talk *t, const struct personal_found *x, struct str was,
                                    struct str now, bool *changed, struct tb_err *e)
{
    struct str place = handoff_contact_place(&t->mem, x->ref), plain;

    if (sealed_of(t, x, SQL("SELECT contact FROM handoff WHERE id = :id"), place, &plain, e))
        return e->code;
    if (!plain.n || !str_has(plain, was))
        return TB_OK;
    *changed = true;
    return db_run(t->db, SQL("UPDATE handoff SET contact = :sealed WHERE id = :id"),
                  ARGS(db_blob("sealed", seal_make(t->at->keys, t->world, &t->mem, place,
                                                   replaced(&t->mem, plain, was, now))),
                       db_int("id", x->id)),
                  e);
}

enum tb_code personal_correct(struct talk *t, const struct personal_found *all, size_t n,
                              struct str was, struct str now, int64_t *done, struct tb_err *e)
{
    *done = 0;
    for (size_t i = 0; i < n; i++) {
        enum tb_code c = TB_OK;
        bool changed = false;

        if (all[i].table == PERSONAL_EXCHANGE)
            c = correct_exchange(t, &all[i], was, now, &changed, e);
        else if (all[i].table == PERSONAL_HANDOFF)
            c = correct_handoff(t, &all[i], was, now, &changed, e);
        if (c)
            return c;
        *done += changed;
    }
    return TB_OK;
}
