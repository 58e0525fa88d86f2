#include "store/migrate.h"

#include "base/fs.h"
#include "base/share.h"
#include "tb_temp.h"
#include "tb_test.h"

static struct world now;

static char *fresh_dir(struct arena *a)
{
    now = world_fixed(1795000000000);
    return tb_temp_dir(a);
}

static void put_file(struct arena *a, const char *dir, const char *name, const char *text)
{
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(fs_mkdirs(fs_join(a, dir, "sql"), 0700, &e), TB_OK);
    CHECK_INT(fs_write(fs_join(a, fs_join(a, dir, "sql"), name), str_z(text), 0600, &e), TB_OK);
}

static bool has_table_b(struct db *d)
{
    struct tb_err e = TB_ERR_INIT;
    int64_t n = 0;

    CHECK_INT(db_ask_int(d, SQL("SELECT count(*) FROM sqlite_master WHERE name = 'b'"), NO_ARGS, &n,
                         NULL, &e),
              TB_OK);
    return n == 1;
}

static void the_schema_of_this_program_applies_and_applies_once(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct migrate_result r;
    struct db *d = NULL;
    int64_t tables = 0;

    CHECK_INT(db_open("sqlite::memory:", &d, &e), TB_OK);
    CHECK_INT(migrate_up(d, &a, share_dir(&a), NULL, world_real(), &r, &e), TB_OK);
    CHECK_INT(r.from, 0);
    CHECK(r.to >= 1);
    CHECK_INT(db_ask_int(d,
                         SQL("SELECT count(*) FROM sqlite_master WHERE name IN "
                             "('staff', 'exchange', 'audit', 'setting')"),
                         NO_ARGS, &tables, NULL, &e),
              TB_OK);
    CHECK_INT(tables, 4);
    CHECK_INT(migrate_up(d, &a, share_dir(&a), NULL, world_real(), &r, &e), TB_OK);
    CHECK_INT(r.from, r.to);
    db_close(d);
    arena_release(&a);
}

static void an_upgrade_saves_a_whole_copy_first(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    char *dir = fresh_dir(&a), *saved = fs_join(&a, dir, "saved");
    struct migrate_result r;
    struct db *d = NULL, *copy = NULL;
    int n;

    put_file(&a, dir, "0001_a.sql", "CREATE TABLE a (x TEXT); INSERT INTO a VALUES('旧');");
    CHECK_INT(db_open("sqlite::memory:", &d, &e), TB_OK);
    CHECK_INT(migrate_up(d, &a, dir, saved, &now, &r, &e), TB_OK);
    CHECK_STR(r.saved_as, ""); /* nothing to save yet */
    put_file(&a, dir, "0002_b.sql", "CREATE TABLE b (x TEXT);");
    CHECK_INT(migrate_up(d, &a, dir, saved, &now, &r, &e), TB_OK);
    CHECK(has_table_b(d));
    CHECK(r.saved_as.n > 0);
    CHECK_INT(db_open(arena_z(&a, arena_printf(&a, "sqlite:%s", r.saved_as.p)), &copy, &e), TB_OK);
    CHECK_INT(migrate_number(copy, &n, &e), TB_OK);
    CHECK_INT(n, 1);
    CHECK(!has_table_b(copy));
    db_close(copy);
    db_close(d);
    arena_release(&a);
}

static void a_step_that_fails_leaves_nothing_of_itself(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    char *dir = fresh_dir(&a);
    struct migrate_result r;
    struct db *d = NULL;
    int n;

    put_file(&a, dir, "0001_a.sql", "CREATE TABLE a (x TEXT);");
    put_file(&a, dir, "0002_b.sql", "CREATE TABLE b (x TEXT); CREATE TABLE a (x TEXT);");
    CHECK_INT(db_open("sqlite::memory:", &d, &e), TB_OK);
    CHECK_INT(migrate_up(d, &a, dir, NULL, &now, &r, &e), TB_STORE);
    CHECK(!has_table_b(d));
    CHECK_INT(migrate_number(d, &n, &e), TB_OK);
    CHECK_INT(n, 1);
    db_close(d);
    arena_release(&a);
}

static void a_newer_database_is_not_touched(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    char *dir = fresh_dir(&a);
    struct migrate_result r;
    struct db *d = NULL;

    put_file(&a, dir, "0001_a.sql", "CREATE TABLE a (x TEXT);");
    CHECK_INT(db_open("sqlite::memory:", &d, &e), TB_OK);
    CHECK_INT(migrate_up(d, &a, dir, NULL, &now, &r, &e), TB_OK);
    CHECK_INT(db_run(d, SQL("INSERT INTO migration VALUES(2, '0002_future.sql', 0)"), NO_ARGS, &e),
              TB_OK);
    CHECK_INT(migrate_up(d, &a, dir, NULL, &now, &r, &e), TB_CONFLICT);
    db_close(d);
    arena_release(&a);
}

static void a_gap_in_the_numbers_is_refused(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    char *dir = fresh_dir(&a);
    struct migrate_result r;
    struct db *d = NULL;

    put_file(&a, dir, "0001_a.sql", "CREATE TABLE a (x TEXT);");
    put_file(&a, dir, "0003_c.sql", "CREATE TABLE c (x TEXT);");
    CHECK_INT(db_open("sqlite::memory:", &d, &e), TB_OK);
    CHECK_INT(migrate_up(d, &a, dir, NULL, &now, &r, &e), TB_INTERNAL);
    db_close(d);
    arena_release(&a);
}

static const struct tb_test tests[] = {
    TEST(the_schema_of_this_program_applies_and_applies_once),
    TEST(an_upgrade_saves_a_whole_copy_first),
    TEST(a_step_that_fails_leaves_nothing_of_itself),
    TEST(a_newer_database_is_not_touched),
    TEST(a_gap_in_the_numbers_is_refused),
};
TEST_MAIN(tests)
