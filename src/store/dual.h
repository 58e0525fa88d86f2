/* 双人控制: some things one person asks for and another confirms before the first may do them, once
 * and for exactly what was asked. Enforced
 * where it is kept: the table refuses a person who confirms their own, a trigger refuses a role
 * that changes without one. In force unless the rules say otherwise (access_rules.h). */
#ifndef STORE_DUAL_H
#define STORE_DUAL_H
#include "domain/talk.h"
#include "store/db.h"

enum { DUAL_WAIT_MS = 24 * 3600 * 1000, DUAL_USE_MS = 24 * 3600 * 1000 };

struct approval {
    int64_t id, asked_at, expires_at, decided_at, used_at;
    struct str kind, object, detail, reason, state; /* state "expired" where its time is over */
    struct str asked_by, asked_name, decided_by, decided_name; /* logins, names */
};

/* What can be asked for, as it stands in the API and for people; NULL ends the list. */
struct dual_kind {
    const char *name, *title;
    enum perm asks; /* who may ask for it (and do it) */
};
extern const struct dual_kind dual_kinds[];
const struct dual_kind *dual_kind_of(struct str name); /* NULL: none */

/* reason: 4 to 200 characters. TB_CONFLICT where the same waits already. */
enum tb_code dual_ask(struct talk *t, const struct approval *a, int64_t *id,
                      struct tb_err *e) MUST_USE;
/* Newest first. asker 0: everybody's. */
enum tb_code dual_list(struct talk *t, int64_t asker, struct approval **out, size_t *n,
                       struct tb_err *e) MUST_USE;
/* TB_FORBIDDEN to one's own, TB_CONFLICT where it no longer waits. */
enum tb_code dual_decide(struct talk *t, int64_t id, bool yes, struct tb_err *e) MUST_USE;
/* Before the thing is done, in its transaction: takes the confirmation of exactly this, once. The
 * rules may not ask for one; the machine's owner leaves an entry "emergency". TB_FORBIDDEN says
 * that somebody has to be asked. once false: may be used again until its time is over (a download).
 */
enum tb_code dual_use(struct talk *t, const char *kind, struct str object, struct str detail,
                      bool once, struct tb_err *e) MUST_USE;

#endif
