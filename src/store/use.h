/* 用量: what was used, by hour (model_use). Written by store/books.h alone. */
#ifndef STORE_USE_H
#define STORE_USE_H
#include "domain/call.h"
#include "store/db.h"

struct use_day {
    int64_t key_id, day, tokens; /* prompt and answer */
};
/* By key and day, from a day on. */
enum tb_code use_days(struct db *d, struct arena *a, int64_t from_day, struct use_day **out,
                      size_t *n, struct tb_err *e) MUST_USE;

enum use_by {
    USE_BY_DEPARTMENT,
    USE_BY_KEY,
    USE_BY_MODEL,
    USE_BY_ENGINE,
    USE_BY_DAY,
    USE_BY_HOUR,
    USE_BY_COUNT
};
const char *use_by_name(enum use_by by);  /* "department" … as in the API */
const char *use_by_title(enum use_by by); /* 部门 … for people */
bool use_by_parse(struct str s, enum use_by *out);

struct use_filter {
    int32_t from, to; /* days, both included */
    enum use_by by;
    struct str department; /* "": all */
};
struct use_row {
    struct str id, name; /* name: of the department or key; "" where the id says it all */
    int64_t requests, errors, estimated, prompt, cached, answer, reasoning;
    int64_t cost; /* millionths of a yuan */
};
/* Days and hours in their order, the others by tokens, most first. *sum: of all of them. */
enum tb_code use_list(struct db *d, struct arena *a, const struct use_filter *f,
                      struct use_row **out, size_t *n, struct use_row *sum,
                      struct tb_err *e) MUST_USE;

struct json;
void use_json(struct json *j, const struct use_row *u); /* as docs/api.md */
void use_csv(struct buf *out, enum use_by by, const struct use_row *rows, size_t n,
             const struct use_row *sum);

#endif
