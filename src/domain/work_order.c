#include "domain/work_order.h"

#define IN(s) (1u << ORDER_##s)

enum {
    BEFORE_WORK = IN(INTAKE) | IN(DISPATCHED) | IN(RETURNED),
    WORKING = IN(ACCEPTED) | IN(IN_WORK),
    OPEN = BEFORE_WORK | WORKING | IN(SIGNING),
    DONE = IN(ANSWERED) | IN(VISITED)
};

const struct order_step order_steps[] = {
    { "dispatch", IN(INTAKE) | IN(RETURNED), ORDER_DISPATCHED, ORDER_SEAT | ORDER_REFEREE, false,
      "order.dispatch", "派单" },
    { "recall", IN(DISPATCHED), ORDER_INTAKE, ORDER_SEAT | ORDER_REFEREE, false, "order.recall",
      "撤回派单" },
    { "change", OPEN, 0, ORDER_SEAT | ORDER_REFEREE, false, "order.change", "修改要素" },
    { "accept", IN(DISPATCHED), ORDER_ACCEPTED, ORDER_HANDLER, false, "order.accept", "签收" },
    { "return", IN(DISPATCHED) | IN(ACCEPTED), ORDER_RETURNED, ORDER_HANDLER, true, "order.return",
      "退单" },
    /* Only the referee says that a return does not stand; the department is not asked again. */
    { "uphold", IN(RETURNED), ORDER_ACCEPTED, ORDER_REFEREE, true, "order.uphold", "驳回退单" },
    { "start", IN(ACCEPTED), ORDER_IN_WORK, ORDER_HANDLER, false, "order.start", "开始办理" },
    { "help", WORKING, 0, ORDER_SEAT | ORDER_HANDLER | ORDER_REFEREE, false, "order.help",
      "邀请协办" },
    { "note", OPEN, 0, ORDER_SEAT | ORDER_HANDLER | ORDER_HELPER | ORDER_REFEREE, true,
      "order.note", "记录进展" },
    { "extend", WORKING, 0, ORDER_REFEREE, true, "order.extend", "延期" },
    { "reply", IN(IN_WORK), ORDER_SIGNING, ORDER_HANDLER, false, "order.reply", "提交答复" },
    /* An inquiry that the seat itself can answer needs no department. */
    { "answer", IN(INTAKE), ORDER_SIGNING, ORDER_SEAT | ORDER_REFEREE, false, "order.answer",
      "直接答复" },
    { "sign", IN(SIGNING), ORDER_ANSWERED, ORDER_SIGNER, false, "order.sign", "签发答复" },
    { "send_back", IN(SIGNING), ORDER_IN_WORK, ORDER_SIGNER, true, "order.send_back", "退回修改" },
    { "visit", IN(ANSWERED), ORDER_VISITED, ORDER_SEAT | ORDER_REFEREE | ORDER_ASKER, false,
      "order.visit", "回访" },
    { "rework", DONE | IN(CLOSED), ORDER_IN_WORK, ORDER_REFEREE, true, "order.rework", "重办" },
    { "close", DONE, ORDER_CLOSED, ORDER_SEAT | ORDER_REFEREE | ORDER_TIMER, false, "order.close",
      "办结" },
    { "merge", BEFORE_WORK | WORKING, ORDER_MERGED, ORDER_SEAT | ORDER_REFEREE, false,
      "order.merge", "并单" },
    { "withdraw", BEFORE_WORK, ORDER_WITHDRAWN, ORDER_ASKER, true, "order.withdraw", "撤销" },
    { "void", BEFORE_WORK, ORDER_WITHDRAWN, ORDER_REFEREE, true, "order.void", "作废" },
    { "urge", OPEN, 0, ORDER_ASKER | ORDER_SEAT | ORDER_REFEREE, false, "order.urge", "催办" },
    { "supervise", OPEN, 0, ORDER_REFEREE, true, "order.supervise", "督办" },
    { "release", OPEN, 0, ORDER_REFEREE, true, "order.release", "解除督办" },
    { "remind", OPEN, 0, ORDER_TIMER, false, "order.remind", "到期提醒" },
    { "escalate", OPEN, 0, ORDER_TIMER, false, "order.escalate", "逾期升级" },
    { NULL, 0, 0, 0, false, NULL, NULL },
};

static const struct {
    const char *name, *title;
} states[ORDER_STATES] = {
    [ORDER_INTAKE] = { "intake", "待分拨" },
    [ORDER_DISPATCHED] = { "dispatched", "待签收" },
    [ORDER_RETURNED] = { "returned", "退单待裁定" },
    [ORDER_ACCEPTED] = { "accepted", "已签收" },
    [ORDER_IN_WORK] = { "in_work", "办理中" },
    [ORDER_SIGNING] = { "signing", "答复待签发" },
    [ORDER_ANSWERED] = { "answered", "已答复" },
    [ORDER_VISITED] = { "visited", "已回访" },
    [ORDER_CLOSED] = { "closed", "已办结" },
    [ORDER_MERGED] = { "merged", "已并单" },
    [ORDER_WITHDRAWN] = { "withdrawn", "已撤销" },
};

bool order_is_open(enum order_state s)
{
    return s > 0 && s < ORDER_STATES && (OPEN & (1u << s));
}

const char *order_state_name(enum order_state s)
{
    return s > 0 && s < ORDER_STATES ? states[s].name : "none";
}

const char *order_state_title(enum order_state s)
{
    return s > 0 && s < ORDER_STATES ? states[s].title : "";
}

bool order_state_parse(struct str s, enum order_state *out)
{
    for (enum order_state k = ORDER_INTAKE; k < ORDER_STATES; k++) {
        if (str_eqz(s, states[k].name)) {
            *out = k;
            return true;
        }
    }
    return false;
}

const struct order_step *order_step_of(struct str verb)
{
    for (const struct order_step *s = order_steps; s->verb; s++)
        if (str_eqz(verb, s->verb))
            return s;
    return NULL;
}

bool order_may(const struct order_step *step, enum order_state from, unsigned who)
{
    return (step->from & (1u << from)) && (step->who & who);
}

static const struct {
    const char *name, *title;
} kinds[ORDER_KINDS] = {
    [ORDER_KIND_NONE] = { "", "" },    [ORDER_INQUIRY] = { "inquiry", "咨询" },
    [ORDER_HELP] = { "help", "求助" }, [ORDER_COMPLAINT] = { "complaint", "投诉" },
    [ORDER_TIP] = { "tip", "举报" },   [ORDER_SUGGESTION] = { "suggestion", "建议" },
};

const char *order_kind_name(enum order_kind k)
{
    return k < ORDER_KINDS ? kinds[k].name : "";
}

const char *order_kind_title(enum order_kind k)
{
    return k < ORDER_KINDS ? kinds[k].title : "";
}

bool order_kind_parse(struct str s, enum order_kind *out)
{
    for (enum order_kind k = ORDER_KIND_NONE; k < ORDER_KINDS; k++) {
        if (str_eqz(s, kinds[k].name) || str_eqz(s, kinds[k].title)) {
            *out = k;
            return true;
        }
    }
    return false;
}

const char *order_urgency_title(int64_t u)
{
    static const char *const titles[ORDER_URGENCIES] = { "一般", "较急", "紧急", "特急" };

    return u >= 0 && u < ORDER_URGENCIES ? titles[u] : "";
}
