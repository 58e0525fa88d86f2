/* A question as search sees it: its terms with weights, its single characters with weights. Weights
 * are IDF over all parts; pairs that lie across two words count less than pairs within one, words
 * that only ask (怎么, 请问, 可以) less still. */
#ifndef KNOWLEDGE_QUERY_H
#define KNOWLEDGE_QUERY_H
#include "knowledge/index.h"

enum { QUERY_UNITS_MAX = 300 };  /* what a question has beyond this is not searched for */
enum { QUERY_SOUND_WANTS = 16 }; /* room that want and single have for query_sound.h */

struct query_single {
    uint16_t c;
    float weight;
};
struct query {
    struct units u;
    const uint8_t *starts, *asks; /* by character: a word begins; one stands that only asks */
    struct index_want *want;
    size_t n;
    size_t typed; /* the first of want: as written; the rest is only heard (query_sound.h) */
    struct query_single *single;
    size_t singles;
    float mass; /* sum of the weights of want: what a perfect text would score, up to a factor */
};

/* asks[i] becomes 1 where a word stands that only asks; u.n bytes, zeroed before. */
void query_asking(struct units u, uint8_t *asks);
/* parts: every index searched; weights come from all of them together. */
void query_make(struct arena *a, struct str question, const struct index *const *parts,
                size_t nparts, struct query *out);

#endif
