#include "base/json_edit.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

static yyjson_mut_val *val(const struct json_spot *v)
{
    return (yyjson_mut_val *)(uintptr_t)v;
}

static struct json_spot *spot(yyjson_mut_val *v)
{
    return (struct json_spot *)v;
}

static yyjson_mut_doc *doc(struct json_edit *d)
{
    return (yyjson_mut_doc *)d;
}

/* Documents live and die with an arena: thousands a second, and nothing of them is freed alone. */
static void *take(void *arena, size_t n)
{
    return arena_alloc(arena, n);
}

static void *take_more(void *arena, void *p, size_t old, size_t n)
{
    return n <= old ? p : memcpy(arena_alloc(arena, n), p, old);
}

static void let_lie(void *arena, void *p)
{
    (void)arena;
    (void)p;
}

static yyjson_alc memory_of(struct arena *a)
{
    return (yyjson_alc){ take, take_more, let_lie, a };
}

enum tb_code json_edit_read(struct arena *a, struct str text, struct json_edit **out,
                            struct tb_err *e)
{
    struct arena once = ARENA_INIT;
    yyjson_alc keep = memory_of(a), memory = memory_of(&once);
    enum tb_code code = TB_OK;
    yyjson_read_err why;
    yyjson_doc *read;

    if (json_check_size(text, e))
        return e->code;
    read = yyjson_read_opts((char *)(uintptr_t)text.p, text.n, YYJSON_READ_NUMBER_AS_RAW, &memory,
                            &why);
    if (read)
        *out = (struct json_edit *)yyjson_doc_mut_copy(read, &keep);
    else
        code = tb_fail(e, TB_INVALID, "内容不是正确的 JSON", "json at=%zu %s", why.pos, why.msg);
    arena_release(&once);
    return code;
}

struct json_spot *json_edit_root(struct json_edit *d)
{
    return spot(yyjson_mut_doc_get_root(doc(d)));
}

void json_edit_write(struct json_edit *d, struct buf *out)
{
    json_spot_write(json_edit_root(d), out);
}

void json_spot_write(const struct json_spot *v, struct buf *out)
{
    struct arena once = ARENA_INIT;
    yyjson_alc memory = memory_of(&once);
    size_t n = 0;
    char *text = yyjson_mut_val_write_opts(val(v), YYJSON_WRITE_NOFLAG, &memory, &n, NULL);

    if (!text)
        abort();
    buf_add(out, str_of(text, n));
    arena_release(&once);
}

bool json_spot_is_obj(const struct json_spot *v)
{
    return yyjson_mut_is_obj(val(v));
}

bool json_spot_is_arr(const struct json_spot *v)
{
    return yyjson_mut_is_arr(val(v));
}

bool json_spot_is_str(const struct json_spot *v)
{
    return yyjson_mut_is_str(val(v));
}

bool json_spot_is_num(const struct json_spot *v)
{
    return yyjson_mut_is_raw(val(v)) || yyjson_mut_is_num(val(v));
}

bool json_spot_is_null(const struct json_spot *v)
{
    return !v || yyjson_mut_is_null(val(v));
}

struct json_spot *json_spot_get(struct json_spot *obj, const char *key)
{
    return spot(yyjson_mut_obj_get(val(obj), key));
}

size_t json_spot_len(const struct json_spot *v)
{
    return json_spot_is_arr(v) ? yyjson_mut_arr_size(val(v)) : yyjson_mut_obj_size(val(v));
}

struct str json_spot_text(const struct json_spot *v)
{
    return json_spot_is_str(v) ? str_of(yyjson_mut_get_str(val(v)), yyjson_mut_get_len(val(v)))
                               : STR("");
}

int64_t json_spot_int(struct json_spot *obj, const char *key, int64_t otherwise)
{
    yyjson_mut_val *v = yyjson_mut_obj_get(val(obj), key);
    int64_t n;

    if (yyjson_mut_is_int(v))
        return yyjson_mut_get_sint(v);
    if (yyjson_mut_is_raw(v) && str_i64(str_of(yyjson_mut_get_raw(v), yyjson_mut_get_len(v)), &n))
        return n;
    return otherwise;
}

double json_spot_num(struct json_spot *obj, const char *key, double otherwise)
{
    yyjson_mut_val *v = yyjson_mut_obj_get(val(obj), key);
    double n;

    if (yyjson_mut_is_num(v))
        return yyjson_mut_get_num(v);
    if (yyjson_mut_is_raw(v) && str_real(str_of(yyjson_mut_get_raw(v), yyjson_mut_get_len(v)), &n))
        return n;
    return otherwise;
}

bool json_spot_bool(struct json_spot *obj, const char *key, bool otherwise)
{
    yyjson_mut_val *v = yyjson_mut_obj_get(val(obj), key);

    return yyjson_mut_is_bool(v) ? yyjson_mut_get_bool(v) : otherwise;
}

struct json_spot_walk json_spot_walk(struct json_spot *v)
{
    struct json_spot_walk w = { v, NULL, 0 };

    if (!json_spot_is_obj(v) && !json_spot_is_arr(v))
        return w;
    w.left = json_spot_len(v);
    w.at = w.left ? spot(val(v)->uni.ptr) : NULL; /* the last one: its next is the first */
    return w;
}

struct json_spot *json_spot_step(struct json_spot_walk *w, struct str *key)
{
    bool obj = json_spot_is_obj(w->in);
    yyjson_mut_val *v;

    if (!w->left)
        return NULL;
    w->left--;
    if (!obj) {
        v = val(w->at)->next;
        w->at = spot(v);
        return spot(v);
    }
    v = val(w->at)->next->next; /* of an object uni.ptr is the last key */
    w->at = spot(v);
    if (key)
        *key = str_of(yyjson_mut_get_str(v), yyjson_mut_get_len(v));
    return spot(v->next);
}

bool json_spot_doubled(struct json_spot *obj)
{
    struct json_spot_walk w = json_spot_walk(obj);
    struct str key = STR_NONE;

    while (json_spot_step(&w, &key)) {
        struct json_spot_walk rest = w;
        struct str other = STR_NONE;

        while (json_spot_step(&rest, &other))
            if (str_eq(key, other))
                return true;
    }
    return false;
}

void json_spot_say(struct json_edit *d, struct json_spot *v, struct str s)
{
    yyjson_mut_val *copy = yyjson_mut_strncpy(doc(d), s.p ? s.p : "", s.n);

    if (!copy)
        abort();
    yyjson_mut_set_strn(val(v), copy->uni.str, s.n);
}

static void put(struct json_edit *d, struct json_spot *obj, const char *key, yyjson_mut_val *v)
{
    if (!v || !yyjson_mut_obj_put(val(obj), yyjson_mut_str(doc(d), key), v))
        abort();
}

void json_spot_put_str(struct json_edit *d, struct json_spot *obj, const char *key, struct str s)
{
    put(d, obj, key, yyjson_mut_strncpy(doc(d), s.p ? s.p : "", s.n));
}

void json_spot_put_int(struct json_edit *d, struct json_spot *obj, const char *key, int64_t v)
{
    put(d, obj, key, yyjson_mut_sint(doc(d), v));
}

void json_spot_put_num(struct json_edit *d, struct json_spot *obj, const char *key, double v)
{
    put(d, obj, key, yyjson_mut_real(doc(d), v));
}

void json_spot_put_bool(struct json_edit *d, struct json_spot *obj, const char *key, bool v)
{
    put(d, obj, key, yyjson_mut_bool(doc(d), v));
}

struct json_spot *json_spot_put_obj(struct json_edit *d, struct json_spot *obj, const char *key)
{
    yyjson_mut_val *v = yyjson_mut_obj(doc(d));

    put(d, obj, key, v);
    return spot(v);
}

struct json_spot *json_spot_put_arr(struct json_edit *d, struct json_spot *obj, const char *key)
{
    yyjson_mut_val *v = yyjson_mut_arr(doc(d));

    put(d, obj, key, v);
    return spot(v);
}

struct json_spot *json_spot_add_obj(struct json_edit *d, struct json_spot *arr)
{
    yyjson_mut_val *v = yyjson_mut_obj(doc(d));

    if (!v || !yyjson_mut_arr_append(val(arr), v))
        abort();
    return spot(v);
}

void json_spot_drop(struct json_spot *obj, const char *key)
{
    yyjson_mut_obj_remove_key(val(obj), key);
}
