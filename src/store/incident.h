/* 监测—预警—处置—复盘: an alert opens an incident, which has an owner, steps, a time line and, once
 * it is resolved, a review. The time line is only added to. */
#ifndef STORE_INCIDENT_H
#define STORE_INCIDENT_H
#include "domain/talk.h"
#include "store/db.h"

struct incident {
    int64_t id, employee_id; /* 0: about no employee */
    struct str number, rule, subject, title, severity, state;
    struct str owner_role, steps, review; /* steps: JSON of {text, done_by, done_at} */
    int64_t owner_id, seen;
    int64_t opened_at, last_at, resolved_at, reviewed_at;
    struct str owner_name, employee_name; /* read only */
};
/* Opens x (rule, subject, title, severity, owner_role, steps, employee_id) with a row of the trail,
 * or, where one of this rule and subject is open already, counts it there: *opened false. text:
 * what was measured. */
enum tb_code incident_open(struct talk *t, struct incident *x, struct str text, bool *opened,
                           struct tb_err *e) MUST_USE;
enum tb_code incident_read(struct talk *t, struct str number, struct incident *out,
                           struct tb_err *e) MUST_USE; /* TB_NOT_FOUND */
/* Newest first; state "" all, "active" open or in hand. */
enum tb_code incident_list(struct talk *t, struct str state, int64_t skip, int64_t size,
                           struct incident **out, size_t *n, int64_t *total,
                           struct tb_err *e) MUST_USE;
/* Writes state, owner, steps, review and times. TB_CONFLICT when its state is no longer `was`. */
enum tb_code incident_update(struct talk *t, const struct incident *x, const char *was,
                             struct tb_err *e) MUST_USE;

struct incident_event {
    int64_t at;
    struct str by_name, kind, text;
};
enum tb_code incident_say(struct talk *t, int64_t id, const char *kind, struct str text,
                          struct tb_err *e) MUST_USE;
/* Oldest first, at most 200. */
enum tb_code incident_events(struct talk *t, int64_t id, struct incident_event **out, size_t *n,
                             struct tb_err *e) MUST_USE;

/* What must still be told outside. */
struct notice {
    int64_t id, tries;
    struct str target, number, title, severity, subject;
    int64_t opened_at;
};
/* way: "webhook", "mail". */
enum tb_code notice_add(struct talk *t, int64_t incident_id, const char *way, struct str target,
                        struct tb_err *e) MUST_USE;
/* Those of one way that are due, at most 5. */
enum tb_code notice_due(struct talk *t, const char *way, struct notice **out, size_t *n,
                        struct tb_err *e) MUST_USE;
/* sent, or tried in vain: again later, `failed` for good after 6 times. */
enum tb_code notice_done(struct talk *t, const struct notice *x, bool sent, const char *why,
                         struct tb_err *e) MUST_USE;

#endif
