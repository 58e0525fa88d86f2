/* The kinds of risk of GB/T 45654-2025 Annex A: five classes, 31 kinds; and one of our own beside
 * them, for wording that would talk a model out of its rules. */
#ifndef GUARD_RISK_KIND_H
#define GUARD_RISK_KIND_H
#include "base/str.h"

enum { RISK_KINDS = 31, RISK_LURE = RISK_KINDS, RISK_KINDS_ALL };

const char *risk_kind_ref(int kind);            /* "A.1 a"; "诱导" for RISK_LURE */
const char *risk_kind_name(int kind);           /* as the standard words it */
bool risk_kind_parse(struct str ref, int *out); /* also without the blank: "A.1a" */

#endif
