#include "base/json.h"

#include "base/date.h"
#include "base/utf8.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <yyjson.h>

static void before(struct json *j)
{
    uint64_t bit = (uint64_t)1 << j->depth;

    if (j->after_key) {
        j->after_key = false;
        return;
    }
    if (j->more & bit)
        buf_addc(j->out, ',');
    j->more |= bit;
}

static void open_level(struct json *j, char c, bool array)
{
    uint64_t bit;

    before(j);
    buf_addc(j->out, c);
    assert(j->depth < 60);
    bit = (uint64_t)1 << ++j->depth;
    j->more &= ~bit;
    j->array = array ? j->array | bit : j->array & ~bit;
}

void json_obj(struct json *j)
{
    open_level(j, '{', false);
}

void json_arr(struct json *j)
{
    open_level(j, '[', true);
}

void json_end(struct json *j)
{
    assert(j->depth > 0 && !j->after_key);
    buf_addc(j->out, j->array >> j->depth & 1 ? ']' : '}');
    j->depth--;
}

static void quoted(struct buf *b, struct str s)
{
    size_t at = 0, from = 0;

    buf_addc(b, '"');
    while (at < s.n) {
        size_t start = at;
        unsigned char c = (unsigned char)s.p[at];
        uint32_t cp = c < 0x80 ? (at++, c) : utf8_next(s, &at);
        bool broken = cp == 0xfffd && at - start == 1;

        if (cp >= 0x20 && cp != '"' && cp != '\\' && !broken)
            continue;
        buf_add(b, str_sub(s, from, start - from));
        from = at;
        if (broken)
            utf8_add(b, 0xfffd);
        else if (cp == '\n')
            buf_addz(b, "\\n");
        else if (cp >= 0x20)
            buf_addf(b, "\\%c", (int)cp);
        else
            buf_addf(b, "\\u%04x", (unsigned)cp);
    }
    buf_add(b, str_from(s, from));
    buf_addc(b, '"');
}

void json_key(struct json *j, const char *key)
{
    before(j);
    quoted(j->out, str_z(key));
    buf_addc(j->out, ':');
    j->after_key = true;
}

void json_str(struct json *j, struct str s)
{
    before(j);
    quoted(j->out, s);
}

void json_int(struct json *j, int64_t v)
{
    before(j);
    buf_add_i64(j->out, v);
}

void json_real(struct json *j, double v)
{
    before(j);
    if (isfinite(v))
        buf_addf(j->out, "%.10g", v);
    else
        buf_addz(j->out, "null");
}

void json_bool(struct json *j, bool v)
{
    before(j);
    buf_addz(j->out, v ? "true" : "false");
}

void json_null(struct json *j)
{
    before(j);
    buf_addz(j->out, "null");
}

void json_raw(struct json *j, struct str valid_json)
{
    before(j);
    buf_add(j->out, valid_json);
}

void json_kstr(struct json *j, const char *key, struct str s)
{
    json_key(j, key);
    json_str(j, s);
}

void json_kint(struct json *j, const char *key, int64_t v)
{
    json_key(j, key);
    json_int(j, v);
}

void json_kreal(struct json *j, const char *key, double v)
{
    json_key(j, key);
    json_real(j, v);
}

void json_kbool(struct json *j, const char *key, bool v)
{
    json_key(j, key);
    json_bool(j, v);
}

void json_kday(struct json *j, const char *key, int32_t day)
{
    char text[16];

    json_key(j, key);
    if (day == DAY_NONE)
        json_null(j);
    else
        json_str(j, day_text(day, text));
}

void json_ktime(struct json *j, const char *key, int64_t ms)
{
    char text[32];

    json_key(j, key);
    if (ms)
        json_str(j, time_text(ms, text));
    else
        json_null(j);
}

void json_kobj(struct json *j, const char *key)
{
    json_key(j, key);
    json_obj(j);
}

void json_karr(struct json *j, const char *key)
{
    json_key(j, key);
    json_arr(j);
}

/* ---- reading ---- */

enum { MAX_TEXT = 64 * 1024 * 1024, MAX_DEPTH = 64 };

static yyjson_val *val(const struct json_value *v)
{
    return (yyjson_val *)(uintptr_t)v;
}

static const struct json_value *out_of(yyjson_val *v)
{
    return (const struct json_value *)v;
}

static void free_doc(void *doc)
{
    yyjson_doc_free(doc);
}

/* { and [, wherever they stand: eight bytes at a time. They differ in one bit. */
static bool opens_more_than(struct str s, size_t most)
{
    const uint64_t ones = 0x0101010101010101u, low = ones * 0x7f;
    size_t i = 0, n = 0;
    uint64_t v;

    for (; s.n - i >= sizeof(v) && n <= most; i += sizeof(v)) {
        memcpy(&v, s.p + i, sizeof(v));
        v = (v | ones * 0x20) ^ ones * 0x7b;  /* 0 where one stands */
        v = ~(((v & low) + low) | v | low);   /* its high bit alone */
        n += (size_t)((v >> 7) * ones >> 56); /* counts the bytes */
    }
    for (; i < s.n; i++)
        n += s.p[i] == '{' || s.p[i] == '[';
    return n > most;
}

/* yyjson recurses nowhere while reading, but our walkers might: depth is bounded before parsing. */
static bool too_deep(struct str s)
{
    int depth = 0;
    bool in = false;

    if (!opens_more_than(s, MAX_DEPTH)) /* the quick look, for nearly all */
        return false;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (in && c == '\\')
            i++;
        else if (c == '"')
            in = !in;
        else if (!in && (c == '{' || c == '[') && ++depth > MAX_DEPTH)
            return true;
        else if (!in && (c == '}' || c == ']'))
            depth--;
    }
    return false;
}

enum tb_code json_check_size(struct str text, struct tb_err *e)
{
    if (text.n > MAX_TEXT)
        return tb_fail(e, TB_TOO_LARGE, "内容过大", "json bytes=%zu", text.n);
    if (too_deep(text))
        return tb_fail(e, TB_INVALID, "内容嵌套过深", "json depth > %d", MAX_DEPTH);
    return TB_OK;
}

enum tb_code json_read(struct arena *a, struct str text, const struct json_value **out,
                       struct tb_err *e)
{
    yyjson_read_err why;
    yyjson_doc *doc;

    if (json_check_size(text, e))
        return e->code;
    doc = yyjson_read_opts((char *)(uintptr_t)text.p, text.n, YYJSON_READ_NOFLAG, NULL, &why);
    if (!doc)
        return tb_fail(e, TB_INVALID, "内容不是正确的 JSON", "json at=%zu %s", why.pos, why.msg);
    arena_defer(a, free_doc, doc);
    *out = out_of(yyjson_doc_get_root(doc));
    return TB_OK;
}

bool json_is_obj(const struct json_value *v)
{
    return yyjson_is_obj(val(v));
}

bool json_is_arr(const struct json_value *v)
{
    return yyjson_is_arr(val(v));
}

bool json_is_str(const struct json_value *v)
{
    return yyjson_is_str(val(v));
}

bool json_is_null(const struct json_value *v)
{
    return !v || yyjson_is_null(val(v));
}

const struct json_value *json_get(const struct json_value *obj, const char *key)
{
    return out_of(yyjson_obj_get(val(obj), key));
}

size_t json_len(const struct json_value *v)
{
    return json_is_arr(v) ? yyjson_arr_size(val(v)) : yyjson_obj_size(val(v));
}

const struct json_value *json_at(const struct json_value *arr, size_t i)
{
    return out_of(yyjson_arr_get(val(arr), i));
}

struct json_walk json_walk(const struct json_value *arr)
{
    return (struct json_walk){ json_is_arr(arr) ? out_of(yyjson_arr_get_first(val(arr))) : NULL,
                               json_is_arr(arr) ? yyjson_arr_size(val(arr)) : 0 };
}

const struct json_value *json_step(struct json_walk *w)
{
    const struct json_value *v = w->left ? w->at : NULL;

    if (v && --w->left)
        w->at = out_of(unsafe_yyjson_get_next(val(v)));
    return v;
}

const struct json_value *json_entry(const struct json_value *obj, size_t i, struct str *key)
{
    yyjson_obj_iter it;
    yyjson_val *k = NULL;

    if (!json_is_obj(obj) || i >= json_len(obj))
        return NULL;
    yyjson_obj_iter_init(val(obj), &it);
    for (size_t n = 0; n <= i; n++)
        k = yyjson_obj_iter_next(&it);
    *key = str_of(yyjson_get_str(k), yyjson_get_len(k));
    return out_of(yyjson_obj_iter_get_val(k));
}

struct str json_text(const struct json_value *v)
{
    return json_is_str(v) ? str_of(yyjson_get_str(val(v)), yyjson_get_len(val(v))) : STR("");
}

int64_t json_i64(const struct json_value *v, int64_t otherwise)
{
    if (yyjson_is_sint(val(v)))
        return yyjson_get_sint(val(v));
    if (yyjson_is_uint(val(v)) && yyjson_get_uint(val(v)) <= INT64_MAX)
        return (int64_t)yyjson_get_uint(val(v));
    return otherwise;
}

double json_num(const struct json_value *v, double otherwise)
{
    return yyjson_is_num(val(v)) ? yyjson_get_num(val(v)) : otherwise;
}

bool json_true(const struct json_value *v, bool otherwise)
{
    return yyjson_is_bool(val(v)) ? yyjson_get_bool(val(v)) : otherwise;
}

struct str json_get_str(const struct json_value *obj, const char *key)
{
    return json_text(json_get(obj, key));
}

int64_t json_get_int(const struct json_value *obj, const char *key, int64_t otherwise)
{
    return json_i64(json_get(obj, key), otherwise);
}

double json_get_num(const struct json_value *obj, const char *key, double otherwise)
{
    return json_num(json_get(obj, key), otherwise);
}

bool json_get_bool(const struct json_value *obj, const char *key, bool otherwise)
{
    return json_true(json_get(obj, key), otherwise);
}

enum tb_code json_get_day(const struct json_value *obj, const char *key, int32_t *out,
                          struct tb_err *e)
{
    const struct json_value *v = json_get(obj, key);

    if (!v)
        return TB_OK;
    *out = DAY_NONE;
    if (json_is_null(v) || (json_is_str(v) && json_text(v).n == 0))
        return TB_OK;
    if (!json_is_str(v) || !day_parse(json_text(v), out))
        return tb_fail(e, TB_INVALID, "日期写法应为 2026-11-21 这样", "field=%s", key);
    return TB_OK;
}
