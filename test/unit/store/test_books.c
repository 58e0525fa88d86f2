#include "store/books.h"

#include "base/fs.h"
#include "base/share.h"
#include "store/audit_writer.h"
#include "store/books_int.h"
#include "store/call.h"
#include "store/migrate.h"
#include "store/setting.h"
#include "tb_temp.h"
#include "tb_test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <zlib.h>

enum { PATIENCE_MS = 20000 };

static struct arena mem;
static struct tb_err err;
static struct keyring *keys;
static char *dir, *url, *journal;
static struct db *db; /* the test's own handle */
static struct books *books;

/* The clock that books_well looks at; the threads wait by the real one. */
static _Atomic int64_t mono, wall;

static int64_t wall_ms(const struct world *w)
{
    (void)w;
    return atomic_load(&wall);
}

static int64_t mono_us(const struct world *w)
{
    (void)w;
    return atomic_load(&mono);
}

static struct world clocks;

static void books_begin(void)
{
    struct books_options o = { url, journal, keys, &clocks };

    CHECK_INT(books_open(&o, &books, &err), TB_OK);
}

static void begin(void)
{
    err = (struct tb_err)TB_ERR_INIT;
    clocks = world_fixed(0);
    clocks.now_ms = wall_ms;
    clocks.mono_us = mono_us;
    atomic_store(&wall, 1795000000000); /* 2026-11-18, 19 o'clock in the city */
    atomic_store(&mono, 5000000000);
    dir = tb_temp_dir(&mem);
    url = arena_z(&mem, arena_printf(&mem, "sqlite:%s/x.db", dir));
    journal = fs_join(&mem, dir, "calls.journal");
    CHECK_INT(keyring_make(fs_join(&mem, dir, "keys"), world_real(), &keys, &err), TB_OK);
    CHECK_INT(migrate_open(url, share_dir(&mem), NULL, world_real(), &db, &err), TB_OK);
    books_begin();
}

static void end(void)
{
    books_close(books);
    books = NULL;
    db_close(db);
    keyring_free(keys);
    arena_release(&mem);
}

static struct call_record call(int i)
{
    struct call_record r = { .at = atomic_load(&wall),
                             .request_id = arena_printf(&mem, "req-%06d", i),
                             .trace_id = STR("0af7651916cd43dd8448eb211c80319c"),
                             .key_id = 7,
                             .key_name = STR("窗口系统"),
                             .department = STR("minzheng"),
                             .address = STR("10.1.2.3"),
                             .verb = STR("model.chat"),
                             .asked = STR("default"),
                             .model = STR("deepseek-r1"),
                             .engine = STR("ascend-1"),
                             .priority = PRIORITY_WINDOW,
                             .status = 200,
                             .tries = 1,
                             .usage = { 100, 60, 30, 10, false },
                             .cost = 5,
                             .total_us = 1234,
                             .keeping = KEEPING_MASKED,
                             .prompt = STR("我电话〔手机号1〕"),
                             .answer = STR("好的") };

    snprintf(r.digest, sizeof(r.digest), "%064d", i);
    return r;
}

static void put(int from, int n)
{
    for (int i = from; i < from + n; i++) {
        struct call_record r = call(i);

        CHECK_INT(books_put(books, &r, &err), TB_OK);
    }
}

static int64_t number(struct sql q)
{
    int64_t n = -1;

    CHECK_INT(db_ask_int(db, q, NO_ARGS, &n, NULL, &err), TB_OK);
    return n;
}

/* Everything put so far stands in the trail, in the use and among the calls, once. */
static void holds(int n)
{
    struct audit_verdict v;

    CHECK_INT(number(SQL("SELECT count(*) FROM model_call")), n);
    CHECK_INT(number(SQL("SELECT count(DISTINCT request_id) FROM model_call")), n);
    CHECK_INT(number(SQL("SELECT count(*) FROM audit WHERE verb = 'model.chat'")), n);
    CHECK_INT(number(SQL("SELECT coalesce(sum(requests), 0) FROM model_use")), n);
    CHECK_INT(number(SQL("SELECT coalesce(sum(prompt), 0) FROM model_use")), n * 100);
    CHECK_INT(audit_verify(db, NULL, NULL, world_real(), &v, &err), TB_OK);
    CHECK(v.ok);
}

static void a_call_is_in_the_trail_in_the_use_and_among_the_calls(void)
{
    struct rows *r;
    bool more;

    put(1, 3);
    CHECK(books_drain(books, PATIENCE_MS));
    holds(3);
    CHECK_INT(number(SQL("SELECT count(*) FROM model_use")), 1);
    CHECK_INT(number(SQL("SELECT hour FROM model_use")), 19);
    CHECK_INT(number(SQL("SELECT sum(answer) FROM model_use")), 90);
    CHECK_INT(number(SQL("SELECT sum(cached) FROM model_use")), 180);
    CHECK_INT(number(SQL("SELECT sum(cost) FROM model_use")), 15);
    CHECK_INT(db_ask(db, &mem,
                     SQL("SELECT actor, role, object, outcome, detail FROM audit "
                         "WHERE request_id = 'req-000002'"),
                     NO_ARGS, &r, &err),
              TB_OK);
    CHECK_INT(rows_next(r, &more, &err), TB_OK);
    CHECK(more);
    CHECK_STR(rows_str(r, 0), "key:窗口系统");
    CHECK_STR(rows_str(r, 1), "application");
    CHECK_STR(rows_str(r, 2), "req-000002");
    CHECK_STR(rows_str(r, 3), "ok");
    CHECK(str_has(rows_str(r, 4), STR("model=deepseek-r1 engine=ascend-1 priority=window")));
    CHECK(str_has(rows_str(r, 4), STR("prompt=100 cached=60 answer=30 reasoning=10")));
    CHECK(!str_has(rows_str(r, 4), STR("手机号")));
    rows_close(r);
}

static void what_is_kept_is_what_keeping_says(void)
{
    struct services at = { .keys = keys };
    struct talk t = { .at = &at, .db = db, .world = &clocks };
    struct call_record r = call(1);
    struct str prompt, answer;
    struct call_kept c;

    r.keeping = KEEPING_FULL;
    r.prompt = STR("电话13812345678");
    CHECK_INT(books_put(books, &r, &err), TB_OK);
    r.keeping = KEEPING_DIGEST;
    r.request_id = STR("req-2");
    CHECK_INT(books_put(books, &r, &err), TB_OK);
    CHECK(books_drain(books, PATIENCE_MS));
    CHECK_INT(number(SQL("SELECT count(*) FROM model_call WHERE id = 2 AND prompt IS NULL")), 1);
    CHECK_INT(number(SQL("SELECT count(*) FROM model_call WHERE instr(prompt, '13812345678')")), 0);
    CHECK_INT(call_find(db, &mem, STR("req-000001"), STR(""), &c, &err), TB_OK);
    CHECK_INT(c.keeping, KEEPING_FULL);
    CHECK(c.kept);
    CHECK_INT(call_content(&t, &c, &prompt, &answer, &err), TB_OK);
    CHECK_STR(prompt, "电话13812345678");
    CHECK_STR(answer, "好的");
    CHECK_INT(call_find(db, &mem, STR("req-2"), STR("minzheng"), &c, &err), TB_OK);
    CHECK(!c.kept);
    CHECK_INT(call_find(db, &mem, STR("req-2"), STR("renshe"), &c, &err), TB_NOT_FOUND);
    arena_release(&t.mem);
}

static void what_was_moved_to_another_place_does_not_open(void)
{
    struct services at = { .keys = keys };
    struct talk t = { .at = &at, .db = db, .world = &clocks };
    struct call_record r = call(1);
    struct str prompt, answer;
    struct call_kept c;

    r.keeping = KEEPING_FULL;
    CHECK_INT(books_put(books, &r, &err), TB_OK);
    CHECK(books_drain(books, PATIENCE_MS));
    CHECK_INT(db_run(db, SQL("UPDATE model_call SET prompt = answer"), NO_ARGS, &err), TB_OK);
    CHECK_INT(call_find(db, &mem, STR("req-000001"), STR(""), &c, &err), TB_OK);
    CHECK_INT(call_content(&t, &c, &prompt, &answer, &err), TB_CORRUPT);
    arena_release(&t.mem);
}

static struct str file(const char *path)
{
    struct str s = STR("");

    CHECK_INT(fs_read(&mem, path, 1 << 30, &s, &err), TB_OK);
    return s;
}

static void lock_out(struct db **other)
{
    CHECK_INT(db_open(url, other, &err), TB_OK);
    CHECK_INT(db_begin(*other, &err), TB_OK);
}

static void let_in(struct db *other)
{
    CHECK_INT(db_end(other, TB_OK, &err), TB_OK);
    db_close(other);
}

static void a_locked_store_is_noticed_and_nothing_is_lost_or_doubled(void)
{
    struct db *other;

    CHECK(books_well(books));
    lock_out(&other);
    put(1, 100);
    CHECK(books_well(books));
    atomic_fetch_add(&mono, 2100000);
    CHECK(!books_well(books));
    CHECK(!books_drain(books, 0));
    let_in(other);
    CHECK(books_drain(books, PATIENCE_MS));
    CHECK(books_well(books));
    holds(100);
}

static void the_journal_holds_nothing_in_the_clear(void)
{
    struct call_record r = call(1);
    struct db *other;
    struct str text;

    r.keeping = KEEPING_FULL;
    r.prompt = STR("电话13812345678");
    lock_out(&other);
    CHECK_INT(books_put(books, &r, &err), TB_OK);
    r.keeping = KEEPING_DIGEST;
    CHECK_INT(books_put(books, &r, &err), TB_OK);
    text = file(journal);
    CHECK(text.n > 0);
    CHECK(!str_has(text, STR("13812345678")));
    CHECK(!str_has(text, STR("好的")));
    let_in(other);
    CHECK(books_drain(books, PATIENCE_MS));
}

static void an_idle_journal_is_empty(void)
{
    put(1, 10);
    CHECK(books_drain(books, PATIENCE_MS));
    books_close(books);
    CHECK_INT(fs_size(journal), 0);
    CHECK_INT(fs_size(arena_printf(&mem, "%s.2", journal).p), 0);
    books_begin();
}

/* One may still hold what has just been stored: it is emptied a moment later. */
static struct str both_files(void)
{
    struct buf b = BUF_INIT(64 << 20);

    buf_add(&b, file(journal));
    buf_add(&b, file(arena_z(&mem, arena_printf(&mem, "%s.2", journal))));
    return arena_buf(&mem, &b);
}

/* What a killed process leaves: the journal written, the store not. */
static void killed_with(struct str bytes, const char *path)
{
    books_close(books);
    CHECK_INT(fs_write(path, bytes, 0600, &err), TB_OK);
    books_begin();
    CHECK(books_drain(books, PATIENCE_MS));
}

static void what_a_killed_process_left_is_written_at_the_next_start_once(void)
{
    struct db *other;
    struct str left;

    put(1, 5);
    CHECK(books_drain(books, PATIENCE_MS));
    lock_out(&other);
    put(6, 20);
    left = both_files();
    CHECK(left.n > 0);
    let_in(other);
    CHECK(books_drain(books, PATIENCE_MS));
    holds(25);
    killed_with(left, journal); /* the store has them already: nothing is doubled */
    holds(25);
    CHECK_INT(db_run(db, SQL("DELETE FROM model_call WHERE id > 5"), NO_ARGS, &err), TB_OK);
    CHECK_INT(
        db_run(db, SQL("UPDATE counter SET value = 5 WHERE name = 'model_call'"), NO_ARGS, &err),
        TB_OK);
    CHECK_INT(db_run(db, SQL("DELETE FROM model_use"), NO_ARGS, &err), TB_OK);
    killed_with(left, journal); /* it does not: they are written */
    CHECK_INT(number(SQL("SELECT count(*) FROM model_call")), 25);
    CHECK_INT(number(SQL("SELECT sum(requests) FROM model_use")), 20);
    CHECK_INT(number(SQL("SELECT value FROM counter WHERE name = 'model_call'")), 25);
    put(26, 1); /* numbers go on */
    CHECK(books_drain(books, PATIENCE_MS));
    CHECK_INT(number(SQL("SELECT max(id) FROM model_call")), 26);
}

static void a_torn_tail_costs_only_itself(void)
{
    struct db *other;
    struct str whole;
    size_t one;

    lock_out(&other);
    put(1, 10);
    whole = file(journal);
    one = whole.n / 10;
    let_in(other);
    CHECK(books_drain(books, PATIENCE_MS));
    for (size_t cut = 1; cut < one; cut += 37) {
        CHECK_INT(db_run(db, SQL("DELETE FROM model_call"), NO_ARGS, &err), TB_OK);
        CHECK_INT(db_run(db, SQL("DELETE FROM counter"), NO_ARGS, &err), TB_OK);
        killed_with(str_sub(whole, 0, whole.n - cut), journal);
        CHECK_INT(number(SQL("SELECT count(*) FROM model_call")), 9);
    }
}

static void a_changed_record_is_passed_over_and_the_rest_is_read(void)
{
    struct db *other;
    struct str whole;
    char *bytes;

    lock_out(&other);
    put(1, 10);
    whole = file(journal);
    let_in(other);
    CHECK(books_drain(books, PATIENCE_MS));
    bytes = arena_alloc(&mem, whole.n);
    memcpy(bytes, whole.p, whole.n);
    bytes[whole.n / 2] ^= 1;
    CHECK_INT(db_run(db, SQL("DELETE FROM model_call"), NO_ARGS, &err), TB_OK);
    CHECK_INT(db_run(db, SQL("DELETE FROM counter"), NO_ARGS, &err), TB_OK);
    killed_with(str_of(bytes, whole.n), journal);
    CHECK_INT(number(SQL("SELECT count(*) FROM model_call")), 9);
}

/* One record as it lies in the file, with the sums that an earlier version wrote. */
static struct str of_version_1(struct str record)
{
    char *bytes = arena_z(&mem, record);
    uint32_t n, sum;

    memcpy(&n, bytes + 4, sizeof(n));
    CHECK_INT(record.n, 24 + n);
    bytes[3] = '1';
    sum = (uint32_t)crc32_z(0, (const unsigned char *)bytes + 24, n);
    memcpy(bytes + 16, &sum, sizeof(sum));
    sum = (uint32_t)crc32_z(0, (const unsigned char *)bytes, 20);
    memcpy(bytes + 20, &sum, sizeof(sum));
    return str_of(bytes, record.n);
}

static void what_the_version_before_left_in_its_journal_is_written(void)
{
    struct db *other;
    struct str left;

    lock_out(&other);
    put(1, 1);
    left = of_version_1(both_files());
    books_close(books); /* its record stays in the journal, which is replaced */
    let_in(other);
    CHECK_INT(fs_write(journal, left, 0600, &err), TB_OK);
    books_begin();
    CHECK(books_drain(books, PATIENCE_MS));
    holds(1);
}

static void what_cannot_be_a_text_is_made_one(void)
{
    struct call_record r = call(1);
    struct audit_verdict v;

    r.asked = str_of("bad\xff\0\nname", 10);
    r.request_id = str_of("id\xc3", 3);
    r.prompt = str_of("a\0b\xff", 4);
    CHECK_INT(books_put(books, &r, &err), TB_OK);
    put(2, 1);
    CHECK(books_drain(books, PATIENCE_MS));
    CHECK_INT(number(SQL("SELECT count(*) FROM model_call")), 2);
    CHECK_INT(number(SQL("SELECT length(prompt) FROM model_call WHERE id = 1")), 4);
    CHECK_INT(audit_verify(db, NULL, NULL, world_real(), &v, &err), TB_OK);
    CHECK(v.ok);
}

static void one_row_that_the_store_never_takes_holds_up_no_other(void)
{
    CHECK_INT(db_run(db,
                     SQL("INSERT INTO model_call(id, request_id, trace_id, at, key_id, "
                         "department_id, verb, asked, model, engine, outcome, status, figures, "
                         "keeping, digest, kept) VALUES(2, 'x', '', 0, 0, '', '', '', '', '', '', "
                         "0, '', '', '', 0)"),
                     NO_ARGS, &err),
              TB_OK);
    put(1, 3); /* the second has a number that is taken */
    CHECK(books_drain(books, PATIENCE_MS));
    CHECK_INT(number(SQL("SELECT count(*) FROM model_call WHERE request_id LIKE 'req-%'")), 2);
    CHECK_INT(number(SQL("SELECT sum(requests) FROM model_use")), 2);
    CHECK(books_well(books));
}

static void content_goes_when_its_time_is_over(void)
{
    bool more;

    put(1, 250);
    CHECK(books_drain(books, PATIENCE_MS));
    CHECK_INT(number(SQL("SELECT sum(kept) FROM model_call")), 250);
    atomic_fetch_add(&wall, 179 * 86400000LL);
    CHECK_INT(books_sweep(db, &clocks, &more, &err), TB_OK);
    CHECK_INT(number(SQL("SELECT sum(kept) FROM model_call")), 250);
    atomic_fetch_add(&wall, 2 * 86400000LL);
    CHECK_INT(books_sweep(db, &clocks, &more, &err), TB_OK);
    CHECK(more); /* some at a time */
    CHECK_INT(number(SQL("SELECT sum(kept) FROM model_call")), 50);
    CHECK_INT(books_sweep(db, &clocks, &more, &err), TB_OK);
    CHECK(!more);
    CHECK_INT(number(SQL("SELECT count(*) FROM model_call WHERE prompt IS NOT NULL")), 0);
    CHECK_INT(number(SQL("SELECT count(*) FROM model_call")), 250); /* its figures stay */
    put(251, 1);
    CHECK(books_drain(books, PATIENCE_MS));
    CHECK_INT(setting_write(db, "books.keep_days", STR("10"), &err), TB_OK);
    atomic_fetch_add(&wall, 11 * 86400000LL);
    CHECK_INT(books_sweep(db, &clocks, &more, &err), TB_OK);
    CHECK_INT(number(SQL("SELECT sum(kept) FROM model_call")), 0);
}

/* -- side by side with the other writer of the trail -- */

enum { THREADS = 4, EACH = 500 };
static struct audit_writer *writer;

static void *trail(void *self)
{
    struct audit_entry x = {
        .at = 1, .actor = STR("a"), .verb = STR("policy.ask"), .outcome = STR("ok")
    };

    (void)self;
    for (int i = 0; i < EACH / 10; i++) {
        struct tb_err e = TB_ERR_INIT;

        if (audit_writer_put(writer, &x, true, &e))
            abort();
    }
    return NULL;
}

static void *calls(void *self)
{
    struct arena a = ARENA_INIT;
    struct call_record r = *(struct call_record *)self;

    for (int i = 0; i < EACH; i++) {
        struct tb_err e = TB_ERR_INIT;

        r.request_id = arena_printf(&a, "t%p-%d", (void *)&r, i);
        if (books_put(books, &r, &e))
            abort();
    }
    arena_release(&a);
    return NULL;
}

static void both_writers_of_the_trail_keep_one_chain(void)
{
    struct audit_writer_options o = { .db_url = url, .keys = keys, .world = world_real() };
    struct call_record r = call(1);
    struct audit_verdict v;
    pthread_t th[THREADS * 2];

    CHECK_INT(audit_writer_start(&o, &writer, &err), TB_OK);
    for (int i = 0; i < THREADS; i++) {
        CHECK_INT(pthread_create(&th[i], NULL, calls, &r), 0);
        CHECK_INT(pthread_create(&th[THREADS + i], NULL, trail, NULL), 0);
    }
    for (int i = 0; i < THREADS * 2; i++)
        pthread_join(th[i], NULL);
    CHECK(books_drain(books, PATIENCE_MS));
    audit_writer_stop(writer);
    holds(THREADS * EACH);
    CHECK_INT(audit_verify(db, keys, NULL, world_real(), &v, &err), TB_OK);
    CHECK(v.ok);
    CHECK_INT(v.rows, THREADS * EACH + THREADS * EACH / 10);
    CHECK_INT(v.signed_to, v.rows);
}

static void a_full_queue_refuses_and_says_so_before(void)
{
    struct call_record r = call(1);
    struct db *other;
    enum tb_code c = TB_OK;
    int n = 0;

    r.prompt = STR("");
    r.answer = STR("");
    lock_out(&other);
    while (!c && n < 200000) {
        c = books_put(books, &r, &err);
        n += !c;
        if (n == 60000)
            CHECK(!books_well(books));
    }
    CHECK_INT(c, TB_BUSY);
    let_in(other);
    CHECK(books_drain(books, 60000));
    CHECK(books_well(books));
    CHECK_INT(number(SQL("SELECT count(*) FROM model_call")), n);
    CHECK_INT(number(SQL("SELECT sum(requests) FROM model_use")), n);
}

static const struct tb_test tests[] = {
    TEST(a_call_is_in_the_trail_in_the_use_and_among_the_calls),
    TEST(what_is_kept_is_what_keeping_says),
    TEST(what_was_moved_to_another_place_does_not_open),
    TEST(a_locked_store_is_noticed_and_nothing_is_lost_or_doubled),
    TEST(the_journal_holds_nothing_in_the_clear),
    TEST(an_idle_journal_is_empty),
    TEST(what_a_killed_process_left_is_written_at_the_next_start_once),
    TEST(a_torn_tail_costs_only_itself),
    TEST(a_changed_record_is_passed_over_and_the_rest_is_read),
    TEST(what_the_version_before_left_in_its_journal_is_written),
    TEST(what_cannot_be_a_text_is_made_one),
    TEST(one_row_that_the_store_never_takes_holds_up_no_other),
    TEST(content_goes_when_its_time_is_over),
    TEST(both_writers_of_the_trail_keep_one_chain),
    TEST(a_full_queue_refuses_and_says_so_before),
};

int main(void)
{
    return tb_test_around(tests, sizeof(tests) / sizeof(tests[0]), begin, end);
}
