/* Telling phrases of an issue, worthiest first; inside the files of hot issues only. */
#ifndef SCENARIO_HOTLINE_HOT_PHRASE_H
#define SCENARIO_HOTLINE_HOT_PHRASE_H
#include "scenario/hotline/hot_int.h"

struct phrase {
    struct str text;
    size_t count, chars; /* members that hold it; characters */
    double worth;
};
struct phrases {
    struct phrase *v;
    size_t n, cap;
};
void phrases_find(struct arena *a, const struct hot_rules *r, const struct hot_near *near,
                  const struct hot_issue *x, struct phrases *p);
/* The first of them that do not say the same, into the issue. */
void phrases_choose(struct hot_issue *x, const struct phrases *p);

enum { PHRASE_TITLE_CHARS = 60 }; /* of a title that are looked at */
/* A title cut to words, as byte offsets into its own text. */
struct phrase_cut {
    struct str text;
    size_t at[PHRASE_TITLE_CHARS + 1], n; /* at[n] is the end */
};
void phrase_cut_words(struct str title, struct phrase_cut *c);
bool phrase_is_mark(uint32_t c); /* neither a Chinese character nor a letter nor a digit */

#endif
