#include "store/use.h"

enum tb_code use_days(struct db *d, struct arena *a, int64_t from_day, struct use_day **out,
                      size_t *n, struct tb_err *e)
{
    struct rows *r;
    size_t cap = 0;
    bool more;

    *out = NULL;
    *n = 0;
    if (db_ask(d, a,
               SQL("SELECT key_id, day, sum(prompt + answer) FROM model_use WHERE day >= :day "
                   "GROUP BY key_id, day"),
               ARGS(db_int("day", from_day)), &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        *out = arena_grow(a, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] = (struct use_day){ rows_int(r, 0), rows_int(r, 1), rows_int(r, 2) };
    }
}
