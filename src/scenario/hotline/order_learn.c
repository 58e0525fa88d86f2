/* What the seat decides teaches the triage: where it differs from what was said, and where the
 * triage itself was not sure. Only a note is written here; the learning happens in the background.
 */
#include "base/every.h"
#include "base/log.h"
#include "scenario/hotline/order.h"

static struct str said(const struct json_value *verdict, const char *key, bool *certain)
{
    const struct json_value *c = json_get(verdict, key);

    *certain = json_get_bool(c, "certain", false);
    return json_get_str(c, "value");
}

/* The truth where it is news; "" where the triage knew. */
static struct str news(const struct json_value *verdict, const char *key, struct str truth)
{
    bool certain;
    struct str before = said(verdict, key, &certain);

    return certain && str_eq(before, truth) ? STR("") : truth;
}

void order_learn(struct talk *t, struct str receipt)
{
    struct hotline *h = t->at->hotline;
    const struct json_value *verdict;
    struct tb_err e = TB_ERR_INIT;
    struct triage_truth truth;
    struct work_order o;

    if (!h || !h->triage || work_order_read(t, receipt, &o, &e) || !o.department.n ||
        !o.verdict.n || json_read(&t->mem, o.verdict, &verdict, &e))
        return;
    truth = (struct triage_truth){ .class1 = news(verdict, "class1", o.class1),
                                   .class3 = news(verdict, "class3", o.class3),
                                   .department = news(verdict, "department", o.department),
                                   .by = t->actor.login,
                                   .at = world_now_ms(t->world) };
    if (!truth.class1.n && !truth.class3.n && !truth.department.n)
        return;
    if (triage_note(h->triage, o.title, o.text, &truth, &e)) /* a class of no table, say */
        log_line(LOG_WARN, "hotline", "no lesson from %.*s: %s", STR_FMT(receipt), e.log);
}

void order_learn_round(void *self)
{
    struct hotline *h = self;
    struct tb_err e = TB_ERR_INIT;

    if (triage_catch_up(h->triage, &e))
        log_line(LOG_ERROR, "hotline", "corrections are not learnt: %s", e.log);
}
