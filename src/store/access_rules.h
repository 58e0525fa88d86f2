/* What the security officer may set about access, kept as small values: who must have a second
 * factor, what needs a second person. Read with every request that depends on it, so that a change
 * counts at once, in every server. */
#ifndef STORE_ACCESS_RULES_H
#define STORE_ACCESS_RULES_H
#include "domain/talk.h"
#include "store/db.h"

struct access_rules {
    unsigned totp_roles; /* bit 1 << role: may do nothing before a second factor is set up */
    bool dual;           /* 双人控制 of exports, roles, these rules: store/dual.h */
    bool purpose;        /* reading what is sensitive asks what for: store/purpose.h */
    bool password;       /* signing in by password; off where all come by another way. The three
                            roles of 三权分立 always may: another's server must not lock them out */
};
enum tb_code access_rules_read(struct db *d, struct access_rules *out, struct tb_err *e) MUST_USE;
/* With its row in the trail ("access.rules"), and a second person (dual.h) while they ask for one.
 */
enum tb_code access_rules_write(struct talk *t, const struct access_rules *r,
                                struct tb_err *e) MUST_USE;
struct json;
void access_rules_json(struct json *j, const struct access_rules *r);

#endif
