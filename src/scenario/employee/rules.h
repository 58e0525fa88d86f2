/* rules/phases.yaml and rules/alerts.yaml (alerts.h): what an employee must have shown before it
 * goes a step outwards (先内后外), and what calls it back. Read when the server starts, which does
 * not start with a mistake in it; then read by any thread. */
#ifndef SCENARIO_EMPLOYEE_RULES_H
#define SCENARIO_EMPLOYEE_RULES_H
#include "domain/employee.h"
#include "scenario/employee/alerts.h"
#include "scenario/employee/record.h"

struct phase_gate { /* shares are 0 to 1 */
    int64_t tried, judged, refusals_judged;
    double agreement, unsupported, refusals_right; /* unsupported: at most; the others: at least */
};
struct employee_rules;
/* TB_INVALID with file and line. */
enum tb_code employee_rules_open(const char *share_dir, struct employee_rules **out,
                                 struct tb_err *e) MUST_USE;
void employee_rules_close(struct employee_rules *r);

const struct phase_gate *rules_up(const struct employee_rules *r, enum phase to);
const struct phase_gate *rules_hold(const struct employee_rules *r, enum phase in);
const struct alerts *rules_alerts(const struct employee_rules *r);
int64_t rules_days(const struct employee_rules *r); /* over which rules_hold looks */

/* One line of a form: what was measured, what is asked for. */
struct gate_line {
    const char *name, *title;
    double is, need; /* is < 0: nothing to measure yet */
    bool most;       /* need is the most there may be */
    bool ok;
};
enum { GATE_LINES = 6 };
/* Lines of what the gate asks for; returns how many. */
size_t gate_measure(const struct phase_gate *g, const struct record *r,
                    struct gate_line out[GATE_LINES]);
bool gate_passed(const struct gate_line *lines, size_t n);
/* Has it fallen below? Only what was judged often enough counts. why: the first line that fell. */
bool gate_fell(const struct phase_gate *hold, const struct record *r, struct gate_line *why);
void gate_json(struct json *j, const struct gate_line *lines, size_t n);

#endif
