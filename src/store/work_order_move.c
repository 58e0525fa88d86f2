#include "base/buf.h"
#include "base/json.h"
#include "store/audit.h"
#include "store/work_order_int.h"

enum tb_code work_order_step_add(struct talk *t, const struct work_order *o, const char *verb,
                                 struct str before, struct str reason, struct str department,
                                 struct tb_err *e)
{
    struct str who = t->actor.name.n ? t->actor.name : STR("诉求人");

    return db_run(t->db,
                  SQL("INSERT INTO work_order_step(work_order_id, at, verb, before, after, "
                      "actor_id, actor_name, department_id, reason) VALUES (:order, :now, :verb, "
                      ":before, :after, :actor, :name, :department, :reason)"),
                  ARGS(db_int("order", o->id), db_int("now", world_now_ms(t->world)),
                       db_text("verb", str_z(verb)), db_text("before", before),
                       db_text("after", str_z(order_state_name(o->state))),
                       db_id("actor", t->actor.id), db_text("name", who),
                       db_text("department", department), db_text("reason", reason)),
                  e);
}

static enum tb_code update(struct talk *t, const struct work_order *o, enum order_state to,
                           struct tb_err *e)
{
    return db_run(
        t->db,
        SQL("UPDATE work_order SET state = :state, version = version + 1, class1 = :class1, "
            "class2 = :class2, class3 = :class3, kind = :kind, urgency = :urgency, "
            "department_id = :department, helpers = :helpers, due_at = :due, line = :line, "
            "accept_by = :accept, supervised = :supervised, escalated = :escalated, "
            "reminded_at = :reminded, merged_into = :merged, votes = :votes, reply = :reply, "
            "replied_by = :replied_by, satisfaction = :satisfaction, "
            "satisfaction_reason = :satisfaction_reason, division = :division, "
            "district = :district, street = :street, community = :community, place = :place, "
            "x = :x, y = :y, verdict = :verdict, secret = :secret, updated_at = :now, "
            "answered_at = :answered, closed_at = :closed WHERE id = :id AND version = :version"),
        ARGS(db_text("state", str_z(order_state_name(to))), db_text("class1", o->class1),
             db_text("class2", o->class2), db_text("class3", o->class3),
             db_text("kind", str_z(order_kind_name(o->kind))), db_int("urgency", o->urgency),
             db_text("department", o->department), db_text("helpers", o->helpers),
             db_int("due", o->due_at),
             db_int("line", work_order_line(o->urgency, o->due_at, o->created_at)),
             db_int("accept", o->accept_by), db_int("supervised", o->supervised),
             db_int("escalated", o->escalated), db_int("reminded", o->reminded_at),
             db_id("merged", o->merged_into), db_int("votes", o->votes), db_text("reply", o->reply),
             db_text("replied_by", o->replied_by), db_int("satisfaction", o->satisfaction),
             db_text("satisfaction_reason", o->satisfaction_reason),
             db_text("division", o->division), db_text("district", o->district),
             db_text("street", o->street), db_text("community", o->community),
             db_text("place", o->place), o->x >= 0 ? db_int("x", o->x) : db_null("x"),
             o->y >= 0 ? db_int("y", o->y) : db_null("y"), db_text("verdict", o->verdict),
             db_int("secret", o->secret), db_int("now", o->updated_at),
             db_int("answered", o->answered_at), db_int("closed", o->closed_at),
             db_int("id", o->id), db_int("version", o->version)),
        e);
}

/* What is refused, in words that say what to do next. */
static enum tb_code allowed(const struct work_order *o, const struct order_step *step, unsigned who,
                            struct str reason, struct tb_err *e)
{
    if (!(step->who & who))
        return tb_fail(e, TB_FORBIDDEN, "这一步不由您来办，请转给相应的岗位",
                       "order verb=%s who=%u", step->verb, who);
    if (!order_may(step, o->state, who))
        return tb_fail(e, TB_CONFLICT, "工单现在的状态不能办这一步，请刷新后再看",
                       "order verb=%s state=%s", step->verb, order_state_name(o->state));
    if (step->reason && reason.n == 0)
        return tb_fail(e, TB_INVALID, "请写明理由", "order verb=%s no reason", step->verb);
    return TB_OK;
}

static void stamp(struct talk *t, struct work_order *o, enum order_state to)
{
    o->updated_at = world_now_ms(t->world);
    if (to == ORDER_ANSWERED)
        o->answered_at = o->updated_at;
    if (to == ORDER_CLOSED || to == ORDER_WITHDRAWN || to == ORDER_MERGED)
        o->closed_at = o->updated_at;
    else if (order_is_open(to))
        o->closed_at = 0;
}

enum tb_code work_order_move(struct talk *t, struct work_order *o, const struct order_step *step,
                             unsigned who, struct str reason, struct str department,
                             struct tb_err *e)
{
    enum order_state before = o->state, to = step->to ? step->to : o->state;
    struct str name = str_z(order_state_name(before));

    if (allowed(o, step, who, reason, e))
        return e->code;
    stamp(t, o, to);
    if (update(t, o, to, e))
        return e->code;
    if (db_changed(t->db) == 0)
        return tb_fail(e, TB_CONFLICT,
                       "这张工单刚被同事改过，您的这一步没有执行；请刷新，看过后再办",
                       "order id=%lld version=%lld", (long long)o->id, (long long)o->version);
    o->state = to;
    o->version++;
    if (work_order_step_add(t, o, step->verb, name, reason, department, e))
        return e->code;
    return audit_witness(t, step->trail, o->receipt,
                         arena_printf(&t->mem, "before=%s after=%s department=%.*s version=%lld",
                                      order_state_name(before), order_state_name(to),
                                      STR_FMT(o->department), (long long)o->version),
                         e);
}

bool work_order_helps(const struct work_order *o, struct arena *a, struct str department)
{
    struct tb_err why = TB_ERR_INIT;
    const struct json_value *list;

    if (json_read(a, o->helpers, &list, &why))
        return false;
    for (size_t i = 0; i < json_len(list); i++)
        if (str_eq(json_text(json_at(list, i)), department))
            return true;
    return false;
}

enum tb_code work_order_add_helper(struct talk *t, struct work_order *o, struct str department,
                                   struct tb_err *e)
{
    struct buf b = BUF_INIT(16 * 1024);
    struct json j = JSON_INIT(&b);
    const struct json_value *list;

    if (work_order_helps(o, &t->mem, department))
        return TB_OK;
    if (json_read(&t->mem, o->helpers, &list, e))
        return e->code;
    json_arr(&j);
    for (size_t i = 0; i < json_len(list); i++)
        json_str(&j, json_text(json_at(list, i)));
    json_str(&j, department);
    json_end(&j);
    o->helpers = arena_buf(&t->mem, &b);
    return db_run(t->db,
                  SQL("INSERT INTO work_order_helper(work_order_id, department_id, added_at) "
                      "VALUES (:order, :department, :now)"),
                  ARGS(db_int("order", o->id), db_text("department", department),
                       db_int("now", world_now_ms(t->world))),
                  e);
}

enum tb_code work_order_steps(struct talk *t, int64_t id, struct work_order_step **out, size_t *n,
                              struct tb_err *e)
{
    struct rows *r;
    size_t cap = 0;
    bool more = true;

    *out = NULL;
    *n = 0;
    if (db_ask(t->db, &t->mem,
               SQL("SELECT s.id, s.at, s.verb, s.before, s.after, s.actor_id, s.actor_name, "
                   "s.department_id, d.name, s.reason FROM work_order_step s "
                   "LEFT JOIN department d ON d.id = s.department_id "
                   "WHERE s.work_order_id = :id ORDER BY s.id"),
               ARGS(db_int("id", id)), &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        *out = arena_grow(&t->mem, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] = (struct work_order_step){
            .id = rows_int(r, 0),
            .at = rows_int(r, 1),
            .verb = rows_str(r, 2),
            .before = rows_str(r, 3),
            .after = rows_str(r, 4),
            .actor_id = rows_int(r, 5),
            .actor_name = rows_str(r, 6),
            .department = rows_str(r, 7),
            .department_name = rows_str(r, 8),
            .reason = rows_str(r, 9),
        };
    }
}
