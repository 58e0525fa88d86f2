/* What an employee or an engine does where somebody wrote personal data (可用不可见): a rule by
 * name, with the reason for letting them through. */
#ifndef DOMAIN_PERSONAL_H
#define DOMAIN_PERSONAL_H
#include "base/err.h"

enum personal {
    PERSONAL_MASK,   /* tokens stand for them; where nothing is said */
    PERSONAL_REFUSE, /* not taken: the person is told what to leave out */
    PERSONAL_ALLOW,  /* as they were written, for a reason that is kept */
    PERSONAL_WAYS
};
enum { PERSONAL_REASON_CHARS = 100 };

const char *personal_name(enum personal p);  /* "mask" … as in files and the API */
const char *personal_title(enum personal p); /* 脱敏, 不收, 放行 */
bool personal_parse(struct str s, enum personal *out);
/* What is wrong with a rule and its reason, a Chinese sentence; NULL: nothing. A reason is needed
 * to allow, and for nothing else. */
const char *personal_wrong(enum personal p, struct str reason);

#endif
