/* 登录情况: where one is signed in, and ending it; the security officer sees and ends other
 * people's. What is ended is refused with the next request, and a stream of it closes within a
 * second. */
#include "scenario/console/console.h"
#include "scenario/console/inside.h"

#include "store/audit.h"

static enum tb_code list(struct talk *t, const struct staff *s, struct reply *r, struct tb_err *e)
{
    struct session *all;
    size_t n;

    if (session_list(t->db, &t->mem, t->world, s->id, &all, &n, e))
        return e->code;
    reply_items(r);
    for (size_t i = 0; i < n; i++) {
        json_obj(&r->json);
        json_kint(&r->json, "id", all[i].id);
        json_ktime(&r->json, "created_at", all[i].created_at);
        json_ktime(&r->json, "seen_at", all[i].seen_at);
        json_kstr(&r->json, "address", all[i].address);
        json_kstr(&r->json, "how", all[i].how);
        json_kbool(&r->json, "second", all[i].second_given);
        json_kbool(&r->json, "current", all[i].id == t->actor.session_id);
        json_end(&r->json);
    }
    reply_total(r, (int64_t)n);
    return TB_OK;
}

static enum tb_code end_one(struct talk *t, const struct staff *s, const struct request *q,
                            const char *verb, struct tb_err *e)
{
    enum tb_code c;
    int64_t id;
    bool found = false;

    if (request_param_int(q, "id", &id, e))
        return e->code;
    c = db_begin(t->db, e);
    if (c)
        return c;
    c = session_end_of(t->db, s->id, id, &found, e);
    if (!c && !found)
        c = tb_fail(e, TB_NOT_FOUND, "没有这个登录，或者已经结束", "session unknown");
    if (!c)
        c = audit_witness(t, verb, s->login, arena_printf(&t->mem, "session=%lld", (long long)id),
                          e);
    return db_end(t->db, c, e);
}

static void nothing(struct reply *r)
{
    json_obj(&r->json);
    json_end(&r->json);
}

enum tb_code sessions_own(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    (void)q;
    return list(t, &(struct staff){ .id = t->actor.id }, r, e);
}

enum tb_code sessions_end_own(struct talk *t, const struct request *q, struct reply *r,
                              struct tb_err *e)
{
    struct staff me = { .id = t->actor.id, .login = t->actor.login };

    if (end_one(t, &me, q, "session.end_one", e))
        return e->code;
    nothing(r);
    return TB_OK;
}

enum tb_code sessions_of(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct staff s;

    if (staff_read(t->db, &t->mem, request_param(q, "login"), &s, e))
        return e->code;
    t->about = s.login;
    return list(t, &s, r, e);
}

enum tb_code sessions_end_of(struct talk *t, const struct request *q, struct reply *r,
                             struct tb_err *e)
{
    struct staff s;

    if (staff_read(t->db, &t->mem, request_param(q, "login"), &s, e) ||
        end_one(t, &s, q, "user.session_end", e))
        return e->code;
    nothing(r);
    return TB_OK;
}
