/* Answers kept to be given again. What must be the same for an answer to be given: model, sampling
 * parameters, tools, messages after masking, who may see it, version of the knowledge,
 * classification. Semantic (off unless a threshold is set): all that, but the last thing asked may
 * be put in other words, as long as its facts (numbers, dates, offices) are the same. Nothing is
 * ever kept or given when personal data were masked. Bounded in bytes, least recently used first,
 * and in time. Thread-safe; find takes microseconds and waits for nothing but a short lock, so
 * that an event loop may call it.
 *
 *   struct answer_key key;
 *   answer_cache_key(c, &ask, &key);
 *   struct answer *kept = answer_cache_find(c, &key, now_ms, NULL);
 *   if (kept) { send(kept->body); answer_drop(kept); }
 *   else { ... answer_cache_put(c, &key, now_ms, &value); }      when the call has ended well */
#ifndef MODEL_ANSWER_CACHE_H
#define MODEL_ANSWER_CACHE_H
#include "base/str.h"
#include "base/world.h"

/* Of questions that differ in words only, the ANSWER_SCAN kept last are compared. */
enum { ANSWER_DIM = 512, ANSWER_DOCUMENTS = 32, ANSWER_SCAN = 1024 };

struct answer_cache;
struct answer_limits {
    size_t bytes;     /* of everything kept; 0: the cache keeps nothing */
    int64_t ttl_ms;   /* an answer older than this is not given */
    double threshold; /* cosine from which a question is the same in other words; 0: off */
    /* Vector of a question, no element -128; false: none. Called by answer_cache_key when threshold
     * is set and the ask brings no vector; NULL: only vectors that are brought count. */
    bool (*embed)(void *self, struct str question, int8_t out[ANSWER_DIM]);
    void *self;
};
struct answer_cache *answer_cache_open(const struct answer_limits *limits, const struct world *w);
void answer_cache_close(struct answer_cache *c); /* NULL: nothing; answers still held stay valid */

/* What a request is to the cache. Texts are canonical: the same request, the same bytes. */
struct answer_ask {
    struct str model;    /* after aliases and routes */
    struct str sampling; /* every other field of the body that changes the answer */
    struct str tools;    /* with tool_choice and response_format */
    struct str before; /* the messages after masking, the text of the last user message left out */
    struct str question;   /* that text */
    struct str department; /* of the key that asks */
    struct str knowledge;  /* its version; "" for an answer that rests on none */
    int classification;
    bool open;     /* the route's answers may be seen by every department */
    bool personal; /* something was masked in it */
    double temperature;
    bool warm;            /* the route has answers kept in spite of a temperature above 0 */
    struct str facts;     /* of the question, canonical; p == NULL: not known, so no semantic hit */
    const int8_t *vector; /* of the question, ANSWER_DIM; NULL: not known */
};

struct answer_key {
    bool usable;          /* false: this request is neither answered from here nor kept */
    bool alike;           /* it has a vector, and semantic hits are on */
    uint8_t exact[16];    /* keyed with a secret of this process: nobody can make two collide */
    uint8_t rest[16];     /* everything but the words of the question */
    uint8_t knowledge[8]; /* of the version */
    uint64_t epoch;       /* of the cache when the key was made */
    int8_t vector[ANSWER_DIM];
};
void answer_cache_key(struct answer_cache *c, const struct answer_ask *ask, struct answer_key *out);

struct answer {      /* immutable; held until answer_drop */
    struct str body; /* as put */
    int64_t prompt_tokens, completion_tokens;
    int64_t kept_ms; /* when it was put */
};
void answer_drop(struct answer *a); /* NULL: nothing */

/* NULL: none. *cosine (may be NULL): 1 for an exact hit, else how alike the question was. */
struct answer *answer_cache_find(struct answer_cache *c, const struct answer_key *key,
                                 int64_t now_ms, double *cosine);

struct answer_value {
    struct str body; /* whatever the caller wants to find again */
    int64_t prompt_tokens, completion_tokens;
    const struct str *documents; /* ids of what it cites */
    size_t document_n;
};
/* false: not kept (not usable, too large, more than ANSWER_DOCUMENTS citations, or since the key
 * was made a document it cites was dropped or the knowledge became another). */
bool answer_cache_put(struct answer_cache *c, const struct answer_key *key, int64_t now_ms,
                      const struct answer_value *value);

/* The document changed: what cites it is gone. */
void answer_cache_drop_document(struct answer_cache *c, struct str id);
/* From now on only this version counts: what rests on another is gone. Cheap while it is the same.
 */
void answer_cache_knowledge(struct answer_cache *c, struct str version);
void answer_cache_clear(struct answer_cache *c);

struct answer_stats {
    int64_t exact, alike, missed, kept, dropped, pushed_out; /* since the start */
    size_t entries, bytes;                                   /* now */
};
void answer_cache_stats(struct answer_cache *c, struct answer_stats *out);

#endif
