/* What somebody else does to a member's account: the security officer on the page, the machine's
 * owner on the command line. Each is one transaction with its row in the trail (t is who does it),
 * inside the caller's where one is open. */
#ifndef STORE_ACCOUNT_H
#define STORE_ACCOUNT_H
#include "crypto/password.h"
#include "store/staff.h"

/* The roles of 三权分立, and every other role later, need a second person (dual.h) where the rules
 * say so. s->login, name, role, department, title as for staff_add; first is the password to hand
 * over, to be changed at the first sign-in. */
enum tb_code account_open(struct talk *t, struct staff *s, char first[PASSWORD_FIRST],
                          struct tb_err *e) MUST_USE;
/* A new first password; ends the lock and every session. */
enum tb_code account_reset(struct talk *t, const struct staff *s, char first[PASSWORD_FIRST],
                           struct tb_err *e) MUST_USE;
/* Ends every session; enabling ends the lock too. */
enum tb_code account_disable(struct talk *t, const struct staff *s, bool disabled,
                             struct tb_err *e) MUST_USE;
enum tb_code account_assign(struct talk *t, const struct staff *s, enum role role,
                            struct str department, struct tb_err *e) MUST_USE;

#endif
