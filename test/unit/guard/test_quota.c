#include "guard/quota.h"

#include "crypto/sm3.h"
#include "store/key.h"
#include "tb_store.h"

#include <pthread.h>
#include <stdatomic.h>

/* A wall clock that can be set and a monotonic one that only goes forward. */
static _Atomic int64_t wall, mono;

static int64_t wall_ms(const struct world *w)
{
    (void)w;
    return atomic_load(&wall);
}

static int64_t mono_now(const struct world *w)
{
    (void)w;
    return atomic_load(&mono);
}

static struct world clocks;
static struct talk t;
static struct quota *q;

static void begin(void)
{
    tb_store_begin();
    atomic_store(&wall, 1795000000000); /* 2026-11-18T16:26:40+08:00 */
    atomic_store(&mono, 5000000000);
    clocks = world_fixed(0);
    clocks.now_ms = wall_ms;
    clocks.mono_us = mono_now;
    CHECK_INT(db_run(db,
                     SQL("INSERT INTO department(id, name, short) VALUES('minzheng', 'a', 'a')"),
                     NO_ARGS, &err),
              TB_OK);
    t = (struct talk){ .world = &clocks, .db = db };
    t.actor = (struct actor){ .role = ROLE_SYSTEM, .login = STR("cli:test") };
    CHECK_INT(quota_open(db, &clocks, &q, &err), TB_OK);
}

static void end(void)
{
    quota_close(q);
    arena_release(&t.mem);
    tb_store_end();
}

static void pass(int64_t seconds)
{
    atomic_fetch_add(&mono, seconds * 1000000);
    atomic_fetch_add(&wall, seconds * 1000);
}

static struct key plain(const char *name)
{
    return (struct key){ .name = str_z(name),
                         .department = STR("minzheng"),
                         .priority = PRIORITY_STAFF,
                         .keeping = KEEPING_MASKED };
}

static void add(struct key *k, char secret[KEY_SECRET])
{
    CHECK_INT(key_add(&t, k, secret, &err), TB_OK);
    CHECK_INT(quota_reload(q, db, &err), TB_OK);
}

static enum tb_code find(const char *secret, const struct quota_key **k)
{
    tb_err_clear(&err);
    return quota_find(q, str_z(secret), STR("10.1.2.3"), &(struct quota_said){ 0 }, k, &err);
}

static const struct quota_key *found(const char *secret)
{
    const struct quota_key *k = NULL;

    CHECK_INT(find(secret, &k), TB_OK);
    return k;
}

static enum tb_code reserve(const struct quota_key *k, int64_t tokens, struct quota_hold *h,
                            struct quota_left *left)
{
    tb_err_clear(&err);
    return quota_reserve(q, k, tokens, h, left, &err);
}

static void a_key_is_found_by_its_secret_and_by_nothing_else(void)
{
    char secret[KEY_SECRET], other[KEY_SECRET];
    struct key k = plain("窗口系统");
    const struct quota_key *f;
    int64_t n;

    add(&k, secret);
    CHECK_INT(strlen(secret), KEY_SECRET - 1);
    CHECK(strncmp(secret, "sk-tb-", 6) == 0);
    f = found(secret);
    CHECK_INT(f->id, k.id);
    CHECK_STR(f->name, "窗口系统");
    CHECK_STR(f->department, "minzheng");
    CHECK_INT(f->priority, PRIORITY_STAFF);
    CHECK_INT(f->keeping, KEEPING_MASKED);
    memcpy(other, secret, sizeof(other));
    other[KEY_SECRET - 2] = other[KEY_SECRET - 2] == 'A' ? 'B' : 'A';
    CHECK_INT(find(other, &f), TB_UNAUTHORISED);
    CHECK(f == NULL);
    CHECK_INT(find("", &f), TB_UNAUTHORISED);
    CHECK_INT(find("sk-tb-", &f), TB_UNAUTHORISED);
    CHECK_INT(db_ask_int(db,
                         SQL("SELECT count(*) FROM api_key WHERE key_hash = :s OR hint = :s "
                             "OR previous_hash = :s OR scopes = :s"),
                         ARGS(db_text("s", str_z(secret))), &n, NULL, &err),
              TB_OK);
    CHECK_INT(n, 0);
}

/* Written straight into the store, since no generator gives two secrets that are so much alike. */
static void put_secret(const char *name, const char *secret)
{
    char hash[SM3_HEX];

    sm3_hex(str_z(secret), hash);
    CHECK_INT(db_run(db,
                     SQL("INSERT INTO api_key(name, department_id, hint, key_hash, priority, "
                         "keeping, created_by, created_at) VALUES(:name, 'minzheng', 'sk', :hash, "
                         "'staff', 'digest', 'x', 1)"),
                     ARGS(db_text("name", str_z(name)), db_text("hash", str_z(hash))), &err),
              TB_OK);
}

static void keys_with_the_same_beginning_are_told_apart(void)
{
    put_secret("one", "sk-tb-AAAAAAAAAAAAAAone");
    put_secret("two", "sk-tb-AAAAAAAAAAAAAAtwo");
    CHECK_INT(quota_reload(q, db, &err), TB_OK);
    CHECK_STR(found("sk-tb-AAAAAAAAAAAAAAone")->name, "one");
    CHECK_STR(found("sk-tb-AAAAAAAAAAAAAAtwo")->name, "two");
}

static void a_revoked_key_ends_at_once_also_for_who_holds_it(void)
{
    char secret[KEY_SECRET];
    struct key k = plain("k1");
    const struct quota_key *f, *again;

    add(&k, secret);
    f = found(secret);
    CHECK(!quota_revoked(f));
    CHECK_INT(key_revoke(&t, &k, &err), TB_OK);
    CHECK(!quota_revoked(f)); /* not read yet */
    CHECK_INT(quota_reload(q, db, &err), TB_OK);
    CHECK(quota_revoked(f));
    CHECK_INT(find(secret, &again), TB_UNAUTHORISED);
    CHECK(strstr(err.say, "停用") != NULL);
    CHECK_INT(key_revoke(&t, &k, &err), TB_CONFLICT);
}

static void a_key_that_vanished_from_the_store_is_out(void)
{
    char secret[KEY_SECRET];
    struct key k = plain("k1");
    const struct quota_key *f, *again;

    add(&k, secret);
    f = found(secret);
    CHECK_INT(db_run(db, SQL("DELETE FROM api_key"), NO_ARGS, &err), TB_OK);
    CHECK_INT(quota_reload(q, db, &err), TB_OK);
    CHECK(quota_revoked(f));
    CHECK_INT(find(secret, &again), TB_UNAUTHORISED);
}

static void a_key_expires_on_its_day(void)
{
    char secret[KEY_SECRET];
    struct key k = plain("k1");
    const struct quota_key *f, *again;

    k.expires_at = atomic_load(&wall) + 10000;
    add(&k, secret);
    f = found(secret);
    pass(9);
    CHECK(!quota_revoked(f));
    pass(1);
    CHECK(quota_revoked(f));
    CHECK_INT(find(secret, &again), TB_UNAUTHORISED);
    CHECK(strstr(err.say, "到期") != NULL);
}

static void after_a_rotation_both_secrets_work_until_the_grace_is_over(void)
{
    char old[KEY_SECRET], new[KEY_SECRET];
    struct key k = plain("k1");
    const struct quota_key *f, *g;

    add(&k, old);
    f = found(old);
    CHECK_INT(key_rotate(&t, &k, 3600000, new, &err), TB_OK);
    CHECK_INT(quota_reload(q, db, &err), TB_OK);
    CHECK(strcmp(old, new) != 0);
    CHECK_INT(found(old)->id, k.id);
    CHECK_INT(found(new)->id, k.id);
    pass(3600);
    CHECK_INT(find(old, &g), TB_UNAUTHORISED);
    CHECK(strstr(err.say, "更换") != NULL);
    CHECK(quota_revoked(f));
    CHECK(!quota_revoked(found(new)));
}

static void a_rotation_gives_no_second_allowance(void)
{
    char old[KEY_SECRET], new[KEY_SECRET];
    struct key k = plain("k1");
    struct quota_hold h;
    struct quota_left left;

    k.limits.requests_minute = 1;
    add(&k, old);
    CHECK_INT(reserve(found(old), 1, &h, &left), TB_OK);
    CHECK_INT(key_rotate(&t, &k, 3600000, new, &err), TB_OK);
    CHECK_INT(quota_reload(q, db, &err), TB_OK);
    CHECK_INT(reserve(found(new), 1, &h, &left), TB_LIMITED);
}

static void addresses_are_judged_by_range_in_both_families(void)
{
    static struct str in[] = { { "10.1.0.0/16", 11 },
                               { "2001:db8::/32", 13 },
                               { "192.168.1.7", 11 } };
    static const struct {
        const char *address;
        enum tb_code c;
    } cases[] = { { "10.1.255.255", TB_OK },       { "10.2.0.0", TB_FORBIDDEN },
                  { "::ffff:10.1.2.3", TB_OK },    { "2001:db8:ffff::1", TB_OK },
                  { "2001:db9::1", TB_FORBIDDEN }, { "192.168.1.7", TB_OK },
                  { "192.168.1.8", TB_FORBIDDEN }, { "", TB_FORBIDDEN },
                  { "nonsense", TB_FORBIDDEN } };
    char secret[KEY_SECRET];
    struct key k = plain("k1");
    const struct quota_key *f;
    struct quota_said said = { 0 }; /* one connection: what it says is hashed once */

    k.addresses = (struct key_words){ in, 3 };
    add(&k, secret);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        CHECK_INT(quota_find(q, str_z(secret), str_z(cases[i].address), &said, &f, &err),
                  cases[i].c);
}

static void scopes_and_models_are_kept_to(void)
{
    static struct str scopes[] = { { "chat", 4 }, { "embedding", 9 } };
    static struct str models[] = { { "deepseek-r1", 11 }, { "qwen*", 5 } };
    char secret[KEY_SECRET];
    struct key k = plain("k1"), open = plain("k2");
    const struct quota_key *f;

    k.scopes = (struct key_words){ scopes, 2 };
    k.models = (struct key_words){ models, 2 };
    add(&k, secret);
    f = found(secret);
    CHECK_INT(quota_allows(f, STR("chat"), STR("deepseek-r1"), &err), TB_OK);
    CHECK_INT(quota_allows(f, STR("chat"), STR("qwen2.5-7b"), &err), TB_OK);
    CHECK_INT(quota_allows(f, STR("chat"), STR("deepseek-r1-671b"), &err), TB_FORBIDDEN);
    CHECK_INT(quota_allows(f, STR("chat"), STR(""), &err), TB_FORBIDDEN);
    CHECK_INT(quota_allows(f, STR("speech"), STR("deepseek-r1"), &err), TB_FORBIDDEN);
    add(&open, secret);
    CHECK_INT(quota_allows(found(secret), STR("speech"), STR("anything"), &err), TB_OK);
}

static void a_changed_key_has_its_new_limits_and_its_old_count(void)
{
    char secret[KEY_SECRET];
    struct key k = plain("k1");
    struct quota_hold h;
    struct quota_left left;
    const struct quota_key *f;

    k.limits.requests_minute = 5;
    add(&k, secret);
    f = found(secret);
    CHECK_INT(reserve(f, 1, &h, &left), TB_OK);
    CHECK_INT(left.requests, 4);
    k.limits.requests_minute = 2;
    k.priority = PRIORITY_BATCH;
    CHECK_INT(key_change(&t, &k, &err), TB_OK);
    CHECK_INT(quota_reload(q, db, &err), TB_OK);
    CHECK(f != found(secret));
    CHECK_INT(found(secret)->priority, PRIORITY_BATCH);
    CHECK_INT(f->priority, PRIORITY_STAFF); /* what somebody holds does not change under them */
    CHECK_INT(reserve(found(secret), 1, &h, &left), TB_OK);
    CHECK_INT(left.requests, 0);
    CHECK_INT(reserve(found(secret), 1, &h, &left), TB_LIMITED);
    quota_settle(q, &(struct quota_hold){ f, 1, 0, 0 }, 0);
}

static void requests_per_minute_hold_for_any_minute(void)
{
    char secret[KEY_SECRET];
    struct key k = plain("k1");
    struct quota_hold h;
    struct quota_left left;
    const struct quota_key *f;

    k.limits.requests_minute = 2;
    add(&k, secret);
    f = found(secret);
    CHECK_INT(reserve(f, 1, &h, &left), TB_OK);
    CHECK_INT(left.requests_limit, 2);
    CHECK_INT(left.requests, 1);
    pass(59);
    CHECK_INT(reserve(f, 1, &h, &left), TB_OK);
    CHECK_INT(reserve(f, 1, &h, &left), TB_LIMITED);
    CHECK_INT(left.retry_after_s, 2); /* the first leaves when 60 whole seconds lie between */
    CHECK(h.key == NULL);
    CHECK(strstr(err.say, "每分钟最多 2 次") != NULL);
    pass(left.retry_after_s);
    CHECK_INT(reserve(f, 1, &h, &left), TB_OK);
    CHECK_INT(reserve(f, 1, &h, &left), TB_LIMITED);
    CHECK(left.retry_after_s > 50);
    pass(3600);
    CHECK_INT(reserve(f, 1, &h, &left), TB_OK);
}

static void tokens_are_held_first_and_settled_by_what_was_used(void)
{
    char secret[KEY_SECRET];
    struct key k = plain("k1");
    struct quota_hold a, b;
    struct quota_left left;
    const struct quota_key *f;

    k.limits.tokens_minute = 1000;
    k.limits.tokens_day = 5000;
    add(&k, secret);
    f = found(secret);
    CHECK_INT(reserve(f, 800, &a, &left), TB_OK);
    CHECK_INT(left.tokens_limit, 1000);
    CHECK_INT(left.tokens, 200);
    CHECK_INT(reserve(f, 300, &b, &left), TB_LIMITED);
    quota_settle(q, &a, 100);
    CHECK_INT(reserve(f, 900, &b, &left), TB_OK);
    CHECK_INT(left.tokens, 0);
    quota_settle(q, &b, 1500); /* more than it held: booked all the same */
    CHECK_INT(reserve(f, 1, &b, &left), TB_LIMITED);
    pass(61);
    CHECK_INT(reserve(f, 1000, &b, &left), TB_OK);
    CHECK_INT(left.tokens, 0);
    quota_settle(q, &b, 1000);
    pass(61);
    CHECK_INT(reserve(f, 1000, &b, &left), TB_OK); /* 3,600 of 5,000 today */
    pass(61);
    CHECK_INT(reserve(f, 1000, &a, &left), TB_OK);
    CHECK_INT(left.tokens_limit, 1000);
    pass(61);
    CHECK_INT(reserve(f, 1000, &a, &left), TB_LIMITED);
    CHECK_INT(left.tokens_limit, 5000);
    CHECK_INT(left.tokens, 400);
    CHECK(strstr(err.say, "每天最多 5000") != NULL);
    quota_settle(q, &b, 0); /* its minute is long over: only the day gets them back */
    CHECK_INT(reserve(f, 1000, &a, &left), TB_OK);
}

static void what_can_never_fit_is_not_told_to_come_back(void)
{
    char secret[KEY_SECRET];
    struct key k = plain("k1");
    struct quota_hold h;
    struct quota_left left;

    k.limits.tokens_minute = 100;
    add(&k, secret);
    CHECK_INT(reserve(found(secret), 101, &h, &left), TB_TOO_LARGE);
    CHECK(strstr(err.say, "max_tokens") != NULL);
    CHECK_INT(reserve(found(secret), 100, &h, &left), TB_OK);
}

static void only_so_many_at_once(void)
{
    char secret[KEY_SECRET];
    struct key k = plain("k1");
    struct quota_hold a, b;
    struct quota_left left;
    const struct quota_key *f;

    k.limits.concurrent = 1;
    add(&k, secret);
    f = found(secret);
    CHECK_INT(reserve(f, 1, &a, &left), TB_OK);
    pass(3600);
    CHECK_INT(reserve(f, 1, &b, &left), TB_LIMITED);
    CHECK_INT(left.retry_after_s, 1);
    quota_settle(q, &a, 1);
    CHECK_INT(reserve(f, 1, &b, &left), TB_OK);
}

static void a_clock_that_jumps_neither_opens_nor_locks_a_key(void)
{
    static const int64_t day = 86400000;
    char secret[KEY_SECRET];
    struct key k = plain("k1");
    struct quota_hold h;
    struct quota_left left;
    const struct quota_key *f;

    k.limits.requests_minute = 1;
    k.limits.tokens_day = 100;
    add(&k, secret);
    f = found(secret);
    CHECK_INT(reserve(f, 100, &h, &left), TB_OK);
    for (int i = 1; i < 20; i++) { /* minutes do not follow the wall clock */
        atomic_fetch_add(&wall, (i % 2 ? 1 : -1) * i * 3600000);
        CHECK_INT(reserve(f, 0, &h, &left), TB_LIMITED);
    }
    atomic_store(&wall, 1795000000000);
    pass(61);
    CHECK_INT(reserve(f, 1, &h, &left), TB_LIMITED); /* the day is full */
    atomic_fetch_add(&wall, 3 * day);
    CHECK_INT(reserve(f, 100, &h, &left), TB_OK); /* another day */
    atomic_fetch_add(&wall, -3 * day);
    pass(61);
    CHECK_INT(reserve(f, 1, &h, &left), TB_LIMITED); /* back again: still full */
    pass(86400);
    CHECK_INT(reserve(f, 1, &h, &left), TB_OK);
}

static void the_day_ends_at_midnight_in_china(void)
{
    char secret[KEY_SECRET];
    struct key k = plain("k1");
    struct quota_hold h;
    struct quota_left left;
    const struct quota_key *f;

    k.limits.tokens_day = 10;
    atomic_store(&wall, 1795017599000); /* 2026-11-18T23:59:59+08:00 less a bit */
    atomic_store(&wall,
                 (atomic_load(&wall) + 28800000) / 86400000 * 86400000 - 28800000 + 86399000);
    add(&k, secret);
    f = found(secret);
    CHECK_INT(reserve(f, 10, &h, &left), TB_OK);
    CHECK_INT(left.tokens_reset_ms, 1000);
    CHECK_INT(reserve(f, 1, &h, &left), TB_LIMITED);
    CHECK_INT(left.retry_after_s, 1);
    pass(1);
    CHECK_INT(reserve(f, 10, &h, &left), TB_OK);
}

static void the_days_use_outlives_a_restart(void)
{
    char secret[KEY_SECRET];
    struct key k = plain("k1");
    struct quota_hold h;
    struct quota_left left;

    k.limits.tokens_day = 100;
    add(&k, secret);
    CHECK_INT(
        db_run(db,
               SQL("INSERT INTO model_use(day, hour, key_id, department_id, model, engine, "
                   "requests, errors, estimated, prompt, cached, answer, reasoning, cost) "
                   "VALUES(:day, 9, :key, 'minzheng', 'm', 'e', 1, 0, 0, 60, 0, 30, 0, 0)"),
               ARGS(db_int("day", (atomic_load(&wall) + 28800000) / 86400000), db_int("key", k.id)),
               &err),
        TB_OK);
    quota_close(q);
    CHECK_INT(quota_open(db, &clocks, &q, &err), TB_OK);
    CHECK_INT(reserve(found(secret), 11, &h, &left), TB_LIMITED);
    CHECK_INT(left.tokens, 10);
    CHECK_INT(reserve(found(secret), 10, &h, &left), TB_OK);
}

static void no_sixty_seconds_on_end_hold_more_than_the_limit(void)
{
    enum { LIMIT = 7, STEPS = 20000 };
    static int64_t at[STEPS];
    char secret[KEY_SECRET];
    struct key k = plain("k1");
    const struct quota_key *f;
    uint64_t chance = 1;
    int64_t refused = 0;
    int n = 0;

    k.limits.requests_minute = LIMIT;
    add(&k, secret);
    f = found(secret);
    for (int i = 0; i < STEPS; i++) {
        struct quota_left left;
        struct quota_hold h;

        chance = chance * 6364136223846793005u + 1442695040888963407u;
        atomic_fetch_add(&mono, (int64_t)(chance >> 40) % 12000000); /* up to 12 s */
        if (reserve(f, 0, &h, &left)) {
            refused++;
            CHECK(left.retry_after_s >= 1 && left.retry_after_s <= 61);
            continue;
        }
        at[n++] = atomic_load(&mono);
        CHECK(n <= LIMIT || at[n - 1] - at[n - 1 - LIMIT] >= 60000000);
    }
    CHECK(refused > 1000);
    CHECK(n > STEPS / 2); /* and it lets through what there is room for */
}

/* -- side by side -- */

enum { THREADS = 8, TURNS = 10000 };
static const struct quota_key *shared;
static _Atomic int64_t admitted, running, most_running;
static _Atomic bool passed_a_limit;

static void *many(void *self)
{
    (void)self;
    for (int i = 0; i < TURNS; i++) {
        struct tb_err e = TB_ERR_INIT;
        struct quota_hold h;
        struct quota_left left;
        int64_t here;

        if (quota_reserve(q, shared, 3, &h, &left, &e))
            continue;
        atomic_fetch_add(&admitted, 1);
        here = atomic_fetch_add(&running, 1) + 1;
        if (here > 4)
            atomic_store(&passed_a_limit, true);
        if (here > atomic_load(&most_running))
            atomic_store(&most_running, here);
        atomic_fetch_sub(&running, 1);
        quota_settle(q, &h, 2);
    }
    return NULL;
}

static void calls_side_by_side_never_pass_a_limit(void)
{
    char secret[KEY_SECRET];
    struct key k = plain("k1");
    struct quota_hold h;
    struct quota_left left;
    pthread_t th[THREADS];

    k.limits =
        (struct key_limits){ .requests_minute = 30000, .tokens_minute = 20001, .concurrent = 4 };
    add(&k, secret);
    shared = found(secret);
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_create(&th[i], NULL, many, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(th[i], NULL);
    CHECK(!atomic_load(&passed_a_limit));
    /* 20,001 tokens at 2 each, the last ones needing room for 3 */
    CHECK(atomic_load(&admitted) <= 10000);
    CHECK(atomic_load(&admitted) >= 9990);
    while (!reserve(shared, 3, &h, &left))
        quota_settle(q, &h, 2);
    CHECK_INT(left.tokens, 1);
}

static void *one_of_a_hundred(void *self)
{
    struct tb_err e = TB_ERR_INIT;
    struct quota_left left;

    (void)self;
    if (!quota_reserve(q, shared, 10, &(struct quota_hold){ 0 }, &left, &e))
        atomic_fetch_add(&admitted, 1);
    return NULL;
}

static void a_hundred_at_once_get_just_what_there_is(void)
{
    static const struct key_limits limits[] = { { .requests_minute = 37 },
                                                { .tokens_minute = 379 },
                                                { .tokens_day = 370 },
                                                { .concurrent = 37 } };

    for (size_t l = 0; l < sizeof(limits) / sizeof(limits[0]); l++) {
        struct key k = plain(arena_printf(&mem, "key%zu", l).p);
        char secret[KEY_SECRET];
        pthread_t th[100];

        k.limits = limits[l];
        add(&k, secret);
        shared = found(secret);
        atomic_store(&admitted, 0);
        for (int i = 0; i < 100; i++)
            CHECK_INT(pthread_create(&th[i], NULL, one_of_a_hundred, NULL), 0);
        for (int i = 0; i < 100; i++)
            pthread_join(th[i], NULL);
        CHECK_INT(atomic_load(&admitted), 37);
    }
}

static void *reader(void *secret)
{
    for (int i = 0; i < TURNS; i++) {
        struct tb_err e = TB_ERR_INIT;
        const struct quota_key *k;

        if (quota_find(q, str_z(secret), STR("10.1.2.3"), &(struct quota_said){ 0 }, &k, &e) ||
            quota_revoked(k))
            atomic_store(&passed_a_limit, true);
    }
    return NULL;
}

static void keys_are_found_while_they_are_read_again(void)
{
    char secret[KEY_SECRET], other[KEY_SECRET];
    struct key k = plain("k1");
    pthread_t th[4];

    add(&k, secret);
    atomic_store(&passed_a_limit, false);
    for (int i = 0; i < 4; i++)
        CHECK_INT(pthread_create(&th[i], NULL, reader, secret), 0);
    for (int i = 0; i < 100; i++) { /* the table grows meanwhile */
        struct key more = plain(arena_printf(&mem, "more%d", i).p);

        add(&more, other);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(th[i], NULL);
    CHECK(!atomic_load(&passed_a_limit));
}

static const struct tb_test tests[] = {
    TEST(a_key_is_found_by_its_secret_and_by_nothing_else),
    TEST(keys_with_the_same_beginning_are_told_apart),
    TEST(a_revoked_key_ends_at_once_also_for_who_holds_it),
    TEST(a_key_that_vanished_from_the_store_is_out),
    TEST(a_key_expires_on_its_day),
    TEST(after_a_rotation_both_secrets_work_until_the_grace_is_over),
    TEST(a_rotation_gives_no_second_allowance),
    TEST(addresses_are_judged_by_range_in_both_families),
    TEST(scopes_and_models_are_kept_to),
    TEST(a_changed_key_has_its_new_limits_and_its_old_count),
    TEST(requests_per_minute_hold_for_any_minute),
    TEST(tokens_are_held_first_and_settled_by_what_was_used),
    TEST(what_can_never_fit_is_not_told_to_come_back),
    TEST(only_so_many_at_once),
    TEST(a_clock_that_jumps_neither_opens_nor_locks_a_key),
    TEST(the_day_ends_at_midnight_in_china),
    TEST(the_days_use_outlives_a_restart),
    TEST(no_sixty_seconds_on_end_hold_more_than_the_limit),
    TEST(calls_side_by_side_never_pass_a_limit),
    TEST(a_hundred_at_once_get_just_what_there_is),
    TEST(keys_are_found_while_they_are_read_again),
};

int main(void)
{
    return tb_test_around(tests, sizeof(tests) / sizeof(tests[0]), begin, end);
}
