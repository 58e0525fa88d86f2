#include "store/backup.h"

#include "base/fs.h"
#include "base/share.h"
#include "crypto/seal.h"
#include "store/archive.h"
#include "store/audit.h"
#include "store/migrate.h"
#include "tb_temp.h"
#include "tb_test.h"

#include <sys/stat.h>

static const char digest_path[] = "files/ab/cdef0123";

/* A city with an office, a member of staff, a sealed value, an original and a signed trail. */
static struct db *city(struct arena *a, const char *dir, struct str *sealed)
{
    struct tb_err e = TB_ERR_INIT;
    struct keyring *k = NULL;
    struct db *d = NULL;
    struct audit_entry x = { .at = 5, .actor = STR("system"), .verb = STR("setup.city") };
    bool made;

    CHECK_INT(keyring_make(fs_join(a, dir, "keys"), world_real(), &k, &e), TB_OK);
    CHECK_INT(migrate_open(arena_printf(a, "sqlite:%s/tongban.db", dir).p, share_dir(a), NULL,
                           world_real(), &d, &e),
              TB_OK);
    CHECK_INT(db_run(d,
                     SQL("INSERT INTO department(id, name, short) VALUES('minzheng', '民政局', "
                         "'民政')"),
                     NO_ARGS, &e),
              TB_OK);
    for (int i = 0; i < 40; i++)
        CHECK_INT(audit_add(d, &x, &e), TB_OK);
    CHECK_INT(audit_sign(d, k, world_real(), &made, &e), TB_OK);
    CHECK_INT(fs_mkdirs(fs_join(a, dir, "files/ab"), 0700, &e), TB_OK);
    CHECK_INT(fs_write(fs_join(a, dir, digest_path), STR("政策原文"), 0600, &e), TB_OK);
    *sealed = seal_make(k, world_real(), a, STR("x"), STR("13800138000"));
    keyring_free(k);
    return d;
}

static struct backup_options options(const char *dir, const char *file, const char *code)
{
    return (struct backup_options){
        .data_dir = dir, .file = file, .code = str_z(code), .world = world_real()
    };
}

static void check_restored(struct arena *a, const char *dir, struct str sealed)
{
    struct tb_err e = TB_ERR_INIT;
    struct keyring *k = NULL;
    struct db *d = NULL;
    struct audit_verdict v;
    struct str plain, file;
    struct stat st;

    CHECK_INT(keyring_open(fs_join(a, dir, "keys"), &k, &e), TB_OK);
    CHECK_INT(seal_open(k, a, STR("x"), sealed, &plain, &e), TB_OK);
    CHECK_STR(plain, "13800138000");
    CHECK_INT(fs_read(a, fs_join(a, dir, digest_path), 1000, &file, &e), TB_OK);
    CHECK_STR(file, "政策原文");
    CHECK_INT(db_open(arena_printf(a, "sqlite:%s/tongban.db", dir).p, &d, &e), TB_OK);
    CHECK_INT(audit_verify(d, k, NULL, world_real(), &v, &e), TB_OK);
    CHECK(v.ok);
    CHECK_INT(v.rows, 40);
    CHECK_INT(v.signed_to, 40);
    db_close(d);
    CHECK_INT(stat(fs_join(a, dir, "tongban.db"), &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    keyring_free(k);
}

static void what_was_backed_up_comes_back_whole(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    char *dir = tb_temp_dir(&a), *file = fs_join(&a, tb_temp_dir(&a), "b.tar"),
         *to = fs_join(&a, tb_temp_dir(&a), "new");
    struct backup_options o = options(dir, file, "code");
    struct backup_result made, again, back;
    struct str sealed, text;
    struct db *d = city(&a, dir, &sealed);
    struct stat st;

    CHECK_INT(backup_make(d, &o, &made, &e), TB_OK);
    CHECK_INT(made.files, 1);
    CHECK_INT(backup_make(d, &o, &again, &e), TB_CONFLICT); /* never overwrites */
    db_close(d);
    CHECK_INT(stat(file, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    CHECK_INT(fs_read(&a, file, 16 << 20, &text, &e), TB_OK);
    CHECK(!str_has(text, STR("PRIVATE KEY")));
    o.data_dir = to;
    CHECK_INT(backup_restore(&o, &back, &e), TB_OK);
    CHECK_INT(back.files, 1);
    for (int i = 0; i < BACKUP_TABLES; i++)
        CHECK_INT(back.counts[i].rows, made.counts[i].rows);
    check_restored(&a, to, sealed);
    CHECK_INT(backup_restore(&o, &back, &e), TB_CONFLICT); /* the directory is in use now */
    arena_release(&a);
}

static size_t names_in(struct arena *a, const char *dir)
{
    struct tb_err e = TB_ERR_INIT;
    char **names;
    size_t n = 0;

    CHECK_INT(fs_list(a, dir, &names, &n, &e), TB_OK);
    for (size_t i = 0; i < n; i++)
        printf("# left behind: %s\n", names[i]);
    return n;
}

static void a_wrong_code_restores_nothing(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    char *dir = tb_temp_dir(&a), *file = fs_join(&a, tb_temp_dir(&a), "b.tar"),
         *to = tb_temp_dir(&a);
    struct backup_options o = options(dir, file, "right");
    struct backup_result r;
    struct str sealed;
    struct db *d = city(&a, dir, &sealed);

    CHECK_INT(backup_make(d, &o, &r, &e), TB_OK);
    db_close(d);
    o = options(to, file, "wrong");
    CHECK_INT(backup_restore(&o, &r, &e), TB_FORBIDDEN);
    CHECK_INT(names_in(&a, to), 0);
    arena_release(&a);
}

static void a_damaged_or_cut_file_restores_nothing(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    char *dir = tb_temp_dir(&a), *at = tb_temp_dir(&a), *file = fs_join(&a, at, "b.tar"),
         *bad = fs_join(&a, at, "bad.tar"), *to = tb_temp_dir(&a);
    struct backup_options o = options(dir, file, "code");
    struct backup_result r;
    struct str sealed, text;
    struct db *d = city(&a, dir, &sealed);

    CHECK_INT(backup_make(d, &o, &r, &e), TB_OK);
    db_close(d);
    CHECK_INT(fs_read(&a, file, 16 << 20, &text, &e), TB_OK);
    o = options(to, bad, "code");
    for (size_t i = 0; i < 24; i++) { /* a byte in every twenty-fourth of it */
        size_t where = text.n * i / 24 + 600;
        char *p = arena_z(&a, text);

        p[where % text.n] ^= 1;
        CHECK_INT(fs_write(bad, str_of(p, text.n), 0600, &e), TB_OK);
        if (backup_restore(&o, &r, &e) != TB_OK)
            CHECK_INT(names_in(&a, to), 0);
        else /* only the filling between entries says nothing */
            CHECK(text.p[where % text.n] == 0);
        if (fs_exists(fs_join(&a, to, "tongban.db")))
            to = tb_temp_dir(&a), o.data_dir = to;
    }
    for (size_t i = 1; i < 8; i++) {
        CHECK_INT(fs_write(bad, str_of(text.p, text.n * i / 8), 0600, &e), TB_OK);
        CHECK_INT(backup_restore(&o, &r, &e), TB_CORRUPT);
        CHECK_INT(names_in(&a, to), 0);
    }
    arena_release(&a);
}

static void a_name_in_the_file_never_leads_out(void)
{
    static const char *const names[] = { "../evil",       "/etc/evil",       "files/../../evil",
                                         "files/",        "keys/master.key", "files//ab",
                                         "tongban.db-wal" };
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    char *to = tb_temp_dir(&a);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *file = fs_join(&a, tb_temp_dir(&a), "b.tar");
        struct backup_options o = options(to, file, "code");
        struct archive_entry it;
        struct backup_result r;
        struct archive tar;

        CHECK_INT(archive_create(file, &tar, &e), TB_OK);
        CHECK_INT(archive_add_text(&tar, names[i], STR("x"), &it, &e), TB_OK);
        CHECK_INT(archive_finish(&tar, &e), TB_OK);
        CHECK_INT(backup_restore(&o, &r, &e), TB_CORRUPT);
        CHECK_INT(names_in(&a, to), 0);
    }
    arena_release(&a);
}

static const struct tb_test tests[] = {
    TEST(what_was_backed_up_comes_back_whole),
    TEST(a_wrong_code_restores_nothing),
    TEST(a_damaged_or_cut_file_restores_nothing),
    TEST(a_name_in_the_file_never_leads_out),
};
TEST_MAIN(tests)
