/* SQLite 3: WAL so that readers never wait, synchronous=FULL so that what was acknowledged is on
 * the disk. Statements are prepared once per handle and found again by the address of their
 * literal. */
#include "base/alloc.h"
#include "base/world.h"
#include "store/db_given.h"
#include "store/db_int.h"
#include "store/turn.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Within the process writers queue; the queue is as long as people press at once. */
enum { BUSY_MS = 5000, BUSY_LEAST_MS = 50, TURN_MS = 20000, SLOTS_FIRST = 128 };

enum { NAMES = 20 };
struct slot { /* one prepared statement */
    const char *text;
    sqlite3_stmt *s;
    bool busy;                /* a cursor is on it */
    const char *names[NAMES]; /* literals that were found to be the parameters' names, in order */
};
struct lite {
    struct db base;
    sqlite3 *h;
    struct slot *slots; /* open addressing, a power of two */
    size_t cap, n;
    struct turn *turn; /* NULL in memory */
    struct given given;
};
struct lite_rows {
    struct rows base;
    sqlite3_stmt *s;
    const char *text; /* NULL: s is this cursor's own and dies with it */
};

static _Noreturn void our_mistake(sqlite3 *h, const char *what, const char *text)
{
    fprintf(stderr, "tongban: bug in SQL: %s: %s\n  %s\n", what, h ? sqlite3_errmsg(h) : "", text);
    abort();
}

static enum tb_code lite_fail(sqlite3 *h, const char *text, struct tb_err *e)
{
    int rc = sqlite3_extended_errcode(h);
    const char *m = sqlite3_errmsg(h);

    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return tb_fail(e, TB_BUSY, "系统正忙，请稍后再试", "sqlite=%d %s", rc, m);
    case SQLITE_FULL:
        return tb_fail(e, TB_STORE, "磁盘已满，未能保存；请管理员清理磁盘后再试", "sqlite=%d %s",
                       rc, m);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return tb_fail(e, TB_CORRUPT, "数据库文件已损坏，请从备份恢复（tongban restore）",
                       "sqlite=%d %s", rc, m);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return tb_fail(e, TB_STORE, "数据库打不开或不能写入，请检查数据目录的权限", "sqlite=%d %s",
                       rc, m);
    default:
        break;
    }
    if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
        rc == SQLITE_CONSTRAINT_ROWID || rc == SQLITE_CONSTRAINT_FOREIGNKEY)
        return tb_fail(e, TB_CONFLICT, "已有相同的记录，或者引用的记录不存在", "sqlite=%d %s", rc,
                       m);
    return tb_fail(e, TB_STORE, "数据库出错，未能保存，请稍后再试", "sqlite=%d %s sql=%.200s", rc,
                   m, text ? text : "");
}

/* -- prepared statements -- */

static struct slot *slot_at(struct slot *slots, size_t cap, const char *text)
{
    size_t i = (size_t)(((uintptr_t)text * 0x9e3779b97f4a7c15u) >> 32) & (cap - 1);

    while (slots[i].text && slots[i].text != text)
        i = (i + 1) & (cap - 1);
    return &slots[i];
}

static void slots_grow(struct lite *l)
{
    size_t cap = l->cap ? l->cap * 2 : SLOTS_FIRST;
    struct slot *more = tb_zalloc(cap * sizeof(*more));

    for (size_t i = 0; i < l->cap; i++)
        if (l->slots[i].text)
            *slot_at(more, cap, l->slots[i].text) = l->slots[i];
    tb_free(l->slots);
    l->slots = more;
    l->cap = cap;
}

static enum tb_code prepare(struct lite *l, const char *text, sqlite3_stmt **out, struct tb_err *e)
{
    const char *rest = "";
    int rc = sqlite3_prepare_v3(l->h, text, -1, SQLITE_PREPARE_PERSISTENT, out, &rest);

    if (rc == SQLITE_ERROR)
        our_mistake(l->h, "does not compile", text);
    if (rc != SQLITE_OK)
        return lite_fail(l->h, text, e);
    if (!*out || rest[strspn(rest, " \n;")])
        our_mistake(NULL, "not one statement", text);
    return TB_OK;
}

/* *shared is the cached slot, or NULL when its statement is in use and a second one was made. */
static enum tb_code statement(struct lite *l, const char *text, sqlite3_stmt **out,
                              struct slot **shared, struct tb_err *e)
{
    struct slot *at;

    *shared = NULL;
    if (l->n * 2 >= l->cap)
        slots_grow(l);
    at = slot_at(l->slots, l->cap, text);
    if (at->text && at->busy)
        return prepare(l, text, out, e);
    if (!at->text) {
        if (prepare(l, text, &at->s, e))
            return e->code;
        at->text = text;
        l->n++;
    }
    *shared = at;
    *out = at->s;
    return TB_OK;
}

static int bind_value(sqlite3_stmt *s, int at, const struct db_arg *v)
{
    const char *p = v->s.p ? v->s.p : "";

    switch (v->kind) {
    case DB_INT:
        return sqlite3_bind_int64(s, at, v->i);
    case DB_REAL:
        return sqlite3_bind_double(s, at, v->r);
    case DB_TEXT:
        return sqlite3_bind_text64(s, at, p, v->s.n, SQLITE_STATIC, SQLITE_UTF8);
    case DB_BLOB:
        return sqlite3_bind_blob64(s, at, p, v->s.n, SQLITE_STATIC);
    case DB_NULL:
        break;
    }
    return sqlite3_bind_null(s, at);
}

/* Mostly the arguments stand in the order of the parameters; then nothing is looked up, and the
 * literal is known again by its address. 0: none. */
static int place_of(sqlite3_stmt *s, struct slot *known, int guess, const char *arg)
{
    const char *there;
    char name[64];
    int n;

    if (known && guess <= NAMES && known->names[guess - 1] == arg)
        return guess;
    there = sqlite3_bind_parameter_name(s, guess);
    if (there && strcmp(there + 1, arg) == 0) {
        if (known && guess <= NAMES)
            known->names[guess - 1] = arg;
        return guess;
    }
    n = snprintf(name, sizeof(name), ":%s", arg);
    return n < (int)sizeof(name) ? sqlite3_bind_parameter_index(s, name) : 0;
}

static enum tb_code bind_all(struct lite *l, sqlite3_stmt *s, struct slot *known, const char *text,
                             struct db_args args, struct tb_err *e)
{
    if ((size_t)sqlite3_bind_parameter_count(s) != args.n)
        our_mistake(NULL, "as many arguments as parameters are needed", text);
    for (size_t i = 0; i < args.n; i++) {
        int at = place_of(s, known, (int)i + 1, args.v[i].name);

        if (at == 0)
            our_mistake(NULL, args.v[i].name, text);
        if (args.v[i].kind == DB_TEXT && given_text_ok(&args.v[i], e))
            return e->code;
        if (bind_value(s, at, &args.v[i]) != SQLITE_OK)
            return lite_fail(l->h, text, e);
    }
    return TB_OK;
}

static void give_back(sqlite3_stmt *s, struct slot *shared)
{
    if (!shared) {
        sqlite3_finalize(s);
        return;
    }
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    shared->busy = false;
}

/* -- the operations -- */

/* While another process holds the lock, those who have waited for their turn have waited for it
 * already: nobody waits the five seconds of everybody before them and then their own. */
static enum tb_code take_turn(struct lite *l, struct tb_err *e)
{
    int64_t t0 = world_mono_us(world_real()), left;

    if (turn_take(l->turn, TURN_MS)) {
        left = BUSY_MS - (world_mono_us(world_real()) - t0) / 1000;
        if (!turn_blocked(l->turn))
            left = BUSY_MS;
        sqlite3_busy_timeout(l->h, left > BUSY_LEAST_MS ? (int)left : BUSY_LEAST_MS);
        return TB_OK;
    }
    return tb_fail(e, TB_BUSY, "系统正忙，请稍后再试", "writers before us for %d ms", TURN_MS);
}

static enum tb_code lite_run(struct db *d, struct sql q, struct db_args args, int64_t *id,
                             int64_t *changed, struct tb_err *e)
{
    struct lite *l = (struct lite *)d;
    struct slot *shared;
    sqlite3_stmt *s;
    enum tb_code c;
    bool alone;
    int rc;

    *changed = 0;
    *id = 0;
    if (statement(l, q.text, &s, &shared, e))
        return e->code;
    c = bind_all(l, s, shared, q.text, args, e);
    alone = sqlite3_get_autocommit(l->h) && !sqlite3_stmt_readonly(s);
    if (!c && alone)
        c = take_turn(l, e);
    if (!c) {
        do
            rc = sqlite3_step(s); /* a PRAGMA or RETURNING may give rows: they are passed over */
        while (rc == SQLITE_ROW);
        if (rc != SQLITE_DONE)
            c = lite_fail(l->h, q.text, e);
        sqlite3_reset(s); /* before another may write: a failed one ends here */
        if (alone) {
            turn_mark(l->turn, c == TB_BUSY);
            turn_give(l->turn);
        }
    }
    if (!c) {
        *changed = sqlite3_changes64(l->h);
        *id = sqlite3_last_insert_rowid(l->h);
    }
    give_back(s, shared);
    return c;
}

/* A row that the database must not take stops the statement with an error of the table's own. */
static enum tb_code lite_run_rows(struct db *d, struct sql q, const struct db_source *rows,
                                  struct tb_err *e)
{
    struct lite *l = (struct lite *)d;
    const char *text = given_statement(&l->given, l->h, q.text, rows->columns);
    struct slot *shared;
    sqlite3_stmt *s;
    enum tb_code c = TB_OK;

    if (!text)
        return lite_fail(l->h, q.text, e);
    if (statement(l, text, &s, &shared, e))
        return e->code;
    l->given.rows = rows;
    l->given.e = e;
    l->given.failed = TB_OK;
    if (sqlite3_step(s) != SQLITE_DONE)
        c = l->given.failed ? l->given.failed : lite_fail(l->h, text, e);
    l->given.rows = NULL;
    give_back(s, shared);
    return c;
}

static enum tb_code lite_ask(struct db *d, struct arena *a, struct sql q, struct db_args args,
                             struct rows **out, struct tb_err *e)
{
    struct lite *l = (struct lite *)d;
    struct lite_rows *r;
    struct slot *shared;
    sqlite3_stmt *s;

    if (statement(l, q.text, &s, &shared, e))
        return e->code;
    if (bind_all(l, s, shared, q.text, args, e)) {
        give_back(s, shared);
        return e->code;
    }
    if (shared)
        shared->busy = true;
    r = ARENA_NEW(a, struct lite_rows);
    r->s = s;
    r->text = shared ? q.text : NULL;
    *out = &r->base;
    return TB_OK;
}

static enum tb_code lite_next(struct rows *rows, bool *more, struct tb_err *e)
{
    struct lite_rows *r = (struct lite_rows *)rows;
    int rc = sqlite3_step(r->s);

    *more = rc == SQLITE_ROW;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return lite_fail(((struct lite *)rows->d)->h, r->text, e);
    return TB_OK;
}

static void lite_done(struct rows *rows)
{
    struct lite_rows *r = (struct lite_rows *)rows;
    struct lite *l = (struct lite *)rows->d;

    give_back(r->s, r->text ? slot_at(l->slots, l->cap, r->text) : NULL);
    r->s = NULL;
}

static int64_t lite_int(struct rows *r, int col)
{
    return sqlite3_column_int64(((struct lite_rows *)r)->s, col);
}

static double lite_real(struct rows *r, int col)
{
    return sqlite3_column_double(((struct lite_rows *)r)->s, col);
}

static struct str lite_str(struct rows *r, int col)
{
    sqlite3_stmt *s = ((struct lite_rows *)r)->s;
    const char *p = sqlite3_column_type(s, col) == SQLITE_BLOB
                        ? sqlite3_column_blob(s, col)
                        : (const char *)sqlite3_column_text(s, col);

    return str_of(p, (size_t)sqlite3_column_bytes(s, col));
}

static bool lite_null(struct rows *r, int col)
{
    return sqlite3_column_type(((struct lite_rows *)r)->s, col) == SQLITE_NULL;
}

static enum tb_code plain(struct lite *l, const char *text, struct tb_err *e)
{
    if (sqlite3_exec(l->h, text, NULL, NULL, NULL) != SQLITE_OK)
        return lite_fail(l->h, text, e);
    return TB_OK;
}

static enum tb_code lite_script(struct db *d, const char *statements, struct tb_err *e)
{
    return plain((struct lite *)d, statements, e);
}

static enum tb_code lite_begin(struct db *d, struct tb_err *e)
{
    struct lite *l = (struct lite *)d;
    enum tb_code c;

    if (take_turn(l, e))
        return e->code;
    c = plain(l, "BEGIN IMMEDIATE", e);
    turn_mark(l->turn, c == TB_BUSY);
    if (c)
        turn_give(l->turn);
    return c;
}

static void roll_back(struct lite *l)
{
    /* A full disk may have rolled back already; then there is nothing to do. */
    if (!sqlite3_get_autocommit(l->h))
        sqlite3_exec(l->h, "ROLLBACK", NULL, NULL, NULL);
}

static void lite_rollback(struct db *d)
{
    struct lite *l = (struct lite *)d;

    roll_back(l);
    turn_give(l->turn);
}

static enum tb_code lite_commit(struct db *d, struct tb_err *e)
{
    struct lite *l = (struct lite *)d;
    enum tb_code c;

    if (sqlite3_get_autocommit(l->h))
        c = tb_fail(e, TB_STORE, "保存没有完成，没有留下任何改动，请重试",
                    "sqlite gave the transaction up");
    else
        c = plain(l, "COMMIT", e);
    if (c)
        roll_back(l);
    turn_give(l->turn);
    return c;
}

static enum tb_code lite_copy(struct db *d, const char *path, struct tb_err *e)
{
    sqlite3 *from = ((struct lite *)d)->h, *to = NULL;
    sqlite3_backup *b;
    int rc, fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

    if (fd < 0)
        return tb_fail(e, TB_STORE, "备份文件建不起来：已经存在，或者文件夹不能写入", "path=%s",
                       path);
    close(fd);
    rc = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    b = rc == SQLITE_OK ? sqlite3_backup_init(to, "main", from, "main") : NULL;
    if (b) {
        /* All pages in one step: one snapshot, and in WAL mode writers are not kept waiting. */
        rc = sqlite3_backup_step(b, -1);
        sqlite3_backup_finish(b);
        /* The copy is one file, no WAL beside it. */
        if (rc == SQLITE_DONE)
            sqlite3_exec(to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
    }
    if (rc != SQLITE_DONE)
        (void)lite_fail(to, "backup", e);
    sqlite3_close(to);
    if (rc != SQLITE_DONE)
        unlink(path);
    return rc == SQLITE_DONE ? TB_OK : e->code;
}

static enum tb_code lite_check(struct db *d, struct tb_err *e)
{
    struct lite *l = (struct lite *)d;
    sqlite3_stmt *s = NULL;
    enum tb_code c = TB_OK;
    int rc;

    if (sqlite3_prepare_v2(l->h, "PRAGMA integrity_check(1)", -1, &s, NULL) != SQLITE_OK)
        return lite_fail(l->h, "integrity_check", e);
    rc = sqlite3_step(s);
    if (rc != SQLITE_ROW)
        c = lite_fail(l->h, "integrity_check", e);
    else if (strcmp((const char *)sqlite3_column_text(s, 0), "ok") != 0)
        c = tb_fail(e, TB_CORRUPT, "数据库文件已损坏，请从备份恢复（tongban restore）", "%s",
                    (const char *)sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
    return c;
}

static void lite_close(struct db *d)
{
    struct lite *l = (struct lite *)d;

    for (size_t i = 0; i < l->cap; i++)
        if (l->slots[i].text)
            sqlite3_finalize(l->slots[i].s);
    tb_free(l->slots);
    sqlite3_close(l->h);
    given_release(&l->given);
    turn_close(l->turn);
    tb_free(l);
}

static const struct db_ops lite_ops = {
    .close = lite_close,
    .run = lite_run,
    .run_rows = lite_run_rows,
    .ask = lite_ask,
    .next = lite_next,
    .done = lite_done,
    .as_int = lite_int,
    .as_real = lite_real,
    .as_str = lite_str,
    .is_null = lite_null,
    .begin = lite_begin,
    .commit = lite_commit,
    .rollback = lite_rollback,
    .script = lite_script,
    .copy = lite_copy,
    .check = lite_check,
};

/* The library counts every allocation under one lock for all threads: nobody reads that count. */
static void settle_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/* Born 0600: personal data lie in it. WAL and shm files take the mode of the database. */
static void born_private(const char *path)
{
    int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0)
        close(fd);
}

enum tb_code db_open_sqlite(const char *path, struct db **out, struct tb_err *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct lite *l;

    pthread_once(&once, settle_library);
    if (strcmp(path, ":memory:") != 0)
        born_private(path);
    l = tb_zalloc(sizeof(*l));
    l->base.ops = &lite_ops;
    if (sqlite3_open_v2(path, &l->h,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK) {
        (void)lite_fail(l->h, path, e);
        goto bad;
    }
    sqlite3_extended_result_codes(l->h, 1);
    sqlite3_busy_timeout(l->h, BUSY_MS);
    sqlite3_db_config(l->h, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(l->h, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(l->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (plain(l,
              "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
              "PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF; PRAGMA cache_size=-1024;"
              "PRAGMA journal_size_limit=67108864",
              e))
        goto bad;
    if (strcmp(path, ":memory:") != 0)
        l->turn = turn_open(path);
    *out = &l->base;
    return TB_OK;
bad:
    lite_close(&l->base);
    return e->code;
}
