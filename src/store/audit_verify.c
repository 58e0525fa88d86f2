/* The chain as the database holds it. */
#include "store/audit_chain.h"
#include "store/audit_floor.h"
#include "store/audit_int.h"
#include "store/db_int.h"

/* Checkpoints are read before the rows: rows are only ever added, so each must still be there. */
static enum tb_code points_read(struct db *d, struct arena *a,
                                const struct audit_checkpoint *outside, struct audit_chain *k,
                                struct tb_err *e)
{
    struct audit_checkpoint *p = NULL;
    struct rows *r;
    size_t cap = 0, n = 0;
    bool more = true;

    if (db_ask(d, a, SQL("SELECT last, at, hash, signature, id FROM audit_checkpoint ORDER BY id"),
               NO_ARGS, &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            break;
        p = arena_grow(a, p, n, &cap, sizeof(*p));
        p[n] = (struct audit_checkpoint){ rows_int(r, 0), rows_int(r, 1), rows_str(r, 2),
                                          rows_str(r, 3) };
        if (rows_int(r, 4) != (int64_t)++n)
            audit_chain_bad(k, p[n - 1].last, "之前的签名检查点被删除过");
    }
    k->out->checkpoints = (int64_t)n;
    if (outside) {
        p = arena_grow(a, p, n, &cap, sizeof(*p));
        p[n++] = *outside;
    }
    audit_chain_points(k, p, n);
    return TB_OK;
}

/* Lent text: nothing is copied for a hundred thousand rows. */
static struct str peek(struct rows *r, int col)
{
    return r->d->ops->as_str(r, col);
}

static void walk_end(struct audit_chain *k, int64_t head_last, struct str head_hash, int64_t extra)
{
    if (head_last > k->last)
        audit_chain_bad(k, k->last + 1, "起的记录被截断");
    else if (k->last > 0 && !str_eqz(head_hash, k->prev))
        audit_chain_bad(k, k->last, "与链头不符：链头或最后一行被改动");
    if (extra)
        audit_chain_bad(k, head_last + 1, "不在链头之内：记录是绕过系统添加的，或者链头被改动");
    if (k->at < k->n)
        audit_chain_bad(k, k->last + 1, "起的记录被截断：签名检查点证明它们存在过");
}

static enum tb_code walk_to(struct db *d, struct arena *a, struct audit_chain *k, int64_t last,
                            struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(d, a, SQL("SELECT " AUDIT_COLUMNS " FROM audit WHERE id <= :last ORDER BY id"),
               ARGS(db_int("last", last)), &r, e))
        return e->code;
    for (;;) {
        struct audit_row row;

        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        audit_row_take(r, peek, &row);
        audit_chain_row(k, &row);
    }
}

/* The head first, then the rows up to it: what is added meanwhile lies beyond and is left to the
 * next time. Only then whether anything lies beyond the head of that moment, in one statement. */
static enum tb_code walk_rows(struct db *d, struct arena *a, struct audit_chain *k,
                              struct tb_err *e)
{
    int64_t last, extra;
    struct str hash;

    if (audit_head_read(d, a, &last, &hash, e) || walk_to(d, a, k, last, e) ||
        db_ask_int(d,
                   SQL("SELECT count(*) FROM audit WHERE id > "
                       "coalesce((SELECT last FROM audit_head WHERE id = 1), 0)"),
                   NO_ARGS, &extra, NULL, e))
        return e->code;
    walk_end(k, last, hash, extra);
    return TB_OK;
}

enum tb_code audit_verify(struct db *d, const struct keyring *keys,
                          const struct audit_checkpoint *outside, const struct world *w,
                          struct audit_verdict *out, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct audit_chain k;
    struct audit_floor floor;
    int64_t t0 = world_mono_us(w);
    enum tb_code c = audit_floor_read(d, &a, &floor, e);

    if (!c) {
        audit_chain_begin(&k, out, floor.last, floor.hash);
        out->floor = floor.last;
        if (keys)
            k.keys = keyring_trail_keys(keys);
        if (floor.last && k.keys.n && !audit_floor_holds(&k.keys, &floor))
            audit_chain_bad(&k, floor.last + 1,
                            "之前的归档边界签名不成立：记录不是按保存期限归档的");
        c = points_read(d, &a, outside, &k, e);
    }
    if (!c)
        c = walk_rows(d, &a, &k, e);
    out->us = world_mono_us(w) - t0;
    arena_release(&a);
    return c;
}
