/* 密钥管理: the security officer makes, changes and ends keys; the department admin and the auditor
 * see them. A secret is shown once, when it is made. */
#include "scenario/gateway/api.h"

#include "base/date.h"
#include "base/log.h"
#include "guard/quota.h"
#include "store/audit.h"
#include "store/department.h"
#include "store/key.h"

static const int64_t day_ms = 86400000, zone_ms = 8 * 3600000LL, hour_ms = 3600000;
enum { GRACE_HOURS = 24, GRACE_HOURS_MAX = 720 };

static void words_json(struct json *j, const char *name, const struct key_words *w)
{
    json_karr(j, name);
    for (size_t i = 0; i < w->n; i++)
        json_str(j, w->v[i]);
    json_end(j);
}

static const char *state_of(const struct key *k, int64_t now)
{
    return k->revoked_at ? "revoked" : k->expires_at && now >= k->expires_at ? "expired" : "active";
}

/* The last day on which it works. */
static int32_t last_day(const struct key *k)
{
    return k->expires_at ? day_from_ms(k->expires_at - 1) : DAY_NONE;
}

static void key_json(struct json *j, const struct key *k, int64_t now)
{
    json_obj(j);
    json_kint(j, "id", k->id);
    json_kstr(j, "name", k->name);
    json_kstr(j, "department", k->department);
    json_kstr(j, "department_name", k->department_name);
    json_kstr(j, "hint", k->hint);
    json_kstr(j, "state", str_z(state_of(k, now)));
    json_kstr(j, "priority", str_z(priority_name(k->priority)));
    json_kstr(j, "priority_title", str_z(priority_title(k->priority)));
    json_kstr(j, "keeping", str_z(keeping_name(k->keeping)));
    json_kstr(j, "keeping_title", str_z(keeping_title(k->keeping)));
    json_kstr(j, "injection", str_z(injected_name(k->injected)));
    json_kstr(j, "injection_title", str_z(injected_title(k->injected)));
    words_json(j, "scopes", &k->scopes);
    words_json(j, "models", &k->models);
    words_json(j, "addresses", &k->addresses);
    json_kobj(j, "limits");
    json_kint(j, "requests_minute", k->limits.requests_minute);
    json_kint(j, "tokens_minute", k->limits.tokens_minute);
    json_kint(j, "tokens_day", k->limits.tokens_day);
    json_kint(j, "concurrent", k->limits.concurrent);
    json_end(j);
    json_kday(j, "expires_on", last_day(k));
    json_ktime(j, "revoked_at", k->revoked_at);
    json_ktime(j, "rotated_at", k->rotated_at);
    json_ktime(j, "previous_until", k->previous_until > now ? k->previous_until : 0);
    json_ktime(j, "created_at", k->created_at);
    json_kstr(j, "created_by", k->created_by);
    json_kstr(j, "note", k->note);
    json_end(j);
}

/* The server notices by itself within a second; nobody waits for that. */
static void tell_quota(struct talk *t)
{
    struct tb_err e = TB_ERR_INIT;

    if (t->at->quota && quota_reload(t->at->quota, t->db, &e))
        log_line(LOG_WARN, "quota", "not read again yet: code=%s %s", tb_code_name(e.code), e.log);
}

/* The key named in the path; another department's does not exist for who may not see it. */
static enum tb_code named(struct talk *t, const struct request *q, struct key *k, struct tb_err *e)
{
    struct str own = api_department(t);
    bool under = true;
    int64_t id;

    if (request_param_int(q, "id", &id, e) || key_read(t->db, &t->mem, id, k, e) ||
        (own.n && department_under(t, k->department, own, &under, e)))
        return e->code;
    if (!under)
        return tb_fail(e, TB_NOT_FOUND, "没有这个密钥，请刷新列表后再试",
                       "key of another department");
    t->about = k->name;
    return TB_OK;
}

enum tb_code keys_list(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct str words = str_trim(request_query(q, "q"));
    int64_t at = 0, now = world_now_ms(t->world);
    struct page p;
    struct key *all;
    size_t n;

    if (request_page(q, &p, e) || key_list(t->db, &t->mem, api_department(t), &all, &n, e))
        return e->code;
    reply_items(r);
    for (size_t i = 0; i < n; i++) {
        if (words.n && !str_has(all[i].name, words) && !str_has(all[i].department_name, words))
            continue;
        if (at >= p.skip && at < p.skip + p.size)
            key_json(&r->json, &all[i], now);
        at++;
    }
    reply_total(r, at);
    return TB_OK;
}

enum tb_code keys_show(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct key k;

    if (named(t, q, &k, e))
        return e->code;
    key_json(&r->json, &k, world_now_ms(t->world));
    return TB_OK;
}

/* -- forms -- */

static enum tb_code words_read(struct talk *t, const struct json_value *form, const char *name,
                               struct key_words *out, struct tb_err *e)
{
    const struct json_value *v = json_get(form, name), *at;
    struct json_walk walk;

    if (json_is_null(v))
        return TB_OK;
    if (!json_is_arr(v) || json_len(v) > KEY_WORDS_MAX)
        return tb_fail(e, TB_INVALID, "用途、模型、来源地址应是列表，每样最多 64 项", "%s", name);
    *out = (struct key_words){ ARENA_ARRAY(&t->mem, struct str, json_len(v) + 1), 0 };
    for (walk = json_walk(v); (at = json_step(&walk));)
        out->v[out->n++] = str_trim(json_text(at));
    return TB_OK;
}

static enum tb_code limit_read(const struct json_value *limits, const char *name, int64_t *out,
                               struct tb_err *e)
{
    const struct json_value *v = json_get(limits, name);

    if (json_is_null(v))
        return TB_OK;
    *out = json_i64(v, -1);
    if (*out < 0)
        return tb_fail(e, TB_INVALID, "限额应为不小于 0 的整数，0 表示不限", "%s", name);
    return TB_OK;
}

static enum tb_code limits_read(const struct json_value *form, struct key_limits *l,
                                struct tb_err *e)
{
    const struct json_value *v = json_get(form, "limits");
    size_t known = 0;

    if (json_is_null(v))
        return TB_OK;
    if (limit_read(v, "requests_minute", &l->requests_minute, e) ||
        limit_read(v, "tokens_minute", &l->tokens_minute, e) ||
        limit_read(v, "tokens_day", &l->tokens_day, e) ||
        limit_read(v, "concurrent", &l->concurrent, e))
        return e->code;
    known += json_get(v, "requests_minute") != NULL;
    known += json_get(v, "tokens_minute") != NULL;
    known += json_get(v, "tokens_day") != NULL;
    known += json_get(v, "concurrent") != NULL;
    if (!json_is_obj(v) || json_len(v) != known) /* a misspelt limit is no limit */
        return tb_fail(e, TB_INVALID,
                       "限额只有 requests_minute、tokens_minute、tokens_day、concurrent 四种",
                       "limits");
    return TB_OK;
}

static enum tb_code expiry_read(const struct json_value *form, int64_t *out, struct tb_err *e)
{
    int32_t day = DAY_NONE;

    if (!json_get(form, "expires_on"))
        return TB_OK;
    if (json_get_day(form, "expires_on", &day, e))
        return e->code;
    *out = day == DAY_NONE ? 0 : (day + 1) * day_ms - zone_ms;
    return TB_OK;
}

static enum tb_code classes_read(const struct json_value *form, struct key *k, struct tb_err *e)
{
    const struct json_value *p = json_get(form, "priority"), *v = json_get(form, "keeping");

    if (!json_is_null(p) && !priority_parse(json_text(p), &k->priority))
        return tb_fail(e, TB_INVALID, "优先级应为 hotline、window、staff 或 batch", "priority");
    if (!json_is_null(v) && !keeping_parse(json_text(v), &k->keeping))
        return tb_fail(e, TB_INVALID, "留存方式应为 full、masked 或 digest", "keeping");
    v = json_get(form, "injection");
    if (!json_is_null(v) && !injected_parse(json_text(v), &k->injected))
        return tb_fail(e, TB_INVALID, "注入的处理应为 refuse 或 mark", "injection");
    return TB_OK;
}

static enum tb_code form_read(struct talk *t, const struct json_value *form, struct key *k,
                              struct tb_err *e)
{
    if (classes_read(form, k, e) || words_read(t, form, "scopes", &k->scopes, e) ||
        words_read(t, form, "models", &k->models, e) ||
        words_read(t, form, "addresses", &k->addresses, e) || limits_read(form, &k->limits, e) ||
        expiry_read(form, &k->expires_at, e))
        return e->code;
    if (json_get(form, "note"))
        k->note = str_trim(json_get_str(form, "note"));
    return TB_OK;
}

/* -- changing; what is replied with is read before the commit -- */

static enum tb_code reply_key(struct talk *t, struct reply *r, int64_t id, const char *secret,
                              struct tb_err *e)
{
    struct key k;

    if (key_read(t->db, &t->mem, id, &k, e))
        return e->code;
    if (secret) {
        json_obj(&r->json);
        json_kstr(&r->json, "secret", str_z(secret));
        json_key(&r->json, "key");
    }
    key_json(&r->json, &k, world_now_ms(t->world));
    if (secret)
        json_end(&r->json);
    return TB_OK;
}

static enum tb_code over(struct talk *t, enum tb_code c, struct tb_err *e)
{
    c = db_end(t->db, c, e);
    if (!c)
        tell_quota(t);
    return c;
}

enum tb_code keys_add(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    static const char *const fields[] = { "name",   "department", "priority",   "keeping",
                                          "scopes", "injection",  "models",     "addresses",
                                          "limits", "note",       "expires_on", NULL };
    struct key k = { .priority = PRIORITY_STAFF, .keeping = KEEPING_MASKED };
    const struct json_value *form;
    char secret[KEY_SECRET];
    enum tb_code c;

    if (request_json(&t->mem, q, fields, &form, e))
        return e->code;
    k.name = str_trim(json_get_str(form, "name"));
    k.department = json_get_str(form, "department");
    if (form_read(t, form, &k, e) || db_begin(t->db, e))
        return e->code;
    c = key_add(t, &k, secret, e);
    if (!c)
        c = reply_key(t, r, k.id, secret, e);
    return over(t, c, e);
}

enum tb_code keys_change(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    static const char *const fields[] = { "priority",   "keeping",   "injection", "scopes",
                                          "models",     "addresses", "limits",    "note",
                                          "expires_on", NULL };
    const struct json_value *form;
    struct key k;
    enum tb_code c;

    if (request_json(&t->mem, q, fields, &form, e) || db_begin(t->db, e))
        return e->code;
    c = named(t, q, &k, e);
    if (!c)
        c = form_read(t, form, &k, e);
    if (!c)
        c = key_change(t, &k, e);
    if (!c)
        c = reply_key(t, r, k.id, NULL, e);
    return over(t, c, e);
}

enum tb_code keys_revoke(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct key k;
    enum tb_code c;

    if (db_begin(t->db, e))
        return e->code;
    c = named(t, q, &k, e);
    if (!c)
        c = key_revoke(t, &k, e);
    if (!c)
        c = reply_key(t, r, k.id, NULL, e);
    return over(t, c, e);
}

enum tb_code keys_rotate(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    static const char *const fields[] = { "grace_hours", NULL };
    const struct json_value *form = NULL;
    char secret[KEY_SECRET];
    int64_t hours = GRACE_HOURS;
    struct key k;
    enum tb_code c;

    if (q->body.n && request_json(&t->mem, q, fields, &form, e))
        return e->code;
    if (form && json_get(form, "grace_hours"))
        hours = json_get_int(form, "grace_hours", -1);
    if (hours < 0 || hours > GRACE_HOURS_MAX)
        return tb_fail(e, TB_INVALID, "旧密钥的宽限期应为 0 到 720 小时", "grace_hours=%lld",
                       (long long)hours);
    if (db_begin(t->db, e))
        return e->code;
    c = named(t, q, &k, e);
    if (!c)
        c = key_rotate(t, &k, hours * hour_ms, secret, e);
    if (!c)
        c = reply_key(t, r, k.id, secret, e);
    return over(t, c, e);
}
