/* What the makers of a database share; never included outside the store. A maker fills db_ops and
 * begins its own handle with struct db and its own cursor with struct rows. db.c counts nesting,
 * so a maker's begin/commit/rollback see only the outermost transaction. */
#ifndef STORE_DB_INT_H
#define STORE_DB_INT_H
#include "store/db.h"

struct db_ops {
    void (*close)(struct db *d); /* frees d */
    enum tb_code (*run)(struct db *d, struct sql q, struct db_args args, int64_t *id,
                        int64_t *changed, struct tb_err *e);
    enum tb_code (*run_rows)(struct db *d, struct sql q, const struct db_source *rows,
                             struct tb_err *e);
    enum tb_code (*ask)(struct db *d, struct arena *a, struct sql q, struct db_args args,
                        struct rows **out, struct tb_err *e);
    enum tb_code (*next)(struct rows *r, bool *more, struct tb_err *e);
    void (*done)(struct rows *r); /* gives the cursor's resources back; r itself is the arena's */
    int64_t (*as_int)(struct rows *r, int col);
    double (*as_real)(struct rows *r, int col);
    struct str (*as_str)(struct rows *r, int col); /* lent until the next row */
    bool (*is_null)(struct rows *r, int col);
    enum tb_code (*begin)(struct db *d, struct tb_err *e);
    enum tb_code (*commit)(struct db *d, struct tb_err *e); /* on failure nothing is kept */
    void (*rollback)(struct db *d);
    /* Many statements from a migration file, in the open transaction. Bad SQL is TB_STORE here. */
    enum tb_code (*script)(struct db *d, const char *statements, struct tb_err *e);
    /* A whole, consistent copy into a new file while others read and write. */
    enum tb_code (*copy)(struct db *d, const char *path, struct tb_err *e);
    /* Looks through every page and index. TB_CORRUPT when something is wrong. */
    enum tb_code (*check)(struct db *d, struct tb_err *e);
};

struct db {
    const struct db_ops *ops;
    int depth;           /* open db_begin calls */
    enum tb_code failed; /* an inner db_end failed: the outermost must not commit */
    int64_t changed;
    struct rows *open; /* cursors not yet closed */
};

struct rows {
    struct db *d; /* NULL once closed */
    struct arena *a;
    struct rows *before, *after;
};

enum tb_code db_open_sqlite(const char *path, struct db **out, struct tb_err *e) MUST_USE;
enum tb_code db_script(struct db *d, const char *statements, struct tb_err *e) MUST_USE;

#endif
