/* Cuts a stream of text into sentences at 。！？；and line ends, whatever pieces it arrives in;
 * list marks, Markdown and citation marks of the model's own ([1], ①) are taken off, because
 * citations are the server's. A sentence longer than SENTENCE_MAX bytes is cut at the last comma.
 */
#ifndef REVIEW_SENTENCE_H
#define REVIEW_SENTENCE_H
#include "base/arena.h"

enum { SENTENCE_MAX = 1200 };

struct sentence_cutter {
    struct buf pending;
};

void sentence_begin(struct sentence_cutter *c);
void sentence_feed(struct sentence_cutter *c, struct str delta);
/* The next whole sentence, cleaned, in a; false when more text is needed. */
bool sentence_next(struct sentence_cutter *c, struct arena *a, struct str *out);
/* What is left at the end (may be no whole sentence); "" if nothing. */
struct str sentence_rest(struct sentence_cutter *c, struct arena *a);
void sentence_end(struct sentence_cutter *c); /* frees */

#endif
