/* 12345 工单: the states of a work order, who takes part in it, and the one table of what may
 * follow what (GB/T 33358-2016 政府热线服务规范: 受理、派单、办理、答复、回访、办结). The database
 * holds the states too (sql: work_order). */
#ifndef DOMAIN_WORK_ORDER_H
#define DOMAIN_WORK_ORDER_H
#include "base/str.h"

enum order_state {
    ORDER_INTAKE = 1, /* 待分拨: came in, belongs to no department yet */
    ORDER_DISPATCHED, /* 待签收: sent to a department */
    ORDER_RETURNED,   /* 退单待裁定: the department says that it is not its own */
    ORDER_ACCEPTED,   /* 已签收 */
    ORDER_IN_WORK,    /* 办理中 */
    ORDER_SIGNING,    /* 答复待签发: written, waits for a second person */
    ORDER_ANSWERED,   /* 已答复 */
    ORDER_VISITED,    /* 已回访 */
    ORDER_CLOSED,     /* 已办结 */
    ORDER_MERGED,     /* 已并入另一单: follows it from then on */
    ORDER_WITHDRAWN,  /* 已撤销 */
    ORDER_STATES
};
/* States in which somebody still owes the asker something. As SQL: WORK_ORDER_OPEN. */
bool order_is_open(enum order_state s);
const char *order_state_name(enum order_state s); /* "intake" … as in the database and the API */
const char *order_state_title(enum order_state s);
bool order_state_parse(struct str s, enum order_state *out);

/* Who takes part: a person may be several of them at once. */
enum order_part {
    ORDER_SEAT = 1,    /* 坐席: staff of the hotline's department */
    ORDER_HANDLER = 2, /* 承办单位: staff of the order's department */
    ORDER_HELPER = 4,  /* 协办单位 */
    ORDER_REFEREE = 8, /* 裁定、督办: guardians and department admins of the hotline's department */
    ORDER_SIGNER = 16, /* may sign for whoever wrote the reply, and did not write it */
    ORDER_ASKER = 32,  /* who asked: by device, or by receipt and telephone number */
    ORDER_TIMER = 64   /* the clock */
};

/* One thing that can be done. from: bit set of 1 << state; to: 0 leaves the state as it is. */
struct order_step {
    const char *verb; /* "dispatch", as in the API and in work_order_step */
    unsigned from;
    enum order_state to;
    unsigned who;      /* order_part */
    bool reason;       /* must say why */
    const char *trail; /* "order.dispatch" */
    const char *title; /* 派单 */
};
extern const struct order_step order_steps[];            /* ends with verb NULL */
const struct order_step *order_step_of(struct str verb); /* NULL: there is none */
bool order_may(const struct order_step *step, enum order_state from, unsigned who);

enum order_kind {
    ORDER_KIND_NONE,
    ORDER_INQUIRY,    /* 咨询 */
    ORDER_HELP,       /* 求助 */
    ORDER_COMPLAINT,  /* 投诉 */
    ORDER_TIP,        /* 举报 */
    ORDER_SUGGESTION, /* 建议 */
    ORDER_KINDS
};
const char *order_kind_name(enum order_kind k); /* "inquiry"; "" for none */
const char *order_kind_title(enum order_kind k);
bool order_kind_parse(struct str s, enum order_kind *out); /* name or title; "" is none */

enum { ORDER_URGENCIES = 4 }; /* 0 一般, 1 较急, 2 紧急, 3 特急 */
const char *order_urgency_title(int64_t u);

#endif
