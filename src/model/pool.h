/* The city's engines (model/engines.h), the supervised local one among them, and the blocking way
 * to ask one of them a question: one retry on another engine before the first word has been given,
 * never after. */
#ifndef MODEL_POOL_H
#define MODEL_POOL_H
#include "domain/talk.h"
#include "model/engines.h"

struct pool;

struct model_message {
    const char *role; /* system, user, assistant */
    struct str content;
};
struct model_ask {
    const char *task; /* "answer", "rewrite" … for routing, metrics and the trail */
    const struct model_message *messages;
    size_t n;
    int max_tokens;
    enum priority priority;
    double temperature;     /* < 0: what the model's maker advises, its top_p too */
    double top_p;           /* 0: not said */
    const struct str *stop; /* stop strings, may be NULL */
    size_t stop_n;
    bool personal; /* somebody wrote personal data: see struct engines_want */
    bool unmasked;
    struct str grammar;              /* GBNF, used where the engine understands it; "" for none */
    int64_t first_word_ms, total_ms; /* 0: defaults 15 s and 60 s */
};
/* Where the stream goes. text is whole UTF-8 characters. A non-zero code stops the upstream at
 * once. */
struct model_sink {
    void *self;
    enum tb_code (*text)(void *self, struct str delta, struct tb_err *e);
    void (*reasoning)(void *self,
                      struct str delta); /* <think> and reasoning_content; may be NULL */
};
struct model_result {
    struct str engine, model; /* in t->mem */
    int prompt_tokens, cached_tokens, answer_tokens;
    int64_t cost; /* millionths of a yuan, by the price of the engine */
    int64_t first_us, total_us;
    bool embedded;  /* the supervised local engine answered */
    bool truncated; /* finish_reason length */
};

/* Errors: TB_BUSY no engine is ready; TB_TIMEOUT; TB_UPSTREAM broke off or sent garbage (also after
 * some text: then the text is not a whole answer); TB_CANCELLED the person left (t->sink) or the
 * sink said so. Returns TB_OK only when the engine itself said the answer ended. */
enum tb_code pool_ask(struct pool *p, struct talk *t, const struct model_ask *ask,
                      const struct model_sink *sink, struct model_result *out,
                      struct tb_err *e) MUST_USE;

struct engines *pool_engines(struct pool *p); /* as long as the pool */
bool pool_ready(struct pool *p);              /* some engine can take a question now */
/* Those that answer questions. */
size_t pool_states(struct pool *p, struct arena *a, struct engine_state **out);

struct pool_options {
    const char *models_yaml; /* catalogue and engines; NULL: none but `embedded` */
    const char *cache_dir;   /* where the engine and its weights appear */
    const char *log_dir;     /* where the child logs; NULL: <cache_dir>/engine */
    struct str warm; /* the fixed beginning (system) of the prompt that is used most: the child
                      * reads it before it is called ready; "" for none */
    bool embedded;   /* supervise a local llama-server once its files are there */
    const char *engine_url; /* one more engine, first in order: URL[#MODEL], key from
                             * TONGBAN_ENGINE_KEY (--engine; tests) */
    int64_t probe_ms;       /* how often an engine that failed or is idle is looked at; 0: never */
    const struct world *world;
};
enum tb_code pool_start(const struct pool_options *o, struct pool **out, struct tb_err *e) MUST_USE;
void pool_stop(struct pool *p); /* ends the child too */

#endif
