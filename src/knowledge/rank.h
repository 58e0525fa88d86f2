/* From a question to an order of documents: candidates by the index and by vectors, then every
 * candidate judged by features. The same code serves the live search and the evaluation. */
#ifndef KNOWLEDGE_RANK_H
#define KNOWLEDGE_RANK_H
#include "knowledge/embed.h"
#include "knowledge/index.h"
#include "knowledge/query.h"

/* What is known of a candidate. "Best of" a policy or chapter is taken over the candidates. */
enum rank_feature {
    RANK_PAIRS,           /* BM25 of character pairs over title, heading and text */
    RANK_SINGLES,         /* BM25 of single characters */
    RANK_COSINE,          /* of the embeddings; 0 without */
    RANK_AUTHORITY,       /* ln(1 + how many other policies name this one) */
    RANK_COVER,           /* share of the question's weight in heading and text, 0..1 */
    RANK_TEXT_COVER,      /* in the text alone */
    RANK_TITLE_COVER,     /* in the title alone */
    RANK_RUN,             /* longest stretch of the question found in the text, characters */
    RANK_LENGTH,          /* ln of the text's length */
    RANK_LEXICAL_GAP,     /* (PAIRS + 0.6 SINGLES) / the best candidate's */
    RANK_COSINE_GAP,      /* COSINE minus the best candidate's */
    RANK_POLICY_LEXICAL,  /* best of the policy, / the best of all */
    RANK_POLICY_LEXICAL3, /* mean of its best three */
    RANK_POLICY_COSINE,
    RANK_POLICY_COSINE3,
    RANK_CHAPTER_LEXICAL,
    RANK_CHAPTER_LEXICAL3,
    RANK_CHAPTER_COSINE,
    RANK_CHAPTER_COSINE3,
    RANK_NEXT_COSINE, /* the better of the two neighbours in the text */
    /* What memory_mark says of earlier questions; 0 without. */
    RANK_SEEN_POLICY, /* ln of the share of earlier questions that it answered, smoothed */
    RANK_SEEN_CHAPTER,
    RANK_SEEN_CLAUSE, /* ln(1 + how many it answered) */
    RANK_NEAR_CLAUSE, /* likeness of the likest question that it answered */
    RANK_NEAR_POLICY, /* ln of the weight of like questions that it answered */
    RANK_NEAR_CHAPTER,
    RANK_FEATURES
};
/* Counts up when a feature changes what it measures: what was learned before is worth nothing. */
enum { RANK_SCALE = 1 };

struct rank_source { /* one part: an index and, with the same numbering, what belongs to it */
    const struct index *x;
    const int8_t *vectors; /* NULL: none */
    const float *scales;
    const uint8_t *has;              /* 1: this document has a vector; NULL: all have */
    const struct index_state *state; /* NULL: everything may be found */
    const float *authority;          /* per group; NULL: none known */
};
struct rank_weights { /* of the plain formula; PAIRS weighs 1 */
    float singles, cosine, authority;
};
/* What does best for questions about national laws, with nothing learned. */
extern const struct rank_weights rank_weights_laws;
struct rank_ask {
    const struct query *query;
    const struct embedding *vector; /* NULL: lexical only */
    int32_t day;
    enum index_mode mode;
    bool internal_too;
    const bool *owners; /* of index_filter */
    const struct rank_weights *weights;
    size_t pool; /* candidates by words, and as many again by vectors, per part */
};
struct rank_hit {
    uint32_t part, doc;
    uint64_t policy, chapter,
        clause; /* what it belongs to, whatever the version; clause: its text */
    float score;
    float plain; /* score by the plain formula, kept while another one is set */
    float f[RANK_FEATURES];
};
struct rank_list {
    struct rank_hit *v; /* in an arena */
    size_t n;
};

/* All candidates with features, scored by the plain formula (nothing learned), best first. */
struct rank_list rank_run(struct arena *a, const struct rank_source *s, size_t parts,
                          const struct rank_ask *ask);
/* What a document belongs to, as in struct rank_hit. */
void rank_place(const struct index *x, struct rank_hit *h);
void rank_sort(struct rank_list *l); /* by score, best first; equal scores by place */
/* Keeps one version of a clause: a candidate that says nearly what a better one of the same policy
 * says is dropped. Looks at the first `depth` places only. */
void rank_one_version(struct rank_list *l, const struct rank_source *s, size_t depth);

#endif
