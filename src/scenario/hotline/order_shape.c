/* How an order looks from outside: in a list, opened by staff, and to who asked. */
#include "guard/mask.h"
#include "scenario/hotline/order.h"

static void times(struct json *j, const struct work_order *o, int64_t now)
{
    json_ktime(j, "created_at", o->created_at);
    json_ktime(j, "due_at", o->due_at);
    json_ktime(j, "accept_by", o->accept_by);
    json_ktime(j, "answered_at", o->answered_at);
    json_ktime(j, "closed_at", o->closed_at);
    json_kbool(j, "late", order_is_open(o->state) && o->due_at && o->due_at < now);
}

static void state(struct json *j, const struct work_order *o)
{
    json_kstr(j, "receipt", o->receipt);
    json_kstr(j, "state", str_z(order_state_name(o->state)));
    json_kstr(j, "state_title", str_z(order_state_title(o->state)));
}

static void where(struct json *j, const struct work_order *o)
{
    json_kstr(j, "district", o->district);
    json_kstr(j, "street", o->street);
    json_kstr(j, "community", o->community);
    json_key(j, "x");
    o->x >= 0 ? json_int(j, o->x) : json_null(j);
    json_key(j, "y");
    o->y >= 0 ? json_int(j, o->y) : json_null(j);
}

static void line(struct json *j, const struct work_order *o, int64_t now)
{
    state(j, o);
    json_kint(j, "version", o->version);
    json_kstr(j, "source", o->source);
    json_kbool(j, "secret", o->secret);
    json_kstr(j, "class1", o->class1);
    json_kstr(j, "class2", o->class2);
    json_kstr(j, "class3", o->class3);
    json_kstr(j, "kind", str_z(order_kind_name(o->kind)));
    json_kstr(j, "kind_title", str_z(order_kind_title(o->kind)));
    json_kint(j, "urgency", o->urgency);
    json_kstr(j, "urgency_title", str_z(order_urgency_title(o->urgency)));
    json_kstr(j, "department", o->department);
    json_kstr(j, "department_name", o->department_name);
    json_kbool(j, "supervised", o->supervised);
    json_kint(j, "escalated", o->escalated);
    json_kstr(j, "merged_into", o->merged_into_receipt);
    json_kint(j, "votes", o->votes);
    json_kint(j, "satisfaction", o->satisfaction);
    where(j, o);
    times(j, o, now);
}

void order_shape_line(struct json *j, const struct work_order *o, int64_t now)
{
    json_obj(j);
    line(j, o, now);
    json_kstr(j, "title", o->title);
    json_end(j);
}

void order_shape_steps(struct json *j, const struct work_order_step *s, size_t n, bool inside)
{
    json_karr(j, "steps");
    for (size_t i = 0; i < n; i++) {
        const struct order_step *step = order_step_of(s[i].verb);
        enum order_state after;

        if (!inside && str_eq(s[i].before, s[i].after))
            continue; /* what people say among themselves */
        if (!order_state_parse(s[i].after, &after))
            continue;
        json_obj(j);
        json_ktime(j, "at", s[i].at);
        json_kstr(j, "verb", s[i].verb);
        json_kstr(j, "title", step ? str_z(step->title) : STR("受理"));
        json_kstr(j, "state_title", str_z(order_state_title(after)));
        if (inside) {
            json_kstr(j, "by", s[i].actor_name);
            json_kstr(j, "reason", s[i].reason);
        }
        json_kstr(j, "department_name", s[i].department_name);
        json_end(j);
    }
    json_end(j);
}

/* ---- staff ---- */

/* What was written, with what was masked put back for whoever may know it. */
static enum tb_code words(struct talk *t, struct json *j, const struct work_order *o, bool clear,
                          struct tb_err *e)
{
    struct mask m = { .n = 0 };
    struct str personal;

    if (clear && o->personal.n &&
        (work_order_personal(t, o, &personal, e) || mask_from_json(&t->mem, personal, &m, e)))
        return e->code;
    json_kstr(j, "title", mask_restore(&t->mem, &m, o->title));
    json_kstr(j, "text", mask_restore(&t->mem, &m, o->text));
    json_kstr(j, "wanted", mask_restore(&t->mem, &m, o->wanted));
    json_kstr(j, "happened", mask_restore(&t->mem, &m, o->happened));
    json_kstr(j, "place", mask_restore(&t->mem, &m, o->place));
    return TB_OK;
}

static enum tb_code asker(struct talk *t, struct json *j, const struct work_order *o, bool clear,
                          struct tb_err *e)
{
    const struct json_value *v;
    struct str json;

    json_key(j, "asker");
    if (!clear || o->asker.n == 0) {
        json_null(j);
        return TB_OK;
    }
    if (work_order_asker(t, o, &json, e) || json_read(&t->mem, json, &v, e))
        return e->code;
    json_obj(j);
    json_kstr(j, "name", json_get_str(v, "name"));
    json_kstr(j, "phone", json_get_str(v, "phone"));
    json_end(j);
    return TB_OK;
}

/* The steps that this person may take now. What the desk signs goes through 审签台. */
static void may(struct json *j, const struct work_order *o, unsigned parts)
{
    json_karr(j, "may");
    for (const struct order_step *s = order_steps; s->verb; s++) {
        if (!order_may(s, o->state, parts))
            continue;
        json_obj(j);
        json_kstr(j, "verb", str_z(s->verb));
        json_kstr(j, "title", str_z(s->title));
        json_kbool(j, "reason", s->reason);
        json_end(j);
    }
    json_end(j);
}

static enum tb_code related(struct talk *t, struct json *j, const struct work_order *o,
                            struct tb_err *e)
{
    struct work_order_step *steps;
    struct work_order *merged;
    size_t n;

    if (work_order_steps(t, o->id, &steps, &n, e))
        return e->code;
    order_shape_steps(j, steps, n, true);
    if (work_order_merged(t, o->id, &merged, &n, e))
        return e->code;
    json_karr(j, "merged");
    for (size_t i = 0; i < n; i++)
        order_shape_line(j, &merged[i], world_now_ms(t->world));
    json_end(j);
    return TB_OK;
}

enum tb_code order_shape_whole(struct talk *t, struct json *j, struct str receipt, struct tb_err *e)
{
    const struct hotline *h = t->at->hotline;
    struct str verdict = STR("");
    struct work_order o;
    unsigned parts;
    bool clear;

    if (order_read_own(t, receipt, &o, &parts, e))
        return e->code;
    clear = order_sees_asker(&o, parts);
    if (parts & (ORDER_SEAT | ORDER_REFEREE))
        verdict = order_judge_late(t, &o);
    json_obj(j);
    line(j, &o, world_now_ms(t->world));
    if (words(t, j, &o, clear, e) || asker(t, j, &o, clear, e))
        return e->code;
    json_key(j, "helpers");
    json_raw(j, o.helpers);
    json_key(j, "verdict");
    verdict.n ? json_raw(j, verdict) : json_null(j);
    json_kstr(j, "reply", o.reply);
    json_kstr(j, "replied_by", o.replied_by);
    json_kstr(j, "satisfaction_reason", o.satisfaction_reason);
    json_kstr(j, "warning",
              h ? workdays_warning(h->days, &t->mem, world_now_ms(t->world)) : STR(""));
    may(j, &o, parts);
    if (related(t, j, &o, e))
        return e->code;
    json_end(j);
    return TB_OK;
}

/* ---- who asked ---- */

/* One that was merged is answered by the one it follows. */
static enum tb_code followed(struct talk *t, const struct work_order *o, struct work_order *out,
                             struct tb_err *e)
{
    *out = *o;
    for (int i = 0; out->merged_into && i < 10; i++)
        if (work_order_of_id(t, out->merged_into, out, e))
            return e->code;
    return TB_OK;
}

static void asker_may(struct json *j, const struct work_order *o)
{
    json_karr(j, "may");
    for (const struct order_step *s = order_steps; s->verb; s++)
        if (order_may(s, o->state, ORDER_ASKER))
            json_str(j, str_z(s->verb));
    json_end(j);
}

enum tb_code order_shape_asker(struct talk *t, struct json *j, const struct work_order *o,
                               struct tb_err *e)
{
    struct work_order_step *steps;
    struct work_order by;
    size_t n;

    if (followed(t, o, &by, e) || work_order_steps(t, o->id, &steps, &n, e))
        return e->code;
    json_obj(j);
    state(j, o);
    json_kstr(j, "title", o->title);
    json_kstr(j, "text", o->text);
    json_kstr(j, "place", o->place);
    json_kstr(j, "department_name", by.department_name);
    json_kstr(j, "merged_into", o->merged_into_receipt);
    json_kstr(j, "reply", by.reply);
    json_kstr(j, "replied_by", by.reply.n ? by.department_name : STR(""));
    json_ktime(j, "answered_at", by.answered_at);
    json_ktime(j, "created_at", o->created_at);
    json_ktime(j, "due_at", by.due_at);
    json_kint(j, "satisfaction", o->satisfaction);
    asker_may(j, o);
    order_shape_steps(j, steps, n, false);
    json_end(j);
    return TB_OK;
}
