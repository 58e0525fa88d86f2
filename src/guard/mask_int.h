/* Inside masking: numbers as people type them, for what a caller writes and what an engine says. */
#ifndef GUARD_MASK_INT_H
#define GUARD_MASK_INT_H
#include "guard/mask.h"
#include "guard/speech_view.h"

enum { MASK_RUN = 20 }; /* one more than the longest number of any kind */

/* Digits (and letters for codes) with what stands between them removed. */
struct mask_run {
    char digits[MASK_RUN + 4]; /* half-width, upper case */
    size_t n;
    size_t ends[MASK_RUN + 4]; /* byte offset after each of them */
    bool open;                 /* the text ended before the run did */
};

/* Reads letters and digits from `at`, at most `most` of them, a single gap allowed between two.
 * With MASK_RUN it gives up with n = 0 at a letter that no kind of number can hold. */
void mask_run_read(struct str s, size_t at, size_t most, struct mask_run *r);
const char *mask_run_kind(const struct mask_run *r); /* NULL: not personal */

/* As mask_more for `in`, read as v, a view of it. A bare number of JSON becomes a string. */
enum tb_code mask_view(struct arena *a, struct mask *m, const struct speech_view *v, struct str in,
                       struct str *out, struct tb_err *e) MUST_USE;

#endif
