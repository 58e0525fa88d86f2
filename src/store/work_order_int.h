/* Shared by the files of work_order only. */
#ifndef STORE_WORK_ORDER_INT_H
#define STORE_WORK_ORDER_INT_H
#include "store/work_order.h"

/* A row of 办理过程; before "" for the first. The state after is o's. */
enum tb_code work_order_step_add(struct talk *t, const struct work_order *o, const char *verb,
                                 struct str before, struct str reason, struct str department,
                                 struct tb_err *e) MUST_USE;

#endif
