/* Of one order: others about the same matter, and how such a one was answered. Only orders that
 * concern the reader. */
#include "scenario/hotline/insight.h"
#include "scenario/hotline/order.h"

enum { SHOWN = 20, ANSWERS = 5 };

struct likeness {
    struct work_order o;
    struct alike_verdict v;
    bool same_asker;
};

static struct alike_text text_of(const struct work_order *o)
{
    return (struct alike_text){ o->title, o->text, o->place };
}

static bool same_asker(const struct work_order *a, const struct work_order *b)
{
    return (a->asker_key.n && str_eq(a->asker_key, b->asker_key)) ||
           (a->device.n && str_eq(a->device, b->device));
}

/* Gathers what concerns the reader and is alike at all, nearest first. */
static enum tb_code gather(struct talk *t, const struct work_order *own, struct likeness *out,
                           size_t *n, struct tb_err *e)
{
    struct insight *x = insight_of(t);
    struct alike_text mine = text_of(own);
    struct alike_hit hit[INSIGHT_ALIKE];
    size_t k;

    *n = 0;
    if (insight_catch_up(t, x, INSIGHT_BATCH, e))
        return e->code;
    k = alike_find(insight_alike(x), &mine, own->id, hit, INSIGHT_ALIKE);
    for (size_t i = 0; i < k; i++) {
        struct likeness *l = &out[*n];
        struct alike_text other;
        unsigned parts;

        if (work_order_of_id(t, hit[i].id, &l->o, e) || order_parts(t, &l->o, &parts, e))
            return e->code;
        other = text_of(&l->o);
        alike_compare(insight_alike(x), &mine, &other, &l->v);
        l->same_asker = same_asker(own, &l->o);
        if (parts && l->v.is != ALIKE_OTHER && l->o.state != ORDER_WITHDRAWN)
            ++*n;
    }
    return TB_OK;
}

static void one_json(struct json *j, const struct likeness *l)
{
    static const char *const is[] = { "other", "kind", "matter", "copy" };

    json_obj(j);
    json_kstr(j, "receipt", l->o.receipt);
    json_kstr(j, "title", l->o.title);
    json_kstr(j, "place", l->o.place);
    json_kstr(j, "state", str_z(order_state_name(l->o.state)));
    json_kstr(j, "state_title", str_z(order_state_title(l->o.state)));
    json_kstr(j, "department", l->o.department_name);
    json_ktime(j, "created_at", l->o.created_at);
    json_kstr(j, "is", str_z(is[l->v.is]));
    json_kbool(j, "same_asker", l->same_asker);
    json_kreal(j, "near", l->v.near);
}

static int better(const struct likeness *a, const struct likeness *b)
{
    if (a->v.is != b->v.is)
        return a->v.is > b->v.is ? -1 : 1;
    return a->v.near > b->v.near ? -1 : a->v.near < b->v.near ? 1 : 0;
}

static void sort(struct likeness *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct likeness x = v[i];
        size_t k = i;

        for (; k && better(&x, &v[k - 1]) < 0; k--)
            v[k] = v[k - 1];
        v[k] = x;
    }
}

/* A reply to an informant is nobody else's, and one that left people unhappy is no example. */
static bool good_answer(const struct likeness *l)
{
    return l->o.reply.n && !l->o.secret && (l->o.satisfaction == 0 || l->o.satisfaction >= 3);
}

enum tb_code insight_like(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    struct likeness *v = ARENA_ARRAY(&t->mem, struct likeness, INSIGHT_ALIKE + 1);
    struct work_order own;
    size_t n = 0, shown = 0, answers = 0;
    unsigned parts;

    if (!insight_of(t))
        return tb_fail(e, TB_BUSY, "热线还没有准备好，请稍后再试", "no hotline");
    if (order_read_own(t, request_param(q, "receipt"), &own, &parts, e) ||
        gather(t, &own, v, &n, e))
        return e->code;
    sort(v, n);
    json_obj(&r->json);
    json_karr(&r->json, "same");
    for (size_t i = 0; i < n && shown < SHOWN; i++)
        if (v[i].v.is >= ALIKE_MATTER) {
            one_json(&r->json, &v[i]);
            json_end(&r->json);
            shown++;
        }
    json_end(&r->json);
    json_karr(&r->json, "answered");
    for (size_t i = 0; i < n && answers < ANSWERS; i++)
        if (good_answer(&v[i])) {
            one_json(&r->json, &v[i]);
            json_kstr(&r->json, "reply", v[i].o.reply);
            json_end(&r->json);
            answers++;
        }
    json_end(&r->json);
    json_end(&r->json);
    return TB_OK;
}
