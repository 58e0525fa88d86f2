/* A list of words before it is put to use: which of its words stand in ordinary text and would
 * refuse what is rightful, and how its words look with their characters split in two. */
#ifndef GUARD_WORD_CHECK_H
#define GUARD_WORD_CHECK_H
#include "guard/forbid.h"

struct word_check;

struct word_hit {
    struct str word;
    int64_t texts;     /* that held it */
    struct str sample; /* of the first: the word with what stands around it */
};

/* l->words must live as long as the check. The word list's text gets \n ends. */
struct word_check *word_check_new(const struct forbid_list *l);
void word_check_free(struct word_check *k);
/* One ordinary text. */
void word_check_text(struct word_check *k, struct str text);
/* Takes the words found so far out, so that the next round finds those that they covered. How many
 * there were; 0: the list is clean. */
size_t word_check_round(struct word_check *k);
/* All words found, the most frequent first; views. */
const struct word_hit *word_check_hits(struct word_check *k, size_t *n);
/* The words that were not found, a word a line. */
struct str word_check_clean(struct word_check *k, struct arena *a);

/* Words with their split spellings behind them (rules/split_characters.yaml). */
enum tb_code word_split(struct arena *a, const char *path, struct str words, struct str *out,
                        struct tb_err *e) MUST_USE;

#endif
