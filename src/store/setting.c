#include "store/setting.h"

enum tb_code setting_read(struct db *d, struct arena *a, const char *name, struct str *out,
                          struct tb_err *e)
{
    struct rows *r;
    bool more;

    *out = STR("");
    if (db_ask(d, a, SQL("SELECT value FROM setting WHERE name = :name"),
               ARGS(db_text("name", str_z(name))), &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (more)
        *out = rows_str(r, 0);
    rows_close(r);
    return TB_OK;
}

enum tb_code setting_write(struct db *d, const char *name, struct str value, struct tb_err *e)
{
    return db_run(d,
                  SQL("INSERT INTO setting(name, value) VALUES(:name, :value) "
                      "ON CONFLICT(name) DO UPDATE SET value = excluded.value"),
                  ARGS(db_text("name", str_z(name)), db_text("value", value)), e);
}
