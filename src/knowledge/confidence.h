/* Does a clause answer this, or do they only share words? A logistic judgement over the shape of
 * the whole list of hits: how far the best stands out, whether the best come from one document, how
 * near in meaning. The weights are fitted on questions whose answering document is known, each once
 * with that document and once without it (bench/confidence.py); they belong to the
 * scale of rank.c's scores. */
#ifndef KNOWLEDGE_CONFIDENCE_H
#define KNOWLEDGE_CONFIDENCE_H
#include "base/arena.h"

enum { CONFIDENCE_HITS = 60 }; /* how many hits are looked at */

struct confidence_hit {
    int64_t document;
    double score, cosine, cover; /* cosine 0: no embedding */
};

/* Hits best first; 0..1. Fewer than 6 hits: 0 (a city has more than six clauses; such a list says
 * nothing). */
double confidence_of(struct arena *a, const struct confidence_hit *hits, size_t n, bool embedded);

#endif
