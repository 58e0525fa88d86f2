/* 限流: what the system admin sees of it, and changes. */
#include "guard/flood.h"
#include "scenario/shield/limits.h"
#include "scenario/shield/shield.h"
#include "store/audit.h"
#include "store/setting.h"

static const char setting[] = "limits.flood";

static const struct part {
    const char *name, *title;
    size_t at;
} parts[] = {
    [FLOOD_PERSON] = { "person", "每个人", offsetof(struct flood_limits, person) },
    [FLOOD_DEPARTMENT] = { "department", "每个部门", offsetof(struct flood_limits, department) },
    [FLOOD_ADDRESS] = { "address", "每个地址", offsetof(struct flood_limits, address) },
    [FLOOD_ALL] = { "all", "全部市民", offsetof(struct flood_limits, all) },
};
enum { PARTS = sizeof(parts) / sizeof(parts[0]) };
/* Less than BURST_LEAST, and a page could not even be opened to change it back. */
static const double burst_least = 30, burst_most = 1e6, rate_least = 0.01, rate_most = 1e5;

static struct flood_rate *rate(struct flood_limits *l, size_t i)
{
    return (struct flood_rate *)(void *)((char *)l + parts[i].at);
}

/* -- as JSON -- */

static void limits_json(struct json *j, const struct flood_limits *l)
{
    struct flood_limits copy = *l;

    json_obj(j);
    for (size_t i = 0; i < PARTS; i++) {
        json_kobj(j, parts[i].name);
        json_kreal(j, "burst", rate(&copy, i)->burst);
        json_kreal(j, "per_second", rate(&copy, i)->per_second);
        json_end(j);
    }
    json_end(j);
}

static bool rate_ok(const struct flood_rate *r)
{
    return r->burst >= burst_least && r->burst <= burst_most && r->per_second >= rate_least &&
           r->per_second <= rate_most;
}

/* What v names, over *io. */
static bool limits_read(const struct json_value *v, struct flood_limits *io)
{
    for (size_t i = 0; i < PARTS; i++) {
        const struct json_value *x = json_get(v, parts[i].name);
        struct flood_rate r;

        if (!x)
            continue;
        r.burst = json_get_num(x, "burst", 0);
        r.per_second = json_get_num(x, "per_second", 0);
        if (!rate_ok(&r))
            return false;
        *rate(io, i) = r;
    }
    return true;
}

static enum tb_code kept(struct db *d, struct arena *a, const struct json_value **out,
                         struct tb_err *e)
{
    struct str text;

    *out = NULL;
    if (setting_read(d, a, setting, &text, e))
        return e->code;
    return text.n ? json_read(a, text, out, e) : TB_OK;
}

enum tb_code limits_kept(struct db *d, struct flood_limits *io, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    const struct json_value *v;
    struct flood_limits l = *io;
    enum tb_code c = kept(d, &a, &v, e);

    if (!c && v && limits_read(json_get(v, "now"), &l))
        *io = l;
    arena_release(&a);
    return c;
}

/* -- showing -- */

static void limited_json(struct json *j, struct flood *f)
{
    struct flood_limited all[FLOOD_RECENT];
    size_t n = flood_limited(f, all);

    json_karr(j, "limited");
    for (size_t i = 0; i < n; i++) {
        json_obj(j);
        json_kstr(j, "kind", str_z(parts[all[i].why].name));
        json_kstr(j, "kind_title", str_z(parts[all[i].why].title));
        json_kstr(j, "name", str_z(all[i].name));
        json_ktime(j, "since", all[i].since);
        json_ktime(j, "until", all[i].until);
        json_kint(j, "times", all[i].times);
        json_end(j);
    }
    json_end(j);
}

static void minutes_json(struct json *j, struct flood *f)
{
    struct flood_minute all[FLOOD_MINUTES];

    flood_minutes(f, all);
    json_karr(j, "minutes");
    for (size_t i = 0; i < FLOOD_MINUTES; i++) {
        json_obj(j);
        json_ktime(j, "at", all[i].at);
        json_kint(j, "went", all[i].went);
        json_kint(j, "waited", all[i].waited);
        json_kint(j, "challenged", all[i].challenged);
        json_kint(j, "proved", all[i].proved);
        json_end(j);
    }
    json_end(j);
}

static void state_json(struct json *j, struct flood *f)
{
    struct flood_state s;

    flood_state(f, &s);
    json_kbool(j, "attacked", s.attacked);
    json_kreal(j, "left", s.all_left);
    json_kint(j, "went", s.went);
    json_kint(j, "waited", s.waited);
    json_kint(j, "challenged", s.challenged);
    json_kint(j, "proved", s.proved);
    json_kint(j, "wrong_proofs", s.wrong);
}

static enum tb_code show(struct talk *t, struct json *j, const struct flood_limits *l,
                         struct tb_err *e)
{
    const struct json_value *v;

    if (kept(t->db, &t->mem, &v, e))
        return e->code;
    json_obj(j);
    state_json(j, t->at->flood);
    json_key(j, "limits");
    limits_json(j, l);
    json_key(j, "usual");
    limits_json(j, &flood_usual);
    json_kbool(j, "may_undo", v && json_get(v, "before"));
    json_kobj(j, "proof");
    json_kint(j, "bits", FLOOD_BITS);
    json_kint(j, "seconds", FLOOD_PROOF_S);
    json_kint(j, "units", FLOOD_PROOF_UNITS);
    json_end(j);
    limited_json(j, t->at->flood);
    minutes_json(j, t->at->flood);
    json_end(j);
    return TB_OK;
}

enum tb_code flood_show(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct flood_limits l;

    (void)q;
    if (!t->at->flood)
        return tb_fail(e, TB_NOT_FOUND, "没有开启限流", "no flood");
    flood_limits_get(t->at->flood, &l);
    return show(t, &r->json, &l, e);
}

/* -- changing -- */

static struct str in_words(struct arena *a, const struct flood_limits *l)
{
    struct flood_limits copy = *l;
    struct buf b = BUF_INIT(1024);

    for (size_t i = 0; i < PARTS; i++)
        buf_addf(&b, "%s%s=%g:%g", i ? " " : "", parts[i].name, rate(&copy, i)->burst,
                 rate(&copy, i)->per_second);
    return arena_buf(a, &b);
}

static enum tb_code put(struct talk *t, const struct flood_limits *now,
                        const struct flood_limits *before, const char *verb, struct tb_err *e)
{
    struct buf b = BUF_INIT(4096);
    struct json j = JSON_INIT(&b);
    struct str was = in_words(&t->mem, before), is = in_words(&t->mem, now);
    enum tb_code c;

    json_obj(&j);
    json_key(&j, "now");
    limits_json(&j, now);
    json_key(&j, "before");
    limits_json(&j, before);
    json_end(&j);
    c = setting_write(t->db, setting, buf_str(&b), e);
    buf_release(&b);
    return c ? c
             : audit_witness(t, verb, STR("limits"),
                             arena_printf(&t->mem, "from %.*s to %.*s", STR_FMT(was), STR_FMT(is)),
                             e);
}

/* In force once it is kept. */
static enum tb_code change(struct talk *t, const struct flood_limits *now, const char *verb,
                           struct reply *r, struct tb_err *e)
{
    struct flood_limits before;
    enum tb_code c = db_begin(t->db, e);

    if (c)
        return c;
    flood_limits_get(t->at->flood, &before);
    c = put(t, now, &before, verb, e);
    if (!c)
        c = show(t, &r->json, now, e); /* before the commit: what is acknowledged did not fail */
    c = db_end(t->db, c, e);
    if (!c)
        flood_limits_set(t->at->flood, now);
    return c;
}

enum tb_code flood_change(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    static const char *const known[] = { "person", "department", "address", "all", NULL };
    const struct json_value *v;
    struct flood_limits l;

    if (!t->at->flood)
        return tb_fail(e, TB_NOT_FOUND, "没有开启限流", "no flood");
    if (request_json(&t->mem, q, known, &v, e))
        return e->code;
    flood_limits_get(t->at->flood, &l);
    if (!limits_read(v, &l))
        return tb_fail(
            e, TB_INVALID,
            "存量应为 30 到 1000000，每秒补充应为 0.01 到 100000；低于 30 连页面都打不开",
            "limits out of range");
    return change(t, &l, "limits.change", r, e);
}

enum tb_code flood_undo(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    const struct json_value *v;
    struct flood_limits l = flood_usual;

    (void)q;
    if (!t->at->flood)
        return tb_fail(e, TB_NOT_FOUND, "没有开启限流", "no flood");
    if (kept(t->db, &t->mem, &v, e))
        return e->code;
    if (!v || !json_get(v, "before") || !limits_read(json_get(v, "before"), &l))
        return tb_fail(e, TB_CONFLICT, "还没有改过，没有可以恢复的", "no before");
    return change(t, &l, "limits.undo", r, e);
}
