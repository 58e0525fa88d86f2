#include "cli/setup_messages.h"

#include "base/date.h"
#include "base/fs.h"
#include "base/json.h"
#include "cli/progress.h"
#include "scenario/hotline/sample.h"
#include "store/audit.h"
#include "store/work_order.h"

static const int64_t day_ms = 24 * 3600 * 1000LL;

/* How far an order of an age has come, in percent of those of that age. */
static const struct {
    int days; /* at least so old */
    struct {
        enum order_state state;
        unsigned percent;
    } share[6];
} ages[] = {
    { 21, { { ORDER_CLOSED, 98 }, { ORDER_ANSWERED, 100 } } },
    { 8,
      { { ORDER_CLOSED, 62 },
        { ORDER_VISITED, 74 },
        { ORDER_ANSWERED, 90 },
        { ORDER_IN_WORK, 99 },
        { ORDER_RETURNED, 100 } } },
    { 3,
      { { ORDER_CLOSED, 16 },
        { ORDER_ANSWERED, 40 },
        { ORDER_IN_WORK, 78 },
        { ORDER_ACCEPTED, 92 },
        { ORDER_DISPATCHED, 97 },
        { ORDER_RETURNED, 100 } } },
    { 0,
      { { ORDER_IN_WORK, 20 },
        { ORDER_ACCEPTED, 38 },
        { ORDER_DISPATCHED, 70 },
        { ORDER_INTAKE, 100 } } },
};
/* The way to each state, as far as the table of steps goes on the straight road. */
static const struct {
    const char *verb;
    enum order_state to;
    int percent; /* of the time between the first step and the answer */
} road[] = {
    { "dispatch", ORDER_DISPATCHED, 2 }, { "accept", ORDER_ACCEPTED, 10 },
    { "start", ORDER_IN_WORK, 15 },      { "reply", ORDER_SIGNING, 92 },
    { "sign", ORDER_ANSWERED, 100 },     { "visit", ORDER_VISITED, 130 },
    { "close", ORDER_CLOSED, 140 },
};

struct loader {
    struct talk *t;
    const struct sample_message *m;
    int64_t now;
    unsigned roll;  /* 0..99, of this message */
    int64_t answer; /* ms from asking to the answer */
};

static enum order_state state_of(const struct loader *l)
{
    int64_t days = (l->now - l->m->at) / day_ms;
    size_t i = 0, k = 0;

    while (days < ages[i].days)
        i++;
    while (l->roll >= ages[i].share[k].percent)
        k++;
    return ages[i].share[k].state;
}

static int64_t promised(int urgency)
{
    static const int64_t days[ORDER_URGENCIES] = { 7, 5, 2, 1 };

    return days[urgency < ORDER_URGENCIES ? urgency : 0] * day_ms;
}

static bool reached(enum order_state s, enum order_state step)
{
    return s != ORDER_INTAKE && (s == ORDER_RETURNED ? step == ORDER_DISPATCHED : step <= s);
}

static int64_t time_of(const struct loader *l, int percent)
{
    int64_t at = l->m->at + l->answer * percent / 100;

    return at < l->now ? at : l->now;
}

static enum tb_code step(const struct loader *l, const struct work_order *o, const char *verb,
                         enum order_state before, enum order_state after, int64_t at,
                         struct tb_err *e)
{
    return db_run(
        l->t->db,
        SQL("INSERT INTO work_order_step(work_order_id, at, verb, before, after, actor_name, "
            "department_id) VALUES (:order, :at, :verb, :before, :after, '示例人员', :department)"),
        ARGS(db_int("order", o->id), db_int("at", at), db_text("verb", str_z(verb)),
             db_text("before", str_z(order_state_name(before))),
             db_text("after", str_z(order_state_name(after))),
             db_text("department", o->department)),
        e);
}

static enum tb_code steps(const struct loader *l, const struct work_order *o, enum order_state s,
                          struct tb_err *e)
{
    enum order_state before = ORDER_INTAKE;

    if (db_run(l->t->db, SQL("UPDATE work_order_step SET at = :at WHERE work_order_id = :order"),
               ARGS(db_int("at", l->m->at), db_int("order", o->id)), e))
        return e->code;
    for (size_t i = 0; i < sizeof(road) / sizeof(road[0]); i++)
        if (reached(s, road[i].to)) {
            if (step(l, o, road[i].verb, before, road[i].to, time_of(l, road[i].percent), e))
                return e->code;
            before = road[i].to;
        }
    if (s == ORDER_RETURNED)
        return step(l, o, "return", before, s, time_of(l, 12), e);
    return TB_OK;
}

/* What was visited lately stays open for a while: the clock closes it (order_tick), not set-up. */
static int64_t updated_at(const struct loader *l, enum order_state s)
{
    int64_t at = time_of(l, s == ORDER_VISITED || s == ORDER_CLOSED ? 140 : 20),
            lately = l->now - 6 * day_ms;

    return s == ORDER_VISITED && at < lately ? lately : at;
}

static int64_t satisfaction(unsigned roll)
{
    return roll % 20 == 0 ? 1 : roll % 20 == 1 ? 2 : roll % 20 < 4 ? 3 : roll % 20 < 10 ? 4 : 5;
}

/* What add could not know: how far it has come since. */
static enum tb_code history(const struct loader *l, const struct work_order *o, enum order_state s,
                            struct tb_err *e)
{
    bool answered = s == ORDER_ANSWERED || s == ORDER_VISITED || s == ORDER_CLOSED;
    int64_t due = s == ORDER_INTAKE ? 0 : l->m->at + promised(l->m->urgency);
    bool visited = s == ORDER_VISITED || s == ORDER_CLOSED;

    if (db_run(l->t->db,
               SQL("UPDATE work_order SET state = :state, version = 2, due_at = :due, line = "
                   ":line, department_id = :department, reply = :reply, replied_by = :by, "
                   "satisfaction = :satisfaction, updated_at = :updated, answered_at = :answered, "
                   "closed_at = :closed, escalated = :late WHERE id = :id"),
               ARGS(db_text("state", str_z(order_state_name(s))), db_int("due", due),
                    db_int("line", work_order_line(o->urgency, due, o->created_at)),
                    db_text("department", s == ORDER_INTAKE ? STR("") : l->m->department),
                    db_text("reply", answered ? l->m->reply : STR("")),
                    db_text("by", answered ? STR("示例签发人") : STR("")),
                    db_int("satisfaction", visited ? satisfaction(l->roll) : 0),
                    db_int("updated", updated_at(l, s)),
                    db_int("late", !answered && due && due < l->now),
                    db_int("answered", answered ? time_of(l, 100) : 0),
                    db_int("closed", s == ORDER_CLOSED ? time_of(l, 140) : 0), db_int("id", o->id)),
               e))
        return e->code;
    return steps(l, o, s, e);
}

static struct str asker_json(struct talk *t, const struct sample_message *m)
{
    struct buf b = BUF_INIT(4096);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    json_kstr(&j, "name", m->asker);
    json_kstr(&j, "phone", m->phone);
    json_end(&j);
    return arena_buf(&t->mem, &b);
}

static enum tb_code one(struct loader *l, size_t no, struct tb_err *e)
{
    static const char *const sources[] = { "phone", "phone", "page", "phone", "api" };
    struct talk *t = l->t;
    const struct sample_message *m = l->m;
    struct work_order o = { .state = ORDER_INTAKE,
                            .source = str_z(sources[no % 5]),
                            .source_key = arena_printf(&t->mem, "sample-%zu", no),
                            .asker = asker_json(t, m),
                            .title = m->title,
                            .text = m->text,
                            .wanted = m->wanted,
                            .division = m->place->code,
                            .district = m->place->district,
                            .street = m->place->street,
                            .community = m->place->community,
                            .place = m->place->name,
                            .x = m->place->x,
                            .y = m->place->y,
                            .class1 = m->class1,
                            .urgency = m->urgency,
                            .department = m->department,
                            .helpers = m->helpers,
                            .votes = m->votes,
                            .created_at = m->at };
    bool again;

    l->roll = (unsigned)(str_hash(m->text) % 100);
    l->answer = promised(m->urgency) * (15 + (int64_t)(str_hash(m->title) % 95)) / 100;
    if (!order_kind_parse(m->kind, &o.kind) || !work_order_asker_key(t, 0, m->phone, &o.asker_key))
        return tb_fail(e, TB_INVALID, "messages.yaml 里的 kind 不是诉求类型", "kind=%.*s",
                       STR_FMT(m->kind));
    if (work_order_add(t, &o, &again, e))
        return e->code;
    return history(l, &o, state_of(l), e);
}

static enum tb_code any_order(struct talk *t, bool *any, struct tb_err *e)
{
    struct rows *r;

    if (db_ask(t->db, &t->mem, SQL("SELECT 1 FROM work_order LIMIT 1"), NO_ARGS, &r, e))
        return e->code;
    return rows_next(r, any, e);
}

static enum tb_code load(struct loader *l, const struct sample_message *all, size_t n,
                         struct progress *p, struct tb_err *e)
{
    for (size_t i = 0; i < n; i++) {
        struct sample_message m = all[i];

        while (m.at > l->now)
            m.at -= day_ms;
        l->m = &m;
        if (one(l, i + 1, e))
            return e->code;
        progress_at(p, (int64_t)i + 1, (int64_t)n);
    }
    return audit_witness(l->t, "setup.messages", STR(""),
                         arena_printf(&l->t->mem, "work_orders=%zu", n), e);
}

enum tb_code setup_messages(struct cli *c, struct talk *t, const char *city, int64_t *added,
                            struct tb_err *e)
{
    struct sample_wish wish = { .today = day_today(t->world), .seed = 1 };
    struct loader l = { .t = t, .now = world_now_ms(t->world) };
    struct sample_message *all;
    struct places *places;
    struct progress p;
    bool any = false;
    size_t n;

    *added = 0;
    if (!fs_exists(fs_join(&c->mem, city, "messages.yaml")))
        return TB_OK;
    if (any_order(t, &any, e) || any)
        return e->code;
    if (sample_make(&c->mem, city, &wish, &places, &all, &n, e) || db_begin(t->db, e))
        return e->code;
    progress_begin(&p, c, "热线诉求");
    if (db_end(t->db, load(&l, all, n, &p, e), e))
        return e->code;
    *added = (int64_t)n;
    progress_end(&p, arena_printf(&c->mem, "%zu 件", n).p);
    return TB_OK;
}
