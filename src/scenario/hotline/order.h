/* 工单 inside the hotline: who somebody is for an order, what a form says, how an order is shown,
 * what a step does. Routes: order_routes.c. */
#ifndef SCENARIO_HOTLINE_ORDER_H
#define SCENARIO_HOTLINE_ORDER_H
#include "base/json.h"
#include "domain/talk.h"
#include "http/route.h"
#include "scenario/hotline/hotline.h"
#include "store/work_order.h"

enum {
    ORDER_TEXT_CHARS = 20000, /* of a message */
    ORDER_LINE_CHARS = 200,   /* of title, place, when */
    ORDER_REASON_CHARS = 2000,
    ORDER_REPLY_CHARS = 8000,
    ORDER_BULK_MAX = 100
};

/* ---- order_part.c: who acts ---- */
#define ORDER_DESK "hotline.department" /* setting: the department whose staff are the seats */
enum tb_code order_desk(struct talk *t, struct str *out, struct tb_err *e) MUST_USE; /* "" all */
/* The parts that t->actor takes in o (domain/work_order.h), 0: none of their business. */
enum tb_code order_parts(struct talk *t, const struct work_order *o, unsigned *out,
                         struct tb_err *e) MUST_USE;
/* Reads one that concerns t->actor; TB_NOT_FOUND for others' too, so that nobody learns of it. */
enum tb_code order_read_own(struct talk *t, struct str receipt, struct work_order *o,
                            unsigned *parts, struct tb_err *e) MUST_USE;
/* May these parts know who asked? */
bool order_sees_asker(const struct work_order *o, unsigned parts);

/* ---- order_form.c: what somebody wrote, before it is an order ---- */
struct order_form { /* in the clear, trimmed; "" where nothing was said */
    struct str title, text, wanted, happened, place, name, phone;
    enum order_kind kind;
    bool secret;
    const struct place *spot; /* where that is on the city's map; NULL: not known */
    struct str source, key;   /* key: of whoever sends, so that twice is once */
    int64_t at;               /* when it was said, ms; 0 now */
};
struct order_missing {
    const char *field, *ask; /* "place", the question to ask */
    bool must;               /* an order cannot go without it */
};
enum { ORDER_MISSING_MAX = 8 };
/* known: fields of v that belong to the route besides the form's own. */
enum tb_code order_form_read(struct talk *t, const struct json_value *v, struct order_form *f,
                             struct tb_err *e) MUST_USE;
extern const char *const order_form_fields[]; /* the names it knows, NULL at the end */
/* Takes what is still empty out of the words themselves: when, telephone, what is wanted, a title.
 */
void order_form_fill(struct talk *t, struct order_form *f);
size_t order_form_missing(const struct order_form *f, struct order_missing out[ORDER_MISSING_MAX]);
/* TB_INVALID with what is wrong or missing in a sentence, TB_TOO_LARGE. strict false: a file of an
 * earlier system may lack place and telephone. */
enum tb_code order_form_check(struct talk *t, const struct order_form *f, bool strict,
                              struct tb_err *e) MUST_USE;
/* Masks, judges and keeps it, with its row in the trail, in the caller's transaction. *again: it
 * was here already. */
enum tb_code order_form_keep(struct talk *t, const struct order_form *f, struct work_order *o,
                             bool *again, struct tb_err *e) MUST_USE;

/* ---- order_judge.c ---- */
/* What the triage says, as JSON for people and for the order ("" without one); sets class, kind,
 * urgency and secret of o where they are empty. hide: values that must not stand in it. */
struct mask;
void order_judge_fill(struct talk *t, const struct order_form *f, struct mask *hide,
                      struct work_order *o);
/* The verdict that was kept; where there is none and a seat still has to decide (brought from an
 * earlier system, or before anything was learnt), what the triage says now of the masked text. "" :
 * nothing. */
struct str order_judge_late(struct talk *t, const struct work_order *o);

/* ---- order_learn.c ---- */
/* After a dispatch that was kept: notes what the triage can learn of it. Never fails. */
void order_learn(struct talk *t, struct str receipt);
void order_learn_round(void *hotline); /* in the background, again and again */

/* ---- order_shape.c ---- */
void order_shape_line(struct json *j, const struct work_order *o, int64_t now); /* in a list */
enum tb_code order_shape_whole(struct talk *t, struct json *j, struct str receipt,
                               struct tb_err *e) MUST_USE; /* for t->actor, staff */
enum tb_code order_shape_asker(struct talk *t, struct json *j, const struct work_order *o,
                               struct tb_err *e) MUST_USE;
void order_shape_steps(struct json *j, const struct work_order_step *s, size_t n, bool inside);

/* ---- order_step.c ---- */
/* One step by whoever acts with these parts; v: its own fields (reason, department, …). o is the
 * version that was read by the person. In the caller's transaction. */
enum tb_code order_step_do(struct talk *t, struct work_order *o, const struct order_step *step,
                           unsigned parts, const struct json_value *v, struct tb_err *e) MUST_USE;
/* What stands against a reply to o; how many. */
size_t order_reply_check(struct talk *t, const struct work_order *o, struct str reply,
                         struct reply_finding out[REPLY_FINDINGS_MAX]);
extern const char *const order_step_fields[]; /* names of v, NULL at the end */

#define HANDLER(name)                                                                              \
    enum tb_code name(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
HANDLER(order_ask); /* order_asker.c */
HANDLER(order_ask_check);
HANDLER(order_mine);
HANDLER(order_find);
HANDLER(order_own_step);
HANDLER(order_enter); /* order_seat.c */
HANDLER(order_list);
HANDLER(order_open);
HANDLER(order_step);
HANDLER(order_bulk);
HANDLER(order_board);
HANDLER(order_import); /* order_import.c */
HANDLER(order_check_reply);
#undef HANDLER

#endif
