/* 审签规则 (rules/review.yaml): which answers wait for a signature, how long that may take, how
 * much a signer may correct, and how many of the others are looked at afterwards. A table that an
 * officer edits; what is wrong in it is said with file and line, and nothing is answered by half a
 * table. */
#ifndef REVIEW_SIGN_RULES_H
#define REVIEW_SIGN_RULES_H
#include "base/arena.h"
#include "base/err.h"

struct sensitive {
    struct str name, why;
    struct str *words, *unless; /* in the comparable form (text/normal.h), without blanks */
    size_t word_n, unless_n;
    int64_t risk; /* 0 to 100 */
};
struct sampling {
    int64_t from, of; /* risk from here on: so many of 1000 */
};
struct sign_rules {
    int64_t promise_answer, promise_again; /* ms */
    int64_t edit_most;                     /* percent of the text that a signer may change */
    struct sensitive *sensitive;
    size_t sensitive_n;
    struct sampling *sample; /* highest risk first */
    size_t sample_n;
};

/* TB_INVALID with file and line; TB_NOT_FOUND when the file is missing. */
enum tb_code sign_rules_load(struct arena *a, const char *share_dir, struct sign_rules *out,
                             struct tb_err *e) MUST_USE;
/* The scene of this question with the highest risk; NULL when it is not sensitive. */
const struct sensitive *sign_rules_scene(const struct sign_rules *r, struct arena *a,
                                         struct str question);
/* How many of 1000 answers of this risk are looked at. */
int64_t sign_rules_sampled(const struct sign_rules *r, int64_t risk);
/* Does an edit from `before` to `after` make its maker an author? It changes more than edit_most of
 * the text, or a number, date, document number, telephone or office comes in or goes. */
bool sign_rules_authored(const struct sign_rules *r, struct arena *a, struct str before,
                         struct str after);

#endif
