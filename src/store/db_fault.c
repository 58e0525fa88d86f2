#include "store/db_fault.h"

#include "base/alloc.h"
#include "store/db_int.h"

struct fault {
    struct db base;
    struct db *inner;
    struct db_fault *plan;
};
struct fault_rows {
    struct rows base;
    struct rows *inner;
};

static struct fault *of(struct db *d)
{
    return (struct fault *)d;
}

static enum tb_code trip(struct fault *f, const char *what, struct tb_err *e)
{
    if (++f->plan->calls != f->plan->fail_at)
        return TB_OK;
    return tb_fail(e, f->plan->code, "数据库出错，未能保存，请稍后再试", "injected in %s call=%lld",
                   what, (long long)f->plan->calls);
}

static void fault_close(struct db *d)
{
    db_close(of(d)->inner);
    tb_free(d);
}

static enum tb_code fault_run(struct db *d, struct sql q, struct db_args args, int64_t *id,
                              int64_t *changed, struct tb_err *e)
{
    struct db *in = of(d)->inner;

    *id = *changed = 0;
    if (trip(of(d), "run", e))
        return e->code;
    return in->ops->run(in, q, args, id, changed, e);
}

static enum tb_code fault_run_rows(struct db *d, struct sql q, const struct db_source *rows,
                                   struct tb_err *e)
{
    struct db *in = of(d)->inner;

    return trip(of(d), "run_rows", e) ? e->code : in->ops->run_rows(in, q, rows, e);
}

static enum tb_code fault_ask(struct db *d, struct arena *a, struct sql q, struct db_args args,
                              struct rows **out, struct tb_err *e)
{
    struct fault_rows *r;
    struct rows *inner;

    if (trip(of(d), "ask", e) || db_ask(of(d)->inner, a, q, args, &inner, e))
        return e->code;
    r = ARENA_NEW(a, struct fault_rows);
    r->inner = inner;
    *out = &r->base;
    return TB_OK;
}

static enum tb_code fault_next(struct rows *r, bool *more, struct tb_err *e)
{
    if (trip(of(r->d), "next", e))
        return e->code;
    return rows_next(((struct fault_rows *)r)->inner, more, e);
}

static void fault_done(struct rows *r)
{
    rows_close(((struct fault_rows *)r)->inner);
}

static int64_t fault_int(struct rows *r, int col)
{
    return rows_int(((struct fault_rows *)r)->inner, col);
}

static double fault_real(struct rows *r, int col)
{
    return rows_real(((struct fault_rows *)r)->inner, col);
}

static struct str fault_str(struct rows *r, int col)
{
    struct rows *in = ((struct fault_rows *)r)->inner;

    return in->d->ops->as_str(in, col);
}

static bool fault_null(struct rows *r, int col)
{
    return rows_null(((struct fault_rows *)r)->inner, col);
}

static enum tb_code fault_begin(struct db *d, struct tb_err *e)
{
    struct db *in = of(d)->inner;

    return trip(of(d), "begin", e) ? e->code : in->ops->begin(in, e);
}

static enum tb_code fault_commit(struct db *d, struct tb_err *e)
{
    struct db *in = of(d)->inner;

    if (trip(of(d), "commit", e)) {
        in->ops->rollback(in);
        return e->code;
    }
    return in->ops->commit(in, e);
}

static void fault_rollback(struct db *d)
{
    struct db *in = of(d)->inner;

    in->ops->rollback(in);
}

static enum tb_code fault_script(struct db *d, const char *statements, struct tb_err *e)
{
    struct db *in = of(d)->inner;

    return trip(of(d), "script", e) ? e->code : in->ops->script(in, statements, e);
}

static enum tb_code fault_copy(struct db *d, const char *path, struct tb_err *e)
{
    return trip(of(d), "copy", e) ? e->code : db_copy(of(d)->inner, path, e);
}

static enum tb_code fault_check(struct db *d, struct tb_err *e)
{
    return trip(of(d), "check", e) ? e->code : db_check(of(d)->inner, e);
}

static const struct db_ops fault_ops = {
    .close = fault_close,
    .run = fault_run,
    .run_rows = fault_run_rows,
    .ask = fault_ask,
    .next = fault_next,
    .done = fault_done,
    .as_int = fault_int,
    .as_real = fault_real,
    .as_str = fault_str,
    .is_null = fault_null,
    .begin = fault_begin,
    .commit = fault_commit,
    .rollback = fault_rollback,
    .script = fault_script,
    .copy = fault_copy,
    .check = fault_check,
};

struct db *db_fault_over(struct db *inner, struct db_fault *plan)
{
    struct fault *f = tb_zalloc(sizeof(*f));

    f->base.ops = &fault_ops;
    f->inner = inner;
    f->plan = plan;
    return &f->base;
}
