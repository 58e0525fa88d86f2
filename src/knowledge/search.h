/* The live search over the passages of the store: lexical index in memory (own postings, dynamic
 * pruning), embeddings when they are there, fused; validity enforced before ranking, so an expired
 * clause never takes a place. Many threads search while one adds. */
#ifndef KNOWLEDGE_SEARCH_H
#define KNOWLEDGE_SEARCH_H
#include "domain/passage.h"
#include "domain/talk.h"

struct search;
struct search_options {
    const char
        *data_dir; /* snapshot lies under it: search.snapshot; a missing or stale one is rebuilt */
    const char *cache_dir; /* embedding model */
    const struct world *world;
};
enum tb_code search_open(const struct search_options *o, struct db *d, struct search **out,
                         struct tb_err *e) MUST_USE;
void search_close(struct search *s);
/* Brings in what changed in the store since (new versions, confirmed, repealed, withdrawn, new
 * embeddings, standard questions). Cheap when nothing did. Call after every commit that changes
 * knowledge. */
enum tb_code search_refresh(struct search *s, struct db *d, struct tb_err *e) MUST_USE;
/* The same after a commit that is acknowledged whatever comes: what fails is logged and remembered,
 * and made up for by search_look. s may be NULL. */
void search_catch_up(struct search *s, struct db *d);
/* The same when another program has tuned (search_tune.h) since or a catch-up failed; one small
 * query when not. */
enum tb_code search_look(struct search *s, struct db *d, struct tb_err *e) MUST_USE;

struct search_ask {
    struct str question;
    int32_t as_of;     /* day; only what is in force on it is found … */
    bool any_validity; /* … unless set: then all versions, validity filled in */
    bool internal_too; /* staff also see classification internal */
    /* and sensitive documents of these departments (ids); n 0: of none */
    const struct str *sensitive;
    size_t sensitive_n;
    int limit; /* 1..100 */
    bool no_embedding;
};
/* What speaks for a passage, each 0..1: nearness of meaning (0 without embeddings), share of the
 * question's weight that stands in it. */
struct search_mark {
    float cosine, cover;
};
struct search_result {
    struct passage_list passages; /* best first, whole records, in t->mem */
    struct search_mark *marks;    /* one per passage */
    double confidence;    /* 0..1: how far the best passage stands out as an answer; confidence.h */
    int left_out_expired; /* hits that would have been in the list but are out of force */
    int64_t lexical_us, embed_us, total_us;
    bool embedded; /* embeddings took part */
};
enum tb_code search_find(struct search *s, struct talk *t, const struct search_ask *ask,
                         struct search_result *out, struct tb_err *e) MUST_USE;
/* The best approved standard question; *score 0..1, 1: same words. *answer_id 0: none. */
enum tb_code search_standard(struct search *s, struct talk *t, struct str question, int32_t as_of,
                             int64_t *answer_id, double *score, struct tb_err *e) MUST_USE;
struct search_state {
    int64_t passages, embedded, terms, bytes;
    bool model_loaded, model_available;
    bool tuned; /* a learned order is in force */
};
void search_state(struct search *s, struct search_state *out);
/* Of the policies that a search may find: another whenever a version was added, confirmed, repealed
 * or withdrawn. */
uint64_t search_version(struct search *s);
/* The vector of a question, 512 elements from -127 to 127; false: no model here. Takes
 * milliseconds, and loads the model on first use. Any thread. */
enum {
    SEARCH_VECTOR = 512,
    SEARCH_QUESTION_TOKENS = 128
}; /* of a question; the rest is not read */
bool search_vector(struct search *s, struct str question, int8_t out[SEARCH_VECTOR]);
/* Which model makes them, "" for none. Loads it on first use. */
const char *search_vector_model(struct search *s);
/* One step of background embedding: up to `batch` passages of the store that have none; *left how
 * many remain. Called by the job "embed" until 0; loads the model on first use. */
enum tb_code search_embed_some(struct search *s, struct db *d, int batch, int64_t *left,
                               struct tb_err *e) MUST_USE;

#endif
