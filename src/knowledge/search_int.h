/* What the files of the live search share. A view is what a search sees: a set of parts that never
 * change, and for each document whether it may be found. Views are counted; a reader holds its view
 * while a newer one is put in place. */
#ifndef KNOWLEDGE_SEARCH_INT_H
#define KNOWLEDGE_SEARCH_INT_H
#include "knowledge/embed.h"
#include "knowledge/index.h"
#include "knowledge/likeness.h"
#include "knowledge/memory.h"
#include "knowledge/plain.h"
#include "knowledge/query.h"
#include "knowledge/rank.h"
#include "knowledge/ranker.h"
#include "knowledge/search.h"
#include "store/db.h"

#include <pthread.h>
#include <stdatomic.h>

struct search_part { /* an index and where its bytes live; counted */
    atomic_int holders;
    struct index x;
    struct str bytes;
    bool mapped; /* by mmap, else tb_alloc'ed */
};
struct search_vectors { /* of one part; counted; NULL while nothing is embedded */
    atomic_int holders;
    uint32_t n, have;
    int8_t *v; /* n * EMBED_DIM */
    float *scale;
    uint8_t *has;
};
struct search_standard { /* an approved question */
    int64_t answer_id;
    int32_t from, to; /* days, both included */
    struct str text;
    struct units u;
    struct embedding vector;
    atomic_bool embedded; /* vector is there; set after it */
};
struct search_standards { /* counted */
    atomic_int holders;
    struct arena mem;
    struct search_standard *v;
    size_t n;
    struct likeness_weights *weights; /* in mem */
    uint64_t digest;                  /* of what they were read from */
};
struct search_tuned { /* a learned order; counted */
    atomic_int holders;
    int64_t id;
    char model[128]; /* whose vectors the memory has; "" by words alone */
    struct ranker *ranker;
    struct memory *memory;
};
struct view_part {
    struct search_part *part;
    struct search_vectors *vectors;
    struct index_state *state; /* per document, the view's own */
    float *authority;          /* per group, the view's own; NULL while nothing is tuned */
};
struct view {
    atomic_int holders;
    struct view_part *parts;
    size_t n;
    struct search_standards *standards;
    struct search_tuned *tuned; /* NULL: the plain formula */
    uint64_t digest;            /* of the versions it was made from */
    char **owners;              /* departments with sensitive documents, by level - OWNER_FIRST */
    size_t owner_n;
    int64_t unembedded; /* passages of the store without a vector */
};
struct search {
    struct search_options options;
    char *data_dir, *cache_dir;
    struct plain *plain;     /* NULL: no table */
    pthread_mutex_t lock;    /* of view: held for moments */
    struct view *view;       /* never NULL */
    pthread_mutex_t writing; /* one refresh at a time */
    pthread_mutex_t loading; /* of model */
    _Atomic(struct embedder *) model;
    atomic_bool model_failed;
    char model_name[128]; /* whose vectors are taken from the store; under writing */
    bool forget;          /* the view's vectors are another model's; under writing */
    atomic_llong fresh;   /* vectors in the store that the view lacks */
    int64_t tuned_seen;   /* id that was looked at last, usable or not; under writing */
    atomic_bool behind;   /* a catch-up failed and none has succeeded since */
};

enum { OWNER_FIRST = INDEX_INTERNAL + 1, OWNER_NOBODY = INDEX_OWNERS - 1 };

struct view *view_hold(struct search *s);
void view_drop(struct view *v);
void view_put(struct search *s, struct view *v); /* takes v over; the old one is dropped */
void part_drop(struct search_part *p);
void vectors_drop(struct search_vectors *v);
void standards_drop(struct search_standards *s);
size_t view_indexes(const struct view *v, const struct index **out, size_t max);

/* The embedding model, loaded on first use; NULL when there is none. */
struct embedder *search_model(struct search *s);
/* What is embedded for a passage; at most this many tokens of it. */
enum { SEARCH_EMBED_TOKENS = 128 };
struct str search_embed_text(struct arena *a, struct str title, struct str text);

/* One question being searched for, over a view that somebody holds. */
enum { SEARCH_PARTS_MAX = 64 };
struct search_found {
    struct search *s;
    struct talk *t;
    struct view *view;
    struct rank_source source[SEARCH_PARTS_MAX];
    size_t parts;
    struct query query;
    struct embedding vector;
    bool embedded;
    struct str names;          /* official names of what is asked for, blank between them */
    int64_t embedded_at;       /* clock */
    bool owners[INDEX_OWNERS]; /* whose sensitive documents are found */
    float **authority; /* per part, to look up with others than the view's; NULL: the view's */
};
/* The candidates with features, best first by the plain formula. */
struct rank_list search_look_up(struct search_found *f, const struct search_ask *ask);

/* search_tuned.c: the learned order in the store, in a view and at work. */
void tuned_drop(struct search_tuned *t);
/* The id in force, 0: none. */
enum tb_code tuned_current(struct db *d, int64_t *id, struct tb_err *e) MUST_USE;
/* *out NULL when it is not for this program's features or damaged (said in the log). */
enum tb_code tuned_read(struct db *d, int64_t id, struct search_tuned **out,
                        struct tb_err *e) MUST_USE;
/* What the memory says, as memory_mark. */
void tuned_mark(const struct memory *m, const struct memory_question *q, size_t skip,
                struct rank_list *l);
/* Scores and sorts l, which has its plain scores, by what was learned and a share of the plain. */
void tuned_score(const struct ranker *r, const struct memory *m, const struct memory_question *q,
                 struct rank_list *l);
/* Reorders l; every place keeps the score that the plain formula gave it. */
void tuned_order(const struct search_found *f, struct rank_list *l);
/* Measures every part; the arrays are the caller's (tb_free). */
void view_authority(const struct view *v, float **out);

/* search_load.c: bringing a view up to date with the store. */
void search_name_model(struct search *s, const char *name);
enum tb_code search_bring(struct search *s, struct db *d, struct tb_err *e) MUST_USE;
/* search_file.c: the snapshot. */
enum tb_code snapshot_write(const char *path, const struct index *x, struct tb_err *e) MUST_USE;
struct search_part *snapshot_open(const char *path); /* NULL when absent or unusable */

#endif
