/* JSON changed in a few places: everything else keeps its text (numbers as they were written,
 * order, unknown keys). For what is handed on between an application and an engine. */
#ifndef BASE_JSON_EDIT_H
#define BASE_JSON_EDIT_H
#include "base/arena.h"
#include "base/err.h"

struct json_edit; /* a document; lives as long as the arena */
struct json_spot; /* a value in it */

/* As json_read. A document is read, changed and freed by one thread. */
enum tb_code json_edit_read(struct arena *a, struct str text, struct json_edit **out,
                            struct tb_err *e) MUST_USE;
struct json_spot *json_edit_root(struct json_edit *d);
void json_edit_write(struct json_edit *d, struct buf *out);
void json_spot_write(const struct json_spot *v, struct buf *out);

bool json_spot_is_obj(const struct json_spot *v);
bool json_spot_is_arr(const struct json_spot *v);
bool json_spot_is_str(const struct json_spot *v);
bool json_spot_is_num(const struct json_spot *v);
bool json_spot_is_null(const struct json_spot *v);                       /* also NULL */
struct json_spot *json_spot_get(struct json_spot *obj, const char *key); /* NULL if absent */
size_t json_spot_len(const struct json_spot *v);                         /* array or object */
struct str json_spot_text(const struct json_spot *v);                    /* "" unless a string */
int64_t json_spot_int(struct json_spot *obj, const char *key, int64_t otherwise);
double json_spot_num(struct json_spot *obj, const char *key, double otherwise);
bool json_spot_bool(struct json_spot *obj, const char *key, bool otherwise);
bool json_spot_doubled(struct json_spot *obj); /* a key stands twice */

/* Elements of an array, or entries of an object (then *key is set): until NULL. The element given
 * last may be changed, not removed. */
struct json_spot_walk {
    struct json_spot *in, *at;
    size_t left;
};
struct json_spot_walk json_spot_walk(struct json_spot *v);
struct json_spot *json_spot_step(struct json_spot_walk *w, struct str *key);

void json_spot_say(struct json_edit *d, struct json_spot *v, struct str s); /* becomes a string */
/* Put: replaces or adds. key is a literal. */
void json_spot_put_str(struct json_edit *d, struct json_spot *obj, const char *key, struct str s);
void json_spot_put_int(struct json_edit *d, struct json_spot *obj, const char *key, int64_t v);
void json_spot_put_num(struct json_edit *d, struct json_spot *obj, const char *key, double v);
void json_spot_put_bool(struct json_edit *d, struct json_spot *obj, const char *key, bool v);
struct json_spot *json_spot_put_obj(struct json_edit *d, struct json_spot *obj, const char *key);
struct json_spot *json_spot_put_arr(struct json_edit *d, struct json_spot *obj, const char *key);
struct json_spot *json_spot_add_obj(struct json_edit *d, struct json_spot *arr);
void json_spot_drop(struct json_spot *obj, const char *key);

#endif
