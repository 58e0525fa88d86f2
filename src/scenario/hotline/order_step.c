/* What each step of an order does besides changing its state. */
#include "base/date.h"
#include "base/utf8.h"
#include "guard/mask.h"
#include "scenario/hotline/order.h"
#include "store/department.h"
#include "store/work_order_reply.h"

const char *const order_step_fields[] = { "verb",   "version", "reason",  "department",
                                          "helper", "helpers", "class1",  "class2",
                                          "class3", "kind",    "urgency", "due_on",
                                          "days",   "reply",   "into",    "satisfaction",
                                          NULL };

struct doing {
    struct talk *t;
    struct work_order *o;
    const struct order_step *step;
    unsigned parts;
    const struct json_value *v;
    struct str reason, department; /* what the step's row says */
};

/* ---- reading ---- */

static enum tb_code reason_of(struct talk *t, const struct json_value *v, struct str *out,
                              struct tb_err *e)
{
    struct mask *m = ARENA_NEW(&t->mem, struct mask);
    struct str reason = str_trim(json_get_str(v, "reason"));

    if (utf8_count(reason) > ORDER_REASON_CHARS)
        return tb_fail(e, TB_TOO_LARGE, "理由请写在 2000 字以内", "order reason too long");
    return mask_more(&t->mem, m, reason, out, e);
}

static enum tb_code known_department(struct talk *t, struct str id, struct tb_err *e)
{
    struct department d;

    if (department_read(t, id, &d, e))
        return e->code;
    if (d.id.n == 0)
        return tb_fail(e, TB_INVALID, "没有这个部门，请从列表里选", "order department");
    return TB_OK;
}

/* ---- effects ---- */

static enum tb_code take_classes(struct doing *x, struct tb_err *e)
{
    struct work_order *o = x->o;
    struct {
        const char *key;
        struct str *to;
    } texts[] = { { "class1", &o->class1 }, { "class2", &o->class2 }, { "class3", &o->class3 } };
    const struct json_value *kind = json_get(x->v, "kind");

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const struct json_value *v = json_get(x->v, texts[i].key);

        if (v && utf8_count(json_text(v)) > 40)
            return tb_fail(e, TB_INVALID, "分类名称太长，请从列表里选", "order class");
        if (v)
            *texts[i].to = json_text(v);
    }
    if (kind && !order_kind_parse(json_text(kind), &o->kind))
        return tb_fail(e, TB_INVALID, "诉求类型应为咨询、求助、投诉、举报或建议", "order kind");
    o->urgency = json_get_int(x->v, "urgency", o->urgency);
    if (o->urgency < 0 || o->urgency >= ORDER_URGENCIES)
        return tb_fail(e, TB_INVALID, "紧急程度应为 0 到 3", "order urgency");
    return TB_OK;
}

static enum tb_code add_helpers(struct doing *x, struct tb_err *e)
{
    const struct json_value *list = json_get(x->v, "helpers");

    for (size_t i = 0; i < json_len(list); i++) {
        struct str id = json_text(json_at(list, i));

        if (str_eq(id, x->o->department))
            continue;
        if (known_department(x->t, id, e) || work_order_add_helper(x->t, x->o, id, e))
            return e->code;
    }
    return TB_OK;
}

/* A department that is complained about never gets what an informant said of it. */
static enum tb_code not_the_accused(struct doing *x, struct str id, struct tb_err *e)
{
    const struct json_value *verdict;
    struct tb_err why = TB_ERR_INIT;

    if (!x->o->secret || x->o->verdict.n == 0 ||
        json_read(&x->t->mem, x->o->verdict, &verdict, &why))
        return TB_OK;
    if (str_eq(json_get_str(verdict, "accused"), id) && id.n)
        return tb_fail(e, TB_CONFLICT, "这张工单反映的就是这个单位，不能派给它；请改派或上报",
                       "order accused");
    return TB_OK;
}

static void promise(struct doing *x, int64_t days)
{
    const struct hotline *h = x->t->at->hotline;
    struct deadline d;

    if (!h)
        return;
    d = workdays_deadline(h->days, x->o->kind, x->o->urgency, world_now_ms(x->t->world), (int)days);
    x->o->accept_by = d.accept_by;
    x->o->due_at = d.due_at;
}

static enum tb_code days_of(struct doing *x, int64_t *out, struct tb_err *e)
{
    *out = json_get_int(x->v, "days", 0);
    if (*out < 0 || *out > 365)
        return tb_fail(e, TB_INVALID, "期限应为 1 到 365 个工作日", "order days");
    return TB_OK;
}

static enum tb_code dispatch(struct doing *x, struct tb_err *e)
{
    struct str id = json_get_str(x->v, "department");
    int64_t days;

    if (id.n == 0)
        return tb_fail(e, TB_INVALID, "请选择承办单位", "order dispatch without department");
    if (known_department(x->t, id, e) || not_the_accused(x, id, e) || take_classes(x, e) ||
        days_of(x, &days, e))
        return e->code;
    x->o->department = id;
    x->department = id;
    promise(x, days);
    return add_helpers(x, e);
}

static enum tb_code recall(struct doing *x, struct tb_err *e)
{
    (void)e;
    x->department = x->o->department;
    x->o->department = STR("");
    x->o->due_at = x->o->accept_by = 0;
    return TB_OK;
}

static enum tb_code help(struct doing *x, struct tb_err *e)
{
    struct str id = json_get_str(x->v, "helper");

    if (id.n == 0 || str_eq(id, x->o->department))
        return tb_fail(e, TB_INVALID, "请选择协办单位（不能是承办单位自己）", "order helper");
    x->department = id;
    if (known_department(x->t, id, e) || not_the_accused(x, id, e))
        return e->code;
    return work_order_add_helper(x->t, x->o, id, e);
}

static enum tb_code extend(struct doing *x, struct tb_err *e)
{
    static const int64_t day_ms = 24LL * 3600 * 1000;
    int32_t day;

    if (!day_parse(json_get_str(x->v, "due_on"), &day) || day < day_today(x->t->world) ||
        day > day_today(x->t->world) + 366)
        return tb_fail(e, TB_INVALID, "请写明延期到哪一天，今天之后一年以内", "order due_on");
    x->o->due_at = day * day_ms + 10 * 3600 * 1000; /* 18:00 in UTC+8 */
    x->o->escalated = 0;
    return TB_OK;
}

static enum tb_code visit(struct doing *x, struct tb_err *e)
{
    x->o->satisfaction = json_get_int(x->v, "satisfaction", 0);
    if (x->o->satisfaction < 1 || x->o->satisfaction > 5)
        return tb_fail(e, TB_INVALID, "请选满意程度：1 很不满意 到 5 很满意", "satisfaction");
    if (x->o->satisfaction <= 2 && x->reason.n == 0)
        return tb_fail(e, TB_INVALID, "请说说哪里不满意，方便重新办理", "visit without reason");
    x->o->satisfaction_reason = x->reason;
    return TB_OK;
}

/* At the end of the chain, or two orders could follow each other for ever. */
static enum tb_code merge(struct doing *x, struct tb_err *e)
{
    struct work_order into;
    unsigned parts;

    if (order_read_own(x->t, json_get_str(x->v, "into"), &into, &parts, e))
        return e->code;
    for (int i = 0; into.merged_into && i < 10; i++)
        if (work_order_of_id(x->t, into.merged_into, &into, e))
            return e->code;
    if (into.id == x->o->id)
        return tb_fail(e, TB_INVALID, "不能并入自己；请填另一张工单的编号", "order merge self");
    if (into.state == ORDER_WITHDRAWN || into.merged_into)
        return tb_fail(e, TB_CONFLICT, "那张工单已撤销，请换一张", "order merge target");
    x->o->merged_into = into.id;
    if (x->reason.n == 0)
        x->reason = arena_printf(&x->t->mem, "并入 %.*s", STR_FMT(into.receipt));
    return TB_OK;
}

static enum tb_code supervise(struct doing *x, struct tb_err *e)
{
    (void)e;
    x->o->supervised = true;
    return TB_OK;
}

static enum tb_code unsupervise(struct doing *x, struct tb_err *e)
{
    (void)e;
    x->o->supervised = false;
    return TB_OK;
}

static enum tb_code rework(struct doing *x, struct tb_err *e)
{
    (void)e;
    promise(x, 0);
    x->o->escalated = 0;
    return TB_OK;
}

static const struct {
    const char *verb;
    enum tb_code (*run)(struct doing *x, struct tb_err *e);
} effects[] = {
    { "dispatch", dispatch },
    { "recall", recall },
    { "change", take_classes },
    { "help", help },
    { "extend", extend },
    { "visit", visit },
    { "merge", merge },
    { "supervise", supervise },
    { "release", unsupervise },
    { "rework", rework },
    { NULL, NULL },
};

/* ---- a reply goes to 审签台 ---- */

size_t order_reply_check(struct talk *t, const struct work_order *o, struct str reply,
                         struct reply_finding out[REPLY_FINDINGS_MAX])
{
    const struct hotline *h = t->at->hotline;
    struct str asked = arena_printf(&t->mem, "%.*s\n%.*s\n%.*s", STR_FMT(o->title),
                                    STR_FMT(o->text), STR_FMT(o->wanted));
    size_t n = 0;

    if (h)
        reply_check(&t->mem, &h->reply, asked, reply, out, &n);
    return n;
}

/* What was found stands above the draft for who signs; the riskiest says how urgent a look is. */
static enum tb_code findings(struct doing *x, struct str text, struct str *why, int64_t *risk,
                             struct tb_err *e)
{
    struct reply_finding f[REPLY_FINDINGS_MAX];
    size_t n = order_reply_check(x->t, x->o, text, f);
    struct buf b = BUF_INIT(16 * 1024);

    *risk = 0;
    buf_addz(&b, "诉求答复先签后发");
    for (size_t i = 0; i < n; i++) {
        if (f[i].fault == REPLY_PERSONAL) {
            buf_release(&b);
            return tb_fail_say(
                e, TB_INVALID,
                arena_printf(&x->t->mem, "答复里有%.*s，请删去后再提交", STR_FMT(f[i].words)),
                STR("order reply personal"));
        }
        buf_addz(&b, i ? "；" : "。请留意：");
        buf_addz(&b, reply_fault_title(f[i].fault));
        if (f[i].words.n) {
            buf_addz(&b, "“");
            buf_add(&b, utf8_head(f[i].words, 30));
            buf_addz(&b, "”");
        }
        if (reply_fault_risk(f[i].fault) > *risk)
            *risk = reply_fault_risk(f[i].fault);
    }
    *why = arena_buf(&x->t->mem, &b);
    return TB_OK;
}

static enum tb_code reply(struct doing *x, struct tb_err *e)
{
    struct str why;
    int64_t risk;
    struct str text = str_trim(json_get_str(x->v, "reply")), department = x->o->department;
    struct draft d;

    if (text.n == 0)
        return tb_fail(e, TB_INVALID, "请先写答复内容", "order empty reply");
    if (utf8_count(text) > ORDER_REPLY_CHARS)
        return tb_fail(e, TB_TOO_LARGE, "答复请写在 8000 字以内", "order reply too long");
    if (findings(x, text, &why, &risk, e))
        return e->code;
    if (department.n == 0 && order_desk(x->t, &department, e))
        return e->code;
    return work_order_propose(x->t, x->o, x->step, x->parts, text, department, risk, why, &d, e);
}

enum tb_code order_step_do(struct talk *t, struct work_order *o, const struct order_step *step,
                           unsigned parts, const struct json_value *v, struct tb_err *e)
{
    struct doing x = { t, o, step, parts, v, STR(""), STR("") };

    if (str_eqz(STR("reply"), step->verb) || str_eqz(STR("answer"), step->verb))
        return reply(&x, e);
    if (reason_of(t, v, &x.reason, e))
        return e->code;
    for (size_t i = 0; effects[i].verb; i++)
        if (str_eqz(str_z(effects[i].verb), step->verb) && order_may(step, o->state, parts) &&
            effects[i].run(&x, e))
            return e->code;
    return work_order_move(t, o, step, parts, x.reason, x.department, e);
}
