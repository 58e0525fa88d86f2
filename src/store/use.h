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

#endif
