/* Inside the model: texts as they are made from patterns, before they become weights. */
#ifndef GUARD_RISK_MODEL_INT_H
#define GUARD_RISK_MODEL_INT_H
#include "base/arena.h"
#include "guard/risk_model.h"

struct risk_text {
    struct str text;
    int kind; /* -1: fine */
};
struct risk_texts {
    struct risk_text *items;
    size_t n, cap;
    double least;
};
/* The patterns of the file written out: {怎样}(偷|拿)东西 gives texts in which every alternative is
 * seen, RISK_PER_PATTERN at most for one pattern. Everything in a. */
enum { RISK_PER_PATTERN = 48 };
enum tb_code risk_texts_read(struct arena *a, struct str yaml, const char *file,
                             struct risk_texts *out, struct tb_err *e) MUST_USE;

#endif
