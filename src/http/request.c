#include "http/inside.h"

struct str request_param(const struct request *q, const char *name)
{
    const struct match *m = &q->more->match;

    for (size_t i = 0; i < m->n; i++)
        if (str_eqz(m->params[i].name, name))
            return m->params[i].value;
    return str_of("", 0);
}

struct str request_query(const struct request *q, const char *name)
{
    const struct target_pairs *p = &q->more->query;

    for (size_t i = 0; i < p->n; i++)
        if (str_eqz(p->v[i].name, name))
            return p->v[i].value;
    return str_of("", 0);
}

struct str request_header(const struct request *q, const char *name)
{
    return head_value(&q->more->head, name);
}

struct str request_cookie(const struct request *q, const char *name)
{
    return target_cookie(request_header(q, "cookie"), str_z(name));
}

enum tb_code request_query_int(const struct request *q, const char *name, int64_t least,
                               int64_t most, int64_t otherwise, int64_t *out, struct tb_err *e)
{
    struct str s = request_query(q, name);

    *out = otherwise;
    if (s.n == 0)
        return TB_OK;
    if (!str_i64(s, out) || *out < least || *out > most)
        return tb_fail(e, TB_INVALID, "网址里的数字不正确", "query=%s least=%lld most=%lld", name,
                       (long long)least, (long long)most);
    return TB_OK;
}

enum tb_code request_page(const struct request *q, struct page *out, struct tb_err *e)
{
    if (request_query_int(q, "page", 1, 1000000, 1, &out->number, e) ||
        request_query_int(q, "size", 1, 100, 20, &out->size, e))
        return e->code;
    out->skip = (out->number - 1) * out->size;
    return TB_OK;
}

enum tb_code request_param_int(const struct request *q, const char *name, int64_t *out,
                               struct tb_err *e)
{
    if (!str_i64(request_param(q, name), out) || *out < 0)
        return tb_fail(e, TB_NOT_FOUND, "没有找到您要的内容", "param=%s not_a_number", name);
    return TB_OK;
}

static bool is_known(const char *const *known, struct str key)
{
    for (size_t i = 0; known[i]; i++)
        if (str_eqz(key, known[i]))
            return true;
    return false;
}

/* Only application/json is read: a form on somebody else's page cannot send that unasked. */
static bool is_json(struct str type)
{
    struct str rest = type;
    struct str media = str_trim(str_cut(&rest, STR(";")));

    return str_case_eq(media, STR("application/json"));
}

enum tb_code request_json(struct arena *a, const struct request *q, const char *const *known,
                          const struct json_value **out, struct tb_err *e)
{
    const struct json_value *v;

    if (!is_json(request_header(q, "content-type")))
        return tb_fail(e, TB_UNSUPPORTED, "请求的内容类型应为 application/json",
                       "content_type=other");
    if (json_read(a, q->body, &v, e))
        return e->code;
    if (!json_is_obj(v))
        return tb_fail(e, TB_INVALID, "请求的内容应为一个 JSON 对象", "json=not_object");
    for (size_t i = 0; i < json_len(v); i++) {
        struct str key;

        json_entry(v, i, &key);
        if (!is_known(known, key))
            return tb_fail(e, TB_INVALID, "请求里有不认识的字段", "json=unknown field=%.*s",
                           (int)(key.n > 60 ? 60 : key.n), key.p);
        for (size_t k = 0; k < i; k++) {
            struct str other;

            json_entry(v, k, &other);
            if (str_eq(key, other))
                return tb_fail(e, TB_INVALID, "请求里有重复的字段", "json=doubled");
        }
    }
    *out = v;
    return TB_OK;
}
