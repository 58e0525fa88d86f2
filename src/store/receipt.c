#include "store/receipt.h"

#include "base/date.h"

enum tb_code receipt_new(struct db *d, struct arena *a, const struct world *w, char letter,
                         struct str *out, struct tb_err *e)
{
    int y, m, day;
    int64_t value = 0;
    bool found = false;
    struct str name;

    day_split(day_today(w), &y, &m, &day);
    name = arena_printf(a, "receipt-%c-%04d%02d%02d", letter, y, m, day);
    if (db_run(d, SQL("UPDATE counter SET value = value + 1 WHERE name = :name"),
               ARGS(db_text("name", name)), e))
        return e->code;
    if (db_changed(d) == 0 && db_run(d, SQL("INSERT INTO counter(name, value) VALUES (:name, 1)"),
                                     ARGS(db_text("name", name)), e))
        return e->code;
    if (db_ask_int(d, SQL("SELECT value FROM counter WHERE name = :name"),
                   ARGS(db_text("name", name)), &value, &found, e))
        return e->code;
    *out = arena_printf(a, "%c%04d%02d%02d-%05lld", letter, y, m, day, (long long)value);
    return TB_OK;
}

bool receipt_shaped(struct str s, char letter)
{
    if (s.n < 15 || s.n > 20 || s.p[0] != letter || s.p[9] != '-')
        return false;
    for (size_t i = 1; i < s.n; i++)
        if (i != 9 && (s.p[i] < '0' || s.p[i] > '9'))
            return false;
    return true;
}
