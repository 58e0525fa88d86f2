/* What stands against a reply before it is signed: that it answers something else, leaves a
 * question out, puts people off, promises without a basis, or tells what is personal. By rule, in
 * microseconds (rules/reply_check.yaml); a person decides. */
#ifndef SCENARIO_HOTLINE_REPLY_CHECK_H
#define SCENARIO_HOTLINE_REPLY_CHECK_H
#include "base/arena.h"
#include "base/err.h"

struct reply_rules {
    struct str *tone, *promise, *basis, *asks;
    size_t tone_n, promise_n, basis_n, asks_n;
};
/* Everything lives in a. TB_INVALID names file and line. */
enum tb_code reply_rules_load(struct arena *a, const char *share_dir, struct reply_rules *out,
                              struct tb_err *e) MUST_USE;

enum reply_fault {
    REPLY_OFF_TOPIC = 1, /* 答非所问 */
    REPLY_LEFT_OUT,      /* 漏答 */
    REPLY_TONE,          /* 语气生硬 */
    REPLY_PROMISE,       /* 无依据承诺 */
    REPLY_PERSONAL,      /* 个人信息: must be taken out before it is sent */
    REPLY_FAULTS
};
enum { REPLY_FINDINGS_MAX = 20 };
struct reply_finding {
    enum reply_fault fault;
    struct str words; /* what it is about: a word of the reply, or the sentence left out */
};
const char *reply_fault_name(enum reply_fault f);  /* "off_topic" … */
const char *reply_fault_title(enum reply_fault f); /* 答非所问 … */
int reply_fault_risk(enum reply_fault f);          /* 0 to 100 */

/* asked: title, text and wish of the order; reply as written. *n findings, at most
 * REPLY_FINDINGS_MAX; words are views or live in a. */
void reply_check(struct arena *a, const struct reply_rules *r, struct str asked, struct str reply,
                 struct reply_finding out[REPLY_FINDINGS_MAX], size_t *n);

#endif
