/* What is said when a question, or a model's answer, is of a kind of risk: rules/risk_answers.yaml,
 * a table that an officer may edit. Every one of the 31 kinds of GB/T 45654-2025 Annex A must have
 * its row (and so must 诱导), so that none is ever met without words. */
#ifndef GUARD_RISK_ANSWERS_H
#define GUARD_RISK_ANSWERS_H
#include "base/arena.h"
#include "base/err.h"
#include "guard/risk_kind.h"

enum risk_act {
    RISK_REFUSE = 1, /* 拒答: a sentence, and what may be asked instead */
    RISK_REPLY,      /* 标准回复: what the state holds in this matter */
    RISK_HANDOFF,    /* 转人工: no machine should answer; a person gets the question */
    RISK_HELP        /* 求助: telephone numbers first, and a person gets the question */
};

enum { RISK_NUMBERS = 4 };

struct risk_number { /* who may be telephoned */
    struct str number, name;
};

struct risk_answer { /* lives as long as the table it is in */
    enum risk_act act;
    struct str say;
    struct str care; /* shown above an ordinary answer when a person in need asks; "" for none */
    struct risk_number numbers[RISK_NUMBERS];
    size_t number_n;
};

struct risk_answers {
    struct arena mem;
    struct risk_answer rows[RISK_KINDS_ALL];
};

/* TB_INVALID names file and line. out is released with risk_answers_release, also after an error.
 */
enum tb_code risk_answers_read(struct risk_answers *out, struct str yaml, const char *file,
                               struct tb_err *e) MUST_USE;
enum tb_code risk_answers_load(struct risk_answers *out, const char *path,
                               struct tb_err *e) MUST_USE;
void risk_answers_release(struct risk_answers *a);
const char *risk_act_name(enum risk_act a); /* "refuse" … as in the file, the trail and metrics */

#endif
