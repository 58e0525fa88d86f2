/* JSON out: a writer that keeps its own nesting and escapes everything (broken UTF-8 becomes
 * U+FFFD). JSON in: yyjson behind a few typed readers; numbers and strings are checked, never
 * assumed. */
#ifndef BASE_JSON_H
#define BASE_JSON_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct json {
    struct buf *out;
    uint64_t more;  /* bit per level: an element stands already */
    uint64_t array; /* bit per level: an array, not an object */
    int depth;      /* at most 60 */
    bool after_key;
};

#define JSON_INIT(buf)                                                                             \
    {                                                                                              \
        (buf), 0, 0, 0, false                                                                      \
    }

void json_obj(struct json *j);
void json_arr(struct json *j);
void json_end(struct json *j); /* closes the innermost object or array */
void json_key(struct json *j, const char *key);
void json_str(struct json *j, struct str s);
void json_int(struct json *j, int64_t v);
void json_real(struct json *j, double v); /* NaN and infinity become null */
void json_bool(struct json *j, bool v);
void json_null(struct json *j);
void json_raw(struct json *j, struct str valid_json);
void json_kstr(struct json *j, const char *key, struct str s);
void json_kint(struct json *j, const char *key, int64_t v);
void json_kreal(struct json *j, const char *key, double v);
void json_kbool(struct json *j, const char *key, bool v);
void json_kday(struct json *j, const char *key, int32_t day); /* "2026-11-21"; null for DAY_NONE */
void json_ktime(struct json *j, const char *key, int64_t ms); /* base/date.h; null for 0 */
void json_kobj(struct json *j, const char *key);
void json_karr(struct json *j, const char *key);

struct json_value; /* = yyjson_val; lives as long as the arena */

/* Parses text whole (strict RFC 8259, depth <= 64, at most 64 MiB). TB_INVALID with the position.
 */
enum tb_code json_read(struct arena *a, struct str text, const struct json_value **out,
                       struct tb_err *e) MUST_USE;
/* What json_read refuses before it reads: too long, nested too deeply. */
enum tb_code json_check_size(struct str text, struct tb_err *e) MUST_USE;
bool json_is_obj(const struct json_value *v);
bool json_is_arr(const struct json_value *v);
bool json_is_str(const struct json_value *v);
bool json_is_null(const struct json_value *v); /* also true for a NULL pointer */
const struct json_value *json_get(const struct json_value *obj,
                                  const char *key); /* NULL if absent */
size_t json_len(const struct json_value *v);        /* elements of an array or object */
const struct json_value *json_at(const struct json_value *arr, size_t i); /* steps i times */
/* A long array in one pass: json_step gives each element, then NULL. */
struct json_walk {
    const struct json_value *at;
    size_t left;
};
struct json_walk json_walk(const struct json_value *arr);
const struct json_value *json_step(struct json_walk *w);
/* Object entry i; key views live as long as the arena. */
const struct json_value *json_entry(const struct json_value *obj, size_t i, struct str *key);
struct str json_text(const struct json_value *v); /* "" when not a string */
int64_t json_i64(const struct json_value *v, int64_t otherwise);
double json_num(const struct json_value *v, double otherwise);
bool json_true(const struct json_value *v, bool otherwise);
struct str json_get_str(const struct json_value *obj, const char *key);
int64_t json_get_int(const struct json_value *obj, const char *key, int64_t otherwise);
double json_get_num(const struct json_value *obj, const char *key, double otherwise);
bool json_get_bool(const struct json_value *obj, const char *key, bool otherwise);
/* A day as "2026-11-21"; null and "" are DAY_NONE; an absent one leaves *out. */
enum tb_code json_get_day(const struct json_value *obj, const char *key, int32_t *out,
                          struct tb_err *e) MUST_USE;

#endif
