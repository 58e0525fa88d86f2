/* Who somebody is for an order: the seat, the department that handles it, one that helps, the
 * referee. */
#include "scenario/hotline/order.h"
#include "store/setting.h"

enum tb_code order_desk(struct talk *t, struct str *out, struct tb_err *e)
{
    return setting_read(t->db, &t->mem, ORDER_DESK, out, e);
}

static bool heads(const struct actor *a)
{
    return a->role == ROLE_GUARDIAN || a->role == ROLE_DEPARTMENT_ADMIN;
}

/* A city that names no desk has a single one: everybody who works on orders. */
enum tb_code order_parts(struct talk *t, const struct work_order *o, unsigned *out,
                         struct tb_err *e)
{
    const struct actor *a = &t->actor;
    struct str desk;
    bool at_desk;

    *out = 0;
    if (a->role == ROLE_SYSTEM) {
        *out = ORDER_TIMER;
        return TB_OK;
    }
    if (!actor_may(a, PERM_ORDER))
        return TB_OK;
    if (order_desk(t, &desk, e))
        return e->code;
    at_desk = desk.n == 0 || str_eq(a->department, desk);
    if (at_desk)
        *out |= ORDER_SEAT | (heads(a) ? ORDER_REFEREE : 0u);
    if (o->department.n ? str_eq(o->department, a->department) : at_desk)
        *out |= ORDER_HANDLER;
    if (work_order_helps(o, &t->mem, a->department))
        *out |= ORDER_HELPER;
    return TB_OK;
}

enum tb_code order_read_own(struct talk *t, struct str receipt, struct work_order *o,
                            unsigned *parts, struct tb_err *e)
{
    if (work_order_read(t, receipt, o, e) || order_parts(t, o, parts, e))
        return e->code;
    if (*parts == 0)
        return tb_fail(e, TB_NOT_FOUND, "没有找到这张工单，请核对编号", "order not own");
    return TB_OK;
}

/* 信访工作条例: what an informant brought never reaches whom it is about; nothing that tells who it
 * was goes to the handling side. */
bool order_sees_asker(const struct work_order *o, unsigned parts)
{
    return !o->secret || (parts & (ORDER_SEAT | ORDER_REFEREE));
}
