#include "store/db.h"

#include "base/fs.h"
#include "base/share.h"
#include "store/migrate.h"
#include "tb_temp.h"
#include "tb_test.h"

#include <sys/stat.h>

static struct db *memory(void)
{
    struct tb_err e = TB_ERR_INIT;
    struct db *d = NULL;

    CHECK_INT(db_open("sqlite::memory:", &d, &e), TB_OK);
    CHECK_INT(db_run(d, SQL("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, v REAL)"),
                     NO_ARGS, &e),
              TB_OK);
    return d;
}

static int64_t count(struct db *d)
{
    struct tb_err e = TB_ERR_INIT;
    int64_t n = -1;

    CHECK_INT(db_ask_int(d, SQL("SELECT count(*) FROM t"), NO_ARGS, &n, NULL, &e), TB_OK);
    return n;
}

static enum tb_code put(struct db *d, struct str name, struct tb_err *e)
{
    return db_run(d, SQL("INSERT INTO t(name, v) VALUES(:name, :v)"),
                  ARGS(db_text("name", name), db_real("v", 0.5)), e);
}

static void what_is_bound_by_name_comes_back(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct db *d = memory();
    struct rows *r;
    int64_t id;
    bool more;

    CHECK_INT(db_insert(d, SQL("INSERT INTO t(name, v) VALUES(:name, :v)"),
                        ARGS(db_null("v"), db_text("name", STR("'; DROP TABLE t; --"))), &id, &e),
              TB_OK);
    CHECK_INT(id, 1);
    CHECK_INT(db_changed(d), 1);
    CHECK_INT(db_ask(d, &a, SQL("SELECT id, name, v FROM t WHERE id = :id"), ARGS(db_int("id", 1)),
                     &r, &e),
              TB_OK);
    CHECK_INT(rows_next(r, &more, &e), TB_OK);
    CHECK(more);
    CHECK_STR(rows_str(r, 1), "'; DROP TABLE t; --");
    CHECK(rows_null(r, 2));
    CHECK_INT(rows_next(r, &more, &e), TB_OK);
    CHECK(!more);
    arena_release(&a);
    db_close(d);
}

static void text_that_is_no_utf8_is_refused(void)
{
    struct tb_err e = TB_ERR_INIT;
    struct db *d = memory();

    CHECK_INT(put(d, str_of("\xff\xfe", 2), &e), TB_INVALID);
    CHECK_INT(put(d, str_of("a\0b", 3), &e), TB_INVALID);
    CHECK_INT(count(d), 0);
    db_close(d);
}

static void a_second_row_of_the_same_name_is_a_conflict(void)
{
    struct tb_err e = TB_ERR_INIT;
    struct db *d = memory();

    CHECK_INT(put(d, STR("甲"), &e), TB_OK);
    CHECK_INT(put(d, STR("甲"), &e), TB_CONFLICT);
    CHECK_INT(count(d), 1);
    db_close(d);
}

static void a_transaction_is_kept_whole_or_not_at_all(void)
{
    struct tb_err e = TB_ERR_INIT;
    struct db *d = memory();
    enum tb_code c;

    CHECK_INT(db_begin(d, &e), TB_OK);
    c = put(d, STR("甲"), &e);
    if (!c)
        c = put(d, STR("甲"), &e);
    CHECK_INT(db_end(d, c, &e), TB_CONFLICT);
    CHECK_INT(count(d), 0);
    CHECK_INT(db_begin(d, &e), TB_OK);
    c = put(d, STR("甲"), &e);
    CHECK_INT(db_end(d, c, &e), TB_OK);
    CHECK_INT(count(d), 1);
    db_close(d);
}

static void an_inner_failure_that_the_outer_forgets_keeps_nothing(void)
{
    struct tb_err e = TB_ERR_INIT, inner = TB_ERR_INIT;
    struct db *d = memory();

    CHECK_INT(db_begin(d, &e), TB_OK);
    CHECK_INT(put(d, STR("甲"), &e), TB_OK);
    CHECK_INT(db_begin(d, &e), TB_OK);
    CHECK_INT(db_end(d, put(d, STR("甲"), &inner), &inner), TB_CONFLICT);
    CHECK_INT(db_end(d, TB_OK, &e), TB_CONFLICT);
    CHECK_INT(count(d), 0);
    db_close(d);
}

static void the_same_question_may_be_open_twice(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct db *d = memory();
    struct rows *r[2];
    struct sql q = SQL("SELECT name FROM t ORDER BY id");
    bool more;

    CHECK_INT(put(d, STR("甲"), &e), TB_OK);
    CHECK_INT(put(d, STR("乙"), &e), TB_OK);
    CHECK_INT(db_ask(d, &a, q, NO_ARGS, &r[0], &e), TB_OK);
    CHECK_INT(rows_next(r[0], &more, &e), TB_OK);
    CHECK_INT(db_ask(d, &a, q, NO_ARGS, &r[1], &e), TB_OK);
    CHECK_INT(rows_next(r[1], &more, &e), TB_OK);
    CHECK_STR(rows_str(r[1], 0), "甲");
    CHECK_INT(rows_next(r[0], &more, &e), TB_OK);
    CHECK_STR(rows_str(r[0], 0), "乙");
    arena_release(&a); /* closes both */
    CHECK_INT(db_run(d, SQL("DROP TABLE t"), NO_ARGS, &e), TB_OK);
    db_close(d);
}

static void a_handle_closed_before_its_rows_harms_nobody(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct db *d = memory();
    struct rows *r;
    bool more;

    CHECK_INT(put(d, STR("甲"), &e), TB_OK);
    CHECK_INT(db_ask(d, &a, SQL("SELECT name FROM t"), NO_ARGS, &r, &e), TB_OK);
    CHECK_INT(rows_next(r, &more, &e), TB_OK);
    db_close(d);
    rows_close(r);
    arena_release(&a);
}

struct names {
    const struct str *v;
    char space[32];
};

/* Each row's text lies in the same place: it is gone when the next is asked for. */
static void give_name(void *self, size_t i, struct db_arg *v)
{
    struct names *s = self;

    str_put(s->space, sizeof(s->space), s->v[i]);
    v[0] = db_text(NULL, str_of(s->space, s->v[i].n));
    v[1] = i % 2 ? db_null(NULL) : db_real(NULL, (double)i);
    v[2] = db_int(NULL, 100 - (int64_t)i);
}

static enum tb_code put_names(struct db *d, const struct str *v, size_t n, struct tb_err *e)
{
    struct names s = { .v = v };
    struct db_source rows = { n, 3, give_name, &s };

    CHECK_INT(db_begin(d, e), TB_OK);
    return db_end(d, db_run_rows(d, SQL("INSERT INTO t(name, v, id)"), &rows, e), e);
}

static void many_rows_go_in_by_one_statement(void)
{
    const struct str names[] = { STR("甲"), STR("乙"), STR(""), STR("丁") };
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct db *d = memory();
    struct rows *r;
    bool more;

    CHECK_INT(put_names(d, names, 4, &e), TB_OK);
    CHECK_INT(put_names(d, names, 0, &e), TB_OK);
    CHECK_INT(db_ask(d, &a, SQL("SELECT name, v, id FROM t ORDER BY id DESC"), NO_ARGS, &r, &e),
              TB_OK);
    for (size_t i = 0; i < 4; i++) {
        CHECK_INT(rows_next(r, &more, &e), TB_OK);
        CHECK(more && str_eq(rows_str(r, 0), names[i]));
        CHECK_INT(rows_null(r, 1), i % 2 == 1);
        CHECK_INT(rows_int(r, 1), i % 2 ? 0 : (int64_t)i);
        CHECK_INT(rows_int(r, 2), 100 - (int64_t)i);
    }
    arena_release(&a);
    db_close(d);
}

/* Of a statement that stops at the last row nothing is kept, and the handle goes on. */
static void one_row_that_is_refused_refuses_them_all(void)
{
    const struct str good[] = { STR("甲"), STR("乙") };
    const struct str bad[] = { STR("甲"), STR("\xff\xfe") }, same[] = { STR("甲"), STR("甲") };
    struct tb_err e = TB_ERR_INIT;
    struct db *d = memory();

    CHECK_INT(put_names(d, bad, 2, &e), TB_INVALID);
    CHECK_INT(count(d), 0);
    CHECK_INT(put_names(d, same, 2, &e), TB_CONFLICT);
    CHECK_INT(count(d), 0);
    CHECK_INT(put_names(d, good, 2, &e), TB_OK);
    CHECK_INT(count(d), 2);
    db_close(d);
}

static void a_database_file_is_for_its_owner_only(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct db *d = NULL;
    struct stat st;
    char *dir = tb_temp_dir(&a), *path = fs_join(&a, dir, "x.db");

    CHECK_INT(migrate_open(arena_z(&a, arena_printf(&a, "sqlite:%s", path)), share_dir(&a), NULL,
                           world_real(), &d, &e),
              TB_OK);
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    CHECK_INT(stat(fs_join(&a, dir, "x.db-wal"), &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    db_close(d);
    arena_release(&a);
}

static const struct tb_test tests[] = {
    TEST(what_is_bound_by_name_comes_back),
    TEST(text_that_is_no_utf8_is_refused),
    TEST(a_second_row_of_the_same_name_is_a_conflict),
    TEST(a_transaction_is_kept_whole_or_not_at_all),
    TEST(an_inner_failure_that_the_outer_forgets_keeps_nothing),
    TEST(the_same_question_may_be_open_twice),
    TEST(a_handle_closed_before_its_rows_harms_nobody),
    TEST(many_rows_go_in_by_one_statement),
    TEST(one_row_that_is_refused_refuses_them_all),
    TEST(a_database_file_is_for_its_owner_only),
};
TEST_MAIN(tests)
