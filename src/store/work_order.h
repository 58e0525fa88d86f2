/* 12345 工单: what is kept of a work order, its steps, and the lists of the seat. Every change goes
 * through work_order_move, which holds the table of steps (domain/work_order.h), the version and
 * the step's row together: either all of it happened or nothing did. */
#ifndef STORE_WORK_ORDER_H
#define STORE_WORK_ORDER_H
#include "domain/talk.h"
#include "domain/work_order.h"
#include "store/db.h"

/* What order_is_open says, for SQL. */
#define WORK_ORDER_OPEN "is_open = 1"

struct work_order {
    int64_t id, version; /* version: the one that was read; a change of another one is refused */
    enum order_state state;
    struct str receipt, query_code;
    struct str source;     /* page, talk, api, staff, import, mail, phone */
    struct str source_key; /* the same key gives the same order again; "" none */
    struct str device;     /* the asker's; "" none */
    struct str asker;      /* plain JSON {name, phone, contact} going in, sealed coming out */
    struct str asker_key;  /* work_order_asker_key of the phone number; "" none */
    bool secret;           /* the handling side must not learn who asked */
    struct str title, text, wanted, happened; /* masked */
    struct str personal; /* plain JSON (guard/mask.h) going in, sealed coming out */
    struct str division, district, street, community, place;
    int64_t x, y; /* 0 to 1000 on the schematic map; -1 unknown */
    struct str class1, class2, class3;
    enum order_kind kind;
    int64_t urgency;           /* 0 to 3 */
    struct str department;     /* id; "" before dispatch */
    struct str helpers;        /* JSON list of department ids */
    int64_t due_at, accept_by; /* ms; 0: not promised */
    bool supervised;
    int64_t escalated, reminded_at;
    int64_t merged_into; /* id of the order that it follows; 0 none */
    int64_t votes;
    struct str verdict; /* JSON of the triage; "" none */
    struct str reply, replied_by;
    int64_t satisfaction; /* 1 to 5; 0 not asked */
    struct str satisfaction_reason;
    int64_t created_at; /* going in: 0 is now (an import knows better) */
    int64_t updated_at, answered_at, closed_at;
    /* read only */
    struct str department_name, merged_into_receipt;
};

/* Keeps o and gives it id, receipt, query code, version 1, times; state intake. An order with this
 * source_key is given back instead and *again says so. Seals asker and personal. In the caller's
 * transaction if one is open. */
enum tb_code work_order_add(struct talk *t, struct work_order *o, bool *again,
                            struct tb_err *e) MUST_USE;
enum tb_code work_order_read(struct talk *t, struct str receipt, struct work_order *out,
                             struct tb_err *e) MUST_USE; /* TB_NOT_FOUND */
enum tb_code work_order_of_id(struct talk *t, int64_t id, struct work_order *out,
                              struct tb_err *e) MUST_USE; /* TB_NOT_FOUND */
/* The sealed parts in the clear; "" where there is none. */
enum tb_code work_order_asker(struct talk *t, const struct work_order *o, struct str *json,
                              struct tb_err *e) MUST_USE;
enum tb_code work_order_personal(struct talk *t, const struct work_order *o, struct str *json,
                                 struct tb_err *e) MUST_USE;
/* By what a telephone number is found again without being readable; age as keyring_key_of: false
 * when there is no master so old. out in t's memory. */
bool work_order_asker_key(struct talk *t, size_t age, struct str phone, struct str *out);

/* Writes o as it is in memory after `step`: the state the step leads to (its own where it leads
 * nowhere), everything a step may change, the step's row and the trail's, all in the caller's
 * transaction. o->version must be the one that was read: else TB_CONFLICT with a sentence. reason
 * is masked already; department: whom the step names, "". who: the acting person's parts, looked up
 * in the table of steps (TB_FORBIDDEN, TB_CONFLICT). Gives o its new state and version. */
enum tb_code work_order_move(struct talk *t, struct work_order *o, const struct order_step *step,
                             unsigned who, struct str reason, struct str department,
                             struct tb_err *e) MUST_USE;
/* Joint handling: adds a helping department (nothing when it helps already) to o->helpers and to
 * its lists. Call before work_order_move. */
enum tb_code work_order_add_helper(struct talk *t, struct work_order *o, struct str department,
                                   struct tb_err *e) MUST_USE;
bool work_order_helps(const struct work_order *o, struct arena *a, struct str department);

struct work_order_step {
    int64_t id, at, actor_id;
    struct str verb, before, after, actor_name, department, department_name, reason;
};
enum tb_code work_order_steps(struct talk *t, int64_t id, struct work_order_step **out, size_t *n,
                              struct tb_err *e) MUST_USE;
/* Orders that were merged into this one, oldest first, at most 500. */
enum tb_code work_order_merged(struct talk *t, int64_t id, struct work_order **out, size_t *n,
                               struct tb_err *e) MUST_USE;

struct work_order_filter {
    struct str state;             /* "open" (the default), "all", or a state's name */
    struct str department;        /* "" all */
    struct str helper;            /* orders that this department helps with; "" off */
    struct str class1;            /* "" all */
    struct str words;             /* in the title, or the receipt; "" all */
    int64_t late_before;          /* only open ones due before this; 0 off */
    int64_t after_line, after_id; /* the last row of the page before; after_id 0: first page */
    int64_t size;
};
/* Most urgent and soonest due first; "all": newest first; late ones of no department: the latest
 * first. *more: another page follows. Sealed parts, verdict and reply are not read. */
enum tb_code work_order_list(struct talk *t, const struct work_order_filter *f,
                             struct work_order **out, size_t *n, bool *more,
                             struct tb_err *e) MUST_USE;
enum tb_code work_order_count(struct talk *t, const struct work_order_filter *f, int64_t *out,
                              struct tb_err *e) MUST_USE;
/* Orders of who asks: of this device, or of this asker key; newest first, at most 100. */
enum tb_code work_order_mine(struct talk *t, struct str asker_key, struct work_order **out,
                             size_t *n, struct tb_err *e) MUST_USE;
/* What after_line of the next page is, o being the last row of this one. */
int64_t work_order_after(const struct work_order_filter *f, const struct work_order *o);
/* Where an order stands in the line: the more urgent and the sooner due, the smaller. */
int64_t work_order_line(int64_t urgency, int64_t due_at, int64_t created_at);

#endif
