/* What the files of ranking share. */
#ifndef KNOWLEDGE_RANK_INT_H
#define KNOWLEDGE_RANK_INT_H
#include "knowledge/rank.h"

/* The question laid out for scanning texts: which of its characters, which of its pairs. */
struct rank_scan {
    const struct query *q;
    uint8_t single[256]; /* by low byte of a character: an index + 1 into q->single, or 0 */
    uint16_t pair[1024]; /* open addressing: an index + 1 into q->want, or 0 */
};
void rank_scan_make(const struct query *q, struct rank_scan *s);
/* The features that a document has by itself. */
void rank_judge(const struct rank_scan *s, const struct index *x, struct rank_hit *h);
/* The features that it has among the others. */
void rank_compare(struct arena *a, struct rank_list *l);

#endif
