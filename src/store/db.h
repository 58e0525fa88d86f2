/* The database as a struct of functions with three makers: SQLite, PostgreSQL (later), and one that
 * injects faults for tests. SQL is a literal in the portable subset (no vendor functions, no upsert
 * beyond ON CONFLICT, times as BIGINT ms since 1970 UTC, days as INTEGER since 1970, booleans as
 * 0/1), parameters bind by name. A handle belongs to one thread at a time. */
#ifndef STORE_DB_H
#define STORE_DB_H
#include "base/arena.h"
#include "base/err.h"

struct sql {
    const char *text;
};
#define SQL(lit) ((struct sql){ "" lit "" })

enum db_kind { DB_NULL, DB_INT, DB_REAL, DB_TEXT, DB_BLOB };
struct db_arg {
    const char *name; /* without the colon */
    enum db_kind kind;
    int64_t i;
    double r;
    struct str s;
    bool known; /* a text that is valid UTF-8 without NUL: not looked at again */
};
static inline struct db_arg db_int(const char *name, int64_t v)
{
    return (struct db_arg){ .name = name, .kind = DB_INT, .i = v };
}
/* The id of another row, or a time; 0: there is none, NULL. */
static inline struct db_arg db_id(const char *name, int64_t id)
{
    return (struct db_arg){ .name = name, .kind = id ? DB_INT : DB_NULL, .i = id };
}
static inline struct db_arg db_real(const char *name, double v)
{
    return (struct db_arg){ .name = name, .kind = DB_REAL, .r = v };
}
static inline struct db_arg db_text(const char *name, struct str v)
{
    return (struct db_arg){ .name = name, .kind = DB_TEXT, .s = v };
}
/* A text that the program made, or has looked at itself. */
static inline struct db_arg db_known(const char *name, struct str v)
{
    return (struct db_arg){ .name = name, .kind = DB_TEXT, .s = v, .known = true };
}
static inline struct db_arg db_blob(const char *name, struct str v)
{
    return (struct db_arg){ .name = name, .kind = DB_BLOB, .s = v };
}
static inline struct db_arg db_null(const char *name)
{
    return (struct db_arg){ .name = name, .kind = DB_NULL };
}
/* A day column: DAY_NONE becomes NULL. */
static inline struct db_arg db_day(const char *name, int32_t day)
{
    return (struct db_arg){ .name = name, .kind = day == INT32_MIN ? DB_NULL : DB_INT, .i = day };
}

struct db_args {
    const struct db_arg *v;
    size_t n;
};
#define ARGS(...)                                                                                  \
    ((struct db_args){ (const struct db_arg[]){ __VA_ARGS__ },                                     \
                       sizeof((const struct db_arg[]){ __VA_ARGS__ }) / sizeof(struct db_arg) })
#define NO_ARGS ((struct db_args){ NULL, 0 })

struct db;
struct rows;

/* url: "sqlite:/path/tongban.db" ("sqlite::memory:" for tests). The handle waits up to 5 s for a
 * lock. */
enum tb_code db_open(const char *url, struct db **out, struct tb_err *e) MUST_USE;
void db_close(struct db *d);

/* Runs a statement that returns no rows. TB_CONFLICT on a unique or foreign key, TB_BUSY when
 * locked, TB_STORE on disk full and the rest; a programmer's mistake (unknown parameter, bad SQL)
 * aborts. */
enum tb_code db_run(struct db *d, struct sql q, struct db_args args, struct tb_err *e) MUST_USE;
/* As db_run; *id is the id of the inserted row (tables have `id INTEGER PRIMARY KEY`). */
enum tb_code db_insert(struct db *d, struct sql q, struct db_args args, int64_t *id,
                       struct tb_err *e) MUST_USE;
int64_t db_changed(struct db *d); /* rows changed by the last db_run */
/* n rows by one INSERT in the open transaction: q ends with the list of its columns ("INSERT INTO
 * t(a, b)"), and fill gives the values of row i in their order, once and from 0 up; they must live
 * until the next is asked for. Names are not needed. Errors as db_run. */
struct db_source {
    size_t n, columns; /* columns: at most 20 */
    void (*fill)(void *self, size_t i, struct db_arg *v);
    void *self;
};
enum tb_code db_run_rows(struct db *d, struct sql q, const struct db_source *rows,
                         struct tb_err *e) MUST_USE;

/* Starts a query; rows_next until *more is false; the arena closes it if the caller does not. */
enum tb_code db_ask(struct db *d, struct arena *a, struct sql q, struct db_args args,
                    struct rows **out, struct tb_err *e) MUST_USE;
enum tb_code rows_next(struct rows *r, bool *more, struct tb_err *e) MUST_USE;
int64_t rows_int(struct rows *r, int col); /* 0 for NULL */
double rows_real(struct rows *r, int col);
struct str rows_str(struct rows *r,
                    int col);              /* copied into the arena; "" for NULL; text and blob */
int32_t rows_day(struct rows *r, int col); /* DAY_NONE for NULL */
bool rows_null(struct rows *r, int col);
void rows_close(struct rows *r);
/* First row, first column as a number; *found false without a row. */
enum tb_code db_ask_int(struct db *d, struct sql q, struct db_args args, int64_t *out, bool *found,
                        struct tb_err *e) MUST_USE;

/* Transactions. db_begin takes the write lock at once. db_end commits when c is TB_OK, else rolls
 * back and returns c (with e as it was). Nesting counts: only the outermost commits. */
enum tb_code db_begin(struct db *d, struct tb_err *e) MUST_USE;
enum tb_code db_end(struct db *d, enum tb_code c, struct tb_err *e) MUST_USE;

/* A whole, consistent copy into a new file (TB_STORE if it exists), while others read and write. */
enum tb_code db_copy(struct db *d, const char *path, struct tb_err *e) MUST_USE;
/* Looks through every page and index; TB_CORRUPT when something is wrong. Takes its time. */
enum tb_code db_check(struct db *d, struct tb_err *e) MUST_USE;

#endif
