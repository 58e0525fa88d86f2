#include "scenario/access/personal.h"

#include "base/utf8.h"
#include "crypto/seal.h"
#include "scenario/access/personal_int.h"
#include "store/db.h"
#include "store/receipt.h"

#include <string.h>

enum { VALUE_LEAST = 2, VALUE_MOST = 60, SEALED = 2 };

/* find: id, time, reference, device ('': none), `texts` texts, then what is sealed, its place
 * beginning as `sealed` says and ending with the reference. */
static const struct table {
    const char *name, *title;
    bool may_erase;
    struct sql find;
    int texts;
    const char *sealed[SEALED];
} tables[PERSONAL_TABLES] = {
    [PERSONAL_EXCHANGE] = { "exchange",
                            "一问一答",
                            true,
                            { "SELECT e.id, e.created_at, e.receipt, c.device, e.question, "
                              "e.answer, e.feedback_reason, "
                              "e.personal FROM exchange e JOIN conversation c ON c.id = "
                              "e.conversation_id ORDER BY e.id" },
                            3,
                            { "exchange.personal" } },
    [PERSONAL_HANDOFF] = { "handoff",
                           "转人工",
                           true,
                           { "SELECT id, created_at, receipt, device, question, reply, contact "
                             "FROM handoff ORDER BY id" },
                           2,
                           { "handoff.contact" } },
    [PERSONAL_ORDER] = { "work_order",
                         "12345 工单",
                         true,
                         { "SELECT id, created_at, receipt, device, title, text, wanted, happened, "
                           "place, reply, "
                           "satisfaction_reason, asker, personal FROM work_order ORDER BY id" },
                         7,
                         { "work_order.asker", "work_order.personal" } },
    [PERSONAL_ORDER_STEP] = { "work_order_step",
                              "工单办理过程",
                              true,
                              { "SELECT s.id, s.at, o.receipt, '', s.reason FROM work_order_step s "
                                "JOIN work_order o "
                                "ON o.id = s.work_order_id ORDER BY s.id" },
                              1,
                              { NULL } },
    [PERSONAL_CALL] = { "model_call",
                        "模型调用内容",
                        true,
                        { "SELECT id, at, request_id, '', CASE keeping WHEN 'full' THEN '' ELSE "
                          "prompt END, "
                          "CASE keeping WHEN 'full' THEN '' ELSE answer END, "
                          "CASE keeping WHEN 'full' THEN prompt END, CASE keeping WHEN 'full' THEN "
                          "answer END "
                          "FROM model_call WHERE kept = 1 ORDER BY id" },
                        2,
                        { "model_call.prompt", "model_call.answer" } },
    [PERSONAL_DRAFT] = { "draft",
                         "送签的文稿",
                         false,
                         { "SELECT id, created_at, receipt, '', title, body, note FROM draft ORDER "
                           "BY id" },
                         3,
                         { NULL } },
    [PERSONAL_STANDARD] = { "standard_answer",
                            "标准问答",
                            false,
                            { "SELECT s.id, s.updated_at, CAST(s.id AS TEXT), '', s.answer, q.text "
                              "FROM standard_answer s "
                              "JOIN standard_question q ON q.standard_answer_id = s.id ORDER BY "
                              "s.id" },
                            2,
                            { NULL } },
    [PERSONAL_CORRECTION] = { "correction",
                              "纠正",
                              true,
                              { "SELECT c.id, c.created_at, e.receipt, '', c.text FROM correction "
                                "c JOIN exchange e "
                                "ON e.id = c.exchange_id ORDER BY c.id" },
                              1,
                              { NULL } },
    [PERSONAL_CHECK] = { "spot_check",
                         "抽查记录",
                         true,
                         { "SELECT k.id, k.created_at, e.receipt, '', k.note FROM spot_check k "
                           "JOIN exchange e "
                           "ON e.id = k.exchange_id ORDER BY k.id" },
                         1,
                         { NULL } },
    [PERSONAL_INCIDENT] = { "incident",
                            "事件",
                            false,
                            { "SELECT id, opened_at, number, '', subject, title, review, steps "
                              "FROM incident ORDER BY id" },
                            4,
                            { NULL } },
    [PERSONAL_EVENT] = { "incident_event",
                         "事件经过",
                         true,
                         { "SELECT v.id, v.at, i.number, '', v.text FROM incident_event v JOIN "
                           "incident i "
                           "ON i.id = v.incident_id ORDER BY v.id" },
                         1,
                         { NULL } },
    [PERSONAL_STAFF] = { "staff",
                         "工作人员账号",
                         false,
                         { "SELECT id, created_at, login, '', login, name, title FROM staff ORDER "
                           "BY id" },
                         3,
                         { NULL } },
    [PERSONAL_LEAVE] = { "staff_leave",
                         "请假",
                         false,
                         { "SELECT l.id, l.created_at, s.login, '', l.reason FROM staff_leave l "
                           "JOIN staff s "
                           "ON s.id = l.staff_id ORDER BY l.id" },
                         1,
                         { NULL } },
    [PERSONAL_OWNER] = { "egress",
                         "外联清单责任人",
                         false,
                         { "SELECT id, made_at, host, '', owner FROM egress ORDER BY id" },
                         1,
                         { NULL } },
};

/* No person in them, or only as the number of a row above; and the trail, which holds no content.
 */
static const char *const others[] = {
    "api_key",
    "approval",
    "audit",
    "audit_checkpoint",
    "audit_floor",
    "audit_head",
    "city",
    "conversation",
    "correction_sibling",
    "counter",
    "department",
    "document",
    "draft_edit",
    "draft_step",
    "employee",
    "employee_change",
    "employee_step",
    "employee_verdict",
    "incident_notice",
    "job",
    "model_use",
    "original",
    "passage",
    "personal_request",
    "purpose",
    "session",
    "setting",
    "sign_in_failure",
    "sign_in_try",
    "signature",
    "signing_role",
    "staff_recovery",
    "staff_totp",
    "standard_citation",
    "standard_question",
    "tuned",
    "tuned_question",
    "version",
    "word_list",
    "work_order_helper",
};

const char *personal_table_name(enum personal_table t)
{
    return tables[t].name;
}

const char *personal_table_title(enum personal_table t)
{
    return tables[t].title;
}

bool personal_knows(struct str table)
{
    for (size_t i = 0; i < PERSONAL_TABLES; i++)
        if (str_eqz(table, tables[i].name))
            return true;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (str_eqz(table, others[i]))
            return true;
    return false;
}

struct finding {
    struct talk *t;
    struct str value, figures, device;
    struct arena row; /* of the row in hand, opened texts; emptied after each */
    struct personal_found *all;
    size_t n, cap;
};

/* A row joined with several others is one place all the same. */
static void add(struct finding *f, enum personal_table table, struct rows *r)
{
    struct personal_found x = { table, rows_int(r, 0), rows_int(r, 1),
                                arena_str(&f->t->mem, rows_str(r, 2)), tables[table].may_erase };

    if (f->n && f->all[f->n - 1].table == table && f->all[f->n - 1].id == x.id)
        return;
    f->all = arena_grow(&f->t->mem, f->all, f->n, &f->cap, sizeof(*f->all));
    f->all[f->n++] = x;
}

static bool holds(struct finding *f, struct str text)
{
    if (!f->value.n || !text.n)
        return false;
    if (str_has(text, f->value))
        return true;
    return f->figures.n >= PERSONAL_FIGURES && str_has(personal_figures(&f->row, text), f->figures);
}

/* A value that does not open is another's business (the doctor's): it is not this person's proof.
 */
static struct str opened(struct finding *f, const char *place, struct str ref, struct str sealed)
{
    struct str at = arena_printf(&f->row, "%s/%.*s", place, STR_FMT(ref)), plain;
    struct tb_err why = TB_ERR_INIT;

    if (!sealed.n || seal_open(f->t->at->keys, &f->row, at, sealed, &plain, &why))
        return STR("");
    return plain;
}

static bool is_theirs(struct finding *f, const struct table *x, struct rows *r)
{
    if (f->device.n && str_eq(f->device, rows_str(r, 3)))
        return true;
    for (int i = 0; i < x->texts; i++)
        if (holds(f, rows_str(r, 4 + i)))
            return true;
    for (int i = 0; i < SEALED && x->sealed[i]; i++)
        if (f->value.n &&
            holds(f, opened(f, x->sealed[i], rows_str(r, 2), rows_str(r, 4 + x->texts + i))))
            return true;
    return false;
}

static enum tb_code search(struct finding *f, enum personal_table table, struct tb_err *e)
{
    struct arena query = ARENA_INIT;
    struct rows *r;
    bool more;
    enum tb_code c = db_ask(f->t->db, &query, tables[table].find, NO_ARGS, &r, e);

    while (!c) {
        c = rows_next(r, &more, e);
        if (c || !more)
            break;
        if (is_theirs(f, &tables[table], r))
            add(f, table, r);
        arena_release(&f->row);
        f->row = (struct arena)ARENA_INIT;
    }
    arena_release(&query);
    return c;
}

static enum tb_code device_of(struct finding *f, struct str receipt, struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (!receipt_shaped(receipt, 'Q') && !receipt_shaped(receipt, 'H') &&
        !receipt_shaped(receipt, 'W'))
        return tb_fail(e, TB_INVALID, "回执编号应为 Q、H 或 W 开头，如 Q20261122-00001", "receipt");
    if (db_ask(
            f->t->db, &f->t->mem,
            SQL("SELECT c.device FROM exchange e JOIN conversation c ON c.id = e.conversation_id "
                "WHERE e.receipt = :receipt UNION ALL SELECT device FROM handoff "
                "WHERE receipt = :receipt UNION ALL SELECT device FROM work_order "
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
    f->figures = personal_figures(&f->t->mem, f->value);
    return TB_OK;
}

enum tb_code personal_find(struct talk *t, const struct personal_subject *who,
                           struct personal_found **out, size_t *n, struct tb_err *e)
{
    struct finding f = { .t = t };

    if (who_is(&f, who, e))
        return e->code;
    for (int i = 0; i < PERSONAL_TABLES; i++)
        if (search(&f, (enum personal_table)i, e))
            return e->code;
    *out = f.all;
    *n = f.n;
    return TB_OK;
}
