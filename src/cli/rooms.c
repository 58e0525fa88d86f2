#include "cli/rooms.h"

#include "base/date.h"
#include "base/fs.h"
#include "base/share.h"
#include "crypto/keyring.h"
#include "guard/risk.h"
#include "knowledge/search.h"
#include "model/egress_list.h"
#include "model/pool.h"
#include "store/key_mark.h"
#include "store/migrate.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static enum tb_code open_store(struct cli *c, struct rooms_opened *o, struct tb_err *e)
{
    struct arena *a = &c->mem;
    struct keyring *keys;
    char *file = fs_join(a, c->data, "tongban.db");

    if (!fs_exists(file)) {
        struct str say = arena_printf(a, "目录 %s 还没有初始化；请先运行 tongban setup --data %s",
                                      c->data, c->data);

        return tb_fail_say(e, TB_NOT_FOUND, say, say);
    }
    o->at.data_dir = c->data;
    o->at.cache_dir = fs_cache_dir(a);
    o->at.share_dir = share_dir(a);
    o->at.db_url = arena_printf(a, "sqlite:%s", file).p;
    if (keyring_open(fs_join(a, c->data, "keys"), &keys, e))
        return e->code;
    o->at.keys = keys;
    if (migrate_open(o->at.db_url, o->at.share_dir, fs_join(a, c->data, "backup"), world_real(),
                     &o->db, e))
        return e->code;
    return key_mark_agree(o->db, keys, e);
}

static enum tb_code open_pool(struct cli *c, const char *engine, struct rooms_opened *o,
                              struct tb_err *e)
{
    struct pool_options p = { .models_yaml = fs_join(&c->mem, o->at.share_dir, "models.yaml"),
                              .cache_dir = o->at.cache_dir,
                              .embedded = !engine,
                              .engine_url = engine,
                              .world = world_real() };

    return pool_start(&p, &o->at.pool, e);
}

enum tb_code rooms_open(struct cli *c, unsigned what, const char *engine, struct rooms_opened *out,
                        struct tb_err *e)
{
    *out = (struct rooms_opened){ .db = NULL };
    if (open_store(c, out, e))
        goto out;
    if (what & (ROOMS_SEARCH | ROOMS_GUARD) &&
        risk_open(out->at.share_dir, out->at.data_dir, out->db, &out->at.risk, e))
        goto out;
    if (what & ROOMS_SEARCH) {
        struct search_options s = { out->at.data_dir, out->at.cache_dir, world_real() };

        if (search_open(&s, out->db, &out->at.search, e))
            goto out;
    }
    if (what & ROOMS_POOL && (egress_list_read(out->db, e) || open_pool(c, engine, out, e)))
        goto out;
    return TB_OK;
out:
    rooms_shut(out);
    return e->code;
}

void rooms_shut(struct rooms_opened *r)
{
    if (r->at.pool)
        pool_stop(r->at.pool);
    if (r->at.search)
        search_close(r->at.search);
    risk_close(r->at.risk);
    if (r->db)
        db_close(r->db);
    if (r->at.keys)
        keyring_free((struct keyring *)(uintptr_t)r->at.keys);
    *r = (struct rooms_opened){ .db = NULL };
}

void rooms_talk(const struct rooms_opened *r, struct talk *t, const char *device)
{
    *t = (struct talk){ .world = world_real(), .at = &r->at, .db = r->db };
    t->actor = (struct actor){ .role = ROLE_SYSTEM,
                               .login = STR("system"),
                               .name = STR("系统"),
                               .department = STR(""),
                               .device = str_z(device),
                               .address = STR("local") };
    t->as_of = day_today(t->world);
    snprintf(t->request_id, sizeof(t->request_id), "cli-%lld", (long long)world_now_ms(t->world));
}

enum tb_code rooms_wait_engine(struct rooms_opened *r, int limit_s, struct tb_err *e)
{
    for (int i = 0; i < limit_s * 5; i++) {
        struct timespec wait = { 0, 200 * 1000 * 1000 };

        if (pool_ready(r->at.pool))
            return TB_OK;
        if (i == 5)
            fprintf(stderr, "正在等待语言模型就绪…\n");
        nanosleep(&wait, NULL);
    }
    return tb_fail(e, TB_BUSY, "语言模型还没有就绪；用 tongban doctor 看原因", "waited %d s",
                   limit_s);
}
