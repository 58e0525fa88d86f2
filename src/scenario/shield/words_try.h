/* A list of words tried on ordinary text before it is used: what the page and the command line
 * share.
 */
#ifndef SHIELD_WORDS_TRY_H
#define SHIELD_WORDS_TRY_H
#include "guard/word_check.h"
#include "store/db.h"
#include "store/word_list.h"

/* The city's own documents are ordinary text: every passage through the check, once. */
enum tb_code words_try_passages(struct db *d, struct word_check *k, struct tb_err *e) MUST_USE;
/* What a check found, for keeping: w->words without what stands in ordinary text (all: with it),
 * w->left_out what was left out, a word a line; in a. */
void words_try_result(struct arena *a, struct word_check *k, struct str words, bool all,
                      struct word_list *w);

#endif
