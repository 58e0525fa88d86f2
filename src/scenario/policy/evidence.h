/* What of the found clauses goes into the prompt, and which words of a clause speak to the
 * question. */
#ifndef SCENARIO_POLICY_EVIDENCE_H
#define SCENARIO_POLICY_EVIDENCE_H
#include "domain/passage.h"

/* "[1]《title》：text" lines of the best passages, at most `budget` characters in all: short ones
 * whole, long ones by their lead-in and the segments nearest to the question. */
struct str evidence_prompt(struct arena *a, const struct passage_list *l, struct str question,
                           size_t budget);
/* Reorders best first by what the question asks for beside its words: a clause with an amount for
 * how much, with a term for how long, with the range that holds the person's own age or number.
 * Keeps at most `keep`. */
void evidence_order(struct arena *a, struct passage_list *l, struct str question, size_t keep);
/* The same list with table rows said in words, each cell behind its column's name (最高补贴额：
 * 1000元): what is prompted, quoted and checked. In the arena. */
struct passage_list evidence_spoken(struct arena *a, const struct passage_list *l);
/* The clause's own words nearest to the question: lead-in and the best segment, at most ~120
 * characters; a number in the question picks the list item whose range holds it. "" when nothing is
 * near. */
struct str evidence_quote(struct arena *a, const struct passage *p, struct str question);

#endif
