/* A database of its own in memory for each test, with this program's schema: mem, now, db and err
 * are made before every test and released after it. STORE_TEST_MAIN(table, begin): begin calls
 * tb_store_begin and may furnish it further. */
#ifndef TB_STORE_H
#define TB_STORE_H
#include "base/share.h"
#include "store/migrate.h"
#include "tb_test.h"

static struct arena mem;
static struct world now;
static struct db *db;
static struct tb_err err;

static inline void tb_store_begin(void)
{
    err = (struct tb_err)TB_ERR_INIT;
    now = world_fixed(1795000000000);
    CHECK_INT(migrate_open("sqlite::memory:", share_dir(&mem), NULL, &now, &db, &err), TB_OK);
}

static inline void tb_store_end(void)
{
    db_close(db);
    db = NULL;
    arena_release(&mem);
}

#define STORE_TEST_MAIN(table, begin)                                                              \
    int main(void)                                                                                 \
    {                                                                                              \
        return tb_test_around(table, sizeof(table) / sizeof((table)[0]), begin, tb_store_end);     \
    }

#endif
