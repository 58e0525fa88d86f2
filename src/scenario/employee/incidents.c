/* 预警与处置, the page: what is open, whose it is, what was done, what was learned. No content of
 * anybody's question. */
#include "base/utf8.h"
#include "scenario/employee/handlers.h"
#include "scenario/employee/watch.h"
#include "store/audit.h"
#include "store/incident.h"

enum { TEXT_CHARS = 1000 };

static const char *state_title(struct str s)
{
    return str_eqz(s, "open")       ? "待处置"
           : str_eqz(s, "handling") ? "处置中"
           : str_eqz(s, "resolved") ? "已处置，待复盘"
                                    : "已复盘";
}

static const char *severity_title(struct str s)
{
    return str_eqz(s, "high") ? "高" : str_eqz(s, "medium") ? "中" : "低";
}

/* Who has to act: the owner's role; who has taken it; the security officer in any case. */
static bool may_handle(const struct talk *t, const struct incident *x)
{
    return actor_may(&t->actor, PERM_INCIDENT_WRITE) &&
           (str_eqz(x->owner_role, role_name(t->actor.role)) || x->owner_id == t->actor.id ||
            t->actor.role == ROLE_SECURITY_OFFICER);
}

static void incident_json(const struct talk *t, struct json *j, const struct incident *x)
{
    enum role role;

    json_kstr(j, "number", x->number);
    json_kstr(j, "rule", x->rule);
    json_kstr(j, "subject", x->subject);
    json_kstr(j, "title", x->title);
    json_kstr(j, "severity", x->severity);
    json_kstr(j, "severity_title", str_z(severity_title(x->severity)));
    json_kstr(j, "state", x->state);
    json_kstr(j, "state_title", str_z(state_title(x->state)));
    json_kstr(j, "employee_name", x->employee_name);
    json_kstr(j, "owner_title", str_z(role_parse(x->owner_role, &role) ? role_title(role) : ""));
    json_kstr(j, "owner_name", x->owner_name);
    json_kint(j, "seen", x->seen);
    json_key(j, "steps");
    json_raw(j, x->steps);
    json_kstr(j, "review", x->review);
    json_ktime(j, "opened_at", x->opened_at);
    json_ktime(j, "last_at", x->last_at);
    json_ktime(j, "resolved_at", x->resolved_at);
    json_ktime(j, "reviewed_at", x->reviewed_at);
    json_kbool(j, "may_handle", may_handle(t, x));
}

enum tb_code incidents_all(struct talk *t, const struct request *q, struct reply *r,
                           struct tb_err *e)
{
    struct incident *all;
    struct page p;
    int64_t total;
    size_t n;

    if (request_page(q, &p, e) ||
        incident_list(t, request_query(q, "state"), p.skip, p.size, &all, &n, &total, e))
        return e->code;
    reply_items(r);
    for (size_t i = 0; i < n; i++) {
        json_obj(&r->json);
        incident_json(t, &r->json, &all[i]);
        json_end(&r->json);
    }
    reply_total(r, total);
    return TB_OK;
}

static enum tb_code show(struct talk *t, struct str number, struct reply *r, struct tb_err *e)
{
    struct incident_event *v;
    struct incident x;
    size_t n;

    if (incident_read(t, number, &x, e) || incident_events(t, x.id, &v, &n, e))
        return e->code;
    json_obj(&r->json);
    incident_json(t, &r->json, &x);
    json_karr(&r->json, "events");
    for (size_t i = 0; i < n; i++) {
        json_obj(&r->json);
        json_ktime(&r->json, "at", v[i].at);
        json_kstr(&r->json, "by_name", v[i].by_name.n ? v[i].by_name : STR("系统"));
        json_kstr(&r->json, "kind", v[i].kind);
        json_kstr(&r->json, "text", v[i].text);
        json_end(&r->json);
    }
    json_end(&r->json);
    json_end(&r->json);
    return TB_OK;
}

enum tb_code incidents_one(struct talk *t, const struct request *q, struct reply *r,
                           struct tb_err *e)
{
    return show(t, request_param(q, "number"), r, e);
}

/* -- what can be done: a table -- */

struct deed {
    struct str text;
    int64_t step;
};

static enum tb_code do_take(struct talk *t, struct incident *x, const struct deed *d,
                            struct tb_err *e)
{
    (void)d;
    (void)e;
    x->owner_id = t->actor.id;
    x->state = STR("handling");
    return TB_OK;
}

static enum tb_code do_note(struct talk *t, struct incident *x, const struct deed *d,
                            struct tb_err *e)
{
    (void)t;
    (void)x;
    return d->text.n ? TB_OK : tb_fail(e, TB_INVALID, "请写下记录", "no text");
}

/* One step done: who and when. */
static enum tb_code do_step(struct talk *t, struct incident *x, const struct deed *d,
                            struct tb_err *e)
{
    struct buf b = BUF_INIT(64 * 1024);
    struct json j = JSON_INIT(&b);
    const struct json_value *v;

    if (json_read(&t->mem, x->steps, &v, e))
        return e->code;
    if (d->step < 0 || (size_t)d->step >= json_len(v))
        return tb_fail(e, TB_INVALID, "没有这一步", "step=%lld", (long long)d->step);
    json_arr(&j);
    for (size_t i = 0; i < json_len(v); i++) {
        const struct json_value *s = json_at(v, i);
        bool now = i == (size_t)d->step;

        json_obj(&j);
        json_kstr(&j, "text", json_get_str(s, "text"));
        json_kstr(&j, "done_by", now ? t->actor.name : json_get_str(s, "done_by"));
        if (now)
            json_ktime(&j, "done_at", world_now_ms(t->world));
        else if (json_get_str(s, "done_at").n)
            json_kstr(&j, "done_at", json_get_str(s, "done_at"));
        else
            json_ktime(&j, "done_at", 0);
        json_end(&j);
    }
    json_end(&j);
    x->steps = arena_buf(&t->mem, &b);
    return TB_OK;
}

static enum tb_code do_resolve(struct talk *t, struct incident *x, const struct deed *d,
                               struct tb_err *e)
{
    if (d->text.n == 0)
        return tb_fail(e, TB_INVALID, "请写明怎样处置的", "no text");
    x->state = STR("resolved");
    x->resolved_at = world_now_ms(t->world);
    return TB_OK;
}

static enum tb_code do_review(struct talk *t, struct incident *x, const struct deed *d,
                              struct tb_err *e)
{
    if (d->text.n == 0)
        return tb_fail(e, TB_INVALID, "请写明原因、教训和以后怎么防", "no text");
    x->state = STR("reviewed");
    x->review = d->text;
    x->reviewed_at = world_now_ms(t->world);
    return TB_OK;
}

static enum tb_code do_reopen(struct talk *t, struct incident *x, const struct deed *d,
                              struct tb_err *e)
{
    (void)t;
    if (d->text.n == 0)
        return tb_fail(e, TB_INVALID, "请写明为什么重新处置", "no text");
    x->state = STR("handling");
    x->resolved_at = 0;
    return TB_OK;
}

enum { OPEN = 1, HANDLING = 2, RESOLVED = 4, REVIEWED = 8 };
static const struct {
    const char *name;
    unsigned from; /* the states in which it may be done */
    enum tb_code (*run)(struct talk *t, struct incident *x, const struct deed *d, struct tb_err *e);
} deeds[] = {
    { "take", OPEN | HANDLING, do_take }, { "note", OPEN | HANDLING | RESOLVED, do_note },
    { "step", HANDLING, do_step },        { "resolve", HANDLING, do_resolve },
    { "review", RESOLVED, do_review },    { "reopen", RESOLVED | REVIEWED, do_reopen },
};

static unsigned state_bit(struct str s)
{
    return str_eqz(s, "open")       ? OPEN
           : str_eqz(s, "handling") ? HANDLING
           : str_eqz(s, "resolved") ? RESOLVED
                                    : REVIEWED;
}

static enum tb_code act(struct talk *t, struct incident *x, size_t i, const struct deed *d,
                        struct reply *r, struct tb_err *e)
{
    const char *was = arena_z(&t->mem, x->state);

    if (deeds[i].run(t, x, d, e) || incident_update(t, x, was, e) ||
        incident_say(t, x->id, deeds[i].name, d->text, e) || show(t, x->number, r, e))
        return e->code;
    return audit_witness(
        t, "incident.handle", x->number,
        arena_printf(&t->mem, "do=%s state=%.*s", deeds[i].name, STR_FMT(x->state)), e);
}

enum tb_code incidents_handle(struct talk *t, const struct request *q, struct reply *r,
                              struct tb_err *e)
{
    static const char *const known[] = { "do", "text", "step", NULL };
    const struct json_value *v;
    struct incident x;
    struct deed d;
    size_t i = 0;

    if (request_json(&t->mem, q, known, &v, e) ||
        incident_read(t, request_param(q, "number"), &x, e))
        return e->code;
    t->about = x.number;
    if (!may_handle(t, &x))
        return tb_fail(e, TB_FORBIDDEN, "这个事件由别的岗位处置", "not its owner");
    d = (struct deed){ str_trim(json_get_str(v, "text")), json_get_int(v, "step", -1) };
    if (utf8_count(d.text) > TEXT_CHARS)
        return tb_fail(e, TB_TOO_LARGE, "请写在 1000 字以内", "text too long");
    while (i < sizeof(deeds) / sizeof(deeds[0]) && !str_eqz(json_get_str(v, "do"), deeds[i].name))
        i++;
    if (i == sizeof(deeds) / sizeof(deeds[0]))
        return tb_fail(e, TB_INVALID, "do 应为 take、note、step、resolve、review 或 reopen", "do");
    if (!(deeds[i].from & state_bit(x.state)))
        return tb_fail(e, TB_CONFLICT, "现在不能这样做，请刷新后再看", "do=%s", deeds[i].name);
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, act(t, &x, i, &d, r, e), e);
}

/* Looks now instead of within a minute. */
enum tb_code incidents_check(struct talk *t, const struct request *q, struct reply *r,
                             struct tb_err *e)
{
    int64_t n = 0;

    (void)q;
    if (employee_watch_now(t, NULL, &n, e) || employee_watch_tell(t, e))
        return e->code;
    json_obj(&r->json);
    json_kint(&r->json, "found", n);
    json_end(&r->json);
    return TB_OK;
}
