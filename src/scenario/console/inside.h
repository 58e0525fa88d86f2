/* What the files of signing in share. */
#ifndef CONSOLE_INSIDE_H
#define CONSOLE_INSIDE_H
#include "http/route.h"
#include "store/session.h"

/* As GET /api/session shows it. */
void session_view(struct reply *r, const struct session *x);
/* The gate has found it a moment ago; this reads what the page shows of it. */
enum tb_code session_current(struct talk *t, const struct request *q, struct session *s,
                             struct tb_err *e) MUST_USE;
/* TB_LIMITED with Retry-After. */
enum tb_code session_locked(struct talk *t, struct reply *r, int64_t until,
                            struct tb_err *e) MUST_USE;

/* Opens a session for who was recognised, with its cookie and its row in the trail, or says that
 * the login is locked. *now: the session. */
enum tb_code session_open_for(struct talk *t, const struct staff *s, const char *how,
                              struct reply *r, struct session *now, struct tb_err *e) MUST_USE;
/* What is tried by somebody who is not recognised counts as a failure, and says the same whatever
 * it was. */
enum tb_code session_refused(struct talk *t, struct str login, bool known,
                             struct tb_err *e) MUST_USE;

#endif
