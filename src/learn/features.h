/* A text as numbers a linear model adds up: how often each run of one or two (or more) characters
 * stands in it, every run a 32-bit hash. Characters are compared as text/normal.h has them, so
 * 繁体, full-width forms and case make no difference; figures are all one character, since 12号楼
 * says no more than 7号楼. No run crosses a mark or a blank. */
#ifndef LEARN_FEATURES_H
#define LEARN_FEATURES_H
#include "base/arena.h"
#include "text/normal.h"

enum { FEATURE_RUN_MAX = 4, FEATURE_FIELDS = 2 };
enum feature_field { FEATURE_ALL, FEATURE_TITLE }; /* the title also counts by itself */

struct feature {
    uint32_t hash;  /* of field and run; never 0 */
    uint32_t count; /* at least 1 */
};
struct features { /* by field, within a field in the order of first standing */
    const struct feature *v;
    size_t n, end[FEATURE_FIELDS]; /* of each field in v */
};
/* A message as its characters: the title, a mark, the text. */
struct message {
    const uint16_t *c;
    size_t n, title_n;
};
/* At most chars characters of the text are taken (its beginning and its end). */
struct message message_of(struct arena *a, struct str title, struct str text, size_t chars);
/* Runs of at most `run` characters, 1 … FEATURE_RUN_MAX. */
struct features features_of(struct arena *a, const struct message *m, unsigned run);

/* Every run of a field, for who wants to know where it stands: hash, first character, length. */
typedef void feature_seen(void *self, uint32_t hash, size_t at, size_t n);
void features_walk(const struct message *m, enum feature_field field, unsigned run,
                   feature_seen *seen, void *self);

#endif
