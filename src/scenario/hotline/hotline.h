/* 热线: what its handlers need for as long as the server runs, opened once; read only afterwards,
 * so any number of threads. */
#ifndef SCENARIO_HOTLINE_HOTLINE_H
#define SCENARIO_HOTLINE_HOTLINE_H
#include "domain/services.h"
#include "http/route.h"
#include "scenario/hotline/places.h"
#include "scenario/hotline/reply_check.h"
#include "scenario/hotline/triage.h"
#include "scenario/hotline/workdays.h"

/* How a message is judged. judge NULL: there is no triage, everything goes to a person. */
struct order_judge {
    const struct triage *self;
    void (*judge)(const struct triage *self, struct str title, struct str text, struct arena *a,
                  struct triage_verdict *v);
};

struct hotline {
    struct workdays *days;
    struct order_judge judge;
    struct reply_rules reply;
    struct places *places;   /* of the city; NULL: it brought none */
    struct insight *insight; /* insight.h: hot issues, reports, similar orders */
    struct triage *triage;
    struct every *learner; /* learns what the seats corrected */
    struct arena mem;
};

/* TB_INVALID names file and line of a table that makes no sense: a server must not start with it.
 */
enum tb_code hotline_open(const struct services *at, struct hotline **out,
                          struct tb_err *e) MUST_USE;
void hotline_close(struct hotline *h); /* NULL: nothing */

/* Deadlines that came, in the caretaker's rounds: reminders, escalation, closing. */
enum tb_code order_tick(struct talk *t, struct tb_err *e) MUST_USE;

extern const struct route hotline_insight_routes[]; /* insight.c */
extern const struct route hotline_order_routes[];   /* order_routes.c */

#endif
