#include "cli/eval_copy.h"

#include "store/db.h"

#include <stdlib.h>
#include <unistd.h>

enum tb_code eval_copy_open(struct cli *c, struct rooms_opened *o, struct eval_copy *out,
                            struct tb_err *e)
{
    struct db *copy;
    int fd;

    out->path = arena_z(&c->mem, arena_printf(&c->mem, "%s/eval-XXXXXX", c->data));
    fd = mkstemp(out->path);
    if (fd < 0)
        return tb_fail(e, TB_STORE, "数据目录不能写入，请检查权限和磁盘空间", "mkstemp %s",
                       out->path);
    close(fd);
    if (db_run(o->db, SQL("VACUUM INTO :path"), ARGS(db_text("path", str_z(out->path))), e) ||
        db_open(arena_printf(&c->mem, "sqlite:%s", out->path).p, &copy, e))
        return e->code;
    db_close(o->db);
    o->db = copy;
    return TB_OK;
}

void eval_copy_drop(struct cli *c, const struct eval_copy *copy)
{
    static const char *const tails[] = { "", "-wal", "-shm" };

    for (size_t i = 0; copy->path && i < 3; i++)
        unlink(arena_printf(&c->mem, "%s%s", copy->path, tails[i]).p);
}
