#include "scenario/console/gate.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/log.h"
#include "crypto/hex.h"
#include "crypto/sm3.h"
#include "guard/flood.h"
#include "scenario/console/watch.h"
#include "store/audit_writer.h"
#include "store/session.h"

#include <string.h>

struct console_gate {
    const struct services *at;
    const struct world *world;
    struct audit_writer *writer;
    struct watch *watch;
    struct arena mem;
};

/* -- who -- */

/* A page's first requests go out side by side, and the last cookie to arrive stays: only those that
 * keep something give one, or a reading answered late would take the asker's own question away. */
static void know_device(struct console_gate *g, struct talk *t, const struct request *q,
                        struct reply *r)
{
    struct str token = request_cookie(q, "tb_device");
    char fresh[TOKEN_TEXT], hash[SM3_HEX];

    if (!token_shaped(token)) {
        if (q->method == GET)
            return;
        token_new(g->world, fresh);
        token = str_z(fresh);
        reply_cookie(r, "tb_device", token, DEVICE_COOKIE_S, true);
    }
    sm3_hex(token, hash);
    t->actor.device = arena_str(&t->mem, str_z(hash));
}

/* Browsers say where a request comes from; programs say nothing. */
static enum tb_code same_site(const struct request *q, struct tb_err *e)
{
    struct str from = request_header(q, "sec-fetch-site");

    if (q->method == GET || from.n == 0 || str_eqz(from, "same-origin") || str_eqz(from, "none"))
        return TB_OK;
    return tb_fail(e, TB_FORBIDDEN, "这个请求来自别的网站，已拒绝", "sec_fetch_site=%.*s",
                   (int)(from.n > 20 ? 20 : from.n), from.p);
}

static void act_as(struct talk *t, const struct session *s)
{
    t->actor.id = s->staff.id;
    t->actor.role = s->staff.role;
    t->actor.login = s->staff.login;
    t->actor.name = s->staff.name;
    t->actor.department = s->staff.department;
    t->actor.session_id = s->id;
}

/* Own session, password and second factor, nothing else. */
static bool own_session(const struct request *q)
{
    return strncmp(q->route->path, "/api/session", 12) == 0;
}

/* What a session may do whose code is still due: give it, see that it is due, leave. */
static bool for_the_code(const struct request *q)
{
    return strcmp(q->route->path, "/api/session/code") == 0 ||
           (strcmp(q->route->path, "/api/session") == 0 && q->method != POST);
}

static enum tb_code first_things(const struct session *s, const struct request *q, struct tb_err *e)
{
    if (s->second == SECOND_NEEDED && !for_the_code(q))
        return tb_fail(e, TB_FORBIDDEN, "请先输入动态口令", "second=needed");
    if (s->staff.must_change && !own_session(q))
        return tb_fail(e, TB_FORBIDDEN, "请先修改初始密码，再使用其他功能", "must_change");
    if (s->second == SECOND_ENROL && !own_session(q))
        return tb_fail(e, TB_FORBIDDEN, "按规定您的账号要先绑定动态口令，再使用其他功能",
                       "second=enrol");
    return TB_OK;
}

static enum tb_code know_staff(struct console_gate *g, struct talk *t, const struct request *q,
                               struct str token, struct tb_err *e)
{
    bool found, public = q->route->need == PERM_PUBLIC;
    struct session s;

    if (session_find(t->db, &t->mem, g->world, token, &s, &found, e))
        return e->code;
    if (!found || (public && s.second == SECOND_NEEDED))
        return TB_OK; /* the server says 401 where the route needs more than a citizen */
    if (q->method != GET && !secret_eq(request_header(q, "x-csrf-token"), s.csrf)) {
        if (public)
            return TB_OK;
        act_as(t, &s); /* so that the trail names whose session was tried */
        return tb_fail(e, TB_FORBIDDEN, "页面已过期，请刷新后再试", "csrf=missing_or_wrong");
    }
    act_as(t, &s);
    return public ? TB_OK : first_things(&s, q, e);
}

/* What the work behind a route is worth, in units (guard/flood.h). */
static double cost_of(const struct route *r)
{
    if (r->kind == ROUTE_STREAM || r->slow)
        return 10;
    if (r->kind == ROUTE_UPLOAD)
        return 20;
    return r->method == GET ? 1 : 3;
}

static enum tb_code spend(const struct console_gate *g, struct talk *t, const struct request *q,
                          struct reply *r, struct tb_err *e)
{
    struct flood_who payer = { .person = t->actor.id ? t->actor.login : t->actor.device,
                               .department = !t->actor.id            ? STR("")
                                             : t->actor.department.n ? t->actor.department
                                                                     : STR("-"),
                               .address = t->actor.address,
                               .proof = request_header(q, "x-proof") };
    struct flood_said said;
    struct str wait;

    switch (flood_spend(g->at->flood, &payer, cost_of(q->route), &said)) {
    case FLOOD_GO:
        return TB_OK;
    case FLOOD_PROVE:
        reply_header(r, "X-Challenge", str_z(said.challenge));
        return tb_fail(e, TB_LIMITED, "现在来的人很多，页面正在自动确认，请稍等几秒", "challenge");
    default:
        wait = arena_printf(&t->mem, "%d", said.wait_s);
        reply_header(r, "Retry-After", wait);
        return tb_fail_say(e, TB_LIMITED,
                           arena_printf(&t->mem, "您操作得有点快，请过%.*s秒再试", STR_FMT(wait)),
                           STR("flood=wait"));
    }
}

static enum tb_code who(void *self, struct talk *t, const struct request *q, struct reply *r,
                        struct tb_err *e)
{
    struct console_gate *g = self;
    struct str token = request_cookie(q, "tb_session");

    if (route_trail(q->route) == TRAIL_NONE && q->route->need == PERM_PUBLIC)
        return TB_OK; /* health, metrics: nobody is known, nothing is set */
    know_device(g, t, q, r);
    if (same_site(q, e))
        return e->code;
    if (token.n && know_staff(g, t, q, token, e))
        return e->code;
    return spend(g, t, q, r, e);
}

/* -- after -- */

/* What stands in a path is in the trail only if it looks like one of our own names: a receipt, a
 * number, a login, a digest. Eleven figures and more could be somebody's telephone. */
static bool own_name(struct str s)
{
    size_t figures = 0;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool figure = c >= '0' && c <= '9', letter = (c | 32) >= 'a' && (c | 32) <= 'z';

        if (!figure && !letter && c != '.' && c != '_' && c != '-')
            return false;
        figures += figure;
    }
    return s.n > 0 && s.n <= 64 && (figures < s.n || s.n < 11);
}

static struct str object_of(const struct talk *t, const struct request *q)
{
    static const char *const names[] = { "receipt", "id", "login", "code", "digest" };

    if (t->about.n)
        return t->about;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct str v = request_param(q, names[i]);

        if (v.n)
            return own_name(v) ? v : STR("-");
    }
    return STR("");
}

static const char *method_text(enum method m)
{
    return m == POST ? "POST" : m == PUT ? "PUT" : m == DELETE ? "DELETE" : "GET";
}

static bool worth_a_row(const struct talk *t, const struct request *q, enum tb_code code)
{
    switch (route_trail(q->route)) {
    case TRAIL_NONE:
        return false;
    case TRAIL_REFUSALS:
        return code == TB_UNAUTHORISED || code == TB_FORBIDDEN;
    default:
        return code || !t->witnessed;
    }
}

static void after(void *self, struct talk *t, const struct request *q, enum tb_code code,
                  const struct tb_err *why)
{
    struct console_gate *g = self;
    struct tb_err e = TB_ERR_INIT;
    struct audit_entry x;
    bool wait = q->method != GET || q->route->need != PERM_PUBLIC || code;

    /* Where the database has just refused, nothing was kept that the row must not outlive; it stays
     * in the queue until the database takes it. */
    if (code == TB_BUSY || code == TB_STORE)
        wait = false;

    (void)why; /* its words may hold what somebody sent */
    if (!worth_a_row(t, q, code))
        return;
    x = audit_entry_of(
        t, route_verb(q->route), object_of(t, q), code,
        arena_printf(&t->mem, "route=%s %s", method_text(q->method), q->route->path));
    if (audit_writer_put(g->writer, &x, wait, &e))
        log_line(LOG_ERROR, "audit_missing", "id=%s verb=%s code=%s %s", t->request_id,
                 route_verb(q->route), tb_code_name(e.code), e.log);
}

static bool over(void *self, int64_t session_id)
{
    const struct console_gate *g = self;

    return watch_over(g->watch, session_id);
}

static enum tb_code open_db(void *self, struct db **out, struct tb_err *e)
{
    struct console_gate *g = self;

    return db_open(g->at->db_url, out, e);
}

static void close_db(void *self, struct db *d)
{
    (void)self;
    db_close(d);
}

enum tb_code console_gate_start(const struct services *at, const struct world *w,
                                struct console_gate **out, struct gate *hooks, struct tb_err *e)
{
    struct console_gate *g = tb_zalloc(sizeof(*g));
    struct audit_writer_options o = { .db_url = at->db_url, .keys = at->keys, .world = w };

    g->at = at;
    g->world = w;
    if (at->data_dir)
        o.checkpoint_path = fs_join(&g->mem, at->data_dir, "trail.checkpoint");
    *out = NULL;
    if (audit_writer_start(&o, &g->writer, e) ||
        watch_start(at->db_url, (struct keyring *)(uintptr_t)at->keys, w, &g->watch, e)) {
        console_gate_stop(g);
        return e->code;
    }
    *hooks = (struct gate){ g, who, after, over, open_db, close_db };
    *out = g;
    return TB_OK;
}

void console_gate_stop(struct console_gate *g)
{
    if (!g)
        return;
    watch_stop(g->watch);
    audit_writer_stop(g->writer);
    arena_release(&g->mem);
    tb_free(g);
}
