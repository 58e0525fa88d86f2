#include "store/db.h"

#include "store/db_int.h"

#include <assert.h>
#include <string.h>

enum tb_code db_open(const char *url, struct db **out, struct tb_err *e)
{
    static const char sqlite[] = "sqlite:";

    *out = NULL;
    if (strncmp(url, sqlite, sizeof(sqlite) - 1) == 0)
        return db_open_sqlite(url + sizeof(sqlite) - 1, out, e);
    return tb_fail(e, TB_UNSUPPORTED, "数据库地址应以 sqlite: 开头", "url=%.12s", url);
}

void db_close(struct db *d)
{
    if (!d)
        return;
    assert(d->depth == 0);
    while (d->open)
        rows_close(d->open);
    d->ops->close(d);
}

enum tb_code db_run(struct db *d, struct sql q, struct db_args args, struct tb_err *e)
{
    int64_t id;

    return d->ops->run(d, q, args, &id, &d->changed, e);
}

enum tb_code db_insert(struct db *d, struct sql q, struct db_args args, int64_t *id,
                       struct tb_err *e)
{
    return d->ops->run(d, q, args, id, &d->changed, e);
}

enum tb_code db_run_rows(struct db *d, struct sql q, const struct db_source *rows, struct tb_err *e)
{
    assert(d->depth > 0);
    return rows->n ? d->ops->run_rows(d, q, rows, e) : TB_OK;
}

int64_t db_changed(struct db *d)
{
    return d->changed;
}

static void close_later(void *r)
{
    rows_close(r);
}

enum tb_code db_ask(struct db *d, struct arena *a, struct sql q, struct db_args args,
                    struct rows **out, struct tb_err *e)
{
    struct rows *r;

    *out = NULL;
    if (d->ops->ask(d, a, q, args, out, e))
        return e->code;
    r = *out;
    r->d = d;
    r->a = a;
    r->before = NULL;
    r->after = d->open;
    if (d->open)
        d->open->before = r;
    d->open = r;
    arena_defer(a, close_later, r);
    return TB_OK;
}

enum tb_code rows_next(struct rows *r, bool *more, struct tb_err *e)
{
    *more = false;
    if (!r->d)
        return TB_OK;
    if (r->d->ops->next(r, more, e)) {
        rows_close(r);
        return e->code;
    }
    if (!*more)
        rows_close(r);
    return TB_OK;
}

int64_t rows_int(struct rows *r, int col)
{
    assert(r->d);
    return r->d->ops->as_int(r, col);
}

double rows_real(struct rows *r, int col)
{
    assert(r->d);
    return r->d->ops->as_real(r, col);
}

struct str rows_str(struct rows *r, int col)
{
    assert(r->d);
    return arena_str(r->a, r->d->ops->as_str(r, col));
}

int32_t rows_day(struct rows *r, int col)
{
    return rows_null(r, col) ? INT32_MIN : (int32_t)rows_int(r, col);
}

bool rows_null(struct rows *r, int col)
{
    assert(r->d);
    return r->d->ops->is_null(r, col);
}

void rows_close(struct rows *r)
{
    struct db *d = r ? r->d : NULL;

    if (!d)
        return;
    d->ops->done(r);
    if (r->before)
        r->before->after = r->after;
    else
        d->open = r->after;
    if (r->after)
        r->after->before = r->before;
    r->d = NULL;
}

enum tb_code db_ask_int(struct db *d, struct sql q, struct db_args args, int64_t *out, bool *found,
                        struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct rows *r;
    bool more = false;
    enum tb_code c = db_ask(d, &a, q, args, &r, e);

    *out = 0;
    if (!c)
        c = rows_next(r, &more, e);
    if (!c && more)
        *out = rows_int(r, 0);
    if (found)
        *found = more;
    arena_release(&a);
    return c;
}

enum tb_code db_begin(struct db *d, struct tb_err *e)
{
    if (d->depth == 0) {
        if (d->ops->begin(d, e))
            return e->code;
        d->failed = TB_OK;
    }
    d->depth++;
    return TB_OK;
}

enum tb_code db_end(struct db *d, enum tb_code c, struct tb_err *e)
{
    assert(d->depth > 0);
    if (c && !d->failed)
        d->failed = c;
    if (--d->depth > 0)
        return c;
    if (!d->failed)
        return d->ops->commit(d, e);
    d->ops->rollback(d);
    if (c)
        return c;
    /* An inner part failed and the outer went on: nothing may be kept half. */
    return tb_fail(e, d->failed, "保存没有完成，没有留下任何改动，请重试",
                   "inner transaction failed code=%s", tb_code_name(d->failed));
}

enum tb_code db_script(struct db *d, const char *statements, struct tb_err *e)
{
    return d->ops->script(d, statements, e);
}

enum tb_code db_copy(struct db *d, const char *path, struct tb_err *e)
{
    return d->ops->copy(d, path, e);
}

enum tb_code db_check(struct db *d, struct tb_err *e)
{
    return d->ops->check(d, e);
}
