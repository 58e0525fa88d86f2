/* What a message says by its letters alone: rules/urgency.yaml and rules/hotline_signals.yaml, both
 * tables an officer may edit. */
#ifndef SCENARIO_HOTLINE_SIGNALS_H
#define SCENARIO_HOTLINE_SIGNALS_H
#include "base/err.h"
#include "learn/features.h"
#include "scenario/hotline/duties.h"
#include "scenario/hotline/triage.h"

struct signals; /* immutable, shared by threads; lives in the arena it was made in */

/* Costs of being wrong in messages a person looks at. */
struct signal_costs {
    double department, class1, person;
};
/* TB_INVALID with file and line. */
enum tb_code signals_load(struct arena *a, const char *rules, const struct duties *d,
                          struct signals **out, struct tb_err *e) MUST_USE;
const struct signal_costs *signals_costs(const struct signals *s);

/* Fills kind, urgency, mood, repeat, secret, accused, deadline and person_at_once of *v, and adds
 * reasons for a person. */
void signals_read(const struct signals *s, const struct message *m, struct arena *a,
                  struct triage_verdict *v);
/* Where a further matter may begin: up to n places behind which the message speaks of another. */
size_t signals_turns(const struct signals *s, const struct message *m, struct arena *a, size_t *out,
                     size_t n);
void triage_need_person(struct triage_verdict *v, struct arena *a, struct str why);

#endif
