/* The seat's and the department's side: enter, list, open, take a step, many at once, the board. */
#include "scenario/hotline/order.h"

#include "base/utf8.h"

/* ---- entering what came by telephone ---- */

static enum tb_code enter(struct talk *t, const struct order_form *f, struct json *j,
                          struct tb_err *e)
{
    struct work_order o;
    bool again;

    if (order_form_keep(t, f, &o, &again, e))
        return e->code;
    return order_shape_whole(t, j, o.receipt, e);
}

enum tb_code order_enter(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    const struct json_value *v;
    struct order_form f;
    struct str desk;

    if (request_json(&t->mem, q, order_form_fields, &v, e) || order_form_read(t, v, &f, e) ||
        order_desk(t, &desk, e))
        return e->code;
    if (desk.n && !str_eq(desk, t->actor.department))
        return tb_fail(e, TB_FORBIDDEN, "诉求由热线坐席登记；请请市民拨打热线或在网页填写",
                       "order enter: not the desk");
    f.source = STR("phone");
    order_form_fill(t, &f);
    if (order_form_check(t, &f, true, e) || db_begin(t->db, e))
        return e->code;
    return db_end(t->db, enter(t, &f, &r->json, e), e);
}

/* ---- lists ---- */

/* "late,id": where the page before ended. */
static enum tb_code read_after(struct str after, struct work_order_filter *f, struct tb_err *e)
{
    struct str rest = after, line = str_cut(&rest, STR("-"));

    if (after.n == 0)
        return TB_OK;
    if (!str_i64(line, &f->after_line) || !str_i64(rest, &f->after_id) || f->after_id < 1)
        return tb_fail(e, TB_INVALID, "列表位置（after）不对，请从第一页看起", "order after");
    return TB_OK;
}

/* Others' rows never come: a department sees its own and those it helps with. */
static enum tb_code scope(struct talk *t, const struct request *q, struct work_order_filter *f,
                          struct tb_err *e)
{
    struct str desk;

    if (order_desk(t, &desk, e))
        return e->code;
    f->department = request_query(q, "department");
    if (desk.n && !str_eq(desk, t->actor.department))
        f->department = t->actor.department;
    if (str_eqz(request_query(q, "helping"), "1")) {
        f->helper = t->actor.department;
        f->department = STR("");
    }
    return TB_OK;
}

static enum tb_code filter_of(struct talk *t, const struct request *q, struct work_order_filter *f,
                              struct tb_err *e)
{
    enum order_state known;

    *f = (struct work_order_filter){ .state = request_query(q, "state"),
                                     .class1 = request_query(q, "class1"),
                                     .words = request_query(q, "q") };
    if (f->state.n && !str_eqz(f->state, "open") && !str_eqz(f->state, "all") &&
        !order_state_parse(f->state, &known))
        return tb_fail(e, TB_INVALID, "没有这种工单状态", "order state");
    if (str_eqz(request_query(q, "late"), "1"))
        f->late_before = world_now_ms(t->world);
    if (utf8_count(f->words) > 50)
        return tb_fail(e, TB_INVALID, "查找的词请写在 50 字以内", "order words");
    return read_after(request_query(q, "after"), f, e) ||
                   request_query_int(q, "size", 1, 100, 50, &f->size, e) || scope(t, q, f, e)
               ? e->code
               : TB_OK;
}

enum tb_code order_list(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct work_order_filter f;
    struct work_order *o;
    struct str after = STR("");
    int64_t total = 0;
    bool more;
    size_t n;

    if (filter_of(t, q, &f, e) || work_order_list(t, &f, &o, &n, &more, e) ||
        work_order_count(t, &f, &total, e))
        return e->code;
    json_obj(&r->json);
    json_karr(&r->json, "items");
    for (size_t i = 0; i < n; i++)
        order_shape_line(&r->json, &o[i], world_now_ms(t->world));
    json_end(&r->json);
    json_kint(&r->json, "total", total);
    if (more && n)
        after = arena_printf(&t->mem, "%lld-%lld", (long long)work_order_after(&f, &o[n - 1]),
                             (long long)o[n - 1].id);
    json_kstr(&r->json, "next", after);
    json_end(&r->json);
    return TB_OK;
}

enum tb_code order_open(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    return order_shape_whole(t, &r->json, request_param(q, "receipt"), e);
}

/* ---- steps ---- */

/* The version that the person saw is the one that is changed. */
static enum tb_code step_on(struct talk *t, struct str receipt, int64_t version,
                            const struct json_value *v, struct tb_err *e)
{
    const struct order_step *step = order_step_of(json_get_str(v, "verb"));
    struct work_order o;
    unsigned parts;

    if (!step)
        return tb_fail(e, TB_INVALID, "没有这种操作，请刷新页面后再试", "order verb");
    if (version < 1)
        return tb_fail(e, TB_INVALID, "请写明看的是第几版（version）", "order no version");
    if (order_read_own(t, receipt, &o, &parts, e))
        return e->code;
    if (o.version != version)
        return tb_fail(e, TB_CONFLICT,
                       "这张工单刚被同事改过，您的这一步没有执行；请刷新，看过后再办",
                       "order version=%lld read=%lld", (long long)o.version, (long long)version);
    return order_step_do(t, &o, step, parts, v, e);
}

static enum tb_code step_and_show(struct talk *t, struct str receipt, const struct json_value *v,
                                  struct json *j, struct tb_err *e)
{
    if (step_on(t, receipt, json_get_int(v, "version", 0), v, e))
        return e->code;
    return order_shape_whole(t, j, receipt, e);
}

enum tb_code order_step(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    const struct json_value *v;

    if (request_json(&t->mem, q, order_step_fields, &v, e) || db_begin(t->db, e) ||
        db_end(t->db, step_and_show(t, request_param(q, "receipt"), v, &r->json, e), e))
        return e->code;
    if (str_eqz(json_get_str(v, "verb"), "dispatch"))
        order_learn(t, request_param(q, "receipt"));
    return TB_OK;
}

enum tb_code order_check_reply(struct talk *t, const struct request *q, struct reply *r,
                               struct tb_err *e)
{
    static const char *const known[] = { "reply", NULL };
    struct reply_finding f[REPLY_FINDINGS_MAX];
    const struct json_value *v;
    struct work_order o;
    unsigned parts;
    size_t n;

    if (request_json(&t->mem, q, known, &v, e) ||
        order_read_own(t, request_param(q, "receipt"), &o, &parts, e))
        return e->code;
    n = order_reply_check(t, &o, str_trim(json_get_str(v, "reply")), f);
    reply_items(r);
    for (size_t i = 0; i < n; i++) {
        json_obj(&r->json);
        json_kstr(&r->json, "fault", str_z(reply_fault_name(f[i].fault)));
        json_kstr(&r->json, "title", str_z(reply_fault_title(f[i].fault)));
        json_kstr(&r->json, "words", f[i].words);
        json_end(&r->json);
    }
    reply_total(r, (int64_t)n);
    return TB_OK;
}

/* Each in a transaction of its own: one that is refused keeps none of the others. Only where the
 * database itself fails and nothing was done yet is the whole refused. */
static enum tb_code one_of_many(struct talk *t, struct json *j, const struct json_value *item,
                                const struct json_value *v, int64_t *done, struct tb_err *out)
{
    struct tb_err e = TB_ERR_INIT;
    struct str receipt = json_get_str(item, "receipt");
    enum tb_code c = db_begin(t->db, &e);

    if (!c)
        c = db_end(t->db, step_on(t, receipt, json_get_int(item, "version", 0), v, &e), &e);
    if ((c == TB_STORE || c == TB_BUSY) && *done == 0)
        return tb_fail_say(out, c, str_z(e.say), str_z(e.log));
    *done += c == TB_OK;
    if (!c && str_eqz(json_get_str(v, "verb"), "dispatch"))
        order_learn(t, receipt);
    json_obj(j);
    json_kstr(j, "receipt", receipt);
    json_kbool(j, "done", c == TB_OK);
    json_kstr(j, "message", c ? str_z(e.say) : STR(""));
    json_end(j);
    return TB_OK;
}

enum tb_code order_bulk(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    static const char *const known[] = { "items", "step", NULL };
    const struct json_value *v, *items;
    struct json_walk w;
    int64_t done = 0;

    if (request_json(&t->mem, q, known, &v, e))
        return e->code;
    items = json_get(v, "items");
    if (!json_is_arr(items) || json_len(items) == 0 || json_len(items) > ORDER_BULK_MAX)
        return tb_fail(e, TB_INVALID, "一次可以办 1 到 100 张工单", "items=%zu", json_len(items));
    reply_items(r);
    w = json_walk(items);
    for (const struct json_value *x; (x = json_step(&w));)
        if (one_of_many(t, &r->json, x, json_get(v, "step"), &done, e))
            return e->code;
    reply_total(r, (int64_t)json_len(items));
    return TB_OK;
}

/* ---- the board ---- */

static enum tb_code by_state(struct talk *t, struct json *j, struct str department,
                             struct tb_err *e)
{
    struct rows *r;
    bool more = true;

    if (department.n
            ? db_ask(t->db, &t->mem,
                     SQL("SELECT state, COUNT(*) FROM work_order WHERE department_id = "
                         ":department GROUP BY state"),
                     ARGS(db_text("department", department)), &r, e)
            : db_ask(t->db, &t->mem, SQL("SELECT state, COUNT(*) FROM work_order GROUP BY state"),
                     NO_ARGS, &r, e))
        return e->code;
    json_karr(j, "states");
    for (;;) {
        enum order_state s;

        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            break;
        if (!order_state_parse(rows_str(r, 0), &s))
            continue;
        json_obj(j);
        json_kstr(j, "state", rows_str(r, 0));
        json_kstr(j, "title", str_z(order_state_title(s)));
        json_kint(j, "n", rows_int(r, 1));
        json_end(j);
    }
    json_end(j);
    return TB_OK;
}

/* Which departments have how many open, late, supervised. */
static enum tb_code by_department(struct talk *t, struct json *j, struct str department,
                                  struct tb_err *e)
{
    struct rows *r;
    bool more = true;

    if (db_ask(t->db, &t->mem,
               SQL("SELECT o.department_id, d.name, COUNT(*), "
                   "SUM(CASE WHEN o.due_at > 0 AND o.due_at < :now THEN 1 ELSE 0 END), "
                   "SUM(o.supervised), "
                   "SUM(CASE WHEN o.state = 'returned' THEN 1 ELSE 0 END) FROM work_order o "
                   "LEFT JOIN department d ON d.id = o.department_id WHERE o." WORK_ORDER_OPEN
                   " AND (:department = '' OR o.department_id = :department) "
                   "GROUP BY o.department_id, d.name ORDER BY 4 DESC, 3 DESC"),
               ARGS(db_int("now", world_now_ms(t->world)), db_text("department", department)), &r,
               e))
        return e->code;
    json_karr(j, "departments");
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            break;
        json_obj(j);
        json_kstr(j, "department", rows_str(r, 0));
        json_kstr(j, "name", rows_null(r, 1) ? STR("待分拨") : rows_str(r, 1));
        json_kint(j, "open", rows_int(r, 2));
        json_kint(j, "late", rows_int(r, 3));
        json_kint(j, "supervised", rows_int(r, 4));
        json_kint(j, "returned", rows_int(r, 5));
        json_end(j);
    }
    json_end(j);
    return TB_OK;
}

enum tb_code order_board(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    const struct hotline *h = t->at->hotline;
    struct str desk, department = STR("");

    (void)q;
    if (order_desk(t, &desk, e))
        return e->code;
    if (desk.n && !str_eq(desk, t->actor.department))
        department = t->actor.department;
    json_obj(&r->json);
    json_kbool(&r->json, "desk", department.n == 0);
    json_kstr(&r->json, "warning",
              h ? workdays_warning(h->days, &t->mem, world_now_ms(t->world)) : STR(""));
    if (by_state(t, &r->json, department, e) || by_department(t, &r->json, department, e))
        return e->code;
    json_end(&r->json);
    return TB_OK;
}
