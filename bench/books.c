/* Keys and books: what one call costs the caller (find, reserve, settle, put), and how many records
 * a second the one writer takes, by what is kept of them. */
#include "store/books.h"
#include "base/fs.h"
#include "base/share.h"
#include "guard/quota.h"
#include "store/key.h"
#include "store/migrate.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CALLS = 200000, ROWS = 80000, PATIENCE_MS = 120000 };

static struct arena a;
static struct tb_err e = TB_ERR_INIT;
static const struct world *w;

static void need(enum tb_code c)
{
    if (c) {
        fprintf(stderr, "%s (%s)\n", e.say, e.log);
        exit(1);
    }
}

static double cpu_s(clockid_t whose)
{
    struct timespec t;

    clock_gettime(whose, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void make_keys(struct db *d, char secret[KEY_SECRET])
{
    struct talk t = { .world = w, .db = d };

    need(db_run(d, SQL("INSERT INTO department(id, name, short) VALUES('d', 'd', 'd')"), NO_ARGS,
                &e));
    need(db_begin(d, &e));
    for (int i = 0; i < 1000; i++) {
        struct key k = { .name = arena_printf(&a, "key-%d", i),
                         .department = STR("d"),
                         .limits = { 1000000000, 1000000000, 1000000000, 1000 } };

        need(key_add(&t, &k, secret, &e));
    }
    need(db_end(d, TB_OK, &e));
    arena_release(&t.mem);
}

static void time_quota(struct quota *q, const char *secret)
{
    int64_t t0 = world_mono_us(w);

    for (int i = 0; i < CALLS; i++) {
        const struct quota_key *k;
        struct quota_hold h;
        struct quota_left left;

        need(quota_find(q, str_z(secret), STR("10.1.2.3"), &(struct quota_said){ 0 }, &k, &e));
        need(quota_allows(k, STR("chat"), STR("deepseek-r1"), &e));
        need(quota_reserve(q, k, 1000, &h, &left, &e));
        quota_settle(q, &h, 100);
    }
    printf("find + allows + reserve + settle, 1,000 keys: %.2f us\n",
           (double)(world_mono_us(w) - t0) / CALLS);
}

static struct call_record call(enum keeping keeping, struct str text)
{
    struct call_record r = { .at = world_now_ms(w),
                             .trace_id = STR("0af7651916cd43dd8448eb211c80319c"),
                             .key_id = 7,
                             .key_name = STR("key-7"),
                             .department = STR("d"),
                             .address = STR("10.1.2.3"),
                             .verb = STR("model.chat"),
                             .asked = STR("default"),
                             .model = STR("deepseek-r1"),
                             .engine = STR("ascend-1"),
                             .status = 200,
                             .tries = 1,
                             .usage = { 100, 60, 30, 10, false },
                             .cost = 5,
                             .total_us = 1234,
                             .keeping = keeping,
                             .prompt = text,
                             .answer = text };

    snprintf(r.digest, sizeof(r.digest), "%064x", 77);
    return r;
}

static void time_books(const struct books_options *o, const char *what, enum keeping keeping,
                       struct str text)
{
    struct call_record r = call(keeping, text);
    struct books *b;
    double cpu, put;
    int64_t t0;

    need(books_open(o, &b, &e));
    t0 = world_mono_us(w);
    cpu = cpu_s(CLOCK_PROCESS_CPUTIME_ID);
    put = cpu_s(CLOCK_THREAD_CPUTIME_ID);
    for (int i = 0; i < ROWS; i++) {
        struct arena mine = ARENA_INIT;

        r.request_id =
            arena_printf(&mine, "%010llx%014x", (unsigned long long)world_now_ms(w) & 0xffffffffff,
                         (unsigned)i * 2654435761u);
        need(books_put(b, &r, &e));
        arena_release(&mine);
    }
    put = cpu_s(CLOCK_THREAD_CPUTIME_ID) - put;
    if (!books_drain(b, PATIENCE_MS))
        exit(1);
    printf("%-28s put %.2f us of its thread, %.0f records/s to the disk, %.0f records per second "
           "of one core\n",
           what, put * 1e6 / ROWS, ROWS * 1e6 / (double)(world_mono_us(w) - t0),
           ROWS / (cpu_s(CLOCK_PROCESS_CPUTIME_ID) - cpu));
    books_close(b);
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

int main(void)
{
    char dir[] = "/tmp/tongban-bench-XXXXXX", secret[KEY_SECRET], text[1500];
    struct books_options o = { 0 };
    struct keyring *keys;
    struct quota *q;
    struct db *d;

    w = world_real();
    if (!mkdtemp(dir))
        return 1;
    memset(text, 'x', sizeof(text));
    o = (struct books_options){ .db_url = arena_printf(&a, "sqlite:%s/x.db", dir).p,
                                .journal_path = fs_join(&a, dir, "calls.journal"),
                                .world = w };
    need(keyring_make(fs_join(&a, dir, "keys"), w, &keys, &e));
    o.keys = keys;
    need(migrate_open(o.db_url, share_dir(&a), NULL, w, &d, &e));
    make_keys(d, secret);
    need(quota_open(d, w, &q, &e));
    time_quota(q, secret);
    time_books(&o, "digest only:", KEEPING_DIGEST, STR(""));
    time_books(&o, "masked, 2 x 1,500 bytes:", KEEPING_MASKED, str_of(text, sizeof(text)));
    time_books(&o, "full (sealed), 2 x 300:", KEEPING_FULL, str_of(text, 300));
    time_books(&o, "full (sealed), 2 x 1,500:", KEEPING_FULL, str_of(text, sizeof(text)));
    time_books(&o, "digest only, again:", KEEPING_DIGEST, STR(""));
    quota_close(q);
    db_close(d);
    keyring_free(keys);
    arena_release(&a);
    return nftw(dir, drop, 16, FTW_DEPTH | FTW_PHYS);
}
