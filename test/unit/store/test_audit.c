#include "store/audit.h"

#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "base/utf8.h"
#include "crypto/sm3.h"
#include "store/audit_file.h"
#include "store/audit_writer.h"
#include "tb_store.h"
#include "tb_temp.h"

#include <pthread.h>

static struct keyring *keys;

static void begin(void)
{
    static struct arena forever;

    tb_store_begin();
    if (!keys)
        CHECK_INT(keyring_make(fs_join(&forever, tb_temp_dir(&forever), "keys"), world_real(),
                               &keys, &err),
                  TB_OK);
}

/* One more, elsewhere. */
static struct db *fresh(struct arena *a, const char *url)
{
    struct tb_err e = TB_ERR_INIT;
    struct db *d = NULL;

    CHECK_INT(migrate_open(url, share_dir(a), NULL, &now, &d, &e), TB_OK);
    return d;
}

static struct audit_entry entry(const char *verb, struct str detail)
{
    return (struct audit_entry){ .at = 1795000000000,
                                 .actor = STR("li.wei"),
                                 .role = STR("clerk"),
                                 .address = STR("10.0.0.9"),
                                 .verb = str_z(verb),
                                 .object = STR("Q20261121-00042"),
                                 .outcome = STR("ok"),
                                 .request_id = STR("r-1"),
                                 .detail = detail };
}

static void add(struct db *d, int n)
{
    struct tb_err e = TB_ERR_INIT;
    struct audit_entry x = entry("policy.ask", STR("ms=12"));

    for (int i = 0; i < n; i++)
        CHECK_INT(audit_add(d, &x, &e), TB_OK);
}

static struct audit_verdict verdict(struct db *d)
{
    struct tb_err e = TB_ERR_INIT;
    struct audit_verdict v;

    CHECK_INT(audit_verify(d, keys, NULL, world_real(), &v, &e), TB_OK);
    return v;
}

#define BREAK(d, text)                                                                             \
    do {                                                                                           \
        struct tb_err tb_e = TB_ERR_INIT;                                                          \
        CHECK_INT(db_run(d, SQL(text), NO_ARGS, &tb_e), TB_OK);                                    \
    } while (0)

static void a_whole_chain_verifies(void)
{
    struct audit_verdict v = verdict(db);
    bool made;

    CHECK(v.ok);
    CHECK_INT(v.rows, 0);
    add(db, 30);
    CHECK_INT(audit_sign(db, keys, &now, &made, &err), TB_OK);
    CHECK(made);
    CHECK_INT(audit_sign(db, keys, &now, &made, &err), TB_OK);
    CHECK(!made); /* nothing new to sign */
    add(db, 3);
    v = verdict(db);
    CHECK(v.ok);
    CHECK_INT(v.rows, 33);
    CHECK_INT(v.signed_to, 30);
    CHECK_STR(str_z(v.why), "");
}

/* The form is a promise to whoever checks an export with other tools. */
static void the_row_form_is_the_one_that_is_documented(void)
{
    struct audit_row r = { .id = 1,
                           .what = { .at = 5, .actor = STR("a"), .detail = STR("好") },
                           .prev = STR("p") };
    char got[65], want[65];

    audit_hash(&r, got);
    sm3_hex(STR("tongban-audit-1\n1:11:51:a0:0:0:0:0:0:3:好1:p"), want);
    CHECK_STR(str_z(got), want);
}

static void check_bad(struct db *d, int64_t row)
{
    struct audit_verdict v = verdict(d);

    CHECK(!v.ok);
    CHECK_INT(v.first_bad, row);
    CHECK(v.why[0] != 0);
}

static void any_edit_is_found_at_its_row(void)
{
    const struct sql edits[] = {
        SQL("UPDATE audit SET at = at + 1 WHERE id = 7"),
        SQL("UPDATE audit SET actor = 'zhang.san' WHERE id = 7"),
        SQL("UPDATE audit SET role = 'auditor' WHERE id = 7"),
        SQL("UPDATE audit SET address = '' WHERE id = 7"),
        SQL("UPDATE audit SET verb = 'policy.search' WHERE id = 7"),
        SQL("UPDATE audit SET object = 'Q20261121-00043' WHERE id = 7"),
        SQL("UPDATE audit SET outcome = 'forbidden' WHERE id = 7"),
        SQL("UPDATE audit SET request_id = 'r-2' WHERE id = 7"),
        SQL("UPDATE audit SET detail = 'ms=13' WHERE id = 7"),
        SQL("UPDATE audit SET prev = hash WHERE id = 7"),
        SQL("UPDATE audit SET hash = prev WHERE id = 7"),
    };
    struct tb_err e = TB_ERR_INIT;

    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        struct arena a = ARENA_INIT;
        struct db *d = fresh(&a, "sqlite::memory:");

        add(d, 20);
        CHECK_INT(db_run(d, edits[i], NO_ARGS, &e), TB_OK);
        check_bad(d, 7);
        db_close(d);
        arena_release(&a);
    }
}

static void deletion_reordering_and_cuts_are_found(void)
{
    struct arena a = ARENA_INIT;
    struct db *d = fresh(&a, "sqlite::memory:");

    add(d, 20);
    BREAK(d, "DELETE FROM audit WHERE id = 5");
    check_bad(d, 5);
    db_close(d);
    d = fresh(&a, "sqlite::memory:");
    add(d, 20);
    BREAK(d, "UPDATE audit SET id = CASE id WHEN 3 THEN 104 ELSE 103 END WHERE id IN (3, 4)");
    BREAK(d, "UPDATE audit SET id = id - 100 WHERE id > 100");
    check_bad(d, 3);
    db_close(d);
    d = fresh(&a, "sqlite::memory:");
    add(d, 20);
    BREAK(d, "DELETE FROM audit WHERE id > 15");
    check_bad(d, 16);
    db_close(d);
    d = fresh(&a, "sqlite::memory:");
    add(d, 20);
    BREAK(d, "DELETE FROM audit");
    check_bad(d, 1);
    db_close(d);
    d = fresh(&a, "sqlite::memory:");
    add(d, 20);
    BREAK(d, "DELETE FROM audit_head");
    check_bad(d, 1);
    db_close(d);
    arena_release(&a);
}

/* Somebody who can write the database rewrites the whole chain with right hashes. */
static void forge_all(struct db *d)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct audit_filter f = { .max = 1000 };
    struct audit_row *rows;
    size_t n;

    CHECK_INT(audit_list(d, &a, &f, &rows, &n, &e), TB_OK);
    BREAK(d, "DELETE FROM audit");
    BREAK(d, "DELETE FROM audit_head");
    for (size_t i = 0; i < n; i++) {
        rows[i].what.actor = STR("nobody");
        CHECK_INT(audit_add(d, &rows[i].what, &e), TB_OK);
    }
    arena_release(&a);
}

static void a_chain_rewritten_whole_breaks_on_its_signature(void)
{
    struct keyring *other = NULL;
    struct audit_verdict v;
    bool made;

    add(db, 10);
    CHECK_INT(audit_sign(db, keys, &now, &made, &err), TB_OK);
    add(db, 5);
    forge_all(db);
    check_bad(db, 10);
    /* … and signing it anew with a key of one's own does not help. */
    BREAK(db, "DELETE FROM audit_checkpoint");
    CHECK_INT(keyring_make(fs_join(&mem, tb_temp_dir(&mem), "keys"), world_real(), &other, &err),
              TB_OK);
    CHECK_INT(audit_sign(db, other, &now, &made, &err), TB_OK);
    check_bad(db, 15);
    CHECK_INT(audit_verify(db, NULL, NULL, &now, &v, &err), TB_OK);
    CHECK(v.ok); /* without the key only the chain itself is looked at */
    keyring_free(other);
}

static void a_checkpoint_kept_elsewhere_finds_an_old_database_put_back(void)
{
    struct audit_checkpoint kept, again;
    struct audit_verdict v;
    char *path = fs_join(&mem, tb_temp_dir(&mem), "kept.json");
    bool made;

    add(db, 10);
    CHECK_INT(audit_sign(db, keys, &now, &made, &err), TB_OK);
    CHECK_INT(audit_signed(db, &mem, &kept, &err), TB_OK);
    CHECK_INT(audit_file_write(path, &kept, &err), TB_OK);
    CHECK_INT(audit_file_read(&mem, path, &again, &err), TB_OK);
    BREAK(db, "DELETE FROM audit WHERE id > 8");
    BREAK(db, "DELETE FROM audit_checkpoint");
    BREAK(db, "UPDATE audit_head SET last = 8, hash = (SELECT hash FROM audit WHERE id = 8)");
    v = verdict(db);
    CHECK(v.ok); /* from inside it cannot be seen */
    CHECK_INT(audit_verify(db, keys, &again, &now, &v, &err), TB_OK);
    CHECK(!v.ok);
    CHECK_INT(v.first_bad, 9);
}

static void no_value_breaks_a_line_or_the_json(void)
{
    struct audit_entry x =
        entry("policy.ask", STR("a\r\n{\"id\":999}\x01\x7f\xc2\x85\xe2\x80\xa8\xe2\x80\xae\"],\\"));
    struct audit_filter f = { .after = -1, .max = 10 };
    const struct json_value *v;
    struct audit_row *rows;
    size_t n;
    struct buf b = BUF_INIT(64 * 1024);
    struct json j = JSON_INIT(&b);

    x.actor = str_of("bad\xff", 4);
    CHECK_INT(audit_add(db, &x, &err), TB_OK);
    CHECK_INT(audit_list(db, &mem, &f, &rows, &n, &err), TB_OK);
    CHECK_INT(n, 1);
    for (size_t i = 0; i < rows[0].what.detail.n; i++)
        CHECK((unsigned char)rows[0].what.detail.p[i] >= 0x20);
    CHECK(!str_has(rows[0].what.detail, STR("\xe2\x80\xa8")));
    CHECK(utf8_valid(rows[0].what.actor));
    audit_json(&j, &rows[0]);
    CHECK(!str_has(buf_str(&b), STR("\n")));
    CHECK_INT(json_read(&mem, buf_str(&b), &v, &err), TB_OK);
    CHECK_INT(json_get_int(v, "id", 0), 1);
    CHECK(verdict(db).ok);
    buf_release(&b);
}

static void a_row_lives_and_dies_with_what_it_witnesses(void)
{
    struct talk t = { .world = &now, .db = db, .actor = { .role = ROLE_SYSTEM } };
    enum tb_code c;

    CHECK_INT(db_begin(db, &err), TB_OK);
    CHECK_INT(audit_witness(&t, "user.lock", STR("li.wei"), STR(""), &err), TB_OK);
    CHECK(t.witnessed);
    c = tb_fail(&err, TB_STORE, "磁盘已满", "test");
    CHECK_INT(db_end(db, c, &err), TB_STORE);
    CHECK_INT(verdict(db).rows, 0);
    add(db, 1);
    CHECK(verdict(db).ok);
    arena_release(&t.mem);
}

static void filters_find_by_day_verb_actor_and_object(void)
{
    struct audit_entry x = entry("policy.ask", STR(""));
    struct audit_filter f = { .after = -1, .max = 10 };
    struct audit_row *rows;
    int64_t count;
    size_t n;

    CHECK_INT(audit_add(db, &x, &err), TB_OK);
    x.verb = STR("user.lock");
    x.at += 1000;
    x.actor = STR("sun.li");
    CHECK_INT(audit_add(db, &x, &err), TB_OK);
    f.verb = STR("user");
    CHECK_INT(audit_list(db, &mem, &f, &rows, &n, &err), TB_OK);
    CHECK_INT(n, 1);
    CHECK_INT(rows[0].id, 2);
    f.verb = STR("use");
    CHECK_INT(audit_count(db, &f, &count, &err), TB_OK);
    CHECK_INT(count, 0);
    f = (struct audit_filter){ .after = -1, .max = 10, .to = 1795000001000 };
    CHECK_INT(audit_list(db, &mem, &f, &rows, &n, &err), TB_OK);
    CHECK_INT(n, 1);
    CHECK_INT(rows[0].id, 1);
    f = (struct audit_filter){ .after = -1, .max = 10, .actor = STR("li.wei") };
    CHECK_INT(audit_count(db, &f, &count, &err), TB_OK);
    CHECK_INT(count, 1);
}

struct crowd {
    struct audit_writer *w;
    int put;
};

static void *one_of_many(void *self)
{
    struct crowd *c = self;
    struct audit_entry x = entry("policy.search", STR("ms=1"));
    struct tb_err e = TB_ERR_INIT;

    for (int i = 0; i < 100; i++)
        c->put += audit_writer_put(c->w, &x, i % 2 == 0, &e) == TB_OK;
    return NULL;
}

static void rows_of_many_threads_are_one_whole_signed_chain(void)
{
    struct arena a = ARENA_INIT;
    char *dir = tb_temp_dir(&a), *file = fs_join(&a, dir, "checkpoint.json");
    char *url = arena_z(&a, arena_printf(&a, "sqlite:%s/x.db", dir));
    struct db *d = fresh(&a, url);
    struct audit_writer_options o = { url, keys, &now, file };
    struct tb_err e = TB_ERR_INIT;
    struct audit_checkpoint kept;
    struct audit_verdict v;
    struct crowd crowd[8] = { 0 };
    pthread_t th[8];
    struct audit_writer *w = NULL;

    CHECK_INT(audit_writer_start(&o, &w, &e), TB_OK);
    for (int i = 0; i < 8; i++) {
        crowd[i].w = w;
        CHECK_INT(pthread_create(&th[i], NULL, one_of_many, &crowd[i]), 0);
    }
    add(d, 20); /* a handler's own transactions in between */
    for (int i = 0; i < 8; i++) {
        pthread_join(th[i], NULL);
        CHECK_INT(crowd[i].put, 100);
    }
    audit_writer_stop(w);
    v = verdict(d);
    CHECK(v.ok);
    CHECK_INT(v.rows, 820);
    CHECK_INT(v.signed_to, 820);
    CHECK(v.checkpoints >= 2); /* one of them because 500 rows had come */
    CHECK_INT(audit_file_read(&a, file, &kept, &e), TB_OK);
    CHECK_INT(kept.last, 820);
    CHECK(audit_checkpoint_holds(&(struct sm2_keys){ { keyring_trail(keys) }, 1 }, &kept));
    db_close(d);
    arena_release(&a);
}

static void who_waits_has_the_row_on_the_disk(void)
{
    struct arena a = ARENA_INIT;
    char *dir = tb_temp_dir(&a);
    char *url = arena_z(&a, arena_printf(&a, "sqlite:%s/x.db", dir));
    struct db *d = fresh(&a, url);
    struct audit_writer_options o = { url, keys, &now, NULL };
    struct audit_entry x = entry("session.start", STR(""));
    struct tb_err e = TB_ERR_INIT;
    struct audit_writer *w = NULL;

    CHECK_INT(audit_writer_start(&o, &w, &e), TB_OK);
    for (int i = 1; i <= 5; i++) {
        CHECK_INT(audit_writer_put(w, &x, true, &e), TB_OK);
        CHECK_INT(verdict(d).rows, i);
    }
    audit_writer_stop(w);
    db_close(d);
    arena_release(&a);
}

/* The database goes away from under the writer: who waits is told, and the row is not forgotten. */
static void a_row_that_could_not_be_written_is_tried_again(void)
{
    struct arena a = ARENA_INIT;
    char *dir = tb_temp_dir(&a);
    char *url = arena_z(&a, arena_printf(&a, "sqlite:%s/x.db", dir));
    struct db *d = fresh(&a, url);
    struct audit_writer_options o = { url, keys, &now, NULL };
    struct audit_entry x = entry("session.start", STR(""));
    struct tb_err e = TB_ERR_INIT;
    struct audit_writer *w = NULL;

    log_open(-1, LOG_ERROR);
    CHECK_INT(audit_writer_start(&o, &w, &e), TB_OK);
    BREAK(d, "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END");
    CHECK_INT(audit_writer_put(w, &x, true, &e), TB_STORE);
    CHECK_INT(verdict(d).rows, 0);
    BREAK(d, "DROP TRIGGER full");
    audit_writer_stop(w);
    CHECK_INT(verdict(d).rows, 1);
    log_open(2, LOG_INFO);
    db_close(d);
    arena_release(&a);
}

static const struct tb_test tests[] = {
    TEST(a_whole_chain_verifies),
    TEST(the_row_form_is_the_one_that_is_documented),
    TEST(any_edit_is_found_at_its_row),
    TEST(deletion_reordering_and_cuts_are_found),
    TEST(a_chain_rewritten_whole_breaks_on_its_signature),
    TEST(a_checkpoint_kept_elsewhere_finds_an_old_database_put_back),
    TEST(no_value_breaks_a_line_or_the_json),
    TEST(a_row_lives_and_dies_with_what_it_witnesses),
    TEST(filters_find_by_day_verb_actor_and_object),
    TEST(rows_of_many_threads_are_one_whole_signed_chain),
    TEST(who_waits_has_the_row_on_the_disk),
    TEST(a_row_that_could_not_be_written_is_tried_again),
};
STORE_TEST_MAIN(tests, begin)
