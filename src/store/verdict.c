#include "store/verdict.h"

enum tb_code verdict_keep(struct talk *t, int64_t employee_id, int64_t exchange_id, bool agrees,
                          struct tb_err *e)
{
    return db_run(
        t->db,
        SQL("INSERT INTO employee_verdict(employee_id, exchange_id, staff_id, agrees, created_at) "
            "VALUES(:employee, :exchange, :staff, :agrees, :now) "
            "ON CONFLICT(exchange_id, staff_id) DO UPDATE SET agrees = excluded.agrees, "
            "created_at = excluded.created_at"),
        ARGS(db_int("employee", employee_id), db_int("exchange", exchange_id),
             db_int("staff", t->actor.id), db_int("agrees", agrees),
             db_int("now", world_now_ms(t->world))),
        e);
}
