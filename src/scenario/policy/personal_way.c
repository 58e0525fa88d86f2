/* What the employee in charge, and the engines, do where the question holds personal data: tokens
 * stand for them, they are not taken, or they go to an engine of this machine as they were written
 * (domain/personal.h). What is kept holds tokens in every case. */
#include "base/metrics.h"
#include "model/pool.h"
#include "scenario/policy/answer_int.h"

#include <stdio.h>
#include <string.h>

static unsigned engine_ways(const struct making *m)
{
    return m->t->at->pool ? engines_personal(pool_engines(m->t->at->pool), ENGINE_CHAT) : 0;
}

/* 姓名、手机号: each kind once. */
static struct str kinds_of(struct arena *a, const struct mask *mask)
{
    struct buf b = BUF_INIT(4096);

    for (size_t i = 0; i < mask->n; i++) {
        size_t k = 0;

        while (strcmp(mask->items[k].kind, mask->items[i].kind) != 0)
            k++;
        if (k == i)
            buf_addf(&b, "%s%s", b.n ? "、" : "", mask->items[i].kind);
    }
    return arena_buf(a, &b);
}

static enum personal way_of(const struct making *m)
{
    const struct employee *x = m->out->employee;
    unsigned ways = engine_ways(m);

    if ((x && x->personal == PERSONAL_REFUSE) || ways == 1U << PERSONAL_REFUSE)
        return PERSONAL_REFUSE;
    if (x && x->personal == PERSONAL_ALLOW && ways >> PERSONAL_ALLOW & 1)
        return PERSONAL_ALLOW;
    return PERSONAL_MASK;
}

enum tb_code step_personal(struct making *m, struct tb_err *e)
{
    struct answer *o = m->out;
    struct arena *a = &m->t->mem;
    char label[32];

    (void)e;
    if (!o->mask.n)
        return TB_OK;
    o->personal = way_of(m);
    snprintf(label, sizeof label, "way=\"%s\"", personal_name(o->personal));
    metric_add("tongban_personal_total", label, 1);
    o->personal_kinds = kinds_of(a, &o->mask);
    if (o->personal != PERSONAL_REFUSE)
        return TB_OK;
    o->message =
        arena_printf(a,
                     "您的问题里有%.*s。这里不收个人信息：请把它们去掉，只写要问的事，再问一次。"
                     "要办的是您本人的具体事项，请点“找人工”。",
                     STR_FMT(o->personal_kinds));
    o->x.outcome = STR("refused");
    m->finished = true;
    return TB_OK;
}

struct str personal_asked(struct making *m)
{
    const struct answer *o = m->out;

    return o->personal == PERSONAL_ALLOW ? mask_restore(&m->t->mem, &o->mask, o->x.question)
                                         : o->x.question;
}

enum tb_code personal_kept(struct making *m, struct str said, struct str *out, struct tb_err *e)
{
    *out = said;
    return m->out->personal == PERSONAL_ALLOW ? mask_more(&m->t->mem, &m->out->mask, said, out, e)
                                              : TB_OK;
}

struct str personal_trace(struct making *m)
{
    const struct answer *o = m->out;

    if (!o->personal_kinds.n)
        return STR("");
    if (o->personal != PERSONAL_ALLOW)
        return arena_printf(&m->t->mem, " personal=%s kinds=%.*s", personal_name(o->personal),
                            STR_FMT(o->personal_kinds));
    return arena_printf(&m->t->mem, " personal=allow kinds=%.*s reason=%.*s",
                        STR_FMT(o->personal_kinds), STR_FMT(o->employee->personal_reason));
}
