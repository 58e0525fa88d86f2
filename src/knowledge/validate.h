/* Whether the text hangs together, before it is kept: articles that are missing or stand twice are
 * what a broken conversion looks like. */
#ifndef KNOWLEDGE_VALIDATE_H
#define KNOWLEDGE_VALIDATE_H
#include "knowledge/clean.h"
#include "knowledge/label.h"

enum { VALIDATE_PASSAGES_MAX = 50000 };

/* Adds notes to l. TB_INVALID when there is nothing to find in it, TB_TOO_LARGE beyond the limit.
 */
enum tb_code validate_text(struct arena *a, const struct policy_text *p, struct label *l,
                           struct tb_err *e) MUST_USE;

#endif
