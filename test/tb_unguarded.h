/* Takes the guards of 双岗制 off a test's own database, so that it can be furnished with public
 * rows by plain statements. Only for tests of what reads them; the guards have their own
 * (test_draft.c). */
#ifndef TB_UNGUARDED_H
#define TB_UNGUARDED_H
#include "store/db_int.h"
#include "tb_test.h"

static inline void tb_unguarded(struct db *d)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct buf drop = BUF_INIT(1 << 20);
    struct rows *r;
    bool more = true;

    CHECK_INT(db_ask(d, &a, SQL("SELECT name FROM sqlite_master WHERE type = 'trigger'"), NO_ARGS,
                     &r, &e),
              TB_OK);
    while (!rows_next(r, &more, &e) && more) {
        buf_addz(&drop, "DROP TRIGGER ");
        buf_add(&drop, rows_str(r, 0));
        buf_addz(&drop, ";");
    }
    rows_close(r);
    CHECK_INT(db_script(d, drop.n ? drop.p : "", &e), TB_OK);
    buf_release(&drop);
    arena_release(&a);
}

#endif
