/* The trail: how fast 100,000 rows are added and verified, and what waiting for the disk costs. */
#include "base/fs.h"
#include "base/share.h"
#include "store/audit_writer.h"
#include "store/migrate.h"

#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 100000, GROUP = 1000, WAITED = 1600 };

static struct audit_entry entry;
static struct audit_writer *writer;

static void need(enum tb_code c, const struct tb_err *e)
{
    if (c) {
        fprintf(stderr, "%s (%s)\n", e->say, e->log);
        exit(1);
    }
}

static void add_rows(struct db *d, struct tb_err *e)
{
    for (int i = 0; i < ROWS; i += GROUP) {
        enum tb_code c = db_begin(d, e);

        need(c, e);
        for (int k = 0; k < GROUP && !c; k++)
            c = audit_add(d, &entry, e);
        need(db_end(d, c, e), e);
    }
}

static void *one(void *rows)
{
    struct tb_err e = TB_ERR_INIT;

    for (int i = 0; i < *(int *)rows; i++)
        need(audit_writer_put(writer, &entry, true, &e), &e);
    return NULL;
}

static double waiting(int threads)
{
    const struct world *w = world_real();
    int64_t t0 = world_mono_us(w);
    int rows = WAITED / threads;
    pthread_t th[32];

    for (int i = 0; i < threads; i++)
        if (pthread_create(&th[i], NULL, one, &rows) != 0)
            exit(1);
    for (int i = 0; i < threads; i++)
        pthread_join(th[i], NULL);
    return (double)(rows * threads) * 1e6 / (double)(world_mono_us(w) - t0);
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
    char dir[] = "/tmp/tongban-bench-XXXXXX";
    const struct world *w = world_real();
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct audit_verdict v;
    struct keyring *keys;
    struct db *d;
    int64_t t0;
    bool made;

    if (!mkdtemp(dir))
        return 1;
    entry = (struct audit_entry){ .at = world_now_ms(w),
                                  .actor = STR("device:1ee70d69d5e796c8"),
                                  .role = STR("citizen"),
                                  .address = STR("10.0.0.9"),
                                  .verb = STR("policy.ask"),
                                  .object = STR("Q20261121-00042"),
                                  .outcome = STR("ok"),
                                  .request_id = STR("5c3bed1f46cdd68dd3399a1d"),
                                  .detail = STR("route=POST /api/ask") };
    need(keyring_make(fs_join(&a, dir, "keys"), w, &keys, &e), &e);
    need(migrate_open(arena_printf(&a, "sqlite:%s/x.db", dir).p, share_dir(&a), NULL, w, &d, &e),
         &e);
    t0 = world_mono_us(w);
    add_rows(d, &e);
    printf("%d rows added in groups of %d: %.2f s\n", ROWS, GROUP,
           (double)(world_mono_us(w) - t0) / 1e6);
    need(audit_sign(d, keys, w, &made, &e), &e);
    need(audit_verify(d, keys, NULL, w, &v, &e), &e);
    printf("%lld rows verified: %.2f s%s\n", (long long)v.rows, (double)v.us / 1e6,
           v.ok ? "" : " BROKEN");
    need(audit_writer_start(
             &(struct audit_writer_options){
                 .db_url = arena_printf(&a, "sqlite:%s/x.db", dir).p, .keys = keys, .world = w },
             &writer, &e),
         &e);
    for (int threads = 1; threads <= 32; threads *= 4)
        printf("rows on the disk before going on, %d at once: %.0f rows/s\n", threads,
               waiting(threads));
    audit_writer_stop(writer);
    db_close(d);
    keyring_free(keys);
    arena_release(&a);
    return nftw(dir, drop, 16, FTW_DEPTH | FTW_PHYS);
}
