/* How an answer's sentence reads to the person. */
#ifndef SCENARIO_POLICY_WORDING_H
#define SCENARIO_POLICY_WORDING_H
#include "base/str.h"

/* Without the model's 根据《…》第五条的规定， or 第五条 at the begin: the citation beside the
 * sentence says it. A view into s; s itself when nothing else would be left. */
struct str wording_plain(struct str s);

#endif
